// No table is forgotten: what a new migration adds is backed up, or somebody says why not.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { catalogue, openTestDatabase } from '#testing'
import { backupTables, nameOf, outside } from './tables.ts'

test('[backup-122] every table is in a backup or says why it is in none', async () => {
  const database = await openTestDatabase()
  try {
    const rows = await database.store.owner((tx) =>
      tx.query<{ name: string }>({
        text: `select schemaname || '.' || tablename as name from pg_tables
               where schemaname in ('ops', 'crm', 'keyring', 'journal', 'identity') order by 1`,
      }),
    )
    const found = rows.map(({ name }) => name)
    const taken = backupTables(catalogue).map(nameOf)
    assert.deepEqual([...taken, ...Object.keys(outside)].toSorted(), found.toSorted())
    for (const why of Object.values(outside)) assert.ok(why.length > 10)
  } finally {
    await database.close()
  }
})
