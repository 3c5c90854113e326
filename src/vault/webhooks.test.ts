// Webhooks at the vault: events written with the act, told as far as their owner may know, tried again and given up; secrets sealed.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type Actor, type Clock, isFault, services, userPrincipal, type Uuid } from '#kernel'
import { createJobs } from '#store'
import type { TakenDelivery, ToldEvent, Webhook, WebhookWish } from '#vault'
import { openTestVault, type TestVault } from '../../test/support/vault.ts'
import { needsOfEpoch } from './key-needs.ts'
import { webhookSecrets } from './webhooks.ts'

let later = 0
const clock: Clock = { now: () => new Date(Date.now() + later) }
let opened: Promise<TestVault> | undefined
const world = (): Promise<TestVault> => (opened ??= openTestVault(clock))
after(async () => {
  if (opened) await (await opened).close()
})
const at = (actor: Actor): Actor => ({ ...actor, env: { ...actor.env, now: clock.now() } })

const wish: WebhookWish = {
  name: 'ERP',
  url: 'https://erp.example.com/in?key=s3cret',
  types: ['account', 'contact'],
  events: ['created', 'changed', 'assigned', 'removed'],
  active: true,
}

const sql = <Row extends object>(house: TestVault, text: string): Promise<readonly Row[]> =>
  house.store.transaction({ tenant: house.tenant, principal: services.system }, (tx) => tx.query<Row>({ text }))

const acts = async (house: TestVault, recordId: Uuid) =>
  (
    await house.store.transaction({ tenant: house.tenant, principal: services.system }, (tx) =>
      house.journal.list(tx, house.tenant, { recordId }),
    )
  ).items

/** Everything that is due, with what its owner would be told of it. */
const told = async (
  house: TestVault,
  owners: readonly Actor[],
): Promise<readonly [TakenDelivery, ToldEvent | null][]> => {
  const { outbox } = house.opened.webhooks
  const found: [TakenDelivery, ToldEvent | null][] = []
  for (let next = await outbox.take(); next; next = await outbox.take()) {
    const { ownerId } = next
    const owner = owners.find(({ principal }) => principal.id === ownerId)
    assert.ok(owner)
    found.push([next, await outbox.shown(at(owner), next)])
    await outbox.done(next.id)
  }
  return found
}

const withHooks = async (
  house: TestVault,
  owners: readonly Actor[],
  work: (hooks: readonly Webhook[]) => Promise<void>,
) => {
  const hooks: Webhook[] = []
  for (const owner of owners) hooks.push((await house.opened.webhooks.make(at(owner), wish)).hook)
  try {
    await work(hooks)
  } finally {
    for (const { id } of hooks) await house.opened.webhooks.remove(at(house.admin), id)
    assert.deepEqual(await sql(house, 'select 1 from ops.webhook_delivery'), [])
  }
}

test('[vault-272] an event is written with the act, in its transaction, with names and numbers alone', async () => {
  const house = await world()
  const { vault, ann, bob } = house
  await withHooks(house, [ann], async ([hook]) => {
    const made = await vault.create(at(ann), 'account', { values: { name: 'Zebra Ltd', phone: '+861065551234' } })
    // Refused for an older version: nothing happened, nothing is told.
    await assert.rejects(vault.update(at(ann), 'account', made.id, 7, { name: 'Other' }), (error) =>
      isFault(error, 'conflict'),
    )
    const changed = await vault.update(at(ann), 'account', made.id, made.version, { phone: '+861065554321' })
    await vault.assign(at(house.manager), 'account', made.id, bob.principal.id)
    await vault.remove(at(bob), 'account', made.id, changed.version + 1)
    const rows = await sql<{ event: string; version: number; act: string; groups: string[]; whole: string }>(
      house,
      'select d.*, d::text as whole from ops.webhook_delivery d order by version',
    )
    assert.deepEqual(
      rows.map(({ event, version, act, groups }) => [event, version, act, [...groups].sort()]),
      [
        ['created', 1, 'record.create', ['basic', 'contact']],
        ['changed', 2, 'record.update', ['contact']],
        ['assigned', 3, 'record.assign', []],
        ['removed', 4, 'record.delete', []],
      ],
    )
    for (const { whole } of rows) assert.doesNotMatch(whole, /Zebra|6555/)
    // Users are no records of customers; types and events that nobody asked for are not put down, nor for a paused one.
    assert.ok(hook)
    await house.opened.webhooks.change(at(ann), hook.id, { ...wish, events: ['removed'] })
    await vault.create(at(ann), 'account', { values: { name: 'Quiet Ltd' } })
    await vault.create(at(ann), 'lead', { values: { name: 'Quiet' } })
    await house.opened.webhooks.change(at(ann), hook.id, { ...wish, active: false })
    await vault.create(at(ann), 'account', { values: { name: 'Silent Ltd' } })
    assert.equal((await sql(house, 'select 1 from ops.webhook_delivery')).length, 4)
  })
})

