// Campaigns in which every right is confirmed or taken back by somebody else, line by line.

export const addRecertification: { readonly version: number; readonly name: string; readonly sql: string } = {
  version: 68,
  name: 'add-recertification',
  sql: `
-- scope: all rights, or those of people in an office alone, who are looked at more often. sha256: of the lines as they were at the end.
create table ops.recertification (
  tenant_id uuid not null,
  id uuid not null,
  scope text not null check (scope in ('all', 'privileged')),
  started_by uuid not null,
  started_at timestamptz not null,
  due_at timestamptz not null,
  finished_by uuid,
  finished_at timestamptz,
  sha256 bytea,
  primary key (tenant_id, id),
  check (due_at > started_at),
  check ((finished_at is null) = (sha256 is null))
);
create unique index recertification_open on ops.recertification (tenant_id) where finished_at is null;

-- thing: the team, grant, deputyship or key. settled_at: when what was revoked had taken effect.
create table ops.recertification_line (
  tenant_id uuid not null,
  campaign_id uuid not null,
  id uuid not null,
  kind text not null check (kind in ('role', 'team', 'grant', 'deputy', 'key')),
  person_id uuid not null,
  thing_id uuid,
  what text not null,
  detail jsonb not null,
  privileged boolean not null,
  decision text check (decision in ('keep', 'revoke')),
  reason text,
  decided_by uuid,
  decided_at timestamptz,
  settled_at timestamptz,
  primary key (tenant_id, campaign_id, id),
  -- Nobody reviews themself.
  check (decided_by <> person_id),
  check ((decision is null) = (decided_by is null) and (decision is null) = (decided_at is null) and (decision is null) = (reason is null))
);
create index recertification_line_open on ops.recertification_line (tenant_id, campaign_id) where decision is null;
create index recertification_line_unsettled on ops.recertification_line (tenant_id) where decision = 'revoke' and settled_at is null;
`,
}
