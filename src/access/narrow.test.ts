// Policies narrowed beforehand against the whole set, on random policies and rows.
import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { policy, row, thingColumns } from '../../test/support/cedar.ts'
import { ask, asker, compileTexts, surroundings, view, world } from '../../test/support/differential.ts'
import { allows } from './engine.ts'
import { decider, narrow } from './narrow.ts'

const ids = Array.from({ length: 6 }, (_, i) => `00000000-0000-7000-8000-0000000000${String(50 + i)}`)
const rows = fc.tuple(...ids.map(row))

test('[access-130] policies narrowed to a principal, an action and a type decide every record as they did before', () => {
  const seen = { always: 0, asked: 0 }
  fc.assert(
    fc.property(fc.array(policy, { minLength: 1, maxLength: 4 }), rows, asker, surroundings, fc.constantFrom('deny', 'skip'), (texts, things, principal, context, onError) => {
      const compiled = compileTexts(texts)
      const questions = things.map((of) => ask(principal, context, of))
      const [first] = questions
      assert.ok(first)
      const known = { principal, action: view, entities: world, actions: first.actions }
      const left = narrow(compiled.map((one) => one.policy), { ...known, type: thingColumns.entity }, onError)
      const answer = decider(left, { ...known, context }, onError)
      seen[answer.always === undefined ? 'asked' : 'always']++
      for (const question of questions)
        assert.equal(answer.allows(question.resource, question.entities), allows(compiled, question, onError))
    }),
    { numRuns: 2000 },
  ) // prettier-ignore
  assert.ok(seen.always > 100 && seen.asked > 500, JSON.stringify(seen))
})
