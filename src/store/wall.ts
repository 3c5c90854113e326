// The second wall as SQL: every policy of row security that the house sets, table by table, and the facts a transaction gives it. Keeps store-8, store-141.
import type { Expression, FactName, Facts, Predicate, Wall } from '#kernel'
import { writePredicate, type Writer } from './predicate.ts'
import { wall as ofTenant, withoutTenant } from './rights.ts'

/** One policy of row security. */
export interface RowPolicy {
  readonly name: string
  readonly restrictive: boolean
  readonly command: 'all' | 'select' | 'insert' | 'update'
  /** As it stands after TO. */
  readonly to: string
  readonly using?: string
  readonly check?: string
}

export interface GuardedTable {
  readonly schema: string
  readonly name: string
  /** Whether it has a tenant column. */
  readonly tenant: boolean
  /** Whether it holds records: those have an owner. */
  readonly record: boolean
  /** Its owner, quoted. */
  readonly owner: string
}

/** Whose rows the guard rails cut: those of the role of queries, quoted; walls by the name of their table. */
export interface Rails {
  readonly role: string
  readonly walls: ReadonlyMap<string, Wall>
}

/** Every policy a table has. Record tables without a wall are closed to the role of queries. */
export const policiesOf = (
  { schema, name, tenant, record, owner }: GuardedTable,
  rails: Rails,
): readonly RowPolicy[] => {
  const seen = tenant ? ofTenant : (withoutTenant[`${schema}.${name}`] ?? 'false')
  const all = { restrictive: false, command: 'all' } as const
  return [
    { ...all, name: 'tenant', to: 'public', using: seen, check: seen },
    // Forced row security binds the owner too; migrations and restores must see every row.
    { ...all, name: 'owner', to: owner, using: 'true', check: 'true' },
    ...(record ? railsOn(name, rails.role, rails.walls.get(name)) : []),
  ]
}

const railsOn = (table: string, role: string, wall: Wall | undefined): readonly RowPolicy[] => {
  const more = { restrictive: true, to: role } as const
  const sql = (predicate: Predicate | undefined): string => (predicate ? wallSql(predicate, table) : 'false')
  const change = sql(wall?.change)
  return [
    { ...more, name: 'rails_read', command: 'select', using: sql(wall?.read) },
    { ...more, name: 'rails_create', command: 'insert', check: sql(wall?.create) },
    { ...more, name: 'rails_change', command: 'update', using: change, check: change },
  ]
}

export const createPolicy = (table: string, { name, restrictive, command, to, using, check }: RowPolicy): string =>
  [
    `create policy ${name} on ${table} as ${restrictive ? 'restrictive' : 'permissive'} for ${command} to ${to}`,
    ...(using === undefined ? [] : [`using (${using})`]),
    ...(check === undefined ? [] : [`with check (${check})`]),
  ].join(' ')

/** A condition that only holds where facts were given. What looks at no row stands in one sub-select, worked out once a query. */
export const wallSql = (predicate: Predicate, table: string): string => {
  const parts = predicate.kind === 'and' ? predicate.of : [predicate]
  const once = parts.filter(isRowless).map((part) => writePredicate(part, table, plainly))
  const rows = parts.filter((part) => !isRowless(part)).map((part) => writePredicate(part, table, each))
  return [`(select ${[given, ...once].join(' and ')} from (select ${asked}) asks)`, ...rows].join(' and ')
}

const setting = (name: string): string => `nullif(current_setting('${name}', true), '')`

const facts: { readonly [F in FactName]: string } = {
  id: setting('app.principal'),
  active: `${setting('holdfast.active')}::boolean`,
  roles: `${setting('holdfast.roles')}::text[]`,
  clearance: `${setting('holdfast.clearance')}::numeric`,
}

const asked = Object.entries(facts)
  .map(([name, sql]) => `${sql} as ${name}`)
  .join(', ')
const given = 'asks.active is not null and asks.roles is not null'

const literal = (value: unknown, type: string): string => {
  const text = Array.isArray(value) ? arrayText(value) : value instanceof Date ? value.toISOString() : String(value)
  return `'${text.replaceAll("'", "''")}'::${type}`
}

const arrayText = (values: readonly unknown[]): string =>
  `{${values
    .map((one) => (one instanceof Date ? one.toISOString() : String(one)).replaceAll(/["\\]/gu, '\\$&'))
    .map((text) => `"${text}"`)
    .join()}}`

const tenant = "(select nullif(current_setting('app.tenant', true), ''))::uuid"
const plainly: Writer = { tenant, parameter: literal, fact: (name) => `asks.${name}` }
// A bare call in a condition over rows would be made for each of them.
const each: Writer = { ...plainly, fact: (name) => `(select ${facts[name]})` }

const isRowless = (predicate: Predicate): boolean => {
  switch (predicate.kind) {
    case 'true':
    case 'false':
      return true
    case 'and':
    case 'or':
      return predicate.of.every(isRowless)
    case 'relation':
      return isFact(predicate.left) && isFact(predicate.right)
    case 'present':
      return isFact(predicate.of)
    default:
      return false
  }
}

const isFact = (of: Expression): boolean => of.kind === 'fact' || of.kind === 'value'

/** The settings by which a transaction tells its facts. */
export const factSettings = ({
  active,
  roles,
  clearance,
}: Facts): readonly (readonly [name: string, value: string])[] => [
  ['holdfast.active', String(active)],
  ['holdfast.roles', arrayText(roles)],
  ...(clearance === undefined ? [] : [['holdfast.clearance', String(clearance)] as const]),
]
