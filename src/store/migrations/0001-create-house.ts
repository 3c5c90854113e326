// The fixed tables of every room. Tables of record types are derived from the catalogue (derive.ts), not listed here.

export const createHouse: { readonly version: number; readonly name: string; readonly sql: string } = {
  version: 1,
  name: 'create-house',
  sql: `
create schema if not exists ops;
create schema if not exists crm;
create schema if not exists keyring;
create schema if not exists journal;
create schema if not exists identity;

-- One row: what this database is. incarnation grows with every restore (facts: xids restart in a new cluster).
create table ops.installation (
  tenant_id uuid primary key,
  installation_id uuid not null,
  incarnation integer not null default 1,
  created_at timestamptz not null default now()
);
create table ops.setting (
  tenant_id uuid not null,
  name text not null,
  value jsonb not null,
  updated_at timestamptz not null default now(),
  primary key (tenant_id, name)
);
create table ops.policy_version (
  tenant_id uuid not null,
  id uuid not null,
  number integer not null,
  source text not null,
  sha256 bytea not null,
  active boolean not null default false,
  created_by uuid not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, id),
  unique (tenant_id, number)
);
-- What this installation knows of its backups, for the page and the controls. The repository's manifests are the truth.
create table ops.backup (
  tenant_id uuid not null,
  id text not null,
  type text not null check (type in ('full', 'incremental', 'differential')),
  parent text,
  repository text not null,
  state text not null check (state in ('running', 'done', 'failed')),
  rows bigint not null default 0,
  bytes bigint not null default 0,
  seconds double precision not null default 0,
  manifest_sha256 bytea,
  created_at timestamptz not null default now(),
  verified_at timestamptz,
  verified_level integer,
  primary key (tenant_id, id)
);
create table ops.check_run (
  tenant_id uuid not null,
  id uuid not null,
  started_at timestamptz not null,
  finished_at timestamptz,
  started_by uuid not null,
  primary key (tenant_id, id)
);
create table ops.check_result (
  tenant_id uuid not null,
  run_id uuid not null,
  control_id text not null,
  check_version integer not null,
  state text not null check (state in ('pass', 'fail', 'error', 'not-assessed', 'not-applicable')),
  result jsonb not null,
  sha256 bytea not null,
  collected_at timestamptz not null,
  primary key (tenant_id, run_id, control_id),
  foreign key (tenant_id, run_id) references ops.check_run (tenant_id, id)
);
create table ops.import_run (
  tenant_id uuid not null,
  id uuid not null,
  type text not null,
  file_sha256 bytea not null,
  state text not null check (state in ('running', 'done', 'failed')),
  counts jsonb not null default '{}',
  started_by uuid not null,
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  primary key (tenant_id, id)
);

create table keyring.epoch (
  tenant_id uuid not null,
  epoch integer not null check (epoch between 1 and 65535),
  state text not null check (state in ('active', 'decrypt-only', 'destroyed')),
  suite smallint not null check (suite in (1, 2, 3, 4)),
  sym_wrapped bytea not null,
  index_wrapped bytea not null,
  hpke_public bytea not null,
  hpke_wrapped bytea not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, epoch)
);
create table keyring.subject_key (
  tenant_id uuid not null,
  subject_id uuid not null,
  generation integer not null,
  epoch integer not null,
  suite smallint not null check (suite in (1, 2, 3, 4)),
  wrapped bytea not null,
  commitment bytea not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, subject_id, generation),
  foreign key (tenant_id, epoch) references keyring.epoch (tenant_id, epoch)
);

-- index_id = field id * 4 + mode (0 exact, 1 suffix, 2 ngram, 3 pinyin). token: truncated keyed hash.
create table crm.blind_index (
  tenant_id uuid not null,
  index_id integer not null,
  token bigint not null,
  record_id uuid not null,
  primary key (tenant_id, index_id, token, record_id)
);
create index blind_index_record on crm.blind_index (tenant_id, record_id);

-- body: RFC 8785 bytes, hashed as stored. image: the sealed after-image of a changed row; body holds its salted digest.
create table journal.entry (
  tenant_id uuid not null,
  id bigint generated always as identity,
  tx xid8 not null default pg_current_xact_id(),
  at timestamptz not null,
  act text not null,
  obj text not null default '',
  record_id uuid,
  actor uuid not null,
  body bytea not null check (octet_length(body) <= 65535),
  salt bytea,
  image bytea,
  primary key (tenant_id, id)
);
create index entry_record on journal.entry (tenant_id, obj, record_id, id) where record_id is not null;
create index entry_tx on journal.entry (tenant_id, tx, id);
create table journal.leaf (
  tenant_id uuid not null,
  index bigint not null check (index >= 0),
  entry_id bigint not null,
  hash bytea not null check (octet_length(hash) = 32),
  primary key (tenant_id, index),
  unique (tenant_id, entry_id),
  foreign key (tenant_id, entry_id) references journal.entry (tenant_id, id)
);
-- note: the C2SP checkpoint, signed. frontier: hashes of the complete subtrees, left to right, to append without rereading.
create table journal.checkpoint (
  tenant_id uuid not null,
  size bigint not null,
  root bytea not null check (octet_length(root) = 32),
  frontier bytea not null,
  note text not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, size)
);

create table identity.credential (
  tenant_id uuid not null,
  user_id uuid not null,
  password_hash text not null,
  changed_at timestamptz not null,
  must_change boolean not null default false,
  totp_sealed bytea,
  totp_confirmed_at timestamptz,
  totp_last_step bigint,
  recovery_hashes bytea[] not null default '{}',
  primary key (tenant_id, user_id)
);
create table identity.session (
  tenant_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  token_hash bytea not null,
  csrf_hash bytea not null,
  created_at timestamptz not null,
  seen_at timestamptz not null,
  expires_at timestamptz not null,
  mfa_at timestamptz,
  first_ip text not null,
  last_ip text not null,
  user_agent text not null,
  revoked_at timestamptz,
  primary key (tenant_id, id),
  unique (tenant_id, token_hash)
);
create index session_by_user on identity.session (tenant_id, user_id);
create table identity.throttle (
  tenant_id uuid not null,
  key bytea not null,
  failures integer not null,
  first_at timestamptz not null,
  blocked_until timestamptz,
  primary key (tenant_id, key)
);
create table identity.setup_link (
  tenant_id uuid not null,
  token_hash bytea not null,
  expires_at timestamptz not null,
  used_at timestamptz,
  primary key (tenant_id, token_hash)
);
`,
}
