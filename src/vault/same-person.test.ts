// One person under several subjects: linked by a conversion, or with the same number or address; named, chosen, erased together.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { convertLead } from '#crm'
import { isFault, services, type Uuid } from '#kernel'
import { createJobs } from '#store'
import { openTestVault, type TestVault } from '../../test/support/vault.ts'
import type { Erased } from './erase.ts'
import type { Erasures } from './erasures.ts'

interface World extends TestVault {
  readonly erasures: Erasures
  readonly lead: Uuid
  readonly contact: Uuid
  /** The account that the person is itself, having no company. */
  readonly account: Uuid
  erase(subject: Uuid, also?: readonly Uuid[]): Promise<Erased>
  same(subject: Uuid): Promise<readonly (readonly [subject: Uuid, why: string, held: boolean])[]>
  make(type: string, values: Readonly<Record<string, string>>): Promise<Uuid>
}

const open = async (t: TestContext): Promise<World> => {
  const world = await openTestVault()
  t.after(() => world.close())
  const { vault, ann, admin } = world
  const erasures = world.opened.erasures({ signer: () => world.keys.signer('erasure'), backupDays: 30 })
  const make: World['make'] = async (type, values) => (await vault.create(ann, type, { values })).id
  const lead = await make('lead', { name: '张伟', mobile: '13800138001', email: 'Zhang@Example.com' })
  const { contact, account } = await convertLead(vault, ann, lead)
  return {
    ...world,
    erasures,
    lead,
    contact: contact.id,
    account: account.id,
    make,
    erase: (subject, also = []) =>
      erasures.erase(admin, { subject, also, reason: 'request 7', code: subject.slice(-8) }),
    same: async (subject) =>
      (await erasures.preview(admin, subject)).same.map((one) => [one.subject, one.why.join(' '), one.held]),
  }
}

const refused = (code: string) => (error: unknown) => isFault(error) && error.code === code

const left = async (world: World, subjects: readonly Uuid[]): Promise<number> => {
  const [row] = await world.store.owner((tx) =>
    tx.query<{ n: number }>({
      text: 'select count(distinct subject_id)::int as n from keyring.subject_key where subject_id = any($1)',
      values: [subjects],
    }),
  )
  return row?.n ?? -1
}

const sorted = <T>(of: readonly T[]): readonly T[] =>
  of.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))

test('[vault-199] the preview names what a conversion linked, from each of them, over two links, and nobody else', async (t) => {
  const world = await open(t)
  const { lead, contact, account } = world
  await world.make('contact', { name: '张伟', mobile: '13900139009' })
  for (const [subject, ...others] of [
    [lead, contact, account],
    [contact, lead, account],
    [account, lead, contact],
  ] as const)
    assert.deepEqual(sorted(await world.same(subject)), sorted(others.map((one) => [one, 'link', false] as const)))
  const preview = await world.erasures.preview(world.admin, account)
  assert.deepEqual(
    sorted(preview.same.flatMap(({ records }) => records.map(({ type, count, ids }) => [type, count, ids[0]]))),
    sorted([
      ['lead', 1, lead],
      ['contact', 1, contact],
    ]),
  )
  assert.deepEqual([preview.nextSame, preview.unsearched], [null, []])
})

test('[vault-199] the same number or address is found in any field of any type, however it is written, by whoever is linked', async (t) => {
  const world = await open(t)
  const number = await world.make('account', { name: '伟业', phone: '+86 138-0013-8001' })
  const address = await world.make('lead', { name: 'W. Zhang', email: 'ZHANG@EXAMPLE.COM' })
  const both = await world.make('contact', { name: '张先生', phone: '138 0013 8001', email: 'ZHANG@example.com' })
  await world.make('lead', { name: '李娜', mobile: '13800138002', email: 'zhang@example.org' })
  // A user is staff: never named.
  await world.vault.create(world.admin, 'user', {
    values: { name: 'Zhang', email: 'zhang@example.com', role: 'sales', active: true, language: 'zh' },
  })
  const found = (subject: Uuid): Promise<unknown> =>
    world.same(subject).then((all) => sorted(all.filter(([, why]) => why !== 'link')))
  const expected = sorted([
    [number, 'phone', false],
    [address, 'email', false],
    [both, 'phone email', false],
  ] as const)
  assert.deepEqual(await found(world.lead), expected)
  // The account has neither; the lead it was made from has.
  assert.deepEqual(await found(world.account), expected)
  // In memory as well as in the database.
  const jobs = createJobs({ store: world.store, scope: { tenant: world.tenant, principal: services.system } })
  t.after(() => jobs.close())
  jobs.register(world.opened.search.job)
  const { policy } = await world.opened.search.state()
  const spec = await world.opened.search.rebuild({ keys: 'same', policy: { ...policy, storage: 'memory' } })
  const { id } = await jobs.start('search.rebuild', spec, services.system)
  assert.equal((await jobs.run(id)).state, 'done')
  assert.deepEqual(await found(world.lead), expected)
})

