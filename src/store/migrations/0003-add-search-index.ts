// The search index: one row a record with all of its keyed tokens, found through an inverted index. docs/decisions/0006 says why.

export const addSearchIndex: { readonly version: number; readonly name: string; readonly sql: string } = {
  version: 3,
  name: 'add-search-index',
  sql: `
-- A generation of the index: its keys, wrapped, and which fields are found how. incarnation: of the database its rows were made in.
create table keyring.search_generation (
  tenant_id uuid not null,
  generation integer not null check (generation > 0),
  state text not null check (state in ('building', 'active', 'retired')),
  suite smallint not null check (suite in (1, 2, 3, 4)),
  wrapped bytea not null,
  import_suite smallint not null check (import_suite in (1, 2, 3, 4)),
  import_wrapped bytea not null,
  policy jsonb not null,
  incarnation integer not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, generation)
);
create unique index search_generation_active on keyring.search_generation (tenant_id) where state = 'active';
create unique index search_generation_building on keyring.search_generation (tenant_id) where state = 'building';

create table crm.search_index (
  tenant_id uuid not null,
  record_id uuid not null,
  generation integer not null,
  tokens bigint[] not null,
  primary key (tenant_id, record_id, generation)
);
-- A short list of what waits: every search reads it to the end.
create index search_index_tokens on crm.search_index using gin (tokens) with (gin_pending_list_limit = 512);

-- The functions run as the owner of the tables, because the planner uses no index on an operator that is not leakproof for one
-- whom row security binds. Each takes the tenant from the transaction alone and gives nothing but ids of records.
create function crm.search_fresh(asked integer) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
  if coalesce(current_setting('app.principal', true), '') = '' or not exists (
    select from keyring.search_generation g
    where g.tenant_id = nullif(current_setting('app.tenant', true), '')::uuid and g.generation = asked and g.state = 'active'
  ) then
    raise exception 'the search index has changed' using errcode = 'HF001';
  end if;
  return true;
end $$;

-- Ids of at most so many records (null: of all) that have one token of each list.
create function crm.search_find(asked integer, most integer, a bigint[], b bigint[] default null, c bigint[] default null, d bigint[] default null)
returns setof uuid
language plpgsql stable security definer rows 100
set search_path = pg_catalog, pg_temp set enable_seqscan = off set enable_indexscan = off as $$
declare
  mine uuid := nullif(current_setting('app.tenant', true), '')::uuid;
begin
  perform crm.search_fresh(asked);
  if b is null then
    return query select s.record_id from crm.search_index s
      where s.tokens && a and s.tenant_id = mine and s.generation = asked limit most;
  elsif c is null then
    return query select s.record_id from crm.search_index s
      where s.tokens && a and s.tokens && b and s.tenant_id = mine and s.generation = asked limit most;
  elsif d is null then
    return query select s.record_id from crm.search_index s
      where s.tokens && a and s.tokens && b and s.tokens && c and s.tenant_id = mine and s.generation = asked limit most;
  else
    return query select s.record_id from crm.search_index s
      where s.tokens && a and s.tokens && b and s.tokens && c and s.tokens && d and s.tenant_id = mine and s.generation = asked limit most;
  end if;
end $$;

-- For writers: which generations there are stays so until this transaction ends, or they are told that it has changed.
create function crm.search_hold(known_active integer, known_building integer) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
declare
  mine text := nullif(current_setting('app.tenant', true), '');
begin
  if mine is null or coalesce(current_setting('app.principal', true), '') = '' then
    raise exception 'the search index has changed' using errcode = 'HF001';
  end if;
  perform pg_advisory_xact_lock_shared(hashtext('search'), hashtext(mine));
  if known_active is distinct from (select g.generation from keyring.search_generation g where g.tenant_id = mine::uuid and g.state = 'active')
    or known_building is distinct from (select g.generation from keyring.search_generation g where g.tenant_id = mine::uuid and g.state = 'building')
  then
    raise exception 'the search index has changed' using errcode = 'HF001';
  end if;
  return true;
end $$;

revoke all on function crm.search_fresh(integer), crm.search_find(integer, integer, bigint[], bigint[], bigint[], bigint[]),
  crm.search_hold(integer, integer) from public;
`,
}
