// Emergency access: who opened what, why, until when, and what a second person found afterwards.

export const addBreakGlass: { readonly version: number; readonly name: string; readonly sql: string } = {
  version: 61,
  name: 'add-break-glass',
  sql: `
create table ops.break_glass (
  tenant_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  record_type text not null,
  scope text not null check (scope in ('record', 'owner', 'team')),
  scope_id uuid not null,
  reason text not null check (reason <> ''),
  opened_at timestamptz not null,
  expires_at timestamptz not null,
  ended_at timestamptz,
  reviewed_by uuid,
  reviewed_at timestamptz,
  justified boolean,
  note text,
  primary key (tenant_id, id),
  check (expires_at > opened_at and expires_at <= opened_at + interval '60 minutes'),
  check (reviewed_by <> user_id),
  check ((reviewed_by is null) = (justified is null))
);
create index break_glass_running on ops.break_glass (tenant_id, expires_at) where ended_at is null;
create index break_glass_unreviewed on ops.break_glass (tenant_id, opened_at) where reviewed_by is null;
`,
}
