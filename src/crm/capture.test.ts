// What a web form may be, and what becomes of what it sent.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isFault, type Json, newId } from '#kernel'
import { checkForm, type FormDefinition, formFields, readLead, shownForm } from './capture.ts'

const both = { zh: '预约演示', en: 'Ask for a demo' }
const good: FormDefinition = {
  title: both,
  intro: { zh: '', en: '' },
  notice: both,
  submit: both,
  thanks: both,
  fields: [
    { name: 'name', required: true },
    { name: 'email', required: true },
    { name: 'industry', required: false },
  ],
  owner: null,
  source: 'website',
  origins: ['https://www.example.com', 'http://localhost:8080'],
  leastSeconds: 3,
}
const stored = { name: 'demo', definition: good as unknown as Json, active: true, version: 1, updatedAt: new Date(0) }
const content = (values: object, more: object = {}): unknown => ({ v: 1, values, seconds: 5, trap: '', ...more })

test('[crm-50] a form that holds is taken as it is; each thing wrong with one is named', () => {
  assert.equal(checkForm('demo-2', good), good)
  const wrong: readonly (readonly [string, string, Partial<FormDefinition>])[] = [
    ['name', 'Demo', {}],
    ['name', '-demo', {}],
    ['name', 'x'.repeat(41), {}],
    ['title', 'demo', { title: { zh: '演示', en: ' ' } }],
    ['submit', 'demo', { submit: { zh: '', en: 'Send' } }],
    ['fields', 'demo', { fields: [] }],
    ['fields', 'demo', { fields: [{ name: 'name', required: false }] }],
    ['fields', 'demo', { fields: [...good.fields, { name: 'status', required: false }] }],
    ['fields', 'demo', { fields: [...good.fields, { name: 'account', required: false }] }],
    ['fields', 'demo', { fields: [...good.fields, { name: 'name', required: true }] }],
    ['owner', 'demo', { owner: 'somebody' }],
    ['source', 'demo', { source: 'nowhere' }],
    ['origins', 'demo', { origins: ['*'] }],
    ['origins', 'demo', { origins: ['http://www.example.com'] }],
    ['origins', 'demo', { origins: ['https://www.example.com/'] }],
    ['origins', 'demo', { origins: ['null'] }],
    ['leastSeconds', 'demo', { leastSeconds: 1.5 }],
    ['leastSeconds', 'demo', { leastSeconds: 61 }],
  ]
  for (const [part, name, change] of wrong)
    assert.throws(
      () => checkForm(name, { ...good, ...change }),
      (error) => isFault(error, 'bad-value') && error.details['field'] === part,
      `${part} ${JSON.stringify(change)}`,
    )
})

test('[crm-50] what a page is told names no owner, and no field that is ours to fill can be asked for', () => {
  const shown = shownForm({ ...good, owner: newId() })
  assert.ok(!('owner' in shown) && !('origins' in shown) && !('source' in shown))
  assert.deepEqual(
    shown.fields.map(({ name, required }) => [name, required]),
    [
      ['name', true],
      ['email', true],
      ['industry', false],
    ],
  )
  for (const name of ['status', 'source', 'account', 'tags'])
    assert.ok(!formFields.some((field) => field.name === name))
})

test('[crm-51] values become those of a new lead; what the form does not ask for, or no value can be, is refused', () => {
  assert.deepEqual(readLead(stored, content({ name: ' 王芳 ', email: 'wang@example.com', industry: '' })), {
    values: { status: 'new', source: 'website', name: '王芳', email: 'wang@example.com' },
    owner: null,
  })
  for (const values of [
    {},
    { name: '  ' },
    { name: 'x', mobile: '13800138000' },
    { name: 'x', status: 'converted' },
    { name: 'x', email: 'no mail' },
    { name: 'x\0' },
    { name: 'x'.repeat(5000) },
    { name: 7 },
    { ['__proto__x']: 'x', name: 'x' },
  ])
    assert.deepEqual(readLead(stored, content(values)), { reason: 'not-valid' }, JSON.stringify(values).slice(0, 60))
  assert.deepEqual(readLead(stored, content({ name: 'x' }, { seconds: 2 })), { reason: 'spam' })
  assert.deepEqual(readLead(stored, content({ name: 'x' }, { trap: 'x' })), { reason: 'spam' })
})

test('[crm-51] whatever JSON a stranger seals is a lead or a reason, never an error', () => {
  const shape = fc.record(
    {
      v: fc.oneof(fc.constant(1), fc.anything()),
      values: fc.oneof(
        fc.dictionary(fc.constantFrom('name', 'email', 'industry', 'status', 'toString'), fc.jsonValue()),
        fc.jsonValue(),
      ),
      seconds: fc.oneof(fc.integer(), fc.jsonValue()),
      trap: fc.oneof(fc.constant(''), fc.jsonValue()),
    },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(fc.oneof(shape, fc.jsonValue()), (what) => {
      const reading = readLead(stored, what)
      assert.ok(
        'reason' in reading
          ? ['not-valid', 'spam'].includes(reading.reason)
          : typeof reading.values['name'] === 'string',
      )
    }),
  )
})
