// What a policy set keeps of conditions it made: the same answer as one that keeps nothing, whoever asks from wherever.
import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { thingColumns, policy } from '../../test/support/cedar.ts'
import { asker, schema, surroundings, world } from '../../test/support/differential.ts'
import { createMemo, partOf } from './memo.ts'
import { compilePolicies, type PolicySet } from './policyset.ts'
import { RecordValue } from './value.ts'

test('[access-197] a condition kept for the same surroundings is the one that would be made anew', () => {
  let kept = 0
  const texts = fc.array(policy, { minLength: 1, maxLength: 3 })
  const questions = fc.array(fc.tuple(asker, surroundings, fc.constantFrom('view', 'edit')), {
    minLength: 4,
    maxLength: 12,
  })
  fc.assert(
    fc.property(texts, questions, (policies, asked) => {
      const named = policies.map((text, i) => ({ id: `p${String(i)}`, text: `@id("p${String(i)}") ${text}` }))
      const make = (): PolicySet => compilePolicies(schema, named, { validated: true })
      const set = make()
      const seen = new Set<unknown>()
      for (const [principal, context, action] of [...asked, ...asked.toReversed()]) {
        const question = { principal, action, context, entities: world, columns: thingColumns }
        const answer = set.predicate(question)
        if (seen.has(answer)) kept++
        seen.add(answer)
        assert.deepEqual(answer, make().predicate(question))
      }
    }),
    { numRuns: 150 },
  ) // prettier-ignore
  assert.ok(kept > 200, String(kept))
})

test('[access-197] what is not looked at makes no difference, and old surroundings go', () => {
  const memo = createMemo<number>()
  const around = (n: number): RecordValue => new RecordValue(new Map([['n', BigInt(n)]]))
  const [organisation, table] = [{}, {}]
  let made = 0
  const ask = (n: number): number => memo.of(organisation, table, 'key', around(n), () => ++made)
  assert.deepEqual([ask(0), ask(0), ask(1), ask(0)], [1, 1, 2, 1])
  for (let n = 2; n < 20; n++) ask(n)
  assert.equal(ask(0), made)
  assert.equal(
    memo.of({}, table, 'key', around(0), () => -1),
    -1,
  )
  assert.equal(
    memo.of(organisation, {}, 'key', around(0), () => -2),
    -2,
  )
  const context = new RecordValue(new Map<string, boolean | string>([['mfa', true], ['purpose', '']])) // prettier-ignore
  assert.deepEqual([...partOf(context, new Set(['mfa'])).fields.keys()], ['mfa'])
  assert.equal(partOf(context, new Set(['mfa', '*'])), context)
})
