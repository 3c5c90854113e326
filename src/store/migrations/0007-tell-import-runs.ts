// Runs of imports that can be told afterwards: whether one still moves, what old ciphers it read, and whose data had been under them.

export const tellImportRuns: { readonly version: number; readonly name: string; readonly sql: string } = {
  version: 7,
  name: 'tell-import-runs',
  sql: `
-- seen_at: when the run last moved; one that no longer does was interrupted. legacy: ciphers, keyed fingerprint of the old key, counts.
alter table ops.import_run
  add column seen_at timestamptz not null default now(),
  add column legacy jsonb,
  drop constraint import_run_state_check,
  add constraint import_run_state_check check (state in ('running', 'done', 'failed', 'cancelled'));
create index import_run_by_start on ops.import_run (tenant_id, started_at desc);

-- Subjects whose data came out of a cipher that protects no longer: whoever has an old copy of it reads it.
create table ops.formerly_weak (
  tenant_id uuid not null,
  subject_id uuid not null,
  run_id uuid not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, subject_id, run_id),
  foreign key (tenant_id, run_id) references ops.import_run (tenant_id, id)
);
`,
}
