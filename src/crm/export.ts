// Records as a CSV file: what the principal may see as it sees it, ids included, harmless in a spreadsheet, readable back exactly. Keeps crm-14, crm-15.
import { stringify } from 'csv-stringify/sync'
import { type Actor, type Field, type Language, newId, offeredFields, type RecordType, typeOf, utf8 } from '#kernel'
import type { FieldValue, ListQuery, Seen, Vault } from '#vault'
import { moneyText } from './import/number.ts'
import { type OwnColumn, ownColumns } from './import/own.ts'
import { joinTags } from './import/value.ts'
import { neutralise } from './neutral.ts'

/** Which records, as in a list, and the language of headings and labels. Default: en. */
export interface ExportOptions extends ListQuery {
  readonly language?: Language
}

/** The bytes of the file, piece by piece. Asks for the right and the purpose before the first. Every row bears the mark of this export. */
export const exportCsv = (
  vault: Vault,
  actor: Actor,
  typeName: string,
  options: ExportOptions = {},
): AsyncGenerator<Uint8Array> => {
  const id = newId()
  return vault.exportFile(actor, id, pieces(vault, actor, typeName, options, id))
}

const pieces = async function* (
  vault: Vault,
  actor: Actor,
  typeName: string,
  options: ExportOptions,
  id: string,
): AsyncGenerator<Uint8Array> {
  const type = typeOf(vault.catalogue, typeName)
  const { language = 'en', ...query } = options
  const columns = ownColumns(type, language)
  let first = true
  const mark = await markOf(vault, actor, id)
  for await (const page of vault.exportPages(actor, typeName, query, id)) {
    if (first) yield head(columns)
    first = false
    const titles = await titlesOf(vault, actor, type, page)
    const rows = page.map((seen) => columns.map((column) => neutralise(cell(column, seen, titles, language, mark))))
    if (rows.length > 0) yield utf8(stringify(rows, format))
  }
  if (first) yield head(columns)
}

// Everything quoted: leading blanks, line ends and signs of other separators all survive.
const format = { record_delimiter: '\r\n', quoted: true, quoted_empty: false } as const

// The mark tells spreadsheets that this is UTF-8.
const head = (columns: readonly OwnColumn[]): Uint8Array =>
  utf8(`\ufeff${stringify([columns.map((column) => column.heading)], format)}`)

/** Names of linked records and owners, as the principal may see them: `type:id` → title. */
const titlesOf = async (
  vault: Vault,
  actor: Actor,
  type: RecordType,
  page: readonly Seen[],
): Promise<ReadonlyMap<string, string>> => {
  const wanted = new Map<string, Set<string>>()
  const want = (name: string, id: unknown): void => {
    if (typeof id === 'string') wanted.set(name, (wanted.get(name) ?? new Set()).add(id))
  }
  for (const seen of page) {
    want('user', seen.ownerId)
    for (const field of offeredFields(type))
      if (field.kind === 'link' && field.to !== undefined) want(field.to, seen.values[field.name])
  }
  const titles = new Map<string, string>()
  for (const [name, ids] of wanted) {
    for (const [id, title] of Object.entries(await vault.titles(actor, name, [...ids])))
      titles.set(`${name}:${id}`, title)
  }
  return titles
}

/** Which export, to whom, when: a single row that turns up somewhere tells where it left. */
const markOf = async (vault: Vault, actor: Actor, id: string): Promise<string> => {
  const name = (await vault.titles(actor, 'user', [actor.principal.id]))[actor.principal.id] ?? actor.principal.id
  return `HF-${id} ${name} ${actor.env.now.toISOString()}`
}

const cell = (
  column: OwnColumn,
  seen: Seen,
  titles: ReadonlyMap<string, string>,
  language: Language,
  mark: string,
): string => {
  switch (column.role) {
    case 'mark':
      return mark
    case 'id':
      return seen.id
    case 'owner':
      return titles.get(`user:${seen.ownerId ?? ''}`) ?? ''
    case 'owner id':
      return seen.ownerId ?? ''
    case 'created':
      return seen.createdAt
    case 'updated':
      return seen.updatedAt
    case 'link title':
      return titles.get(`${column.field?.to ?? ''}:${String(seen.values[column.field?.name ?? ''] ?? '')}`) ?? ''
    case 'value':
      return column.field ? text(column.field, seen.values[column.field.name] ?? null, language) : ''
  }
}

/** A value as people read it, and as `readValue` reads it back. */
const text = (field: Field, value: FieldValue, language: Language): string => {
  if (value === null) return ''
  if (typeof value === 'boolean') return language === 'zh' ? (value ? '是' : '否') : value ? 'yes' : 'no'
  if (typeof value === 'number') return field.kind === 'money' ? moneyText(value) : String(value)
  if (typeof value !== 'string') return joinTags(value)
  return field.kind === 'choice'
    ? (field.options?.find((option) => option.value === value)?.label[language] ?? value)
    : value
}
