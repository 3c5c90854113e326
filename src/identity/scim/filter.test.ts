// Filters and patches of SCIM: what is printed reads back the same, whatever it is, and real requests of two providers do what they mean.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isFault } from '#kernel'
import { type Filter, matches, parseFilter, printFilter, type Resource } from './filter.ts'
import { applyPatch, readOperations } from './patch.ts'
import { readPerson } from './person.ts'

const name = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/).filter((word) => !['and', 'or', 'not'].includes(word))
const path = fc.oneof(
  name.map((one) => [one]),
  fc.tuple(name, name).map((pair) => [...pair]),
)
const value = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null))
const op = fc.constantFrom('eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le' as const)
const plain = { noNullPrototype: true } as const
const { tree } = fc.letrec<{ tree: Filter }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    fc.record({ kind: fc.constant('present' as const), path }, plain),
    fc.record({ kind: fc.constant('compare' as const), path, op, value }, plain) as fc.Arbitrary<Filter>,
    fc.record({ kind: fc.constantFrom('and' as const, 'or' as const), left: tie('tree'), right: tie('tree') }, plain),
    fc.record({ kind: fc.constant('not' as const), of: tie('tree') }, plain),
    fc.record({ kind: fc.constant('within' as const), path, of: tie('tree') }, plain),
  ),
}))

test('[identity-189] a filter that is printed reads back as the same tree', () => {
  fc.assert(
    fc.property(tree, (filter) => {
      assert.deepEqual(parseFilter(printFilter(filter)), filter)
    }),
    { numRuns: 2000 },
  )
})

test('[identity-189] whatever is sent as a filter is read or refused, never anything else', () => {
  const pieces = fc.array(
    fc.constantFrom(
      'userName',
      'eq',
      '"a"',
      '(',
      ')',
      '[',
      ']',
      'and',
      'or',
      'not',
      'pr',
      '"',
      '\\',
      ' ',
      '1',
      'true',
      'x.y.z',
    ),
    { maxLength: 30 },
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        pieces.map((words) => words.join(' ')),
      ),
      (text) => {
        try {
          parseFilter(text)
        } catch (error) {
          assert.ok(isFault(error, 'scim-refused'), String(error))
        }
      },
    ),
    { numRuns: 2000 },
  )
  assert.throws(() => parseFilter(`${'('.repeat(500)}a pr${')'.repeat(500)}`))
  assert.throws(() => parseFilter(`${'a pr and '.repeat(300)}a pr`))
})

test('[identity-189] filters find what they say: case, precedence, lists, absence', () => {
  const user: Resource = {
    userName: 'Wang@Works.example',
    externalId: 'AbC',
    active: true,
    emails: [
      { value: 'wang@works.example', type: 'work', primary: true },
      { value: 'w@home.example', type: 'home' },
    ],
    name: { formatted: '王小明' },
  }
  const yes = [
    'userName eq "wang@works.example"',
    'USERNAME EQ "wang@works.example"',
    'urn:ietf:params:scim:schemas:core:2.0:User:userName sw "wang"',
    'externalId eq "AbC"',
    'emails co "home"',
    'emails.value eq "w@home.example"',
    'emails[type eq "work" and value co "works"]',
    'name.formatted co "小"',
    'active eq true',
    'active eq true or userName eq "x" and userName eq "y"',
    'not (userName eq "x")',
    'title ne "x"',
    'not (title pr)',
  ]
  const no = [
    'externalId eq "abc"',
    'emails[type eq "home" and value co "works"]',
    'userName ne "wang@works.example"',
    '(active eq true or userName eq "x") and userName eq "y"',
    'title pr',
    'userName gt "z"',
  ]
  for (const text of yes) assert.ok(matches(parseFilter(text), user), text)
  for (const text of no) assert.ok(!matches(parseFilter(text), user), text)
})

test('[identity-190] patches as Entra ID and Okta send them', () => {
  const before: Resource = {
    userName: 'wang@works.example',
    displayName: '王小明',
    name: { formatted: '王小明' },
    active: true,
    emails: [{ value: 'wang@works.example', type: 'work', primary: true }],
  }
  const after = (...operations: object[]): Resource => applyPatch(before, readOperations({ Operations: operations }))
  const person = (...operations: object[]) => readPerson(after(...operations), before)
  // Entra ID: capital operation, text for a boolean.
  assert.equal(person({ op: 'Replace', path: 'active', value: 'False' }).active, false)
  // Okta: no path, an object.
  assert.equal(person({ op: 'replace', value: { active: false } }).active, false)
  assert.equal(
    person({ op: 'Add', path: 'emails[type eq "work"].value', value: 'New@Works.example' }).email,
    'new@works.example',
  )
  assert.equal(person({ op: 'Replace', path: 'displayName', value: 'Ada Lovelace' }).name, 'Ada Lovelace')
  assert.equal(
    person({ op: 'add', path: 'name.givenName', value: '大明' }, { op: 'add', path: 'name.familyName', value: '李' })
      .name,
    '李大明',
  )
  assert.equal(person({ op: 'add', value: { 'name.givenName': 'Ada', 'name.familyName': 'L.' } }).name, 'Ada L.')
  assert.equal(
    person({ op: 'replace', path: 'urn:ietf:params:scim:schemas:core:2.0:User:externalId', value: 'x' }).externalId,
    'x',
  )
  // Of an extension that is not kept: taken, and nothing changes.
  const manager = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager'
  assert.deepEqual(person({ op: 'Add', path: manager, value: 'x' }), readPerson(before, before))
  assert.deepEqual(before['active'], true, 'what was given stays as it was')

  const group: Resource = { displayName: 'Sales', members: [{ value: 'a' }, { value: 'b' }] }
  const members = (operation: object): unknown[] =>
    (applyPatch(group, readOperations({ Operations: [operation] }))['members'] as { value: string }[]).map(
      (one) => one.value,
    )
  assert.deepEqual(members({ op: 'add', path: 'members', value: [{ value: 'c' }, { value: 'a' }] }), ['a', 'b', 'c'])
  assert.deepEqual(members({ op: 'Remove', path: 'members', value: [{ value: 'a' }] }), ['b'])
  assert.deepEqual(members({ op: 'remove', path: 'members[value eq "b"]' }), ['a'])
  assert.deepEqual(members({ op: 'replace', path: 'members', value: [{ value: 'z' }] }), ['z'])
  for (const wrong of [
    {},
    { Operations: [] },
    { Operations: [{ op: 'move', path: 'x' }] },
    { Operations: [{ op: 'remove' }] },
    { Operations: [{ op: 'add', value: 'x' }] },
    { Operations: [{ op: 'add', path: 'a[', value: 'x' }] },
    { Operations: [{ op: 'replace', path: 'emails[type co "x"].value', value: 'x' }] },
  ])
    assert.throws(() => applyPatch(before, readOperations(wrong)), { code: 'scim-refused' })
})
