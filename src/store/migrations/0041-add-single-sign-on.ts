// Single sign-on: providers of identity, who of theirs is whom here, sign-ins under way, and which session came from where.

export const addSingleSignOn: { readonly version: number; readonly name: string; readonly sql: string } = {
  version: 41,
  name: 'add-single-sign-on',
  sql: `
create table identity.provider (
  tenant_id uuid not null,
  id uuid not null,
  name text not null,
  issuer text not null,
  client_id text not null,
  secret_sealed bytea,
  settings jsonb not null,
  active boolean not null default true,
  version integer not null default 1,
  created_by uuid not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (tenant_id, id)
);
-- subject_hash: keyed, since a provider may use an address as its name of a person.
create table identity.provider_link (
  tenant_id uuid not null,
  provider_id uuid not null,
  subject_hash bytea not null check (octet_length(subject_hash) = 32),
  user_id uuid not null,
  created_at timestamptz not null,
  seen_at timestamptz not null,
  primary key (tenant_id, provider_id, subject_hash),
  foreign key (tenant_id, provider_id) references identity.provider (tenant_id, id) on delete cascade
);
create index provider_link_by_user on identity.provider_link (tenant_id, user_id);
-- One row per sign-in under way. user_id and subject_hash: one that waits for the person's own confirmation.
create table identity.sign_on (
  tenant_id uuid not null,
  key_hash bytea not null check (octet_length(key_hash) = 32),
  provider_id uuid not null,
  user_id uuid,
  subject_hash bytea,
  expires_at timestamptz not null,
  primary key (tenant_id, key_hash),
  foreign key (tenant_id, provider_id) references identity.provider (tenant_id, id) on delete cascade
);
create table identity.provider_session (
  tenant_id uuid not null,
  session_id uuid not null,
  provider_id uuid not null,
  user_id uuid not null,
  subject_hash bytea not null,
  sid_hash bytea,
  created_at timestamptz not null,
  primary key (tenant_id, session_id),
  foreign key (tenant_id, provider_id) references identity.provider (tenant_id, id) on delete cascade
);
create index provider_session_by_subject on identity.provider_session (tenant_id, provider_id, subject_hash);
-- Logout tokens that were used, so that none is used twice.
create table identity.logout_token (
  tenant_id uuid not null,
  provider_id uuid not null,
  jti_hash bytea not null,
  expires_at timestamptz not null,
  primary key (tenant_id, provider_id, jti_hash),
  foreign key (tenant_id, provider_id) references identity.provider (tenant_id, id) on delete cascade
);
`,
}
