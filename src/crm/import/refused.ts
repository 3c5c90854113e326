// The rows an import refused, as a file that can be put right and imported again: ERROR and LINE, then the columns as they came. Keeps crm-12.
import { stringify } from 'csv-stringify/sync'
import type { Language } from '#kernel'
import { neutralise } from '../neutral.ts'
import { refusedHeadings } from './own.ts'
import type { Reason } from './reason.ts'
import { sensitivityOf } from './sensitive.ts'

export interface RefusedRow {
  readonly line: number
  readonly cells: readonly string[]
  readonly reason: Reason
}

/** ERROR and LINE stand first: so a row of the wrong width keeps it, and is refused again until somebody mends it. */
export const refusedFile = (
  header: readonly string[],
  rows: readonly RefusedRow[],
  language: Language,
): string | null => {
  if (rows.length === 0) return null
  const secret = header.map((heading) => sensitivityOf(heading)?.kind === 'never')
  const lines = rows.map(({ line, cells, reason }) => [
    reason[language],
    String(line),
    ...cells.map((cell, i) => neutralise(secret[i] === true ? '' : cell)),
  ])
  return stringify([[...refusedHeadings, ...header.map(neutralise)], ...lines], {
    bom: true,
    record_delimiter: '\r\n',
    quoted: true,
  })
}
