// What the compliance room may ask of the store: row security, the application's role, classified columns, the link. Keeps store-15.
import type { Catalogue, Check, CheckContext, CheckResult } from '#kernel'
import { classifiedColumns } from './columns.ts'
import { schemas } from './rights.ts'
import type { Link } from './url.ts'

/** The store's checks, on the live database. */
export const storeChecks = (of: {
  readonly store: { readonly link: Link; readonly wallFaults: () => Promise<readonly string[]> }
  readonly catalogue: Catalogue
}): readonly Check[] => [
  {
    control: 'ACC-02',
    version: 2,
    run: async (context) => rowSecurity(context, of.catalogue, await of.store.wallFaults()),
  },
  { control: 'ACC-03', version: 1, run: applicationRole },
  { control: 'PRI-04', version: 1, run: (context) => classified(context, of.catalogue) },
  { control: 'NET-02', version: 1, run: (context) => databaseLink(context, of.store.link) },
]

// How many names of things a finding lists at most.
const listed = 50

/** differing: tables whose policies are not those of this program and its guard rails. */
const rowSecurity = async (
  context: CheckContext,
  catalogue: Catalogue,
  differing: readonly string[],
): Promise<CheckResult> => {
  const rows = await context.query<{ name: string; enabled: boolean; forced: boolean; policies: number }>(
    `select n.nspname || '.' || c.relname as name, c.relrowsecurity as enabled, c.relforcerowsecurity as forced,
       (select count(*)::int from pg_policy p where p.polrelid = c.oid) as policies
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = any($1) and c.relkind in ('r', 'p') order by 1`,
    [schemas],
  )
  const there = new Set(rows.map(({ name }) => name))
  const missing = catalogue.types.map((type) => `crm.${type.table}`).filter((name) => !there.has(name))
  const open = rows.filter((row) => !row.enabled || !row.forced || row.policies === 0).map(({ name }) => name)
  const bad = [...new Set([...open, ...differing, ...missing])]
  return {
    state: bad.length === 0 ? 'pass' : 'fail',
    observed: {
      tables: rows.length,
      recordTypes: catalogue.types.length,
      offOrNotForced: open.slice(0, listed),
      notAsGenerated: differing.slice(0, listed),
      missing,
    },
    population: rows.length + missing.length,
    finding:
      bad.length === 0
        ? {
            en: `row-level security is on and forced on all ${String(rows.length)} tables, each with the policies generated from the guard rails`,
            zh: `全部 ${String(rows.length)} 张表均已启用并强制行级安全，其策略与由护栏策略生成的一致`,
          }
        : {
            en: `row-level security is off, not forced or not as generated on ${String(bad.length)} tables`,
            zh: `${String(bad.length)} 张表未启用、未强制行级安全，或策略与生成的不一致`,
          },
  }
}

/** The role that logs in, and every role it may change to. */
const applicationRole = async (context: CheckContext): Promise<CheckResult> => {
  const [role] = await context.query<{
    name: string
    roles: number
    super: boolean
    bypass: boolean
    createrole: boolean
    createdb: boolean
    owned: number
  }>(
    `select session_user as name, count(*)::int as roles, bool_or(r.rolsuper) as super, bool_or(r.rolbypassrls) as bypass,
       bool_or(r.rolcreaterole) as createrole, bool_or(r.rolcreatedb) as createdb,
       (select count(*)::int from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = any($1) and pg_has_role(session_user, c.relowner, 'member')) as owned
     from pg_roles r where pg_has_role(session_user, r.oid, 'member')`,
    [schemas],
  )
  const [journal] = await context.query<{ writable: boolean }>(
    `select bool_or(has_table_privilege(r.oid, c.oid, 'update') or has_table_privilege(r.oid, c.oid, 'delete')
       or has_table_privilege(r.oid, c.oid, 'truncate')) as writable
     from pg_class c join pg_namespace n on n.oid = c.relnamespace, pg_roles r
     where n.nspname = 'journal' and c.relkind in ('r', 'p') and pg_has_role(session_user, r.oid, 'member')`,
  )
  const faults = [
    ...(role && role.roles > 0 ? [] : ['unknown']),
    ...(role?.super ? ['superuser'] : []),
    ...(role?.bypass ? ['bypassrls'] : []),
    ...(role?.createrole ? ['createrole'] : []),
    ...((role?.owned ?? 0) > 0 ? ['owner'] : []),
    ...(journal?.writable === false ? [] : ['journal-writable']),
  ]
  return {
    state: faults.length === 0 ? 'pass' : 'fail',
    observed: {
      role: role?.name ?? '',
      faults,
      tablesOwned: role?.owned ?? 0,
      mayCreateDatabases: role?.createdb ?? false,
    },
    population: 1,
    finding:
      faults.length === 0
        ? {
            en: 'the application’s database role owns no table, is no superuser, cannot bypass row security and cannot change the journal',
            zh: '应用的数据库角色不拥有任何表、非超级用户、不可绕过行级安全，也不能修改审计日志',
          }
        : {
            en: `the application’s database role is too powerful: ${faults.join(', ')}`,
            zh: `应用的数据库角色权限过大：${faults.join('、')}`,
          },
  }
}

