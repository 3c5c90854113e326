// The preview of a file: what it seems to be, how its columns map, and what is odd about it, before anything is stored. Keeps crm-2, crm-6, crm-11.
import type { Catalogue, Label } from '#kernel'
import { fieldOf, typeOf } from '#kernel'
import { catalogue as shipped, customerTypes } from '../catalogue.ts'
import type { DayOrder, OrderEvidence } from './date.ts'
import { orderOf, weighOrder } from './date.ts'
import { foldHeading } from './fold.ts'
import type { PresetName } from './preset.ts'
import { sensitivityOf } from './sensitive.ts'
import type { Source, SourceOptions } from './source.ts'
import { openSource } from './source.ts'
import { suggest, suggestType } from './suggest.ts'

export interface PreviewColumn {
  readonly index: number
  readonly heading: string
  /** Field name or special target (importTargets), null: not imported. */
  readonly suggestion: string | null
  readonly why: Label
  readonly sensitive?: Label
  /** For columns of dates with slashes: their order of day and month, or that somebody must say it. */
  readonly dateOrder?: DayOrder | 'ask'
}

export interface Problem {
  readonly code: string
  readonly zh: string
  readonly en: string
}

export interface Preview {
  readonly encoding: string
  /** Ranked; more than one: somebody should confirm. */
  readonly candidates: readonly string[]
  readonly sure: boolean
  readonly delimiter: string
  readonly lineEnd: string
  readonly header: readonly string[]
  /** The first 20. */
  readonly rows: readonly (readonly string[])[]
  readonly columns: readonly PreviewColumn[]
  readonly preset: PresetName | null
  readonly suggestedType: string | null
  readonly totalRowsEstimate: number
  readonly problems: readonly Problem[]
}

export interface InspectOptions extends SourceOptions {
  /** Map the columns for this type; default: the one suggested. */
  readonly type?: string
}

/** Looks at the beginning of a file; stores nothing. Throws file-unreadable where it is no table at all. */
export const inspect = (bytes: Uint8Array, options: InspectOptions = {}, catalogue: Catalogue = shipped): Preview => {
  const source = openSource(catalogue, bytes, options, 'guess')
  const suggestedType = suggestType(catalogue, customerTypes, source)
  const rows = sampleOf(source)
  const name = options.type ?? suggestedType
  const columns = name === null ? bareColumns(source) : columnsOf(catalogue, name, source, rows)
  return {
    encoding: source.encoding,
    candidates: source.guess.candidates,
    sure: source.guess.sure || options.encoding !== undefined,
    delimiter: source.table.delimiter,
    lineEnd: { '\n': 'LF', '\r\n': 'CRLF', '\r': 'CR' }[source.table.lineEnd],
    header: source.header,
    rows: rows.slice(0, 20).map((row) => source.header.map((_, i) => (row[i] ?? '').slice(0, 300))),
    columns,
    preset: source.own ? 'holdfast' : (source.preset?.name ?? null),
    suggestedType,
    totalRowsEstimate: estimate(source, rows.length),
    problems: problemsOf(source, suggestedType, columns),
  }
}

const sampled = 500

const sampleOf = (source: Source): readonly (readonly string[])[] => {
  const rows: (readonly string[])[] = []
  for (const row of source.rows()) {
    if (row.damage === undefined) rows.push(row.cells)
    if (rows.length >= sampled) break
  }
  return rows
}

/** Exact for what the sample holds whole, else by the average length of a row. */
const estimate = (source: Source, seen: number): number => {
  if (seen < sampled) return seen
  let length = 0
  let count = 0
  for (const row of source.rows()) {
    length += row.cells.reduce((sum, cell) => sum + cell.length + 1, 1)
    if (++count >= sampled) break
  }
  return Math.max(seen, Math.round(source.text.length / Math.max(1, length / count)))
}

