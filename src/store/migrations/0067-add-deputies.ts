// Who stands in for whom, from when until when; and offices that never meet in one person, along chains of deputies either.

export const addDeputies: { readonly version: number; readonly name: string; readonly sql: string } = {
  version: 67,
  name: 'add-deputies',
  sql: `
create table ops.deputyship (
  tenant_id uuid not null,
  id uuid not null,
  person_id uuid not null,
  deputy_id uuid not null,
  reason text not null check (reason <> ''),
  starts_at timestamptz not null,
  expires_at timestamptz not null,
  named_by uuid not null,
  created_at timestamptz not null,
  ended_by uuid,
  ended_at timestamptz,
  primary key (tenant_id, id),
  check (expires_at > starts_at),
  check (person_id <> deputy_id),
  check (named_by <> deputy_id)
);
create index deputyship_deputy on ops.deputyship (tenant_id, deputy_id, expires_at) where ended_at is null;
create index deputyship_person on ops.deputyship (tenant_id, person_id, expires_at) where ended_at is null;

-- Whether two offices meet in one person within a span: by roles, by roles lent, or along a chain of deputies. A user may be supposed
-- to have other roles than are stored.
create function ops.offices_meet(of_tenant uuid, from_at timestamptz, until_at timestamptz, of_user uuid default null, with_roles text[] default null)
returns boolean language plpgsql set search_path = pg_catalog as $$
begin
  return exists (
    with recursive held(person, office) as (
      select u.id, one from crm.app_user u,
        unnest(case when u.id = of_user then with_roles else array_append(coalesce(u.further_roles, '{}'), u.role) end) as one
        where u.tenant_id = of_tenant and u.deleted_at is null
      union
      select g.user_id, g.role from ops.access_grant g
        where g.tenant_id = of_tenant and g.kind = 'role' and g.revoked_at is null and g.starts_at < until_at and g.expires_at > from_at
    ), offices as (
      select person, office from held
        where office in ('system-administrator', 'security-administrator', 'audit-administrator', 'administrator')
    ), chain(first, last) as (
      select person, person from offices
      union
      select c.first, d.deputy_id from chain c join ops.deputyship d on d.tenant_id = of_tenant and d.person_id = c.last
        where d.ended_at is null and d.starts_at < until_at and d.expires_at > from_at
    )
    select 1 from chain c join offices o on o.person = c.first group by c.last having count(distinct o.office) > 1
  );
end $$;

create function ops.demand_lent_apart() returns trigger language plpgsql set search_path = pg_catalog as $$
begin
  if ops.offices_meet(new.tenant_id, new.starts_at, new.expires_at) then
    raise exception 'nobody may hold two of the offices' using errcode = '23514', constraint = 'offices_apart';
  end if;
  return null;
end $$;

-- One deputy at a time for a person, and no circle: somebody has to be there in the end. Two changes at once wait for each other.
create function ops.demand_deputy() returns trigger language plpgsql set search_path = pg_catalog as $$
begin
  perform pg_advisory_xact_lock(hashtext('offices'), hashtext(new.tenant_id::text));
  if exists (select 1 from ops.deputyship d where d.tenant_id = new.tenant_id and d.person_id = new.person_id and d.id <> new.id
      and d.ended_at is null and d.starts_at < new.expires_at and d.expires_at > new.starts_at) then
    raise exception 'one deputy at a time' using errcode = '23514', constraint = 'deputy_overlap';
  end if;
  if exists (
    with recursive behind(person) as (
      select new.deputy_id
      union
      select d.deputy_id from behind b join ops.deputyship d on d.tenant_id = new.tenant_id and d.person_id = b.person
        where d.id <> new.id and d.ended_at is null and d.starts_at < new.expires_at and d.expires_at > new.starts_at
    )
    select 1 from behind where person = new.person_id
  ) then
    raise exception 'no circle of deputies' using errcode = '23514', constraint = 'deputy_circle';
  end if;
  return new;
end $$;
create trigger deputy_demanded before insert on ops.deputyship for each row execute function ops.demand_deputy();
create trigger deputy_offices after insert on ops.deputyship for each row execute function ops.demand_lent_apart();

create function ops.hold_offices() returns trigger language plpgsql set search_path = pg_catalog as $$
begin
  perform pg_advisory_xact_lock(hashtext('offices'), hashtext(new.tenant_id::text));
  return new;
end $$;
-- Named so that it comes before the others: they look at what is there once nobody else is changing it.
create trigger a_hold_offices before insert on ops.access_grant
  for each row when (new.kind = 'role') execute function ops.hold_offices();
create trigger grant_offices after insert on ops.access_grant
  for each row when (new.kind = 'role') execute function ops.demand_lent_apart();
`,
}
