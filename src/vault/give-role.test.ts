// Giving roles: nobody changes their own, and the one that has every right is given by who holds it.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type FaultCode, isFault, userPrincipal } from '#kernel'
import { openTestVault, type TestVault } from '../../test/support/vault.ts'

let house: TestVault
before(async () => {
  house = await openTestVault()
})
after(() => house.close())

const refused = (code: FaultCode) => (error: unknown) => isFault(error, code)
const values = (name: string, role: string) => ({ name, email: `${name}@example.com`, role, active: true })

test('[vault-310] nobody changes their own roles, and who gives rights does not give all of them', async () => {
  const { opened, vault } = house
  const person = async (name: string, role: string) => {
    const made = await vault.create(house.admin, 'user', { values: values(name, role) })
    const user = await opened.staff.get(made.id)
    assert.ok(user)
    return { id: made.id, actor: { ...house.ann, principal: userPrincipal(house.tenant, user) } }
  }
  const sec = await person('sec', 'security-administrator')
  const ben = await person('ben', 'sales')
  const change = (actor: typeof house.ann, id: string, version: number, changes: object) =>
    vault.update(actor, 'user', id, version, { ...changes })
  // Oneself: up, sideways, to more, to nothing; one's name is another matter.
  for (const changes of [{ role: 'administrator' }, { role: 'sales' }, { furtherRoles: ['finance'] }])
    await assert.rejects(change(sec.actor, sec.id, 1, changes), refused('own-roles'), JSON.stringify(changes))
  const adminsOwn = house.admin.principal.id
  const { version } = await vault.get(house.admin, 'user', adminsOwn)
  await assert.rejects(change(house.admin, adminsOwn, version, { role: 'sales' }), refused('own-roles'))
  assert.equal((await change(sec.actor, sec.id, 1, { name: 'Sec' })).version, 2)
  // Others: any role but the one with every right.
  await assert.rejects(change(sec.actor, ben.id, 1, { role: 'administrator' }), refused('administrator-gives'))
  await assert.rejects(
    change(sec.actor, ben.id, 1, { furtherRoles: ['administrator'] }),
    refused('administrator-gives'),
  )
  await assert.rejects(
    vault.create(sec.actor, 'user', { values: values('eve', 'administrator') }),
    refused('administrator-gives'),
  )
  assert.equal((await change(sec.actor, ben.id, 1, { role: 'manager' })).version, 2)
  // Whoever holds it gives it; who is above them all may lose it by the hand of who gives rights.
  assert.equal((await change(house.admin, ben.id, 2, { role: 'administrator' })).version, 3)
  assert.equal((await change(sec.actor, ben.id, 3, { name: 'Ben' })).version, 4)
  assert.equal((await change(sec.actor, ben.id, 4, { role: 'sales' })).version, 5)
  const scope = { tenant: house.tenant, principal: house.admin.principal.id }
  const { items } = await house.store.transaction(scope, (tx) =>
    house.journal.list(tx, house.tenant, { act: 'denied' }),
  )
  assert.ok(items.length >= 6)
})

test('[vault-312] the way into the account of who has every right is changed by its holder and their like alone', async () => {
  const { opened, vault } = house
  const person = async (name: string, role: string, more: object = {}) => {
    const made = await vault.create(house.admin, 'user', { values: { ...values(name, role), ...more } })
    const user = await opened.staff.get(made.id)
    assert.ok(user)
    return { id: made.id, actor: { ...house.ann, principal: userPrincipal(house.tenant, user) } }
  }
  const guard = await person('guard', 'security-administrator')
  const boss = await person('boss', 'administrator')
  const further = await person('further', 'operations', { furtherRoles: ['administrator'] })
  const clerk = await person('clerk', 'sales')
  const way = 'administrators-way-in'
  for (const { id } of [boss, further]) {
    for (const changes of [{ email: 'mine@example.com' }, { login: 'mine' }, { externalId: 'mine' }])
      await assert.rejects(vault.update(guard.actor, 'user', id, 1, changes), refused(way), JSON.stringify(changes))
    await assert.rejects(vault.demandWayIn(guard.actor, id), refused(way))
  }
  // Everything else about them, and everybody else, is as before.
  assert.equal((await vault.update(guard.actor, 'user', boss.id, 1, { name: 'Boss' })).version, 2)
  assert.equal((await vault.update(guard.actor, 'user', clerk.id, 1, { email: 'clerk2@example.com' })).version, 2)
  for (const [actor, id] of [
    [guard.actor, clerk.id],
    [boss.actor, boss.id],
    [boss.actor, further.id],
    [house.admin, boss.id],
  ] as const)
    // prettier-ignore
    await vault.demandWayIn(actor, id)
  assert.equal((await vault.update(house.admin, 'user', boss.id, 2, { email: 'boss2@example.com' })).version, 3)
  const scope = { tenant: house.tenant, principal: house.admin.principal.id }
  const { items } = await house.store.transaction(scope, (tx) =>
    house.journal.list(tx, house.tenant, { act: 'denied' }),
  )
  assert.ok(items.filter(({ recordId }) => recordId === boss.id).length >= 4)
})
