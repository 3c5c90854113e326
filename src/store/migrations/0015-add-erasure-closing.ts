// The final step of erasures: up to which number of the ledger the keys that older copies of the database files were under are gone.

export const addErasureClosing: { readonly version: number; readonly name: string; readonly sql: string } = {
  version: 15,
  name: 'add-erasure-closing',
  sql: `
-- epoch, generation, root: what was in use when it began; all of it and everything before is destroyed when done_at is set.
create table ops.erasure_closing (
  tenant_id uuid not null,
  id uuid not null,
  up_to integer not null check (up_to > 0),
  epoch integer not null,
  generation integer not null,
  root text not null,
  started_by uuid not null,
  started_at timestamptz not null,
  done_at timestamptz,
  primary key (tenant_id, id)
);
create unique index erasure_closing_open on ops.erasure_closing (tenant_id) where done_at is null;
`,
}
