// Opening a house that holds a million subjects beside opening one that holds a handful: what a start reads does not grow with them.
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openHouse, readConfig } from '#server'
import type { Line } from './bench.ts'
import { generate } from './rewrap.ts'

const subjects = Number(process.env['HOLDFAST_BENCH_ROWS'] ?? 1_000_000)

export const run = async (): Promise<Line[]> => {
  const small = await measure(0)
  const large = await measure(subjects)
  return [line('open_ms', large.ms, 'ms', small.ms), line('rows_read_of_subject_key', large.rows, 'rows', subjects)]
}

interface Measured {
  readonly ms: number
  readonly rows: number
}

const measure = async (count: number): Promise<Measured> => {
  const directory = await mkdtemp(join(tmpdir(), 'hf-bench-'))
  await chmod(directory, 0o711)
  const config = readConfig({ data: join(directory, 'data'), keys: join(directory, 'keys') }, {}, directory)
  const keep = await openHouse(config, { create: true })
  try {
    await generate(keep, count)
    const read = async (): Promise<number> => {
      await new Promise((resolve) => setTimeout(resolve, 1500))
      const [row] = await keep.store.owner((tx) =>
        tx.query<{ n: bigint }>({
          text: `select coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) as n from pg_stat_user_tables
                 where schemaname = 'keyring' and relname = 'subject_key'`,
        }),
      )
      return Number(row?.n ?? 0n)
    }
    const before = await read()
    const times: number[] = []
    for (let i = 0; i < 7; i++) {
      const start = performance.now()
      const house = await openHouse(config, { create: false })
      times.push(performance.now() - start)
      await house.close()
    }
    return { ms: times.sort((a, b) => a - b)[3] ?? 0, rows: (await read()) - before }
  } finally {
    await keep.close()
    await rm(directory, { recursive: true, force: true })
  }
}

const line = (metric: string, value: number, unit: string, reference: number): Line => ({
  bench: 'startup',
  metric: `startup/${metric}`,
  value,
  unit,
  reference,
  ratio: value / reference,
})
