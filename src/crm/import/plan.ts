// What an import will do with each column: targets, orders of day and month, how ids of the file are told apart. Keeps crm-8, crm-11, crm-13.
import { Fault, fieldOf, inSentence, type RecordType, say, verbatim } from '#kernel'
import type { Conversion, MappedColumn } from './convert.ts'
import { type DayOrder, type OrderEvidence, orderOf, weighOrder } from './date.ts'
import { specialTargets } from './heading.ts'
import { tagsOf } from './preset.ts'
import { sensitivityOf } from './sensitive.ts'
import type { Source } from './source.ts'
import { suggest } from './suggest.ts'

export interface Wishes {
  readonly mapping?: Readonly<Record<string, string | null>>
  readonly dateOrders?: Readonly<Record<string, DayOrder>>
  readonly offset?: number
}

/** Settles every column before the first row. Throws bad-input for a mapping that cannot be. */
export const planOf = (type: RecordType, source: Source, options: Wishes): Conversion => {
  const suggested = suggest(type, source)
  const targets = source.header.map((_, i) =>
    options.mapping ? (options.mapping[String(i)] ?? null) : (suggested[i]?.target ?? null),
  )
  targets.forEach((target, i) => {
    if (target === null) return
    if (!fieldOf(type, target) && !(target in specialTargets))
      throw new Fault('bad-input', {
        what: say('there is no field {name} to import to', { name: target.slice(0, 40) }),
      })
    if (sensitivityOf(source.header[i] ?? '')?.kind === 'never')
      throw new Fault('bad-input', {
        what: say('column {column} holds passwords or card data, which are never imported', { column: i + 1 }),
      })
  })
  const named = [type.title, 'first name', 'last name', 'id'].some((target) => targets.includes(target))
  const composed =
    type.name === 'deal' && ['product', 'account', 'importKey'].some((target) => targets.includes(target))
  if (!named && !composed)
    throw new Fault('bad-input', {
      what: say('no column is mapped to {field}, without which there is no {type}', {
        field: inSentence(fieldOf(type, type.title)?.label ?? verbatim(type.title)),
        type: inSentence(type.label),
      }),
    })
  const orders = dayOrders(type, source, targets, options.dateOrders ?? {})
  const columns = targets.flatMap((target, index): readonly MappedColumn[] =>
    target === null ? [] : [{ index, heading: source.header[index] ?? '', target, order: orders.get(index) ?? null }],
  )
  return {
    type,
    columns,
    tags: source.own ? 'exact' : tagsOf(source.preset),
    empty: source.preset?.empty ?? new Set(),
    own: source.own !== null,
    offset: options.offset ?? 480,
    // Ids of unknown systems count within files of the same headings only: 17 in one file is not 17 in another.
    origin: source.own ? 'holdfast' : (source.preset?.name ?? `file:${source.header.join('|')}`),
  }
}

/** One look through the whole file, so that row 9,000 can tell how row 1 is meant. */
const dayOrders = (
  type: RecordType,
  source: Source,
  targets: readonly (string | null)[],
  given: Readonly<Record<string, DayOrder>>,
): ReadonlyMap<number, DayOrder> => {
  const orders = new Map<number, DayOrder>()
  const evidence = new Map<number, OrderEvidence>()
  targets.forEach((target, i) => {
    const kind = target === 'created at' ? 'datetime' : target === null ? undefined : fieldOf(type, target)?.kind
    const chosen = given[String(i)]
    if (chosen) orders.set(i, chosen)
    else if (kind === 'date' || kind === 'datetime') evidence.set(i, { dmy: false, mdy: false, ambiguous: false })
  })
  if (evidence.size === 0) return orders
  for (const row of source.rows())
    if (row.damage === undefined) for (const [i, seen] of evidence) weighOrder(row.cells[i] ?? '', seen)
  for (const [i, seen] of evidence) {
    const order = orderOf(seen)
    if (order) orders.set(i, order)
  }
  return orders
}
