// Bulk reading and exports under watch: alarms, canaries, how much was read, exports with their digests, approvals of large ones.

export const addWatch: { readonly version: number; readonly name: string; readonly sql: string } = {
  version: 60,
  name: 'add-watch',
  sql: `
create table ops.alarm (
  tenant_id uuid not null,
  id uuid not null,
  kind text not null check (kind in ('canary', 'pace', 'break-glass', 'policy-error', 'unmask-limit')),
  user_id uuid not null,
  record_type text,
  record_id uuid,
  detail jsonb not null,
  created_at timestamptz not null,
  settled_by uuid,
  settled_at timestamptz,
  note text,
  primary key (tenant_id, id)
);
create index alarm_newest on ops.alarm (tenant_id, created_at desc);

-- Records nobody has a reason to open; who opens one is looking around.
create table ops.canary (
  tenant_id uuid not null,
  record_type text not null,
  record_id uuid not null,
  note text not null,
  marked_by uuid not null,
  marked_at timestamptz not null,
  primary key (tenant_id, record_type, record_id)
);

-- Records opened one by one, and rows of lists, by person and minute.
create table ops.read_count (
  tenant_id uuid not null,
  user_id uuid not null,
  minute timestamptz not null,
  opened integer not null default 0,
  listed integer not null default 0,
  primary key (tenant_id, user_id, minute)
);

-- Rows exported by person and day (UTC), counted before the first one leaves.
create table ops.export_count (
  tenant_id uuid not null,
  user_id uuid not null,
  day date not null,
  rows integer not null,
  primary key (tenant_id, user_id, day)
);

create table ops.export (
  tenant_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  record_type text not null,
  rows integer,
  sha256 bytea check (octet_length(sha256) = 32),
  started_at timestamptz not null,
  finished_at timestamptz,
  request_id uuid,
  primary key (tenant_id, id)
);
create index export_digest on ops.export (tenant_id, sha256);

create table ops.export_request (
  tenant_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  record_type text not null,
  rows integer not null check (rows > 0),
  purpose text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  decided_by uuid,
  decided_at timestamptz,
  approved boolean,
  reason text,
  used_at timestamptz,
  primary key (tenant_id, id),
  -- Nobody approves what they asked for.
  check (decided_by <> user_id),
  check ((decided_by is null) = (approved is null))
);
`,
}
