// Policies in force on a real database: versions that many processes notice, grants that end, limits, alarms.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { type Actor, isFault, newId, systemClock, type Uuid, userPrincipal } from '#kernel'
import { type PolicyDocument, shippedDocument } from '#access'
import { openTestVault, type TestVault } from '../../test/support/vault.ts'
import { catalogue } from '#testing'
import { createVault, type OpenVault } from './create.ts'
import { openVersions } from './policies.ts'

let house: TestVault
before(async () => {
  house = await openTestVault()
})
after(() => house.close())

const another = (): Promise<OpenVault> => {
  const { store, journal, keys, tenant } = house
  return createVault({ store, journal, keys, catalogue, clock: systemClock, tenant })
}

const putInForce = async (document: PolicyDocument): Promise<number> => {
  const { store, journal, keys, tenant, admin } = house
  const versions = await openVersions({ store, journal, clock: systemClock, keys, catalogue, tenant })
  const by = admin.principal.id
  const { number } = await store.transaction({ tenant, principal: by }, (tx) =>
    versions.put(tx, { document, origin: 'house', by, at: new Date() }),
  )
  return number
}

const now = (who: Actor, at = new Date()): Actor => ({ ...who, env: { ...who.env, now: at } })
const forget = (): Promise<unknown> => house.vault.create(house.admin, 'team', { values: { name: newId() } })
const refusedAs =
  (code: Parameters<typeof isFault>[1]) =>
  (error: unknown): boolean =>
    isFault(error, code)

test('[vault-152] every process decides by a new version within two seconds, and says in the journal which it was', async () => {
  const { id } = await house.vault.create(house.ann, 'account', { values: { name: 'Acme' } })
  const other = await another()
  const before_ = other.rules.current.number
  const number = await putInForce({
    ...shippedDocument,
    restrictions: [
      { name: 'closed', roles: ['sales'], types: ['account'], actions: ['list'], mode: 'when', conditions: [{ is: 'channel', in: ['api'] }] },
    ],
  }) // prettier-ignore
  assert.equal(number, before_ + 1)
  const began = Date.now()
  for (const one of [house.opened, other]) {
    while ((await one.vault.list(now(house.ann), 'account', {})).items.some((seen) => seen.id === id)) {
      assert.ok(Date.now() - began < 2000, 'later than two seconds')
      await wait(50)
    }
    assert.equal(one.rules.current.number, number)
  }
  await assert.rejects(house.vault.get(now(house.ann), 'account', id), refusedAs('not-found'))
  const { items } = await house.store.transaction({ tenant: house.tenant, principal: house.ann.principal.id }, (tx) =>
    house.journal.list(tx, house.tenant, { act: 'denied', recordId: id }),
  )
  assert.match(items[0]?.policy ?? '', new RegExp(`^${String(number)}@[0-9a-f]{12}$`))
  await other.close()
})

test('[vault-152] a version that was changed in the database is refused, and nothing starts with it', async () => {
  const number = await putInForce(shippedDocument)
  const set = (text: string, value: unknown) =>
    house.store.owner((tx) => tx.query({ text: `update ops.policy_version set ${text} where number = $2`, values: [value, number] })) // prettier-ignore
  const [kept] = await house.store.owner(
    (tx) =>
    tx.query<{ document: string }>({ text: 'select document from ops.policy_version where number = $1', values: [number] }), // prettier-ignore
  )
  assert.ok(kept)
  await set('document = $1', kept.document.replace('"administrator":true', '"administrator":false'))
  await assert.rejects(another(), refusedAs('policy-not-signed'))
  await set('document = $1', kept.document)
  await (await another()).close()
  await set("document = null, source = 'permit (principal, action, resource);', signature = $1", null)
  await assert.rejects(another(), refusedAs('policy-not-signed'))
  await house.store.owner((tx) => tx.query({ text: 'delete from ops.policy_version where number = $1', values: [number] })) // prettier-ignore
  await putInForce(shippedDocument)
})