test('[vault-272] every way a record is written is told: one by one, in bulk, from a file', async () => {
  const house = await world()
  await withHooks(house, [house.manager], async () => {
    const { vault, manager, ann } = house
    const outcomes = await vault.importBatch(at(manager), 'account', [
      { values: { name: 'File one' }, importKey: 'k1' },
      { values: { name: 'File two' }, importKey: 'k2' },
    ])
    assert.deepEqual(
      outcomes.map(({ state }) => state),
      ['created', 'created'],
    )
    await vault.importBatch(at(manager), 'account', [{ values: { name: 'File one more' }, importKey: 'k1' }])
    const ids = outcomes.flatMap((one) => (one.state === 'refused' ? [] : [one.id]))
    await vault.share(at(manager), 'account', ids[0] ?? '', [ann.principal.id])
    const rows = await sql<{ event: string }>(house, 'select event from ops.webhook_delivery order by at, version')
    assert.deepEqual(rows.map(({ event }) => event).sort(), ['changed', 'changed', 'created', 'created'])
  })
})

test('[vault-274] an event is told only of what its owner may list then, with the groups they may view then, and no value', async () => {
  const house = await world()
  const { vault, ann, dan, admin } = house
  const made = await vault.create(at(admin), 'user', { values: { name: 'Fin', email: 'fin@example.com', role: 'finance', active: true, unit: null } }) // prettier-ignore
  const user = await house.opened.staff.get(made.id)
  assert.ok(user)
  const finance: Actor = { ...admin, principal: userPrincipal(house.tenant, user) }
  const owners = [ann, dan, finance]
  await withHooks(house, owners, async () => {
    const values = { name: 'Falcon Ltd', phone: '+861065551234', notes: 'likes tea' }
    const account = await vault.create(at(ann), 'account', { values })
    const events = await told(house, owners)
    assert.equal(events.length, 3)
    const of = (owner: Actor): ToldEvent | null | undefined =>
      events.find(([{ ownerId }]) => ownerId === owner.principal.id)?.[1]
    assert.equal(of(dan), null, 'a representative elsewhere may not list it')
    assert.deepEqual([...(of(ann)?.data.groups ?? [])].sort(), ['basic', 'contact', 'notes'])
    assert.deepEqual([...(of(finance)?.data.groups ?? [])].sort(), ['basic', 'contact'], 'notes are closed to finance')
    assert.deepEqual(of(ann), {
      type: 'account.created',
      timestamp: of(ann)?.timestamp,
      data: { id: account.id, type: 'account', version: 1, act: 'record.create', groups: of(ann)?.data.groups },
    })
    assert.doesNotMatch(JSON.stringify(events.map(([, event]) => event)), /Falcon|6555|tea/)
    // The rights at the moment of sending count, not those of the act: by now it is dan's.
    const next = await vault.update(at(ann), 'account', account.id, 1, { notes: 'likes coffee' })
    await vault.assign(at(house.manager), 'account', account.id, ann.principal.id)
    await vault.assign(at(admin), 'account', account.id, dan.principal.id)
    const after = await told(house, owners)
    assert.ok(after.length >= 6)
    for (const [{ ownerId, event }, shown] of after) {
      if (ownerId === ann.principal.id) assert.equal(shown, null, `${event} to who lost it`)
      else assert.ok(shown, event)
    }
    // Removed: told to who could list it among the removed ones, and to nobody else.
    await vault.remove(at(dan), 'account', account.id, next.version + 2)
    const gone = await told(house, owners)
    assert.deepEqual(
      gone.map(([{ ownerId }, shown]) => [ownerId, shown?.type]).sort(),
      [
        [ann.principal.id, undefined],
        [dan.principal.id, 'account.removed'],
        [finance.principal.id, 'account.removed'],
      ].sort(),
    )
  })
})

