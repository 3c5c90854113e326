// Attacks on the index: they work where they should, on hashes without keys and on long tokens, and not on what is stored.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { catalogue } from '#testing'
import { openTestVault } from '../../test/support/vault.ts'
import { type Field, services } from '#kernel'
import { dictionaryAttack, prefixAttack, rankAttack, unkeyed } from './attack.ts'
import { firstPolicy, type SearchPolicy } from './search-policy.ts'
import { learnsOf, tellsOf } from './tells.ts'

test('[vault-64] matching by rank recovers everything where frequencies differ and each value has its own token', () => {
  const stolen = ['a', 'a', 'a', 'b', 'b', 'c'].map((truth) => ({ truth, tokens: [BigInt(truth.charCodeAt(0))] }))
  assert.deepEqual(rankAttack(stolen, 1), { records: 6, recovered: 1, guess: 0.5 })
  assert.deepEqual(rankAttack([], 4), { records: 0, recovered: 0, guess: 0 })
  assert.equal(
    rankAttack(
      stolen.map(({ truth }) => ({ truth, tokens: [] })),
      1,
    ).recovered,
    0,
  )
})

test('[vault-64] where every value occurs once, matching by rank is no better than drawing lots', () => {
  const random = (i: number): bigint => BigInt(Math.floor(((i + 1) * 0.618034 * 1e9) % 1e9))
  const stolen = Array.from({ length: 500 }, (_, i) => ({ truth: `p${String(i)}@example.org`, tokens: [random(i)] }))
  assert.ok(rankAttack(stolen, 1).recovered < 0.05)
})

test('[vault-64] hashing candidates and reading digit by digit find every number under hashes without a key', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 9999 }), { minLength: 1, maxLength: 20 }), (ends) => {
      const numbers = ends.map((n) => `+861380013${String(n).padStart(4, '0')}`)
      const all = Array.from({ length: 10_000 }, (_, i) => `+861380013${String(i).padStart(4, '0')}`)
      const first = (text: string): bigint => unkeyed(text)[0] ?? 0n
      assert.equal(
        dictionaryAttack(
          numbers.map((truth) => ({ truth, tokens: [first(truth)] })),
          all,
        ).recovered,
        1,
      )
      const prefixes = (truth: string): bigint[] => Array.from(truth, (_, i) => first(truth.slice(0, i + 1)))
      assert.equal(prefixAttack(numbers.map((truth) => ({ truth, tokens: prefixes(truth) }))).recovered, 1)
    }),
    { numRuns: 5 },
  )
})