const grant = (values: Readonly<Record<string, unknown>>): Promise<unknown> => {
  const all = {
    tenant_id: house.tenant, id: newId(), reason: 'holiday', granted_by: house.admin.principal.id, created_at: new Date(), ...values,
  } // prettier-ignore
  const names = Object.keys(all)
  return house.store.transaction({ tenant: house.tenant, principal: house.admin.principal.id }, (tx) =>
    tx.query({
      text: `insert into ops.access_grant (${names.join()}) values (${names.map((_, i) => `$${String(i + 1)}`).join()})`,
      values: Object.values(all),
    }),
  )
}

test('[vault-153] a record or a role granted counts from its first moment to its last, without a job that ends it', async () => {
  const { id } = await house.vault.create(house.ann, 'contact', { values: { name: '张伟', mobile: '13800138001' } })
  const [starts, ends] = [new Date(Date.now() + 3_600_000), new Date(Date.now() + 7_200_000)]
  const at = (ms: number, who = house.dan): Actor => now(who, new Date(starts.getTime() + ms))
  const window = { user_id: house.dan.principal.id, starts_at: starts, expires_at: ends }
  await grant({ ...window, kind: 'record', record_type: 'contact', record_id: id, level: 'read' })
  await forget()
  await assert.rejects(house.vault.get(at(-1), 'contact', id), refusedAs('not-found'))
  const seen = await house.vault.get(at(0), 'contact', id)
  assert.equal(seen.values['mobile'], '138****8001')
  assert.equal((await house.vault.list(at(1), 'contact', {})).items.length, 1)
  await assert.rejects(house.vault.update(at(1), 'contact', id, 1, { name: 'x' }), refusedAs('denied'))
  await assert.rejects(house.vault.get(at(3_600_000), 'contact', id), refusedAs('not-found'))
  await grant({ ...window, kind: 'record', record_type: 'contact', record_id: id, level: 'write' })
  await forget()
  assert.equal((await house.vault.update(at(1), 'contact', id, 1, { jobTitle: 'CFO' })).version, 2)
  await assert.rejects(house.vault.get(at(1, house.bob), 'contact', id), refusedAs('not-found'))

  assert.equal((await house.vault.abilities(at(1)))['account']?.export, false)
  await grant({ ...window, kind: 'role', role: 'manager' })
  await forget()
  assert.equal((await house.vault.abilities(at(1)))['account']?.export, true)
  assert.equal((await house.vault.abilities(at(3_600_000)))['account']?.export, false)
})

test('[vault-151] no grant, and no two that overlap, make one person hold two offices; were it so, nothing is allowed', async () => {
  const made = async (role: string): Promise<Uuid> =>
    (await house.vault.create(house.admin, 'user', { values: { name: role, email: `${role}@g.example.com`, role, active: true } })).id // prettier-ignore
  const [system, seller] = [await made('system-administrator'), await made('sales')]
  const hour = (n: number): Date => new Date(Date.now() + n * 3_600_000)
  const role = (user: Uuid, name: string, from: number, to: number): Promise<unknown> =>
    grant({ kind: 'role', user_id: user, role: name, starts_at: hour(from), expires_at: hour(to) })
  await assert.rejects(role(system, 'audit-administrator', 0, 1), /offices/)
  await assert.rejects(role(system, 'administrator', 0, 1), /offices/)
  await role(system, 'manager', 0, 1)
  await role(seller, 'audit-administrator', 0, 2)
  await assert.rejects(role(seller, 'system-administrator', 1, 3), /offices/)
  await role(seller, 'system-administrator', 2, 3)
  await assert.rejects(grant({ kind: 'role', user_id: house.admin.principal.id, role: 'sales', starts_at: hour(0), expires_at: hour(1) }), /check/) // prettier-ignore
  await forget()
  const user = await house.opened.staff.get(seller)
  assert.ok(user)
  const actor: Actor = { principal: userPrincipal(house.tenant, user), env: { ...house.ann.env, now: hour(0.5) } }
  const both: Actor = { ...actor, principal: { ...actor.principal, roles: ['system-administrator'] } }
  assert.deepEqual([await house.vault.may(actor, 'journal.view'), await house.vault.may(both, 'journal.view'), await house.vault.may(both, 'backup.view')], [true, false, false]) // prettier-ignore
  // The audit administrator is also a seller by the main role, and reads no customers all the same.
  assert.equal((await house.vault.list(actor, 'user', {})).items.length > 0, true)
  assert.equal((await house.vault.abilities(actor))['account']?.groups.contact?.view, false)
})

