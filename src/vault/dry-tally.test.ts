// What a dry run counts, by names that people chose.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newId } from '#kernel'
import { count, emptyTally } from './dry-tally.ts'

test('[vault-240] a role is counted by its name, whatever it is called', () => {
  const tally = emptyTally()
  const [ann, ben] = [newId(), newId()]
  for (const person of [ann, ben]) count(tally, person, 'constructor', 'account', 'newlyDenied', [])
  count(tally, ann, 'constructor', 'account', 'newlyAllowed', [])
  assert.deepEqual(tally.roles['constructor'], [3, 2, 1])
  assert.deepEqual(tally.people[ann], [2, 1, 1])
})
