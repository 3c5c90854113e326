// What a tenant may wish of a new field, and how far one changes later.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CustomField, isFault } from '#kernel'
import { catalogue, changedCustomField, type CustomWish, newCustomField } from './index.ts'

const wish: CustomWish = {
  type: 'account',
  name: 'Tier',
  kind: 'choice',
  label: { zh: '等级分类', en: '' },
  dataClass: 'internal',
  options: [{ value: 'gold', label: { zh: '金牌', en: 'Gold' } }],
  purpose: { zh: '管理', en: 'managing' },
}

const make = (more: Partial<CustomWish> = {}, there: readonly CustomField[] = []): CustomField =>
  newCustomField(catalogue, there, { ...wish, ...more })

test('[crm-100] a wish becomes a field; what cannot be kept as its class demands is refused by name', () => {
  const made = make()
  assert.deepEqual(
    [made.field.id, made.field.name, made.field.storage, made.field.label.en],
    [10_000, 'x_tier', 'plain', '等级分类'],
  )
  const second = make(
    { name: 'id_card', kind: 'idnumber', dataClass: 'sensitive', label: { zh: '证件', en: 'Card' }, searched: true },
    [made],
  )
  assert.deepEqual([second.field.id, second.field.storage, second.field.search], [10_001, 'sealed', ['exact']])
  for (const [field, more] of [
    ['dataClass', { dataClass: 'personal' }],
    ['dataClass', { dataClass: 'secret' }],
    ['kind', { kind: 'link' }],
    ['type', { type: 'user' }],
    ['group', { group: 'all' }],
    ['options', { options: [] }],
    ['options', { options: [...(wish.options ?? []), ...(wish.options ?? [])] }],
    ['label', { label: { zh: ' ', en: '' } }],
    ['label', { label: { zh: '客户名称', en: 'x' } }],
    ['searched', { kind: 'text', searched: true }],
    ['name', { name: 'a-b' }],
  ] as const)
    assert.throws(
      () => make(more),
      (error) => isFault(error, 'bad-value') && error.details['field'] === field,
      field,
    )
  assert.throws(() => make({}, [made]), { code: 'already-exists' })
})

test('[crm-100] labels, options and offering change; kind, class, group and the options that are there do not', () => {
  const made = make()
  const more = changedCustomField([made], made.field.id, {
    label: { zh: '级别', en: 'Tier' },
    options: [{ value: 'silver', label: { zh: '银牌', en: 'Silver' } }],
    retired: true,
  })
  assert.equal(more.revision, 2)
  assert.deepEqual(
    more.field.options?.map((one) => one.value),
    ['gold', 'silver'],
  )
  assert.equal(more.field.retired, true)
  assert.deepEqual([more.field.kind, more.field.dataClass, more.field.group], ['choice', 'internal', 'custom'])
  const back = changedCustomField([more], made.field.id, { retired: false })
  assert.ok(!('retired' in back.field) && back.revision === 3)
  const twice = { options: [{ value: 'gold', label: { zh: '金', en: 'G' } }] }
  assert.throws(() => changedCustomField([made], made.field.id, twice), { code: 'bad-value' })
  assert.throws(() => changedCustomField([made], 1, {}), { code: 'not-found' })
})