test('[vault-155] values revealed are counted by person and day; over the limit it is refused, journalled and an alarm', async () => {
  const { id } = await house.vault.create(house.ann, 'contact', { values: { name: '李娜', mobile: '13900139002' } })
  await house.store.transaction(
    { tenant: house.tenant, principal: house.admin.principal.id },
    (tx) =>
    tx.query({ text: `insert into ops.setting (tenant_id, name, value) values ($1, 'unmaskPerDay', '3')`, values: [house.tenant] }), // prettier-ignore
  )
  await forget()
  const mia = house.because(now(house.manager), 'calling back')
  const reveal = (who: Actor): Promise<unknown> => house.vault.unmask(who, 'contact', id, 'contact')
  const file = await house.vault.attachments.add(house.ann, 'contact', id, {
    name: 'card.txt',
    declared: 'text/plain',
    limit: 1000,
    group: 'contact',
    bytes: (async function* () {
      yield await Promise.resolve(Buffer.from('13900139002'))
    })(),
  })
  const open = (who: Actor): Promise<unknown> => house.vault.attachments.open(who, 'contact', id, file.id)
  // Five at once, of which three may pass.
  const settled = await Promise.allSettled([1, 2, 3, 4, 5].map(() => reveal(mia)))
  assert.equal(settled.filter(({ status }) => status === 'fulfilled').length, 3)
  for (const one of settled) if (one.status === 'rejected') assert.ok(isFault(one.reason, 'unmask-limit'))
  const acts = async (act: string): Promise<number> =>
    (await house.store.transaction({ tenant: house.tenant, principal: mia.principal.id }, (tx) =>
      house.journal.list(tx, house.tenant, { act, actor: mia.principal.id }))).items.length // prettier-ignore
  assert.deepEqual([await acts('record.unmask'), await acts('alarm.unmask-limit')], [3, 1])
  // A file that only the reason opens is one more; whoever may see it without a reason is not counted.
  await assert.rejects(open(mia), (error) => isFault(error, 'unmask-limit'))
  for (let i = 0; i < 4; i++) await open(house.because(now(house.ann), 'calling back'))
  // Another person, and another day, have their own.
  const other = house.because(now(house.admin), 'calling back')
  await reveal(other)
  await open(other)
  await open(other)
  await assert.rejects(open(other), (error) => isFault(error, 'unmask-limit'))
  await reveal(now(mia, new Date(Date.now() + 86_400_000)))
  assert.match(sentenceOf(settled), /3/)
})

const sentenceOf = (settled: readonly PromiseSettledResult<unknown>[]): string => {
  const refused = settled.find((one) => one.status === 'rejected')
  return refused && isFault(refused.reason) ? refused.reason.in('zh') : ''
}

test('[vault-154] a forbid that cannot be evaluated denies, and an alarm names it', async () => {
  await putInForce({
    ...shippedDocument,
    policies: [
      { id: 'own.overflow', text: '@id("own.overflow") forbid (principal, action == Action::"unmask.notes", resource is Deal) when { resource has amount && resource.amount * 9007199254740991 * 9007199254740991 > 0 };' },
    ],
  }) // prettier-ignore
  await wait(1100)
  const { id } = await house.vault.create(now(house.ann), 'deal', { values: { name: 'Big', stage: 'prospecting', amount: 5, notes: 'secret' } }) // prettier-ignore
  const seen = await house.vault.get(now(house.ann), 'deal', id)
  assert.equal(seen.groups.notes, 'masked')
  const alarms = () =>
    house.store.transaction({ tenant: house.tenant, principal: house.ann.principal.id }, (tx) =>
      house.journal.list(tx, house.tenant, { act: 'alarm.policy-error' }),
    )
  for (let i = 0; i < 100 && (await alarms()).items.length === 0; i++) await wait(20)
  const { items } = await alarms()
  assert.equal(items.length, 1)
  assert.deepEqual(items[0]?.detail, { action: 'unmask.notes', policies: ['own.overflow'], type: 'Deal' })
  await putInForce(shippedDocument)
  await wait(1100)
})
