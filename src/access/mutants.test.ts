// Whether the tests of the compiler notice what they are for: faults planted on purpose, in memory, one at a time.
// `npm run fuzz -- access-mutants` looks at all of them with more questions.
import assert from 'node:assert/strict'
import test from 'node:test'
import { hunt, huntSql } from '../../test/support/hunt.ts'
import { demandFitting } from '../../test/support/mutation.ts'
import { mutants, sqlMutants } from '../../test/support/mutants.ts'

test('[access-143] every planted fault of the evaluator and the row condition is noticed', async () => {
  for (const mutant of [...mutants, ...sqlMutants]) demandFitting(mutant)
  assert.ok(mutants.length >= 50 && sqlMutants.length >= 9)
  // On a busy machine the rest is left to the campaign, but never less than this.
  const until = Date.now() + 60_000
  const { tried, survivors } = await hunt({ mutants, seed: 143, cases: 60, enough: () => Date.now() > until })
  assert.deepEqual(survivors, [])
  assert.ok(tried >= 36, `${String(tried)} tried`)
})

test('[access-143] every planted fault of the SQL is noticed by PostgreSQL', async () => {
  const { survivors } = await huntSql(143, 30)
  assert.deepEqual(survivors, [])
})
