// Faults planted in the compiler, one at a time: each must be noticed. Those that were not are named, and the campaign fails.
import assert from 'node:assert/strict'
import type { Campaign } from '../src/cli/fuzz.ts'
import { hunt, huntSql } from '../test/support/hunt.ts'
import { mutants } from '../test/support/mutants.ts'

export const run = async ({ seed, report }: Campaign): Promise<Readonly<Record<string, number>>> => {
  const compiler = await hunt({ mutants, seed, cases: 300 })
  report(`${String(compiler.tried)} faults of the compiler tried`)
  const sql = await huntSql(seed, 40)
  const survivors = [...compiler.survivors, ...sql.survivors]
  assert.deepEqual(survivors, [], 'faults that nobody noticed')
  return { faults: compiler.tried + sql.tried, noticed: compiler.tried + sql.tried, survivors: 0 }
}
