// What policies may ask of a record, and the column each answer stands in: one map for lists (predicate) and for one row (closure). Keeps access-6.
import { type Catalogue, columnOf, type Field, type RecordType, type ScalarType, typeOf } from '#kernel'
import { cellValue, tagsOf } from './cell-value.ts'
import type { Entity } from './entity.ts'
import { Ref, type Value } from './value.ts'

/** date: a day, asked for as its midnight in UTC; decimal: at most four digits after the point, else absent. */
export type ScalarKind = 'string' | 'long' | 'boolean' | 'datetime' | 'date' | 'decimal' | 'ip'

/**
 * What a member of a JSON object must be to count; anything else reads as absent. datetime: "2026-01-31T08:00:00.000Z", date: "2026-01-31",
 * decimal: "12.50", strings: an array of strings; an entity: its id.
 */
export type MemberKind =
  'string' | 'long' | 'boolean' | 'datetime' | 'date' | 'decimal' | 'strings' | { readonly entity: string }

/** An attribute as it stands in a row. */
export type Column =
  | { readonly kind: 'scalar'; readonly column: string; readonly type: ScalarKind; readonly nullable: boolean }
  | {
      readonly kind: 'entity'
      readonly column: string
      /** Cedar type of what it points to. */
      readonly entity: string
      readonly scalar: 'uuid' | 'text'
      readonly nullable: boolean
      /** Where its attributes stand, if a policy may ask for them in lists. */
      readonly target?: ColumnMap
    }
  | {
      readonly kind: 'set'
      readonly column: string
      readonly of: 'string' | { readonly entity: string }
      readonly nullable: boolean
    }
  /** A boolean: whether a column is NULL (negated: is not). */
  | { readonly kind: 'null'; readonly column: string; readonly negated: boolean }
  | { readonly kind: 'constant'; readonly value: boolean }
  /** A member of a JSON object in a column: a custom field. Always optional. */
  | { readonly kind: 'json'; readonly column: string; readonly key: string; readonly type: MemberKind }
  /** Attributes under one name, as `resource.custom.credit`; the record itself is always there. */
  | { readonly kind: 'record'; readonly fields: ReadonlyMap<string, Column> }

export interface ColumnMap {
  /** Cedar type of the rows. */
  readonly entity: string
  readonly table: string
  readonly attributes: ReadonlyMap<string, Column>
  /** Columns that name what a row is inside of. */
  readonly parents: readonly { readonly column: string; readonly entity: string; readonly scalar: 'uuid' | 'text' }[]
  /** A JSON object in a column, of members of one type. */
  readonly tags?: { readonly column: string; readonly type: MemberKind }
}

/** The map of one record type. */
export const recordColumns = (catalogue: Catalogue, name: string): ColumnMap => {
  const type = typeOf(catalogue, name)
  const attributes = new Map<string, Column>(common(type, catalogue))
  for (const field of type.fields) {
    const column = field.storage === 'plain' ? plain(type, field) : undefined
    if (!column) continue
    if (attributes.has(field.name))
      throw new RangeError(`field ${type.name}.${field.name} bears the name of a common attribute`)
    attributes.set(field.name, column)
  }
  return { entity: type.entity, table: type.table, attributes, parents: parentsOf(type) }
}

/** Users are in their role and unit, units in the unit above, all else in its team. */
const parentsOf = (type: RecordType): ColumnMap['parents'] => {
  if (type.entity === 'User') {
    return [
      { column: 'role', entity: 'Role', scalar: 'text' },
      { column: 'unit_id', entity: 'Team', scalar: 'uuid' },
    ]
  }
  return [{ column: type.entity === 'Team' ? 'parent_id' : 'team_id', entity: 'Team', scalar: 'uuid' }]
}

