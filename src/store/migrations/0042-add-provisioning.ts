// Provisioning by SCIM: tokens of providers, whose user is whose, groups and their members.

export const addProvisioning: { readonly version: number; readonly name: string; readonly sql: string } = {
  version: 42,
  name: 'add-provisioning',
  sql: `
create table identity.scim_token (
  tenant_id uuid not null,
  id uuid not null,
  provider_id uuid not null,
  label text not null,
  prefix text not null,
  secret_hash bytea not null check (octet_length(secret_hash) = 32),
  scopes text[] not null,
  expires_at timestamptz not null,
  created_by uuid not null,
  created_at timestamptz not null,
  seen_at timestamptz,
  revoked_at timestamptz,
  primary key (tenant_id, id),
  unique (tenant_id, secret_hash),
  foreign key (tenant_id, provider_id) references identity.provider (tenant_id, id) on delete cascade
);
-- wanted: active as the provider wants it. waiting: in no group that has a role, so switched off all the same.
create table identity.scim_user (
  tenant_id uuid not null,
  user_id uuid not null,
  provider_id uuid not null,
  wanted boolean not null,
  waiting boolean not null,
  primary key (tenant_id, user_id),
  foreign key (tenant_id, provider_id) references identity.provider (tenant_id, id) on delete cascade
);
create table identity.scim_group (
  tenant_id uuid not null,
  id uuid not null,
  provider_id uuid not null,
  name text not null,
  external_id text,
  version integer not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (tenant_id, id),
  unique (tenant_id, provider_id, name),
  foreign key (tenant_id, provider_id) references identity.provider (tenant_id, id) on delete cascade
);
create table identity.scim_member (
  tenant_id uuid not null,
  group_id uuid not null,
  user_id uuid not null,
  primary key (tenant_id, group_id, user_id),
  foreign key (tenant_id, group_id) references identity.scim_group (tenant_id, id) on delete cascade
);
create index scim_member_by_user on identity.scim_member (tenant_id, user_id);
`,
}
