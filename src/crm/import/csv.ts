// A CSV file as a heading and rows with line numbers: delimiter, line ends, padded heads, damaged rows. Keeps crm-4, crm-5.
import Papa from 'papaparse'
import { Fault } from '#kernel'
import type { Reason } from './reason.ts'
import { reasons } from './reason.ts'

export interface Row {
  /** Line of the file the row begins on, from 1. */
  readonly line: number
  readonly cells: readonly string[]
  /** Why the row can never be imported. */
  readonly damage?: Reason
}

export interface Table {
  readonly delimiter: string
  readonly lineEnd: '\n' | '\r\n' | '\r'
  readonly header: readonly string[]
  readonly headerLine: number
  /** Headings with blanks round them: the file pads after its delimiters, so values are trimmed too. */
  readonly padded: boolean
  /** Every row after the heading, from the start each time it is called. Rows without any value are left out. */
  rows(): Generator<Row>
}

/** Longest row, in UTF-16 code units. */
export const longestRow = 1_000_000
/** Most columns of a file. */
export const mostColumns = 1000

/** Reads the shape of a text; rows are parsed only when asked for. */
export const openTable = (text: string, delimiter?: string): Table => {
  const lineEnd = lineEndOf(text)
  const separator = delimiter ?? delimiterOf(text, lineEnd)
  if (separator === '' || /["\r\n]/.test(separator))
    throw new Fault('bad-input', { what: 'the delimiter is a character such as , or ;' })
  const sample = [...take(records(text, separator, lineEnd), 30)]
  const head = headOf(sample)
  if (!head) throw new Fault('file-unreadable', { what: 'it has no heading' })
  if (head.cells.length > mostColumns)
    throw new Fault('too-large', { what: 'the number of columns', limit: mostColumns })
  const width = head.cells.length
  const rows = function* (): Generator<Row> {
    for (const row of records(text, separator, lineEnd)) {
      if (row.line <= head.line || (row.damage === undefined && row.cells.every((cell) => cell.trim() === ''))) continue
      if (row.damage === undefined && row.cells.length !== width)
        yield { ...row, damage: reasons.width(row.cells.length, width) }
      else yield row
    }
  }
  const padded = head.cells.some((cell) => cell !== cell.trim())
  return { delimiter: separator, lineEnd, header: head.cells, headerLine: head.line, padded, rows }
}

/** What ends the lines outside quotes. Mixed ends count as LF, and the CR before it is dropped. */
const lineEndOf = (text: string): '\n' | '\r\n' | '\r' => {
  const sample = text.slice(0, 300_000)
  return ends(sample, true) ?? ends(sample, false) ?? '\n'
}

const ends = (sample: string, minding: boolean): '\n' | '\r\n' | '\r' | null => {
  let quoted = false
  let lf = 0
  let crlf = 0
  let cr = 0
  for (let i = 0; i < sample.length; i++) {
    const code = sample.charCodeAt(i)
    if (minding && code === 0x22) quoted = !quoted
    if (quoted) continue
    if (code === 0x0a) {
      if (sample.charCodeAt(i - 1) === 0x0d && sample.charCodeAt(i - 2) !== 0x0d) crlf++
      else lf++
    } else if (code === 0x0d && sample.charCodeAt(i + 1) !== 0x0a && sample.charCodeAt(i + 1) !== 0x0d) cr++
  }
  if (lf + crlf > 0) return lf === 0 ? '\r\n' : '\n'
  return cr > 0 ? '\r' : null
}

const delimiters = [',', ';', '\t', '|'] as const

/** The delimiter that gives the most rows of one width, wider first. */
const delimiterOf = (text: string, lineEnd: string): string => {
  let best: { delimiter: string; score: number } = { delimiter: ',', score: 0 }
  for (const delimiter of delimiters) {
    const rows = [...take(records(text, delimiter, lineEnd), 40)].filter(
      (row) => row.cells.length > 1 || row.cells[0] !== '',
    )
    const widths = new Map<number, number>()
    for (const row of rows) widths.set(row.cells.length, (widths.get(row.cells.length) ?? 0) + 1)
    for (const [width, count] of widths) {
      if (width < 2) continue
      const score = (count / rows.length) * (1 + Math.log2(width) / 4)
      if (score > best.score + 1e-9) best = { delimiter, score }
    }
  }
  return best.delimiter
}

/** The heading: the first row as wide as most, so titles and comments above it are passed over. */
const headOf = (sample: readonly Row[]): Row | undefined => {
  const filled = sample.filter((row) => row.cells.some((cell) => cell.trim() !== ''))
  const widths = new Map<number, number>()
  for (const row of filled) widths.set(row.cells.length, (widths.get(row.cells.length) ?? 0) + 1)
  const usual = [...widths].sort((a, b) => b[1] - a[1] || b[0] - a[0])[0]?.[0] ?? 0
  const first = filled[0]
  // One row of another width on top of many equal ones is a title only where it is narrower and nearly empty.
  if (!first || first.cells.length >= usual || first.cells.filter((cell) => cell.trim() !== '').length > 1) return first
  return filled.find((row) => row.cells.length === usual) ?? first
}

// Characters parsed at once; a row may grow over several windows up to the limit of rows.
const window = 1 << 20

/** Rows as they stand, with line numbers and the parser's complaints. Memory is bounded by the window, whatever a line holds. */
const records = function* (text: string, delimiter: string, lineEnd: string): Generator<Row> {
  let at = 0
  let line = 1
  let size = window
  while (at < text.length) {
    const last = at + size >= text.length
    const piece = text.slice(at, at + size)
    const { rows, used } = parse(piece, delimiter, lineEnd, !last)
    if (rows.length === 0 && !last && size >= longestRow * 2) {
      const over = nextLine(text, at, lineEnd)
      yield { line, cells: [cut(text.slice(at, at + 201))], damage: reasons.longRow(longestRow) }
      line += countLines(text, at, over)
      at = over
      size = window
      continue
    }
    if (rows.length === 0 && !last) {
      size *= 2
      continue
    }
    size = window
    let from = at
    let next = last ? text.length : at + used
    for (const row of rows) {
      let to = at + row.end
      if (row.broken && row === rows.at(-1) && last && unclosed(text, from)) {
        // A quote that is never closed would swallow the rest: only its own line is refused, reading goes on below.
        to = nextLine(text, from, lineEnd)
        next = to
        yield {
          line,
          cells: text
            .slice(from, Math.min(to, from + longestRow))
            .trimEnd()
            .split(delimiter),
          damage: reasons.quotes,
        }
      } else yield finish(row, line, lineEnd, text, from, to)
      line += countLines(text, from, to)
      from = to
    }
    at = next
  }
}

const unclosed = (text: string, from: number): boolean => {
  let quotes = 0
  for (let i = text.indexOf('"', from); i !== -1; i = text.indexOf('"', i + 1)) quotes++
  return quotes % 2 === 1
}

interface Parsed {
  readonly cells: readonly string[]
  readonly end: number
  readonly broken: boolean
}

const parse = (
  piece: string,
  delimiter: string,
  lineEnd: string,
  more: boolean,
): { rows: readonly Parsed[]; used: number } => {
  const rows: Parsed[] = []
  let used = 0
  const step = (result: Papa.ParseStepResult<string[]>): void => {
    const cells: unknown = result.data
    const row: unknown = Array.isArray(cells) && Array.isArray(cells[0]) ? cells[0] : cells
    used = result.meta.cursor
    if (Array.isArray(row)) rows.push({ cells: row.map(String), end: used, broken: result.errors.length > 0 })
  }
  // fastMode would split the whole piece at once and look for quotes again in each.
  const config = { delimiter, newline: lineEnd, quoteChar: '"', fastMode: false, step }
  new Papa.Parser(config as never).parse(piece, 0, more)
  return { rows, used }
}

// Marked, so that a row handed back is not taken for the whole one.
const cut = (cell: string): string => (cell.length > 200 ? `${cell.slice(0, 200)}…` : cell)

const finish = (row: Parsed, line: number, lineEnd: string, text: string, from: number, to: number): Row => {
  const cells = row.cells.slice()
  const tail = cells.at(-1)
  // Mixed line ends: what stands between the value and the LF is no part of the value.
  if (lineEnd === '\n' && tail?.endsWith('\r') && !/"\r*\n$/.test(text.slice(Math.max(from, to - 4), to)))
    cells[cells.length - 1] = tail.replace(/\r+$/, '')
  if (to - from > longestRow) return { line, cells: cells.slice(0, 20).map(cut), damage: reasons.longRow(longestRow) }
  if (row.broken) return { line, cells, damage: reasons.quotes }
  if (cells.some((cell) => cell.includes('\0')))
    return { line, cells: cells.map((cell) => cell.replaceAll('\0', '')), damage: reasons.nul }
  return { line, cells }
}

const nextLine = (text: string, at: number, lineEnd: string): number => {
  const next = text.indexOf(lineEnd, at)
  return next === -1 ? text.length : next + lineEnd.length
}

const countLines = (text: string, from: number, to: number): number => {
  let lines = 0
  for (let i = from; i < to; i++) {
    const code = text.charCodeAt(i)
    if (code === 0x0a || (code === 0x0d && text.charCodeAt(i + 1) !== 0x0a && text.charCodeAt(i + 1) !== 0x0d)) lines++
  }
  return lines
}

const take = function* <T>(items: Iterable<T>, count: number): Generator<T> {
  let left = count
  for (const item of items) {
    if (left-- <= 0) return
    yield item
  }
}
