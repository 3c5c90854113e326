// Change control of policies, grants that end by themselves, and how often values were revealed. Policies themselves are Cedar.

export const addPolicyControl: { readonly version: number; readonly name: string; readonly sql: string } = {
  version: 23,
  name: 'add-policy-control',
  sql: `
-- document: what the version was generated from; signature: of number and digests, by the key "policies". One version is in force.
alter table ops.policy_version
  add column document text,
  add column origin text not null default 'shipped' check (origin in ('shipped', 'house')),
  add column signature bytea,
  add column change_id uuid,
  add column activated_at timestamptz;
update ops.policy_version set active = false where active and (tenant_id, number) not in
  (select tenant_id, max(number) from ops.policy_version where active group by tenant_id);
create unique index policy_version_active on ops.policy_version (tenant_id) where active;

-- A change on its way: written, proposed, approved by somebody else, put in force at its time.
create table ops.policy_change (
  tenant_id uuid not null,
  id uuid not null,
  title text not null,
  state text not null check (state in ('draft', 'proposed', 'approved', 'rejected', 'active', 'withdrawn', 'failed')),
  document text not null,
  base integer not null,
  revision integer not null default 1,
  dry_run jsonb,
  created_by uuid not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  proposed_by uuid,
  proposed_at timestamptz,
  decided_by uuid,
  decided_at timestamptz,
  reason text,
  activate_at timestamptz,
  number integer,
  primary key (tenant_id, id),
  -- Nobody approves what they wrote or proposed.
  check (state not in ('approved', 'active') or (decided_by is not null and decided_by <> created_by and decided_by <> proposed_by))
);
create index policy_change_due on ops.policy_change (tenant_id, activate_at) where state = 'approved';

-- A right that ends by itself: a role for a while, or one record to read or to write.
create table ops.access_grant (
  tenant_id uuid not null,
  id uuid not null,
  kind text not null check (kind in ('role', 'record')),
  user_id uuid not null,
  role text,
  record_type text,
  record_id uuid,
  level text check (level in ('read', 'write')),
  reason text not null,
  starts_at timestamptz not null,
  expires_at timestamptz not null,
  granted_by uuid not null,
  created_at timestamptz not null,
  revoked_by uuid,
  revoked_at timestamptz,
  primary key (tenant_id, id),
  check (expires_at > starts_at),
  check (granted_by <> user_id),
  check ((kind = 'role') = (role is not null)),
  check ((kind = 'record') = (record_type is not null and record_id is not null and level is not null))
);
create index access_grant_open on ops.access_grant (tenant_id, user_id, expires_at) where revoked_at is null;

-- Offices that exclude each other never meet in one person: not by a grant, nor by two that overlap.
create function ops.demand_offices_apart() returns trigger language plpgsql set search_path = pg_catalog as $$
declare
  offices constant text[] := array['system-administrator', 'security-administrator', 'audit-administrator', 'administrator'];
  held text[];
begin
  if new.role is null or not (new.role = any(offices)) or new.revoked_at is not null then return new; end if;
  -- Two grants at once wait for each other.
  perform pg_advisory_xact_lock(hashtext('offices'), hashtext(new.user_id::text));
  select array_agg(distinct one) into held from (
    select unnest(array_append(coalesce(u.further_roles, '{}'), u.role)) as one
      from crm.app_user u where u.tenant_id = new.tenant_id and u.id = new.user_id
    union all
    select g.role from ops.access_grant g
      where g.tenant_id = new.tenant_id and g.user_id = new.user_id and g.id <> new.id and g.kind = 'role'
        and g.revoked_at is null and g.starts_at < new.expires_at and g.expires_at > new.starts_at
  ) roles where one = any(offices) and one <> new.role;
  if held is not null then
    raise exception 'nobody may hold two of the offices' using errcode = '23514', constraint = 'offices_apart';
  end if;
  return new;
end $$;
create trigger offices_apart before insert or update on ops.access_grant
  for each row execute function ops.demand_offices_apart();

-- Values revealed by a person on a day of the tenant's zone.
create table ops.unmask_count (
  tenant_id uuid not null,
  user_id uuid not null,
  day date not null,
  count integer not null default 0,
  refused integer not null default 0,
  primary key (tenant_id, user_id, day)
);
`,
}
