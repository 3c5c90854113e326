// A file opened for import: its encoding settled, its table, where it comes from. Preview and run both start here, so they see the same. Keeps crm-2.
import type { Catalogue, Language, RecordType } from '#kernel'
import { Fault, verbatim } from '#kernel'
import type { Row, Table } from './csv.ts'
import { openTable } from './csv.ts'
import type { Guess } from './encoding.ts'
import { decode, guessEncoding } from './encoding.ts'
import { isRefusedFile, ownFile } from './own.ts'
import type { Preset } from './preset.ts'
import { presetOf } from './preset.ts'
import { restore } from '../neutral.ts'

export interface SourceOptions {
  readonly encoding?: string
  readonly delimiter?: string
}

export interface Source {
  readonly guess: Guess
  readonly encoding: string
  readonly table: Table
  readonly text: string
  /** Headings without those of an earlier refusal. */
  readonly header: readonly string[]
  readonly preset: Preset | null
  readonly own: { readonly type: RecordType; readonly language: Language } | null
  /** Rows with our own apostrophes taken off and the columns of an earlier refusal dropped. */
  rows(): Generator<Row>
}

/** `unsure`: what to do when the encoding is not certain: take the best guess (a preview) or refuse. */
export const openSource = (
  catalogue: Catalogue,
  bytes: Uint8Array,
  options: SourceOptions,
  unsure: 'guess' | 'refuse',
): Source => {
  if (bytes.length === 0) throw new Fault('file-unreadable', { what: 'it is empty' })
  const guess = guessEncoding(bytes)
  if (options.encoding === undefined && !guess.sure && unsure === 'refuse')
    throw new Fault('encoding-unsure', { what: verbatim(guess.candidates.join(', ')) })
  const encoding: string = options.encoding ?? guess.encoding
  const text = decode(bytes, encoding)
  const table = openTable(text, options.delimiter)
  const refused = isRefusedFile(table.header)
  const header = (refused ? table.header.slice(2).map(restore) : table.header).map((heading) => heading.trim())
  const own = ownFile(catalogue, header)
  const rows = function* (): Generator<Row> {
    for (const row of table.rows()) {
      const cells = refused ? row.cells.slice(2).map(restore) : row.cells
      yield { ...row, cells: own ? cells.map(restore) : table.padded ? cells.map((cell) => cell.trim()) : cells }
    }
  }
  return { guess, encoding, table, text, header, preset: own ? null : presetOf(header), own, rows }
}