test('[vault-199] those chosen are erased in one go, each with its entry and certificate; those not chosen stay', async (t) => {
  const world = await open(t)
  const { lead, contact, account } = world
  const offered = await world.make('lead', { name: '张先生', mobile: '13800138001' })
  const kept = await world.make('lead', { name: '别人', mobile: '13800138001' })
  const talk = await world.vault.create(world.ann, 'followup', {
    values: { kind: 'call', at: '2026-01-02T03:04:05.000Z', summary: 'asked for a price', contact },
  })
  const made = await world.erase(lead, [contact, account, offered])
  assert.deepEqual(
    [made, ...made.also].map(({ facts }) => [facts.number, facts.subject, facts.records]),
    [
      [1, lead, { lead: 1 }],
      [2, contact, { contact: 1, followup: 1 }],
      [3, account, { account: 1 }],
      [4, offered, { lead: 1 }],
    ],
  )
  for (const [i, one] of made.also.entries())
    assert.equal(one.facts.previous, [made, ...made.also][i]?.sha256, 'each names the one before')
  for (const { facts } of [made, ...made.also]) {
    const file = await world.erasures.certificate(world.admin, facts.id)
    assert.equal((await world.erasures.verify(world.admin, file)).ok, true)
  }
  assert.equal(await left(world, [lead, contact, account, offered]), 0)
  assert.equal(await left(world, [kept]), 1)
  await assert.rejects(world.vault.get(world.admin, 'followup', talk.id), refused('not-found'))
  assert.deepEqual(
    (await world.vault.list(world.ann, 'lead', { search: '13800138001' })).items.map(({ id }) => id),
    [kept],
  )
  assert.deepEqual(await world.same(lead), [], 'nobody who is erased is named')
  assert.equal((await world.journal.verify(world.tenant)).ok, true)
})

test('[vault-199] a subject erased alone leaves its links, by which the rest is found and erased afterwards', async (t) => {
  const world = await open(t)
  await world.erase(world.lead)
  assert.equal(await left(world, [world.contact, world.account]), 2)
  assert.deepEqual(await world.same(world.contact), [[world.account, 'link', false]])
  assert.equal((await world.erase(world.contact, [world.account])).also.length, 1)
  assert.equal(await left(world, [world.lead, world.contact, world.account]), 0)
})

test('[vault-199] a hold on any of them is said and refuses all; whoever is not of the same person is refused', async (t) => {
  const world = await open(t)
  const { lead, contact, account } = world
  const stranger = await world.make('contact', { name: '李娜', mobile: '13900139002' })
  await assert.rejects(world.erase(lead, [contact, stranger]), refused('bad-input'))
  const hold = await world.erasures.hold(world.admin, contact, 'case 4')
  assert.deepEqual(
    (await world.same(lead)).filter(([, , held]) => held).map(([subject]) => subject),
    [contact],
  )
  await assert.rejects(world.erase(lead, [account, contact]), refused('legal-hold'))
  assert.equal(await left(world, [lead, contact, account, stranger]), 4)
  assert.deepEqual(await world.erasures.list(world.admin), [])
  // The one that is held may be left out.
  assert.equal((await world.erase(lead, [account])).also.length, 1)
  await assert.rejects(world.erase(contact, [account]), refused('already-erased'))
  await world.erasures.lift(world.admin, hold.id, 'closed')
  await world.erase(contact)
  assert.equal(await left(world, [lead, contact, account, stranger]), 1)
})
