// CRY-01: what is in the sealed columns is sealed, and what is in the plain ones is no phone, e-mail or ID number. Keeps encryption-15.
import {
  type Catalogue,
  cellColumn,
  type Check,
  type CheckContext,
  type CheckResult,
  columnOf,
  columnType,
  type Json,
  type RecordType,
  sealedGroups,
} from '#kernel'
import { cellShape, readHeader } from './cell.ts'

/** The control asks for at least 1,000 rows of each column, or all of them. */
const sampleSize = 2000

/** Samples every sealed column and searches every plain text column of the catalogue. */
export const sealedAtRest = (catalogue: Catalogue): Check => ({
  control: 'CRY-01',
  version: 1,
  async run(context) {
    const known = await context.query<{ epoch: number }>(`select epoch from keyring.epoch where tenant_id = $1`, [
      context.tenant,
    ])
    const epochs = new Set(known.map(({ epoch }) => epoch))
    const cells: Record<string, Json> = {}
    const badCells: string[] = []
    const plain: Record<string, Json> = {}
    let population = 0
    for (const type of catalogue.types) {
      for (const group of sealedGroups(type)) {
        const found = await sampleCells(context, type, cellColumn(group), epochs)
        population += found.rows
        cells[`${type.table}.${cellColumn(group)}`] = found
        if (found.malformed + found.readable > 0) badCells.push(`${type.table}.${cellColumn(group)}`)
      }
      for (const [column, hits] of await plainHits(context, type)) plain[`${type.table}.${column}`] = hits
    }
    const names = Object.keys(plain)
    const bad = badCells.length + names.length > 0
    return {
      state: bad ? 'fail' : population === 0 ? 'not-assessed' : 'pass',
      observed: { sampleSizePerColumn: sampleSize, cells, plainTextColumnsWithPersonalPatterns: plain },
      population,
      finding: sealedFinding(population, badCells, names),
    }
  },
})

const sealedFinding = (
  population: number,
  badCells: readonly string[],
  plain: readonly string[],
): CheckResult['finding'] => {
  if (badCells.length > 0) {
    const list = badCells.join(', ')
    return {
      zh: `以下密文列含有不合规的内容：${list}。`,
      en: `These sealed columns hold something that is no cell: ${list}.`,
    }
  }
  if (plain.length > 0) {
    const list = plain.join(', ')
    return {
      zh: `以下明文列中出现手机号、邮箱或身份证号：${list}。请将这些内容移入加密字段。`,
      en: `Phone numbers, e-mail addresses or ID numbers stand in plain columns: ${list}. Move them into sealed fields.`,
    }
  }
  if (population === 0) return { zh: '尚无加密数据。', en: 'There is no sealed value yet.' }
  return {
    zh: `抽查 ${population} 个密文单元，均为认证加密格式；明文列中未发现手机号、邮箱或身份证号。`,
    en: `All ${population} cells looked at are authenticated ciphertext; no phone, e-mail or ID number was found in plain columns.`,
  }
}

interface CellSample {
  readonly [name: string]: Json
  readonly rows: number
  readonly malformed: number
  readonly readable: number
  readonly suites: readonly number[]
  readonly epochs: readonly number[]
}

const sampleCells = async (
  context: CheckContext,
  type: RecordType,
  column: string,
  epochs: ReadonlySet<number>,
): Promise<CellSample> => {
  // Ordered by a hash of the id and the day: a fresh sample every day, the same one if somebody asks again.
  const rows = await context.query<{ cell: Uint8Array }>(
    `select "${column}" as cell from crm."${type.table}" where tenant_id = $1 and "${column}" is not null
     order by md5(id::text || $2) limit ${sampleSize}`,
    [context.tenant, context.now.toISOString().slice(0, 10)],
  )
  const headers = rows.map(({ cell }) => readHeader(cell))
  const malformed = rows.filter(({ cell }, i) => !cellShape(cell) || !epochs.has(headers[i]?.epoch ?? 0)).length
  return {
    rows: rows.length,
    malformed,
    readable: rows.filter(({ cell }) => readable(cell)).length,
    suites: distinct(headers.map((header) => header?.suite ?? 0)),
    epochs: distinct(headers.map((header) => header?.epoch ?? 0)),
  }
}

const distinct = (values: readonly number[]): readonly number[] => [...new Set(values)].sort((a, b) => a - b)

/** Whether 32 printable ASCII characters stand in a row: in random bytes, less than once in 10^13 places. */
const readable = (bytes: Uint8Array): boolean => /[ -~]{32}/.test(Buffer.from(bytes).toString('latin1'))

// PostgreSQL regular expressions: an e-mail address, a Chinese mobile number, an 18-digit ID number with a plausible birthday.
const patterns: Readonly<Record<string, string>> = {
  email: '[[:alnum:]._%+-]+@[[:alnum:]-]+(\\.[[:alnum:]-]+)*\\.[[:alpha:]]{2,}',
  mobile: '(^|[^0-9])(\\+?86[ -]?)?1[3-9][0-9][ -]?[0-9]{4}[ -]?[0-9]{4}($|[^0-9])',
  idNumber:
    '(^|[^0-9])[1-9][0-9]{5}(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx]($|[^0-9A-Za-z])',
}

/** Plain text columns of a type in which a pattern was found, with the number of rows of each. */
const plainHits = async (
  context: CheckContext,
  type: RecordType,
): Promise<readonly (readonly [column: string, hits: Readonly<Record<string, Json>>])[]> => {
  const columns = type.fields.flatMap((field) => {
    const kind = columnType(field)
    if (field.storage !== 'plain' || (kind !== 'text' && kind !== 'text[]')) return []
    const column = columnOf(field)
    return [{ column, text: kind === 'text' ? `"${column}"` : `array_to_string("${column}", ' ')` }]
  })
  const names = Object.keys(patterns)
  const counts = columns.flatMap(({ text }, c) =>
    names.map((_, p) => `count(*) filter (where ${text} ~ $${p + 2})::int as "c${c}_${p}"`),
  )
  if (counts.length === 0) return []
  const [row] = await context.query<Record<string, number>>(
    `select ${counts.join(', ')} from crm."${type.table}" where tenant_id = $1`,
    [context.tenant, ...Object.values(patterns)],
  )
  return columns.flatMap(({ column }, c) => {
    const hits = Object.fromEntries(
      names.flatMap((name, p) => ((row?.[`c${c}_${p}`] ?? 0) > 0 ? [[name, row?.[`c${c}_${p}`] ?? 0]] : [])),
    )
    return Object.keys(hits).length > 0 ? [[column, hits] as const] : []
  })
}