test('[vault-64] on stored tokens hashing and reading digits recover nothing; surnames hardly more than guessing; in memory there is nothing', async () => {
  const house = await openTestVault()
  // Shares of surnames about as in China: few very common ones and a long tail.
  const surnames = Array.from(
    '王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高梁郑谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈',
  )
  const given = Array.from('伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华建国文红玲辉力健')
  const pick = (i: number): number => Math.floor(surnames.length * ((i * 0.618034) % 1) ** 2.2)
  const names = Array.from(
    { length: 1000 },
    (_, i) =>
      `${surnames[pick(i)] ?? ''}${given[(i * 7) % given.length] ?? ''}${given[(i * 13 + 5) % given.length] ?? ''}`,
  )
  await house.vault.importBatch(
    house.manager,
    'contact',
    names.map((name, i) => ({ values: { name, mobile: `139${String(10_000_000 + i * 7919)}` } })),
  )
  const { fields, storage } = await house.opened.search.leakage()
  assert.equal(storage, 'database')
  const attacks = (field: string): (typeof fields)[number]['attacks'] =>
    fields.find((one) => one.type === 'contact' && one.field === field)?.attacks ?? []
  for (const attack of ['dictionary', 'prefix'] as const) {
    const found = attacks('mobile').find((one) => one.attack === attack)
    assert.deepEqual([found?.recovered, found?.unkeyed, found?.records], [0, 1, 10], attack)
  }
  const surname = attacks('name').find((one) => one.target === 'surname')
  assert.ok(surname && surname.records === 1000 && surname.guess > 0.1)
  assert.ok(surname.recovered < 0.35, String(surname.recovered))
  // Every field of every record type, and of each the truth about how it is kept.
  assert.deepEqual(
    fields.map(({ type, field }) => `${type}.${field}`),
    catalogue.types.flatMap((type) => type.fields.map((field) => `${type.name}.${field.name}`)),
  )
  const plain = catalogue.types.flatMap((type) =>
    type.fields.filter((field) => field.storage === 'plain').map((field) => `${type.name}.${field.name}`),
  )
  assert.deepEqual(
    fields.filter(({ learns }) => learns === 'everything').map(({ type, field }) => `${type}.${field}`),
    plain,
  )
  assert.ok(plain.length > 10)
  for (const { learns, modes, tells, attacks } of fields) {
    if (learns === 'everything')
      assert.match(tells.map(({ en }) => en).join(), /^Everything: the value stands in the clear/)
    else assert.match(tells[0]?.en ?? '', /^Shape: .*to 16 bytes/)
    assert.equal(tells.length, learns === 'index' ? 1 + modes.length : 1)
    assert.equal(learns === 'index', modes.length > 0)
    if (learns !== 'index') assert.deepEqual(attacks, [])
  }
  assert.ok(fields.some(({ learns }) => learns === 'shape'))
  assert.ok(fields.every((one) => one.tells.length > 0 && one.tells.every(({ zh, en }) => zh !== '' && en !== '')))
  const shown = JSON.stringify(fields)
  assert.ok(!names.some((name) => shown.includes(name)), 'shares come out, and no value')
  await house.close()
})

test('[vault-64] what is said of the shape is so: a cell tells presence and length of its group, a field alone its own; memory leaves no tokens', async () => {
  const house = await openTestVault()
  const { vault, store, tenant, ann } = house
  const contact = catalogue.types.find(({ name }) => name === 'contact')
  assert.ok(contact)
  const field = (name: string): Field => {
    const found = contact.fields.find((one) => one.name === name)
    assert.ok(found)
    return found
  }
  const lengths = async (
    values: Readonly<Record<string, string>>,
  ): Promise<{ contact: number | null; notes: number | null }> => {
    const { id } = await vault.create(ann, 'contact', { values: { name: '司马懿', ...values } })
    const [row] = await store.transaction({ tenant, principal: services.system }, (tx) =>
      tx.query<{ contact: number | null; notes: number | null }>({
        text: 'select octet_length(cell_contact) as contact, octet_length(cell_notes) as notes from crm.contact where id = $1',
        values: [id],
      }),
    )
    assert.ok(row)
    return row
  }
  assert.equal(field('mobile').group, 'contact')
  const none = await lengths({})
  assert.deepEqual(none, { contact: null, notes: null })
  const one = await lengths({ mobile: '13912345678' })
  const two = await lengths({ mobile: '13912345678', email: 'a.long.name.of.somebody@example.org' })
  assert.ok(one.contact !== null && two.contact !== null && two.contact > one.contact && one.notes === null)
  for (const length of [one.contact, two.contact]) assert.equal((length - 37) % 16, 0)
  const other = await lengths({ mobile: '13987654321' })
  assert.equal(other.contact, one.contact)
  const shapes = (policy: SearchPolicy, name: string): readonly string[] =>
    tellsOf(contact, field(name), policy).map(({ en }) => en)
  assert.match(shapes(firstPolicy, 'mobile')[0] ?? '', /together with the other fields/)
  const single = { ...contact, fields: [field('mobile'), field('name')] }
  assert.match(tellsOf(single, field('mobile'), firstPolicy)[0]?.en ?? '', /sealed alone/)
  const memory = { ...firstPolicy, storage: 'memory' } as const
  assert.match(shapes(memory, 'mobile').at(-1) ?? '', /in memory alone/)
  assert.equal(learnsOf(field('mobile'), memory), 'shape')
  assert.equal(learnsOf(field('mobile'), firstPolicy), 'index')
  await house.close()
})
