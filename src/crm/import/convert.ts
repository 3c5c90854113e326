// A row as a draft: cells read by field, parts joined, the key that makes a second import find the same record. Keeps crm-7, crm-8, crm-12, crm-13.
import { canonical, type Field, fieldOf, isUuid, type RecordType, type Uuid } from '#kernel'
import { type FieldValue, normalText } from '#vault'
import type { Row } from './csv.ts'
import type { DayOrder } from './date.ts'
import { readMoment } from './date.ts'
import { joins } from './heading.ts'
import type { Reason } from './reason.ts'
import { about, reasons, values as because } from './reason.ts'
import type { ReadContext } from './value.ts'
import { looksDamaged, readValue } from './value.ts'

export interface MappedColumn {
  readonly index: number
  readonly heading: string
  readonly target: string
  readonly order: DayOrder | null
}

export interface Conversion {
  readonly type: RecordType
  readonly columns: readonly MappedColumn[]
  readonly tags: ReadContext['tags']
  /** Cells that mean nothing, trimmed. */
  readonly empty: ReadonlySet<string>
  /** Our own export: every blank counts. */
  readonly own: boolean
  readonly offset: number
  /** What external ids are unique within: the system, or the headings of the file. */
  readonly origin: string
}

export interface Converted {
  readonly line: number
  readonly cells: readonly string[]
  readonly values: Readonly<Record<string, FieldValue>>
  /** Link fields that still hold the title of what they point to. */
  readonly links: readonly { readonly field: Field; readonly title: string }[]
  readonly id?: Uuid
  readonly owner?: string
  readonly ownerId?: Uuid
  readonly externalId?: string
  /** Key of its account, should that be created. */
  readonly accountKey?: string
  readonly createdAt?: string
  readonly warnings: readonly Reason[]
}

export type Conversed =
  Converted | { readonly line: number; readonly cells: readonly string[]; readonly refused: Reason }

/** Reads a row. The first value that cannot be read refuses it; nothing is shifted or guessed. */
export const convert = (plan: Conversion, row: Row): Conversed => {
  const refuse = (reason: Reason): Conversed => ({ line: row.line, cells: row.cells, refused: reason })
  if (row.damage) return refuse(row.damage)
  const parts = new Map<string, { column: MappedColumn; text: string }[]>()
  for (const column of plan.columns) {
    const text = row.cells[column.index] ?? ''
    if (plan.own ? text === '' : text.trim() === '' || plan.empty.has(text.trim())) continue
    const list = parts.get(column.target)
    if (list) list.push({ column, text })
    else parts.set(column.target, [{ column, text }])
  }
  const special = (target: string): string | undefined => parts.get(target)?.[0]?.text.trim()
  if (deletedMarks.has(normalText(special('deleted') ?? ''))) return refuse(reasons.deleted)
  const values: Record<string, FieldValue> = {}
  const links: { field: Field; title: string }[] = []
  const warnings: Reason[] = []
  for (const [target, list] of parts) {
    const field = fieldOf(plan.type, target)
    if (!field) continue
    const read = readParts(plan, field, list)
    if ('refused' in read) return refuse(about(field, read.refused))
    if (read.warning) warnings.push(about(field, read.warning))
    if (field.kind === 'link' && typeof read.value === 'string' && !isUuid(read.value))
      links.push({ field, title: read.value })
    else values[target] = read.value
  }
  nameIt(plan.type, values, links, special)
  const externalId = special('importKey')
  if (externalId !== undefined && looksDamaged(externalId)) return refuse(because.damaged)
  const created = special('created at')
  const createdAt =
    created === undefined
      ? undefined
      : readMoment(created, parts.get('created at')?.[0]?.column.order ?? null, plan.offset)
  if (createdAt && 'refused' in createdAt) warnings.push(because.created)
  const [id, owner, ownerId, accountId] = [special('id'), special('owner'), special('owner id'), special('account id')]
  return {
    line: row.line,
    cells: row.cells,
    values,
    links,
    warnings,
    ...(isUuid(id) ? { id } : {}),
    ...(owner === undefined ? {} : { owner }),
    ...(isUuid(ownerId) ? { ownerId } : {}),
    ...(externalId === undefined ? {} : { externalId }),
    ...(accountId === undefined ? {} : { accountKey: `${plan.origin}:account:${accountId}` }),
    ...(createdAt && 'value' in createdAt ? { createdAt: createdAt.value } : {}),
  }
}

