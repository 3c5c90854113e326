// A role of the house's own through change control: held from the moment it is in force, retired or rolled back only when nobody holds it.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Actor, fieldOf, isFault, typeOf, userPrincipal } from '#kernel'
import { type PolicyDocument, type RoleSteps, shippedDocument, withCells, withRoles } from '#access'
import { openTestVault, type TestVault } from '../../test/support/vault.ts'

let house: TestVault
let second: Actor
before(async () => {
  house = await openTestVault()
  second = await actorFor('Sam', 'security-administrator')
})
after(() => house.close())

const actorFor = async (name: string, role: string): Promise<Actor> => {
  const made = await house.vault.create(house.admin, 'user', {
    values: { name, email: `${name.toLowerCase()}@example.com`, role, active: true, unit: house.ann.principal.team },
  })
  const user = await house.opened.staff.get(made.id)
  assert.ok(user)
  return { ...house.admin, principal: userPrincipal(house.tenant, user) }
}

const label = { zh: '实习生', en: 'Intern' }
const steps = (some: Partial<RoleSteps>): RoleSteps => ({ make: [], describe: [], retire: [], ...some })
const now = (): PolicyDocument => house.opened.rules.current.document
const withSteps = (some: Partial<RoleSteps>): PolicyDocument => withRoles(house.vault.catalogue, now(), steps(some))
const held = (numbers: object) => (error: unknown) => {
  if (!isFault(error, 'role-held')) return false
  const { role, ...rest } = error.details
  assert.deepEqual([role, rest], [label, numbers])
  assert.match(error.in('en'), /role Intern is still held/i)
  return /角色“实习生”仍在使用/.test(error.in('zh'))
}

test('[access-201] [vault-301] a role of one’s own is held once it is in force, may what its rows say, and is told in the journal', async () => {
  const base = house.opened.rules.current.number
  const made = withRoles(house.vault.catalogue, shippedDocument, steps({ make: [{ name: 'intern', from: 'sales', label }] })) // prettier-ignore
  const off = (['view.contact', 'unmask.contact', 'edit.notes'] as const).map((action) => ({ role: 'intern', type: 'account', scope: 'own', action, on: action === 'view.contact' }) as const) // prettier-ignore
  const { document } = withCells(house.vault.catalogue, made, off)
  await assert.rejects(actorFor('Early', 'intern'), (error) => isFault(error, 'bad-value'))
  const id = await house.opened.policyControl.propose(house.admin, 'interns', document)
  const { roles, differences } = await house.opened.policyControl.change(second, id)
  assert.deepEqual(
    roles.map(({ kind, role }) => [kind, role]),
    [['new', 'intern']],
  )
  assert.ok(differences.every(({ id: policy, before: was }) => policy.startsWith('intern.') && was === null) && differences.length > 0) // prettier-ignore
  await assert.rejects(house.opened.policyControl.decide(house.admin, id, true, ''), (error) => isFault(error, 'policy-second-person')) // prettier-ignore
  assert.equal(await house.opened.policyControl.decide(second, id, true, 'agreed'), base + 1)
  assert.ok(fieldOf(typeOf(house.vault.catalogue, 'user'), 'furtherRoles')?.options?.some(({ value }) => value === 'intern')) // prettier-ignore
  const ida = await actorFor('Ida', 'intern')
  const { id: record } = await house.vault.create(house.admin, 'account', { values: { name: 'Acme', phone: '13800138000', notes: 'quiet' }, ownerId: ida.principal.id }) // prettier-ignore
  const account = await house.vault.get(ida, 'account', record)
  assert.equal(account.groups.contact, 'masked')
  assert.equal(account.groups.notes, 'plain')
  await assert.rejects(house.vault.update(ida, 'account', account.id, account.version, { notes: 'loud' }), (error) => isFault(error, 'denied')) // prettier-ignore
  const acts = (act: string) =>
    house.store.transaction({ tenant: house.tenant, principal: second.principal.id }, (tx) => house.journal.list(tx, house.tenant, { act })) // prettier-ignore
  for (const act of ['policy.propose', 'policy.activate'])
    assert.match(JSON.stringify((await acts(act)).items[0]?.detail), /"roles":\{"intern":"new"\}/, act)
})

