// Fields that a tenant adds to the catalogue, as rows of it; their columns are derived like all others.

export const addCustomFields: { readonly version: number; readonly name: string; readonly sql: string } = {
  version: 50,
  name: 'add-custom-fields',
  sql: `
-- id: the field's number in the catalogue, never used again. definition: the field, as the kernel writes it. revision goes up with each change.
create table ops.custom_field (
  tenant_id uuid not null,
  id integer not null check (id >= 10000),
  type text not null,
  name text not null check (name ~ '^x_[a-z][a-z0-9_]{0,39}$'),
  revision integer not null default 1 check (revision > 0),
  definition jsonb not null,
  created_by uuid not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, id),
  unique (tenant_id, type, name)
);
`,
}
