// Web forms, and what they sent: bytes sealed to the tenant's capture key, waiting for the first authorised read of leads.

export const addCapture: { readonly version: number; readonly name: string; readonly sql: string } = {
  version: 4,
  name: 'add-capture',
  sql: `
create table crm.capture_form (
  tenant_id uuid not null,
  name text not null check (name ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
  definition jsonb not null,
  active boolean not null default true,
  version integer not null default 1,
  created_by uuid not null,
  created_at timestamptz not null,
  updated_by uuid not null,
  updated_at timestamptz not null,
  primary key (tenant_id, name)
);
-- at: the moment the page states, which the seal binds. digest: SHA-256 of sealed, so that the same bytes are kept once.
-- reason: why it did not become a record; null while it waits. sealed is an envelope (docs/formats/envelope.md): C5 and its suite.
create table crm.capture (
  tenant_id uuid not null,
  id uuid not null,
  form text not null,
  epoch integer not null check (epoch between 1 and 65535),
  suite smallint not null check (suite in (17, 18, 19, 20, 21)),
  at timestamptz not null,
  received_at timestamptz not null,
  digest bytea not null check (octet_length(digest) = 32),
  sealed bytea not null check (octet_length(sealed) between 50 and 16384 and get_byte(sealed, 0) = 197 and get_byte(sealed, 1) = suite),
  reason text,
  primary key (tenant_id, id),
  unique (tenant_id, digest),
  foreign key (tenant_id, form) references crm.capture_form (tenant_id, name)
);
alter table crm.capture alter column sealed set storage external;
create index capture_waiting on crm.capture (tenant_id, received_at, id) where reason is null;
`,
}
