// Backup: a full against COPY of the same tables to nowhere, and an increment after 1 % of updates against the bytes of the rows
// that changed. Everything else of an installation stands in the database too: tokens, keys of subjects, the journal.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { backupTables } from '#backup'
import { services } from '#kernel'
import type { Tx } from '#store'
import { addAccounts, type BackupHouse, changeAccounts, openBackupHouse } from '../test/support/backup-house.ts'
import { catalogue } from '../test/support/index.ts'
import { type Line, median } from './bench.ts'

/** Accounts; with their tokens, keys and journal about ten rows each. */
const accounts = 20_000
const rounds = 3

export const run = async (): Promise<Line[]> => {
  const house = await openBackupHouse()
  try {
    const ids: string[] = []
    for (let i = 0; i < accounts / 2000; i++)
      ids.push(
        ...(await house.store.transaction(house.scope, (tx) => addAccounts(tx, house.journal, house.tenant, 2000))),
      )
    await house.journal.sealUp(house.tenant)
    await house.store.owner(async (tx) => {
      for (const { schema, table } of backupTables(catalogue)) await tx.query({ text: `analyze ${schema}.${table}` })
    })
    const full = await fullBesideCopy(house)
    const changed = ids.filter((_, i) => i % 100 === 0)
    await house.store.transaction(house.scope, (tx) => changeAccounts(tx, house.journal, house.tenant, changed))
    return [...full, ...(await increment(house, changed))]
  } finally {
    await house.close()
  }
}

/** In turns, each time into a new repository, so that nothing is spared by what an earlier one stored. */
const fullBesideCopy = async (house: BackupHouse): Promise<Line[]> => {
  const copies: number[] = []
  const backups: number[] = []
  let raw = 0
  let stored = 0
  for (let round = 0; round <= rounds; round++) {
    const copy = await timed(async () => {
      raw = await house.store.transaction(reader(house), copyEverything, {
        readOnly: true,
        isolation: 'repeatable read',
        timeoutMs: 0,
      })
    })
    const repo = join(house.repo, String(round))
    const backup = await timed(async () => {
      stored = written(await house.backups.create({ type: 'full', repo }))
    })
    // The first round warms up.
    if (round > 0) {
      copies.push(copy)
      backups.push(backup)
      await rm(repo, { recursive: true })
    }
  }
  const [copy, backup] = [median(copies), median(backups)]
  return [
    { bench: 'backup', metric: 'backup/full_vs_copy', value: backup, unit: 's', reference: copy, ratio: copy / backup },
    {
      bench: 'backup',
      metric: 'backup/full_rate',
      value: raw / 1e6 / backup,
      unit: 'MB/s',
      reference: raw / 1e6 / copy,
      ratio: copy / backup,
    },
    {
      bench: 'backup',
      metric: 'backup/full_stored',
      value: stored,
      unit: 'bytes',
      reference: raw,
      ratio: stored / raw,
    },
  ]
}

const reader = (house: BackupHouse): { tenant: string; principal: string } => ({
  tenant: house.tenant,
  principal: services.backup,
})

/** What psql's COPY … TO STDOUT into nowhere does: whole tables, in binary, in the order they lie in. */
const copyEverything = async (tx: Tx): Promise<number> => {
  let bytes = 0
  for (const { schema, table } of backupTables(catalogue))
    for await (const part of tx.copyOut(`copy ${schema}.${table} to stdout (format binary)`)) bytes += part.length
  return bytes
}

/** The rows that changed, as COPY in binary writes them: first all of them, then those of record tables alone. */
const increment = async (house: BackupHouse, changed: readonly string[]): Promise<Line[]> => {
  const list = changed.map((id) => `'${id}'`).join()
  const tables: readonly [name: string, where: string][] = [
    ['crm.account', `t.id in (${list})`],
    ['keyring.subject_key', `t.subject_id in (${list})`],
    ['journal.entry', `t.act = 'record.update'`],
  ]
  const sizes: number[] = []
  for (const [name, where] of tables)
    sizes.push(
      await house.store.transaction(reader(house), (tx) => bytesOf(tx, `select * from ${name} t where ${where}`), {
        readOnly: true,
      }),
    )
  const all = sizes.reduce((a, b) => a + b, 0)
  const records = sizes[0] ?? NaN
  const made = await house.backups.create({ type: 'incremental', repo: join(house.repo, '0') })
  const line = (metric: string, reference: number): Line => ({
    bench: 'backup',
    metric: `backup/${metric}`,
    value: written(made),
    unit: 'bytes',
    reference,
    ratio: written(made) / reference,
  })
  return [line('increment_bytes_vs_changed', all), line('increment_bytes_vs_changed_records', records)]
}

const bytesOf = async (tx: Tx, query: string): Promise<number> => {
  let bytes = 0
  for await (const part of tx.copyOut(`copy (${query}) to stdout (format binary)`)) bytes += part.length
  return bytes
}

const timed = async (work: () => Promise<void>): Promise<number> => {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1000
}

/** All bytes that a backup added to the repository, the snapshot of the keyring too. */
const written = (made: { readonly bytes: number; readonly keyring: { readonly bytes: number } }): number =>
  made.bytes + made.keyring.bytes