const deletedMarks = new Set([
  '作废',
  '已作废',
  '已删除',
  '删除',
  'deleted',
  'invalid',
  'true',
  'yes',
  'y',
  't',
  '1',
  '是',
])

const readParts = (
  plan: Conversion,
  field: Field,
  list: readonly { column: MappedColumn; text: string }[],
): ReturnType<typeof readValue> => {
  const [first] = list
  if (!first) return { value: null }
  const context: ReadContext = { order: first.column.order, offset: plan.offset, tags: plan.tags }
  if (list.length === 1 || !joins(field)) return readValue(field, first.text, context)
  const texts = list.map((part) => part.text)
  if (field.kind === 'tags') {
    const read = texts
      .map((text) => readValue(field, text, context))
      .flatMap((one) => ('value' in one && Array.isArray(one.value) ? (one.value as string[]) : []))
    return { value: [...new Set(read)] }
  }
  if (field.kind === 'address')
    return readValue(field, texts.join(/\p{Script=Han}/u.test(texts.join('')) ? '' : ', '), context)
  return readValue(
    field,
    list.map((part, i) => (i === 0 ? part.text : `${part.column.heading}: ${part.text}`)).join('\n'),
    context,
  )
}

/** Names made of parts: first and last name; a deal without a name is called after its product and account. */
const nameIt = (
  type: RecordType,
  values: Record<string, FieldValue>,
  links: readonly { readonly field: Field; readonly title: string }[],
  special: (target: string) => string | undefined,
): void => {
  const [first, last] = [special('first name'), special('last name')]
  if (values['name'] === undefined && (first !== undefined || last !== undefined))
    values['name'] = fullName(first ?? '', last ?? '')
  if (type.name !== 'deal' || values['name'] !== undefined) return
  const account = links.find((link) => link.field.name === 'account')?.title
  const product = typeof values['product'] === 'string' ? values['product'] : undefined
  const id = special('importKey')
  const name = [product, account ?? (id === undefined ? undefined : `#${id}`)]
    .filter((part) => part !== undefined)
    .join(' · ')
  if (name !== '') values['name'] = name
}

/** First Last, and 姓名 without a blank where both parts are Han. */
export const fullName = (first: string, last: string): string =>
  /^\p{Script=Han}+$/u.test(first) && /^\p{Script=Han}+$/u.test(last)
    ? last + first
    : [first, last].filter((part) => part !== '').join(' ')

/** Stable text that names the source row: the external id, else what identifies the record. Counts repeats in `seen`. */
export const importKeyOf = (plan: Conversion, one: Converted, seen: Map<string, number>): string => {
  if (one.externalId !== undefined) return `${plan.origin}:${plan.type.name}:${one.externalId}`
  const identity = identityOf(plan.type, one)
  const times = (seen.get(identity) ?? 0) + 1
  seen.set(identity, times)
  return times === 1 ? identity : `${identity}#${String(times)}`
}

/** Key of an account known by its name alone. */
export const accountNameKey = (name: string): string => canonical(['account', 'name', normalText(name)])

const identityOf = (type: RecordType, one: Converted): string => {
  const text = (name: string): string => {
    const value = one.values[name]
    return typeof value === 'string'
      ? normalText(value)
      : (one.links.find((link) => link.field.name === name)?.title ?? '')
  }
  if (type.name === 'account' && text('name') !== '') return accountNameKey(text('name'))
  if (type.name === 'contact' || type.name === 'lead') {
    for (const name of ['email', 'mobile', 'phone'])
      if (text(name) !== '') return canonical([type.name, name, text(name), text('name')])
    return canonical([type.name, 'name', text('name'), normalText(text('account') || text('company'))])
  }
  const identifying = ['name', 'title', 'summary', 'at', 'due', 'account', 'contact', 'deal', 'product', 'openedDate']
  return canonical([type.name, 'row', ...identifying.map(text)])
}
