// The row and what stands in it: columns, members of JSON columns, and columns of the rows that foreign keys lead to. Keeps access-7, access-141.
import { always, type Expression, never, type Predicate } from '#kernel'
import type { Column, ColumnMap } from './columns.ts'
import { here, memberTerm } from './computed.ts'
import { and } from './formula.ts'
import { type ColumnTerm, type Pair, perhaps, type Place, type Term, total, unsure } from './term.ts'
import { Failure, type Result } from './value.ts'

const known = (result: Result): Term => ({ is: 'known', result })
const wrongType = new Failure('a value of another type is expected')
const absent = new Failure('an attribute is absent')

/** The row itself: an entity whose id is in column id and whose attributes are the row's. */
export const rowTerm = (columns: ColumnMap): Term => ({
  is: 'column',
  column: { kind: 'entity', column: 'id', entity: columns.entity, scalar: 'uuid', nullable: false, target: columns },
  ...here,
  present: always,
  errs: total,
  row: columns,
})

type Holder = Extract<Term, { readonly is: 'column' | 'record' }>

/** One step from an entity in a column to an attribute of it: of the row itself, or over a foreign key; or into a record. */
export const attributeOf = (of: Holder, attr: string): Term => {
  if (of.is === 'record') return columnTerm(of.fields.get(attr), of) ?? known(absent)
  if (of.column.kind !== 'entity') return known(wrongType)
  const column = of.column.target?.attributes.get(attr)
  if (of.row) return columnTerm(column, of) ?? known(absent)
  const place = lookup(of)
  return (place && columnTerm(column, place)) ?? perhaps
}

const columnTerm = (column: Column | undefined, place: Place): Term | undefined => {
  if (!column) return undefined
  const { path, wrap } = place
  const own = path.length === 0
  switch (column.kind) {
    case 'constant':
      return own ? known(column.value) : perhaps
    case 'null': {
      const is = (negated: boolean): Predicate => wrap({ kind: 'null', column: column.column, negated })
      return { is: 'pair', t: is(column.negated), f: is(!column.negated), errs: own ? total : unsure }
    }
    case 'json':
      return memberTerm(column.column, column.key, column.type, place)
    case 'record':
      return { is: 'record', fields: column.fields, path, wrap }
    default: {
      const of = readingOf(column)
      const present: Predicate = of
        ? { kind: 'present', of, negated: false }
        : { kind: 'null', column: column.column, negated: true }
      return {
        is: 'column',
        column,
        path,
        wrap,
        present: of || column.nullable || !own ? wrap(present) : always,
        errs: of || !own ? unsure : column.nullable ? new Set([column.column]) : total,
      }
    }
  }
}

/** How a column is read whose cell may be there and still have no value: a fifth digit, an infinite day. */
const readingOf = (column: Column): Expression | undefined =>
  column.kind === 'scalar' && (column.type === 'decimal' || column.type === 'date')
    ? { kind: 'column', column: column.column, as: column.type === 'date' ? 'day' : 'decimal', up: 0 }
    : undefined

/** The row a foreign key leads to. Deleted rows are not in memory either, so the closure does not see them. */
const lookup = (of: ColumnTerm, negated?: true): Place | undefined => {
  if (of.column.kind !== 'entity' || !of.column.target) return undefined
  const { column, target } = of.column
  const live: Predicate = { kind: 'null', column: 'deleted_at', negated: false }
  return {
    path: [...of.path, column],
    wrap: (where) =>
      where.kind === 'false' && !negated
        ? never
        : of.wrap({
            kind: 'lookup',
            column,
            table: target.table,
            where: and(where, live),
            ...(negated ? { negated } : {}),
          }),
  }
}

/** `has`: whether there is a value. Of an entity that is not there: no, which is no error. */
export const hasAttribute = (of: Holder, attr: string): Term => {
  if (of.is === 'record') return presence(of.fields.get(attr), of)
  if (of.column.kind !== 'entity') return known(wrongType)
  const column = of.column.target?.attributes.get(attr)
  if (of.row) return presence(column, of)
  const [there, notThere] = [lookup(of), lookup(of, true)]
  // Of what the map leaves out, the organisation in memory may know more.
  if (!column || !there || !notThere) return perhaps
  const is = isThere(column, false)
  return { is: 'pair', t: there.wrap(is), f: notThere.wrap(is), errs: of.errs }
}

const presence = (column: Column | undefined, { wrap, path }: Place): Term => {
  if (!column) return known(false)
  const [is, isNot] = [isThere(column, false), isThere(column, true)]
  if (path.length === 0 && is.kind === 'true') return known(true)
  const pair: Pair = { t: wrap(is), f: wrap(isNot), errs: path.length === 0 ? total : unsure }
  return { is: 'pair', ...pair }
}

const isThere = (column: Column, negated: boolean): Predicate => {
  if (column.kind === 'json') {
    const { of } = memberTerm(column.column, column.key, column.type, here)
    return { kind: 'present', of, negated }
  }
  const of = readingOf(column)
  if (of) return { kind: 'present', of, negated }
  if (column.kind === 'constant' || column.kind === 'null' || column.kind === 'record' || !column.nullable)
    return negated ? never : always
  return { kind: 'null', column: column.column, negated: !negated }
}

/** A tag of the row, by a name that is known. */
export const tagOf = (of: Term, name: Term): Term => {
  const key = tagName(of, name)
  if (typeof key !== 'object') return key === undefined ? perhaps : known(absent)
  return memberTerm(key.column, key.name, key.type, here)
}

export const hasTag = (of: Term, name: Term): Term => {
  const key = tagName(of, name)
  if (typeof key !== 'object') return key === undefined ? perhaps : known(false)
  const member = memberTerm(key.column, key.name, key.type, here)
  const is = (negated: boolean): Predicate => ({ kind: 'present', of: member.of, negated })
  return { is: 'pair', t: is(false), f: is(true), errs: total }
}

/** Where a tag stands; false: the row can have none; undefined: nobody can say beforehand. */
const tagName = (of: Term, name: Term) => {
  if (of.is !== 'column' || !of.row || name.is !== 'known' || typeof name.result !== 'string') return undefined
  const { tags } = of.row
  if (!tags || name.result.includes('\0') || !name.result.isWellFormed()) return false
  return { ...tags, name: name.result }
}