const classified = async (context: CheckContext, catalogue: Catalogue): Promise<CheckResult> => {
  const rows = await context.query<{ name: string }>(
    `select n.nspname || '.' || c.relname || '.' || a.attname as name
     from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = any($1) and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped order by 1`,
    [schemas],
  )
  const classes = classifiedColumns(catalogue)
  const unclassified = rows.map(({ name }) => name).filter((name) => !classes.has(name))
  const withoutPurpose = catalogue.types.flatMap((type) =>
    type.fields
      .filter(({ purpose }) => purpose.zh === '' || purpose.en === '')
      .map((field) => `${type.name}.${field.name}`),
  )
  const bad = unclassified.length + withoutPurpose.length
  const counts: Record<string, number> = { public: 0, internal: 0, personal: 0, sensitive: 0 }
  for (const { name } of rows) {
    const found = classes.get(name)
    if (found) counts[found] = (counts[found] ?? 0) + 1
  }
  return {
    state: bad === 0 ? 'pass' : 'fail',
    observed: {
      columns: rows.length,
      byClass: counts,
      unclassified: unclassified.slice(0, listed),
      withoutPurpose: withoutPurpose.slice(0, listed),
    },
    population: rows.length,
    finding:
      bad === 0
        ? {
            en: `all ${String(rows.length)} columns have a class, and all fields a purpose`,
            zh: `全部 ${String(rows.length)} 列均有分级，所有字段均有用途`,
          }
        : {
            en: `${String(bad)} columns or fields have no class or no purpose`,
            zh: `${String(bad)} 个列或字段没有分级或用途`,
          },
  }
}

const databaseLink = async (context: CheckContext, link: Link): Promise<CheckResult> => {
  const [row] = await context.query<{ network: boolean; tls: boolean; version: string; cipher: string }>(
    `select inet_client_addr() is not null as network, coalesce(s.ssl, false) as tls, coalesce(s.version, '') as version, coalesce(s.cipher, '') as cipher
     from (select pg_backend_pid() as pid) me left join pg_stat_ssl s on s.pid = me.pid`,
  )
  const network = row?.network ?? true
  const safe = !network || (row?.tls === true && link.verified)
  return {
    state: safe ? 'pass' : 'fail',
    observed: {
      transport: network ? 'tcp' : 'socket',
      tls: row?.tls ?? false,
      version: row?.version ?? '',
      cipher: row?.cipher ?? '',
      serverVerified: !network || link.verified,
    },
    population: 1,
    finding: !network
      ? {
          en: 'the database is reached by a local socket that only its account may enter',
          zh: '通过仅限专用账号访问的本地套接字连接数据库',
        }
      : safe
        ? {
            en: 'the link to the database is encrypted and its certificate is verified',
            zh: '到数据库的连接已加密并校验证书',
          }
        : {
            en: 'the link to the database is not encrypted or its certificate is not verified; use sslmode=verify-full',
            zh: '到数据库的连接未加密或未校验证书，请使用 sslmode=verify-full',
          },
  }
}
