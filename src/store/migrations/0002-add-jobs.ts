// Long work that survives its process (store-17), and what rotation has to know of an epoch and of a subject's key.

export const addJobs: { readonly version: number; readonly name: string; readonly sql: string } = {
  version: 2,
  name: 'add-jobs',
  sql: `
-- lease_until, lease_by: who runs it, and until when nobody else may. exclusive: of two jobs with the same word one waits to be started.
create table ops.job (
  tenant_id uuid not null,
  id uuid not null,
  kind text not null,
  exclusive text,
  spec jsonb not null,
  state text not null default 'queued' check (state in ('queued', 'running', 'done', 'failed', 'cancelled')),
  cursor jsonb not null default 'null',
  done bigint not null default 0,
  total bigint,
  lease_until timestamptz,
  lease_by uuid,
  error_code text,
  started_by uuid not null,
  created_at timestamptz not null default now(),
  finished_at timestamptz,
  primary key (tenant_id, id)
);
create unique index job_exclusive on ops.job (tenant_id, exclusive) where exclusive is not null and state in ('queued', 'running');
create index job_by_created on ops.job (tenant_id, created_at desc, id desc);

-- capture_suite: suite of the key pair that forms seal to. retired_at: since when it only opens; destroyed_at: since when it opens nothing.
-- made_by: the job that made it, so that a job killed in between makes no second one.
alter table keyring.epoch
  add column capture_suite smallint not null default 17 check (capture_suite in (17, 18, 19, 20, 21)),
  add column retired_at timestamptz,
  add column destroyed_at timestamptz,
  add column made_by uuid;
create unique index epoch_active on keyring.epoch (tenant_id) where state = 'active';

-- Set where a newer generation of the subject's key exists: nothing is sealed under this one any more.
alter table keyring.subject_key add column retired_at timestamptz;
`,
}
