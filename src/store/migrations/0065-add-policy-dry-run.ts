// Dry runs of policies over past accesses with what they found, and one saved draft for each person.

export const addPolicyDryRun: { readonly version: number; readonly name: string; readonly sql: string } = {
  version: 65,
  name: 'add-policy-dry-run',
  sql: `
create table ops.policy_dry_run (
  tenant_id uuid not null,
  id uuid not null,
  document text not null,
  digest bytea not null,
  base integer not null,
  from_at timestamptz not null,
  to_at timestamptz not null,
  job_id uuid,
  report jsonb,
  started_by uuid not null,
  created_at timestamptz not null,
  primary key (tenant_id, id),
  check (to_at > from_at)
);
create index policy_dry_run_newest on ops.policy_dry_run (tenant_id, created_at desc);

create table ops.policy_draft (
  tenant_id uuid not null,
  user_id uuid not null,
  title text not null,
  -- As it was typed: what does not hold yet is kept too.
  document text not null,
  base integer not null,
  revision integer not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (tenant_id, user_id)
);
`,
}
