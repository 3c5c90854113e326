// Copies of the named keys (signers, secrets) beside the data, sealed under the root key: they come back when the key directory is lost.

export const keepNamedKeys: { readonly version: number; readonly name: string; readonly sql: string } = {
  version: 8,
  name: 'keep-named-keys',
  sql: `
-- sealed: the 32-byte seed wrapped by the root key. public_key: of a signer.
create table keyring.named_key (
  tenant_id uuid not null,
  kind text not null check (kind in ('signer', 'secret')),
  name text not null,
  public_key bytea,
  sealed bytea not null,
  updated_at timestamptz not null default now(),
  primary key (tenant_id, kind, name)
);
`,
}
