// Keys by which programs ask over HTTP: what is stored is a hash; each acts as one user, in the role that user had, within bounds.

export const addApiKeys: { readonly version: number; readonly name: string; readonly sql: string } = {
  version: 40,
  name: 'add-api-keys',
  sql: `
-- bounds: record type → read, write, export. networks: where it may be used from; empty: anywhere. refused_at: when a refusal was last told.
create table identity.api_key (
  tenant_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  role text not null,
  label text not null,
  prefix text not null,
  secret_hash bytea not null check (octet_length(secret_hash) = 32),
  bounds jsonb not null,
  networks text[] not null default '{}',
  per_minute integer not null check (per_minute between 1 and 100000),
  expires_at timestamptz not null,
  created_by uuid not null,
  created_at timestamptz not null,
  seen_at timestamptz,
  refused_at timestamptz,
  revoked_at timestamptz,
  primary key (tenant_id, id),
  unique (tenant_id, secret_hash)
);
`,
}