test('[vault-300] while people, keys, mapped groups or loans hold it, it is neither retired nor left out nor rolled back', async () => {
  const { policyControl: control, staff } = house.opened
  const retired = withSteps({ retire: ['intern'] })
  await assert.rejects(control.propose(house.admin, 'x', retired), held({ people: 1, keys: 0, mappings: 0, loans: 0 })) // prettier-ignore
  const loan = await house.opened.grants.giveRole(house.admin, { to: house.bob.principal.id, role: 'intern', reason: 'a week', from: new Date(), until: new Date(Date.now() + 7 * 86_400_000) }) // prettier-ignore
  const at = new Date()
  const [key, provider] = ['00000000-0000-7000-8000-0000000000aa', '00000000-0000-7000-8000-0000000000ab']
  await house.store.owner(async (tx) => {
    await tx.query({
      text: `insert into identity.api_key (tenant_id, id, user_id, role, label, prefix, secret_hash, bounds, networks, per_minute, expires_at, created_by, created_at)
             values ($1, $2, $3, 'sales intern', 'k', 'p', sha256('x'), '{}', '{}', 60, $4, $3, $5)`,
      values: [house.tenant, key, house.ann.principal.id, new Date(at.getTime() + 86_400_000), at],
    })
    await tx.query({
      text: `insert into identity.provider (tenant_id, id, name, issuer, client_id, settings, created_by, created_at, updated_at)
             values ($1, $2, 'n', 'https://x.example', 'c', $3, $4, $5, $5)`,
      values: [house.tenant, provider, JSON.stringify({ rules: [{ group: 'g', role: 'intern', teamId: null }, { group: 'h', role: 'sales', teamId: null }], defaultRole: 'intern' }), house.ann.principal.id, at],
    }) // prettier-ignore
  })
  const all = { people: 1, keys: 1, mappings: 2, loans: 1 }
  assert.deepEqual(Object.fromEntries(await control.holders(second)), { intern: all })
  const gone: PolicyDocument = { ...now(), roles: now().roles.filter(({ name }) => name !== 'intern') }
  for (const document of [retired, gone]) await assert.rejects(control.propose(house.admin, 'x', document), held(all)) // prettier-ignore
  const { versions } = await control.state(second)
  const before_ = versions.find(({ active }) => !active)?.number
  assert.ok(before_)
  await assert.rejects(control.rollBack(house.admin, before_), held(all))
  // One after the other is taken away; who was switched off holds it still.
  await house.opened.grants.end(house.admin, loan.id)
  await house.store.owner(async (tx) => {
    await tx.query({ text: 'delete from identity.provider where id = $1', values: [provider] })
    await tx.query({ text: 'update identity.api_key set revoked_at = $2 where id = $1', values: [key, at] })
  })
  const ida = (await staff.all()).find(({ name }) => name === 'Ida')
  assert.ok(ida)
  await house.vault.update(house.admin, 'user', ida.id, ida.version, { active: false })
  await assert.rejects(control.propose(house.admin, 'x', retired), held({ people: 1, keys: 0, mappings: 0, loans: 0 })) // prettier-ignore
  await house.vault.update(house.admin, 'user', ida.id, ida.version + 1, { role: 'sales', furtherRoles: ['intern'] })
  await assert.rejects(control.propose(house.admin, 'x', retired), held({ people: 1, keys: 0, mappings: 0, loans: 0 })) // prettier-ignore
  await house.vault.update(house.admin, 'user', ida.id, ida.version + 2, { furtherRoles: [] })
  // Proposed while nobody held it; when it would come into force somebody does again.
  const id = await control.propose(house.admin, 'retire interns', retired)
  await house.vault.update(house.admin, 'user', ida.id, ida.version + 3, { furtherRoles: ['intern'] })
  await assert.rejects(control.decide(second, id, true, 'agreed'), held({ people: 1, keys: 0, mappings: 0, loans: 0 })) // prettier-ignore
  await house.vault.update(house.admin, 'user', ida.id, ida.version + 4, { furtherRoles: [] })
  assert.ok(await control.decide(second, id, true, 'agreed'))
})

test('[vault-300] [access-201] a retired role is no value and is not lent; taken back, it is held as before', async () => {
  const { policyControl: control } = house.opened
  await assert.rejects(actorFor('Late', 'intern'), (error) => isFault(error, 'bad-value'))
  const lend = () => house.opened.grants.giveRole(house.admin, { to: house.bob.principal.id, role: 'intern', reason: 'a week', from: new Date(), until: new Date(Date.now() + 86_400_000) }) // prettier-ignore
  await assert.rejects(lend(), (error) => isFault(error, 'bad-value'))
  const option = () => fieldOf(typeOf(house.vault.catalogue, 'user'), 'role')?.options?.find(({ value }) => value === 'intern') // prettier-ignore
  assert.deepEqual(option(), { value: 'intern', label, own: true, retired: true })
  const { versions } = await control.state(second)
  const before_ = versions.find(({ active }) => !active)?.number
  assert.ok(before_)
  await control.rollBack(house.admin, before_)
  assert.deepEqual(option(), { value: 'intern', label, own: true })
  const late = await actorFor('Late', 'intern')
  assert.equal((await house.vault.create(late, 'account', { values: { name: 'Beta', phone: '13900139000' } })).groups.contact, 'masked') // prettier-ignore
})

test('[vault-300] a change that waits for its moment stays out when somebody holds the role by then', async () => {
  const { policyControl: control, staff } = house.opened
  const [late] = (await staff.all()).filter(({ name }) => name === 'Late')
  assert.ok(late)
  await house.vault.update(house.admin, 'user', late.id, late.version, { role: 'sales' })
  const id = await control.propose(house.admin, 'later', withSteps({ retire: ['intern'] }))
  await control.decide(second, id, true, 'agreed', new Date(Date.now() + 1500))
  await house.vault.update(house.admin, 'user', late.id, late.version + 1, { role: 'intern' })
  await new Promise((resolve) => setTimeout(resolve, 1700))
  await control.tick()
  const { changes } = await control.state(second)
  const found = changes.find((one) => one.id === id)
  assert.deepEqual([found?.state, found?.failure], ['failed', 'role-held'])
})
