// Tables copied one after the other, each to what a manifest says of it. Keeps backup-4 and backup-8.
import { type CopyJob, copyRows } from './copy.ts'
import type { TableState } from './manifest.ts'
import type { Source } from './source.ts'

export interface BackupProgress {
  readonly phase: 'waiting' | 'reading' | 'finishing' | 'done'
  readonly table: string
  /** Tables done, and in all. */
  readonly done: number
  readonly of: number
  readonly rows: number
  /** Read so far, before compression. */
  readonly bytes: number
}

/** Copies tables to their end; onProgress is told of the part done, 0 … `upTo`. */
export const copyTables = async (
  job: Omit<CopyJob, 'onRows'>,
  sources: readonly Source[],
  parentTables: ReadonlyMap<string, TableState>,
  onProgress: ((done: number, progress: BackupProgress) => void) | undefined,
  upTo: number,
): Promise<readonly TableState[]> => {
  const tables: TableState[] = []
  const whole = sources.reduce((sum, source) => sum + source.size, 0)
  let [rows, bytes, sizeDone] = [0, 0, 0]
  for (const source of sources) {
    const before = bytes
    const tell = (): void => {
      const part = Math.min(source.size, bytes - before)
      onProgress?.((upTo * (sizeDone + part)) / whole, {
        phase: 'reading',
        table: source.name,
        done: tables.length,
        of: sources.length,
        rows,
        bytes,
      })
    }
    tell()
    const onRows = (more: number, length: number): void => {
      rows += more
      bytes += length
      tell()
    }
    const copied = await copyRows({ ...job, onRows }, source.rows, `${source.name}/rows`, source.shape)
    const gone =
      source.gone === null
        ? nothing
        : await copyRows({ ...job, onRows }, source.gone, `${source.name}/gone`, source.shape)
    tables.push(stateOf(source, parentTables.get(source.name), copied, gone))
    sizeDone += source.size
  }
  return tables
}

const nothing: TableState['gone'] = { rows: 0, digest: '0'.repeat(64), segments: [] }

const stateOf = (
  source: Source,
  before: TableState | undefined,
  rows: TableState['rows'],
  gone: TableState['gone'],
): TableState => {
  // Append-only tables grow by what was copied; counting them whole would cost more than the increment.
  const grown = source.table.mode === 'append' ? (before?.total.rows ?? 0) + rows.rows : rows.rows
  const { name, columns, key, shape, mark, versions } = source
  return {
    name,
    mode: source.table.mode,
    columns,
    key,
    shape,
    rows,
    gone,
    total: { rows: source.count ?? grown, versions },
    mark,
  }
}
