// Passkeys of users with the challenges they answer, devices that are remembered, and when a session was last confirmed.

export const addPasskeys: { readonly version: number; readonly name: string; readonly sql: string } = {
  version: 30,
  name: 'add-passkeys',
  sql: `
-- synced: the authenticator may copy the key to other devices. backed_up: it has.
create table identity.passkey (
  tenant_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  credential_id bytea not null,
  public_key bytea not null,
  counter bigint not null check (counter >= 0),
  transports text[] not null default '{}',
  synced boolean not null,
  backed_up boolean not null,
  name text not null,
  created_at timestamptz not null,
  used_at timestamptz,
  primary key (tenant_id, id),
  unique (tenant_id, credential_id)
);
create index passkey_by_user on identity.passkey (tenant_id, user_id);
-- Answered once: whoever answers deletes the row.
create table identity.challenge (
  tenant_id uuid not null,
  hash bytea not null check (octet_length(hash) = 32),
  purpose text not null check (purpose in ('register', 'use', 'confirm')),
  user_id uuid,
  expires_at timestamptz not null,
  primary key (tenant_id, hash)
);
create table identity.device (
  tenant_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  token_hash bytea not null,
  user_agent text not null,
  created_at timestamptz not null,
  used_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (tenant_id, id),
  unique (tenant_id, token_hash)
);
create index device_by_user on identity.device (tenant_id, user_id);
alter table identity.session add column confirmed_at timestamptz;
alter table identity.session add column device_id uuid;
`,
}
