// Definitions of custom fields: what is read back, and what the catalogue becomes.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { catalogueNumber, fieldOf, offeredFields, readCustomField, typeOf, withCustom } from '#kernel'
import { catalogue } from '#crm'

const sound = {
  id: 10_000,
  name: 'x_badge',
  kind: 'text',
  label: { zh: '工牌', en: 'Badge' },
  dataClass: 'personal',
  group: 'custom',
  storage: 'sealed',
  search: [],
  required: false,
  maxLength: 500,
  inList: false,
  purpose: { zh: '管理', en: 'managing' },
  custom: true,
}

test('[kernel-100] a sound definition is read; an altered one is refused, and nothing about persons is plain', () => {
  const read = readCustomField('contact', 10_000, 1, JSON.parse(JSON.stringify(sound)))
  assert.deepEqual(read.field, sound)
  for (const bad of [
    null,
    [],
    { ...sound, storage: 'plain' },
    { ...sound, kind: 'integer' },
    { ...sound, name: 'name' },
    { ...sound, name: 'x_a"; drop table crm.account; --' },
    { ...sound, group: 'none' },
    { ...sound, id: 10_001 },
    { ...sound, label: 'Badge' },
  ])
    assert.throws(() => readCustomField('contact', 10_000, 1, bad), RangeError)
  for (const id of [1, 9_999, 65_536])
    assert.throws(() => readCustomField('contact', id, 1, { ...sound, id }), RangeError)
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      assert.throws(() => readCustomField('contact', 10_000, 1, value), RangeError)
    }),
  )
})

test('[kernel-100] the catalogue carries them behind its own; a retired one is offered nowhere', () => {
  const field = readCustomField('contact', 10_000, 1, sound)
  const gone = readCustomField('contact', 10_001, 2, { ...sound, id: 10_001, name: 'x_old', retired: true })
  const shipped = typeOf(catalogue, 'contact').fields
  const type = typeOf(withCustom(catalogue, [field, gone]), 'contact')
  assert.deepEqual(type.fields.slice(0, shipped.length), shipped)
  assert.ok(shipped.every((one) => one.id < 10_000 && !one.name.startsWith('x_')))
  assert.equal(fieldOf(type, 'x_badge')?.id, 10_000)
  assert.equal(fieldOf(type, 'x_old'), undefined)
  assert.equal(type.fields.length, shipped.length + 2)
  assert.equal(offeredFields(type).length, shipped.length + 1)
  assert.equal(catalogueNumber([field, gone]), 3)
  assert.deepEqual(withCustom(catalogue, []), catalogue)
})