const columnsOf = (
  catalogue: Catalogue,
  name: string,
  source: Source,
  rows: readonly (readonly string[])[],
): readonly PreviewColumn[] => {
  const type = typeOf(catalogue, name)
  return suggest(type, source).map(({ target, why }, index) => {
    const heading = source.header[index] ?? ''
    const sensitive = sensitivityOf(heading)?.warning
    const kind = target === null ? undefined : fieldOf(type, target)?.kind
    const dateOrder = kind === 'date' || kind === 'datetime' ? dateOrderOf(rows, index) : undefined
    return {
      index,
      heading,
      suggestion: target,
      why,
      ...(sensitive ? { sensitive } : {}),
      ...(dateOrder ? { dateOrder } : {}),
    }
  })
}

const bareColumns = (source: Source): readonly PreviewColumn[] =>
  source.header.map((heading, index) => ({
    index,
    heading,
    suggestion: null,
    why: { zh: '请先选择类型', en: 'choose a type first' },
  }))

const dateOrderOf = (rows: readonly (readonly string[])[], index: number): DayOrder | 'ask' | undefined => {
  const evidence: OrderEvidence = { dmy: false, mdy: false, ambiguous: false }
  for (const row of rows) weighOrder(row[index] ?? '', evidence)
  if (!evidence.dmy && !evidence.mdy && !evidence.ambiguous) return undefined
  return orderOf(evidence) ?? 'ask'
}

const problemsOf = (source: Source, type: string | null, columns: readonly PreviewColumn[]): readonly Problem[] => {
  const problems: Problem[] = []
  const add = (code: string, zh: string, en: string): void => void problems.push({ code, zh, en })
  const folded = source.header.map(foldHeading)
  if (!source.guess.sure)
    add(
      'encoding-unsure',
      `编码不确定：${source.guess.candidates.join('、')}`,
      `the encoding is not certain: ${source.guess.candidates.join(', ')}`,
    )
  const lost = source.text.slice(0, 2_000_000).split('\ufffd').length - 1
  if (lost > 0)
    add(
      'damaged-characters',
      `文件中有 ${String(lost)} 个已损坏的字符`,
      `the file holds ${String(lost)} damaged characters`,
    )
  if (source.table.headerLine > 1)
    add(
      'padded-head',
      `表头在第 ${String(source.table.headerLine)} 行，之前的内容被跳过`,
      `the heading stands on line ${String(source.table.headerLine)}; what is above it is passed over`,
    )
  const twice = folded.filter((heading, i) => heading !== '' && folded.indexOf(heading) !== i)
  if (twice.length > 0)
    add(
      'duplicate-headings',
      `有 ${String(twice.length)} 个重复的表头`,
      `${String(twice.length)} headings stand more than once`,
    )
  if (
    source.table.header.some((heading) => /^[\d.,/:-]+$|@/.test(heading.trim())) &&
    columns.every((column) => column.suggestion === null)
  )
    add(
      'no-heading',
      '第一行看起来是数据，不是表头；请在文件中加上表头',
      'the first row looks like data, not like a heading; add a heading to the file',
    )
  if (has(folded, 'salesagent') && has(folded, 'manager'))
    add(
      'people',
      '这是销售组织的人员名单：请在“设置 → 用户与部门”中创建用户和部门，再导入客户，负责人会按姓名匹配',
      'this lists people of the sales organisation: create users and teams in the settings first; owners are then matched by name when customers are imported',
    )
  else if (has(folded, 'product') && has(folded, 'salesprice'))
    add(
      'products',
      '这是产品价目表：系统没有产品类型，商机中的产品按名称保存',
      'this is a price list: there is no record type for products; deals keep the name of their product',
    )
  else if (type === null)
    add(
      'type-unknown',
      '无法判断文件内容的类型，请选择类型并对应各列',
      'what the file holds is not clear; choose a type and map the columns',
    )
  return problems
}

const has = (folded: readonly string[], heading: string): boolean => folded.includes(heading)
