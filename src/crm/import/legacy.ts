// Rows of a file whose columns an old system sealed: decoded before they are read, and handed back sealed where they are refused. Keeps crm-21.
import type { Row } from './csv.ts'
import { reasons, type Reason } from './reason.ts'
import type { Source } from './source.ts'

/** Who decodes old ciphers: another room, in a process of its own. What it gives is unauthenticated. */
export interface Decoder {
  /** Places of the sealed columns, in the order of what decode gives. */
  readonly columns: readonly number[]
  /** For each row, the texts of the sealed columns; null where a cell does not decode. */
  decode(rows: readonly (readonly string[])[]): Promise<readonly (readonly (string | null)[])[]>
}

/** A row to be read, and its cells as the file has them. */
export interface Opened {
  readonly row: Row
  readonly cells: readonly string[]
  readonly refused?: Reason
}

const together = 500

/** The rows of a source in order; with a decoder, sealed columns stand as text. */
export async function* openedRows(source: Source, decoder: Decoder | undefined): AsyncGenerator<Opened> {
  if (!decoder) {
    for (const row of source.rows()) yield { row, cells: row.cells }
    return
  }
  let waiting: Row[] = []
  for (const row of source.rows()) {
    waiting.push(row)
    if (waiting.length < together) continue
    yield* decoded(source, decoder, waiting)
    waiting = []
  }
  yield* decoded(source, decoder, waiting)
}

async function* decoded(source: Source, decoder: Decoder, rows: readonly Row[]): AsyncGenerator<Opened> {
  if (rows.length === 0) return
  const texts = await decoder.decode(rows.map((row) => (row.damage ? [] : row.cells)))
  for (const [i, row] of rows.entries()) {
    const cells = [...row.cells]
    let refused: Reason | undefined
    if (!row.damage)
      for (const [at, index] of decoder.columns.entries()) {
        const text = texts[i]?.[at] ?? null
        if (text === null) refused ??= reasons.undecodable(source.header[index] ?? '', index + 1)
        cells[index] = text ?? ''
      }
    yield { row: { ...row, cells }, cells: row.cells, ...(refused ? { refused } : {}) }
  }
}
