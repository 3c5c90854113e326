// Offices that exclude each other: no user gets two, by whichever way, and not from the database either.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { isFault, userPrincipal } from '#kernel'
import { openTestVault, type TestVault } from '../../test/support/vault.ts'

let house: TestVault
before(async () => {
  house = await openTestVault()
})
after(() => house.close())

const draft = (name: string, role: string, furtherRoles: readonly string[]) => ({
  values: { name, email: `${name}@example.com`, role, furtherRoles, active: true },
})
const apart = (error: unknown): boolean => isFault(error, 'duties-apart')

test('[vault-151] a user is never made or changed into two offices, in whichever field they stand', async () => {
  const offices = ['system-administrator', 'security-administrator', 'audit-administrator', 'administrator']
  for (const one of offices)
    for (const other of offices)
      if (one !== other)
        await assert.rejects(house.vault.create(house.admin, 'user', draft('two', one, ['sales', other])), apart)
  await assert.rejects(
    house.vault.create(house.admin, 'user', draft('two', 'sales', ['audit-administrator', 'system-administrator'])),
    apart,
  )
  const eve = await house.vault.create(house.admin, 'user', draft('eve', 'security-administrator', ['finance']))
  await assert.rejects(
    house.vault.update(house.admin, 'user', eve.id, eve.version, { furtherRoles: ['audit-administrator'] }),
    apart,
  )
  const moved = await house.vault.update(house.admin, 'user', eve.id, eve.version, { role: 'audit-administrator' })
  assert.deepEqual([moved.values['role'], moved.values['furtherRoles']], ['audit-administrator', ['finance']])
})

test('[vault-151] the database refuses it to whoever writes there', async () => {
  const { id } = await house.vault.create(house.admin, 'user', draft('ivo', 'system-administrator', []))
  for (const set of ["further_roles = '{sales,audit-administrator}'", "role = 'administrator', further_roles = '{system-administrator}'"])
    await assert.rejects(
      house.store.owner((tx) => tx.query({ text: `update crm.app_user set ${set} where id = $1`, values: [id] })),
      /app_user_exclusive/,
    ) // prettier-ignore
  await house.store.owner((tx) =>
    tx.query({ text: `update crm.app_user set further_roles = '{sales,finance}' where id = $1`, values: [id] }),
  )
})

test('[access-151] further roles, regions (with those of the team), clearance and limit of a user reach the policies', async () => {
  const south = await house.vault.create(house.admin, 'team', { values: { name: 'South', regions: ['海南'] } })
  const made = await house.vault.create(house.admin, 'user', {
    values: {
      name: 'fay', email: 'fay@example.com', role: 'sales', furtherRoles: ['manager'], regions: ['广东'], clearance: 2,
      dealLimit: 5_000_00, unit: south.id, active: true,
    },
  }) // prettier-ignore
  const user = await house.opened.staff.get(made.id)
  assert.deepEqual(
    [user?.role, user?.roles, user?.regions, user?.clearance, user?.dealLimit],
    ['sales', ['manager'], ['广东'], 2, 500_000],
  )
  await assert.rejects(house.vault.create(house.admin, 'user', { values: { ...draft('x', 'sales', []).values, clearance: 4 } }), (error) => isFault(error, 'bad-value')) // prettier-ignore
  await assert.rejects(house.vault.create(house.admin, 'user', draft('x', 'sales', ['pope'])), (error) => isFault(error, 'bad-value')) // prettier-ignore
  assert.ok(user)
  const fay = { ...house.ann, principal: userPrincipal(house.tenant, user) }
  // The manager's right comes with the further role: records of the whole team below.
  const abilities = await house.vault.abilities(fay)
  assert.equal(abilities['account']?.export, true)
  const bare = { ...fay, principal: { ...fay.principal, roles: [] } }
  assert.equal((await house.vault.abilities(bare))['account']?.export, false)
})
