// Sending mail: the server it goes through, what waits to be sent, and the links in it, each good once.

export const addMail: { readonly version: number; readonly name: string; readonly sql: string } = {
  version: 62,
  name: 'add-mail',
  sql: `
create table identity.mail_server (
  tenant_id uuid not null,
  id uuid not null,
  host text not null,
  port integer not null check (port between 1 and 65535),
  security text not null check (security in ('tls', 'starttls', 'none')),
  username text not null default '',
  password_sealed bytea,
  from_address text not null,
  updated_at timestamptz not null,
  updated_by uuid not null,
  primary key (tenant_id, id),
  unique (tenant_id)
);
-- sealed: what the letter needs besides its reader. A letter that was sent leaves the table.
create table identity.mail (
  tenant_id uuid not null,
  id uuid not null,
  kind text not null,
  user_id uuid,
  sealed bytea,
  attempts integer not null default 0,
  next_at timestamptz not null,
  created_at timestamptz not null,
  failed_at timestamptz,
  error text,
  primary key (tenant_id, id)
);
create index mail_due on identity.mail (tenant_id, next_at) where failed_at is null;
create table identity.link (
  tenant_id uuid not null,
  token_hash bytea not null,
  kind text not null check (kind in ('invite', 'reset')),
  user_id uuid not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz,
  primary key (tenant_id, token_hash)
);
create index link_by_user on identity.link (tenant_id, user_id);
`,
}