const common = (type: RecordType, catalogue: Catalogue): readonly (readonly [string, Column])[] => [
  [
    'owner',
    { kind: 'entity', column: 'owner_id', entity: 'User', scalar: 'uuid', nullable: true, ...target(catalogue) },
  ],
  // A user's team is the unit it works in, as it is of the principal.
  [
    'team',
    {
      kind: 'entity',
      column: type.entity === 'User' ? 'unit_id' : 'team_id',
      entity: 'Team',
      scalar: 'uuid',
      nullable: true,
    },
  ],
  ['sharedWith', { kind: 'set', column: 'shared_with', of: { entity: 'User' }, nullable: false }],
  ['deleted', { kind: 'null', column: 'deleted_at', negated: true }],
  ['pool', type.pool ? { kind: 'null', column: 'owner_id', negated: false } : { kind: 'constant', value: false }],
  // Of people and teams the organisation in memory knows less than their rows do, so policies cannot ask for these.
  ...(isStaff(type)
    ? []
    : ([
        ['createdBy', { kind: 'entity', column: 'created_by', entity: 'User', scalar: 'uuid', nullable: false }],
        ['createdAt', { kind: 'scalar', column: 'created_at', type: 'datetime', nullable: false }],
        ['updatedAt', { kind: 'scalar', column: 'updated_at', type: 'datetime', nullable: false }],
      ] as const)),
]

/** Users and teams: they are also principals, and held in memory. */
export const isStaff = (type: RecordType): boolean => staffEntities.has(type.entity)

/** What others can be inside of. */
export const staffEntities: ReadonlySet<string> = new Set(['User', 'Team'])

/** What may be asked of a record's owner: what the organisation in memory knows too. */
const target = (catalogue: Catalogue): { readonly target?: ColumnMap } => {
  const user = catalogue.types.find((type) => type.entity === 'User')
  if (!user) return {}
  const attributes = new Map<string, Column>([
    ['role', { kind: 'scalar', column: 'role', type: 'string', nullable: true }],
    ['team', { kind: 'entity', column: 'unit_id', entity: 'Team', scalar: 'uuid', nullable: true }],
  ])
  return { target: { entity: 'User', table: user.table, attributes, parents: [] } }
}

const plain = (type: RecordType, field: Field): Column | undefined => {
  const column = columnOf(field)
  switch (field.kind) {
    case 'money':
    case 'integer':
      return { kind: 'scalar', column, type: 'long', nullable: true }
    case 'boolean':
      return { kind: 'scalar', column, type: 'boolean', nullable: true }
    case 'datetime':
      return { kind: 'scalar', column, type: 'datetime', nullable: true }
    case 'tags':
      return { kind: 'set', column, of: 'string', nullable: true }
    // A date has no type of its own in Cedar: it is asked for as its midnight in UTC.
    case 'date':
      return { kind: 'scalar', column, type: 'date', nullable: true }
    // A link would need the linked record in memory.
    case 'link':
      return undefined
    default:
      return { kind: 'scalar', column, type: 'string', nullable: true }
  }
}

/** A stored row as an entity; attributes are read when a policy asks for them. */
export const rowEntity = (map: ColumnMap, row: { readonly [column: string]: unknown }): Entity => ({
  ref: new Ref(map.entity, String(row.id)),
  parents: map.parents.flatMap(({ column, entity }) => {
    const id = row[column]
    return typeof id === 'string' ? [new Ref(entity, id)] : []
  }),
  attr: (name) => {
    const column = map.attributes.get(name)
    return column && cellValue(column, row)
  },
  tag: (name) => (map.tags ? tagsOf(map.tags, row).get(name) : undefined),
  tags: () => (map.tags ? tagsOf(map.tags, row) : none),
  names: () => [...map.attributes.keys()],
})

const none: ReadonlyMap<string, Value> = new Map()

/** The parameter type of a scalar column. */
export const scalarTypes = {
  string: 'text',
  long: 'bigint',
  boolean: 'boolean',
  datetime: 'timestamptz',
} as const satisfies Partial<Record<ScalarKind, ScalarType>>
