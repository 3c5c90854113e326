// Captures on a real database: kept sealed, opened once by whoever may create leads, set aside where they are no lead.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type FormDefinition, readLead } from '#crm'
import { type EnvelopeSuiteId, sealCapture } from '#encryption'
import { type Actor, Fault, type FaultCode, type Json, newId } from '#kernel'
import { openTestVault, type TestVault } from '../../test/support/vault.ts'
import type { CaptureKey, Captures, OpenedCaptures, Sent } from './capture.ts'

let house: TestVault
let captures: Captures
let key: CaptureKey
const both = { zh: '预约演示', en: 'Ask for a demo' }
const definition: FormDefinition = {
  title: both,
  intro: both,
  notice: both,
  submit: both,
  thanks: both,
  fields: [
    { name: 'name', required: true },
    { name: 'mobile', required: false },
    { name: 'notes', required: false },
  ],
  owner: null,
  source: 'website',
  origins: [],
  leastSeconds: 2,
}
before(async () => {
  house = await openTestVault()
  captures = house.opened.captures
  key = await captures.key()
  await captures.saveForm(house.admin, form('demo'))
})
after(() => house.close())

const form = (name: string, version = 0, more: Partial<FormDefinition> = {}) => ({
  name,
  definition: { ...definition, ...more } as unknown as Json,
  active: true,
  version,
})
const refused = async (code: FaultCode, work: Promise<unknown>): Promise<void> => {
  await assert.rejects(work, (error: unknown) => error instanceof Fault && error.code === code)
}
const content = (values: Json, more: object = {}): Json => ({
  v: 1,
  values,
  language: 'zh',
  seconds: 9,
  trap: '',
  ...more,
})
const sent = (what: Json, more: Partial<Omit<Sent, 'sealed'>> = {}): Sent => {
  const { publicKey, ...to } = key
  const place = { ...to, form: 'demo', at: new Date(), ...more }
  const sealed = sealCapture(publicKey, { ...place, suite: place.suite as EnvelopeSuiteId }, what)
  return { ...place, sealed }
}
const open = (who: Actor, limit?: number): Promise<OpenedCaptures> => captures.open(who, readLead, limit)
const rows = async (text: string): Promise<readonly Record<string, unknown>[]> =>
  house.store.owner((tx) => tx.query<Record<string, unknown>>({ text }))
const leads = async (): Promise<readonly string[]> =>
  (await house.vault.list(house.manager, 'lead', { limit: 200 })).items.map(({ values }) => String(values['name']))
const empty = async (): Promise<void> => {
  await rows('delete from crm.capture')
}

test('[vault-50] what was sent lies sealed and unindexed until somebody who may create leads reads; then it is an ordinary lead', async () => {
  const before = (await rows('select count(*)::int as n from journal.entry'))[0]?.['n']
  await captures.keep(sent(content({ name: '欧阳守望', mobile: '13800138055', notes: '请来电' })))
  const [row] = await rows(`select string_agg(c::text, '') as text from crm.capture c`)
  const text = String(row?.['text'])
  for (const word of ['欧阳守望', '13800138055', '请来电'])
    assert.ok(!text.includes(word) && !text.includes(Buffer.from(word).toString('hex')))
  assert.equal((await rows('select count(*)::int as n from journal.entry'))[0]?.['n'], before)
  assert.ok(!(await leads()).includes('欧阳守望'))
  assert.deepEqual(await open(house.ann), { created: 1, quarantined: 0 })
  const found = await house.vault.list(house.manager, 'lead', { search: '守望' })
  assert.equal(found.items.length, 1)
  const [lead] = found.items
  assert.deepEqual([lead?.values['source'], lead?.values['status'], lead?.ownerId], ['website', 'new', null])
  assert.equal(
    (await house.vault.list(house.because(house.manager, 'call'), 'lead', { search: '13800138055' })).items.length,
    1,
  )
  assert.deepEqual(await rows('select * from crm.capture'), [])
  const [entry] = await rows(
    `select convert_from(body, 'utf8')::jsonb as body, image is not null as image from journal.entry where act = 'record.capture'`,
  )
  assert.equal(entry?.['image'], true)
  assert.equal((entry['body'] as { detail: { form: string } }).detail.form, 'demo')
  assert.ok(!JSON.stringify(entry).includes('欧阳'))
  const history = await house.vault.history(house.manager, 'lead', lead?.id ?? '')
  assert.equal(history[0]?.act, 'record.capture')
})