test('[vault-275] a killed process loses none and doubles carry the same id; pauses grow, then it is given up and journalled', async () => {
  const house = await world()
  const { outbox } = house.opened.webhooks
  await withHooks(house, [house.ann], async ([hook]) => {
    assert.ok(hook)
    await house.vault.create(at(house.ann), 'account', { values: { name: 'Heron Ltd' } })
    // Two processes at once: one has it.
    const both = await Promise.all([outbox.take(), outbox.take()])
    const [first] = both.filter((one) => one !== null)
    assert.ok(first && both.includes(null))
    // Killed here: nobody says what became of it.
    assert.equal(await outbox.take(), null)
    later += 61_000
    let taken = await outbox.take()
    assert.equal(taken?.id, first.id)
    const pauses: number[] = []
    assert.deepEqual(await house.opened.webhooks.failed(at(house.ann), hook.id), [], 'what was not tried is not shown')
    for (let tries = 2; taken; tries++) {
      assert.deepEqual([taken.id, taken.attempts], [first.id, tries])
      await outbox.failed(taken, { status: 503, error: 'HTTP 503' })
      const [shown] = await house.opened.webhooks.failed(at(house.ann), hook.id)
      assert.deepEqual([shown?.status, shown?.attempts], [503, tries])
      assert.doesNotMatch(JSON.stringify(shown), new RegExp(taken.recordId))
      if (shown?.failedAt) break
      pauses.push(Math.round(((shown?.nextAt.getTime() ?? 0) - clock.now().getTime()) / 60_000))
      later += (pauses.at(-1) ?? 0) * 60_000 + 1000
      taken = await outbox.take()
    }
    assert.deepEqual(pauses, [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024])
    assert.equal((await house.opened.webhooks.list())[0]?.dead, 1)
    const [dead] = (await acts(house, hook.id)).filter(({ act }) => act === 'webhook.dead')
    assert.deepEqual(dead?.detail, { delivery: first.id, attempts: 12, status: 503 })
    later += 3 * 86_400_000
    assert.equal(await outbox.take(), null)
    await assert.rejects(house.opened.webhooks.resend(at(house.bob), hook.id, first.id), (error) =>
      isFault(error, 'not-found'),
    )
    await house.opened.webhooks.resend(at(house.ann), hook.id, first.id)
    const again = await outbox.take()
    assert.deepEqual([again?.id, again?.attempts], [first.id, 1])
    await outbox.done(first.id)
  })
})

test('[vault-273] a webhook is its maker’s: others see that it is there and may end it; its secret is sealed, and rotated for a day with both', async () => {
  const house = await world()
  const { webhooks } = house.opened
  const { hook, secret } = await webhooks.make(at(house.ann), wish)
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64')
  assert.equal(key.length, 32)
  const notMine = (error: unknown): boolean => isFault(error, 'not-found')
  await assert.rejects(
    webhooks.change(at(house.bob), hook.id, { ...wish, url: 'https://elsewhere.example.com' }),
    notMine,
  )
  await assert.rejects(webhooks.rotate(at(house.bob), hook.id), notMine)
  await assert.rejects(webhooks.target(at(house.admin), hook.id), notMine)
  await assert.rejects(webhooks.failed(at(house.admin), hook.id), notMine)
  const stored = async (): Promise<string> => (await sql<{ row: string }>(house, 'select w::text as row from ops.webhook w'))[0]?.row ?? '' // prettier-ignore
  assert.ok(!(await stored()).includes(key.toString('hex')))
  assert.deepEqual((await webhooks.target(at(house.ann), hook.id)).keys.map((one) => Buffer.from(one).toString('hex')), [key.toString('hex')]) // prettier-ignore
  const needed = async (): Promise<number | undefined> =>
    (
      await house.store.transaction({ tenant: house.tenant, principal: services.system }, (tx) =>
        needsOfEpoch(tx, house.tenant, 1, webhookSecrets),
      )
    )['ops.webhook']
  assert.equal(await needed(), 1, 'no epoch is destroyed that a secret needs')
  const { secret: next } = await webhooks.rotate(at(house.ann), hook.id)
  assert.notEqual(next, secret)
  const keys = async (): Promise<readonly string[]> =>
    (await webhooks.target(at(house.ann), hook.id)).keys.map((one) => `whsec_${Buffer.from(one).toString('base64')}`)
  assert.deepEqual(await keys(), [next, secret])
  assert.equal(await needed(), 2)
  // A rotation of the house's keys seals both anew.
  const jobs = createJobs({ store: house.store, scope: { tenant: house.tenant, principal: services.system } })
  for (const kind of house.opened.rotation.kinds) jobs.register(kind)
  const before = await stored()
  const { id } = await jobs.start('keys.epoch', {}, services.system)
  assert.equal((await jobs.run(id)).state, 'done')
  await jobs.close()
  assert.notEqual(await stored(), before)
  assert.equal(await needed(), 0)
  assert.deepEqual(await keys(), [next, secret])
  later += 86_400_001
  assert.deepEqual(await keys(), [next])
  await webhooks.outbox.stop(hook.id, 'right-gone')
  await webhooks.outbox.stop(hook.id, 'right-gone')
  assert.deepEqual(
    (await webhooks.list()).map(({ active, stopped }) => [active, stopped]),
    [[false, 'right-gone']],
  )
  await webhooks.remove(at(house.admin), hook.id)
  await assert.rejects(webhooks.remove(at(house.admin), hook.id), notMine)
  const journal = await acts(house, hook.id)
  assert.deepEqual(journal.map(({ act }) => act).sort(), [
    'webhook.create',
    'webhook.remove',
    'webhook.secret',
    'webhook.stop',
  ])
  assert.doesNotMatch(JSON.stringify(journal.map(({ detail }) => detail)), /s3cret/)
})
