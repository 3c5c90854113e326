// What somebody is told: ids alone, so that what it shows is decided when it is read.

export const addNotifications: { readonly version: number; readonly name: string; readonly sql: string } = {
  version: 69,
  name: 'add-notifications',
  sql: `
-- act_id: what belongs to one act (a change of many, a hand-over, a grant) is one notice; number: of how many records.
create table ops.notification (
  tenant_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  kind text not null check (kind in ('assigned', 'shared', 'lent', 'role', 'hand-over')),
  record_type text,
  record_id uuid,
  act_id uuid,
  number integer not null default 1 check (number > 0),
  actor_id uuid not null,
  created_at timestamptz not null,
  read_at timestamptz,
  primary key (tenant_id, id),
  check ((record_type is null) = (record_id is null)),
  -- Nobody is told of what they did themselves.
  check (actor_id <> user_id)
);
create unique index notification_act on ops.notification (tenant_id, user_id, kind, act_id) where act_id is not null;
create index notification_newest on ops.notification (tenant_id, user_id, created_at desc, id desc);
create index notification_unread on ops.notification (tenant_id, user_id, created_at) where read_at is null;
create index notification_record on ops.notification (tenant_id, record_id);
`,
}