test('[vault-50] who may not create leads opens nothing; kept once; no more than the limit and no larger', async () => {
  await empty()
  const one = sent(content({ name: 'Once Only' }))
  await captures.keep(one)
  await captures.keep(one)
  assert.equal((await rows('select 1 from crm.capture')).length, 1)
  const stranger: Actor = { ...house.ann, principal: { ...house.ann.principal, role: 'guest' } }
  const off: Actor = { ...house.ann, principal: { ...house.ann.principal, active: false } }
  for (const who of [stranger, off]) assert.deepEqual(await open(who), { created: 0, quarantined: 0 })
  await refused('too-large', captures.keep({ ...one, sealed: new Uint8Array(16_385) }))
  await refused('bad-input', captures.keep({ ...one, sealed: new Uint8Array(60) }))
  await refused('bad-input', captures.keep({ ...one, suite: 18 }))
  await rows(`insert into crm.capture (tenant_id, id, form, epoch, suite, at, received_at, digest, sealed)
    select tenant_id, gen_random_uuid(), form, epoch, suite, at, received_at, sha256(n::text::bytea), sealed from crm.capture, generate_series(1, 4999) n`)
  await refused('capture-full', captures.keep(sent(content({ name: 'Too Many' }))))
  await empty()
})

test('[vault-51] two readers at once make each lead once, and bytes sent again make none', async () => {
  await empty()
  const all = Array.from({ length: 30 }, (_, i) => sent(content({ name: `Parallel ${String(i)}` })))
  for (const one of all) await captures.keep(one)
  const opened = await Promise.all([open(house.ann), open(house.bob), open(house.manager), open(house.admin)])
  let created = opened.reduce((sum, one) => sum + one.created, 0)
  created += (await open(house.ann)).created
  assert.equal(created, 30)
  assert.equal((await leads()).filter((name) => name.startsWith('Parallel')).length, 30)
  for (const one of all.slice(0, 5)) await captures.keep(one)
  assert.deepEqual(await open(house.ann), { created: 0, quarantined: 0 })
  assert.deepEqual(await rows('select * from crm.capture'), [])
  assert.equal((await leads()).filter((name) => name.startsWith('Parallel')).length, 30)
})

test('[vault-51] a list asked for while another reader opens waits for what that one makes', async () => {
  await empty()
  for (let i = 0; i < 20; i++) await captures.keep(sent(content({ name: `Together ${String(i)}` })))
  const look = async (who: Actor): Promise<number> => {
    await open(who)
    const { items } = await house.vault.list(house.manager, 'lead', { limit: 200 })
    return items.filter(({ values }) => String(values['name']).startsWith('Together')).length
  }
  assert.deepEqual(await Promise.all([look(house.ann), look(house.bob), look(house.manager)]), [20, 20, 20])
})

test('[vault-51] what is no lead is set aside with its reason and stops no other', async () => {
  await empty()
  const good = sent(content({ name: 'Good One' }))
  const broken = sent(content({ name: 'x' }))
  broken.sealed[broken.sealed.length - 1] = (broken.sealed.at(-1) ?? 0) ^ 1
  const day = 86_400_000
  const cases: readonly (readonly [string, Sent])[] = [
    ['does-not-open', broken],
    ['does-not-open', { ...sent(content({ name: 'x' })), at: new Date(1) }],
    ['does-not-open', sent(content({ name: 'x' }), { epoch: 9 })],
    ['time', sent(content({ name: 'x' }), { at: new Date(Date.now() - 2 * day) })],
    ['time', sent(content({ name: 'x' }), { at: new Date(Date.now() + 2 * day) })],
    ['spam', sent(content({ name: 'x' }, { trap: 'http://' }))],
    ['spam', sent(content({ name: 'x' }, { seconds: 0 }))],
    ['not-valid', sent(content({ mobile: '13800138000' }))],
    ['not-valid', sent(content({ name: 'x', status: 'converted' }))],
    ['not-valid', sent(content({ name: 'x', mobile: 'none' }))],
    ['not-valid', sent(content({ name: ['x'] }))],
    ['not-valid', sent('text')],
    ['not-valid', sent(null)],
  ]
  for (const [, one] of cases) await captures.keep(one)
  await captures.keep(good)
  assert.deepEqual(await open(house.ann), { created: 1, quarantined: cases.length })
  const aside = await captures.quarantine(house.admin)
  assert.deepEqual(aside.map(({ reason }) => reason).sort(), cases.map(([reason]) => reason).sort())
  assert.deepEqual(await captures.counts(house.admin), [{ form: 'demo', waiting: 0, quarantined: cases.length }])
  assert.ok((await leads()).includes('Good One'))
})

test('[vault-51] an error nobody foresaw sets that one aside alone', async () => {
  await empty()
  for (const name of ['First', 'Poison', 'Third']) await captures.keep(sent(content({ name })))
  const opened = await captures.open(house.ann, (one, what) => {
    if (JSON.stringify(what).includes('Poison')) throw new TypeError('unforeseen')
    return readLead(one, what)
  })
  assert.deepEqual(opened, { created: 2, quarantined: 1 })
  assert.deepEqual(
    (await captures.quarantine(house.admin)).map(({ reason }) => reason),
    ['error'],
  )
})

test('[vault-52] forms and the quarantine are for those with the right; a form changed meanwhile is a conflict', async () => {
  await refused('denied', captures.saveForm(house.manager, form('other')))
  await refused('denied', captures.quarantine(house.ann))
  await refused('denied', captures.counts(house.ann))
  await refused('already-exists', captures.saveForm(house.admin, form('demo')))
  const saved = await captures.saveForm(house.admin, form('demo', 1, { leastSeconds: 2 }))
  assert.equal(saved.version, 2)
  await refused('conflict', captures.saveForm(house.admin, form('demo', 1)))
  await empty()
  await captures.keep(sent(content({ name: 'Second Chance' }, { seconds: 0 })))
  await open(house.ann)
  const [aside] = await captures.quarantine(house.admin)
  assert.ok(aside)
  await refused('denied', captures.settle(house.manager, aside.id, 'delete'))
  await refused('not-found', captures.settle(house.admin, newId(), 'delete'))
  await captures.saveForm(house.admin, form('demo', 2, { leastSeconds: 0 }))
  await captures.settle(house.admin, aside.id, 'retry')
  assert.deepEqual(await open(house.ann), { created: 1, quarantined: 0 })
  const acts = await rows(`select distinct act from journal.entry where act like 'capture.%' order by act`)
  assert.deepEqual(
    acts.map(({ act }) => act),
    ['capture.form', 'capture.open', 'capture.retry'],
  )
})

test('[vault-51] a form whose owner has left gives its leads to the public pool; one with an owner to that person', async () => {
  await empty()
  const { ann } = house
  await captures.saveForm(house.admin, form('owned', 0, { owner: ann.principal.id }))
  await captures.saveForm(house.admin, form('left', 0, { owner: newId() }))
  await captures.keep(sent(content({ name: 'For Ann' }), { form: 'owned' }))
  await captures.keep(sent(content({ name: 'For Nobody' }), { form: 'left' }))
  await open(house.bob)
  const all = (await house.vault.list(house.admin, 'lead', { limit: 200 })).items
  const owner = (name: string): unknown => all.find(({ values }) => values['name'] === name)?.ownerId
  assert.deepEqual([owner('For Ann'), owner('For Nobody')], [ann.principal.id, null])
})
