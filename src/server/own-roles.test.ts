// A role of the house's own over HTTPS: made on the matrix, in force after a second person, then held, lent, mapped and given to a program; hidden, masked and read-only as its rows say.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { join } from 'node:path'
import { withRoles } from '#access'
import { identityChecks } from '#identity'
import { temporaryFolder } from '#testing'
import { readPolicies, writePolicies } from '../cli/policy-files.ts'
import { bringOwnRole, ownLabel, ownRole, putInForce } from '../../test/support/own-role.ts'
import { type Answer, type Client, openTestServer, testPassword, type TestServer } from '../../test/support/server.ts'
import type { CatalogueAnswer, NewApiKeyAnswer } from './contract.ts'
import type { PolicyChangeAnswer, PolicyControlAnswer } from './contract/policies.ts'
import type { MatrixAnswer, MatrixDraftAnswer } from './contract/policy-matrix.ts'

let opened: Promise<TestServer> | undefined
const server = (): Promise<TestServer> =>
  (opened ??= openTestServer().then(async (made) => {
    await bringOwnRole(made.house, made.ids.admin)
    return made
  }))
after(async () => {
  if (opened) await (await opened).close()
})

const matrixOf = async (who: Client): Promise<MatrixAnswer> =>
  (await who.ask('GET', '/api/policies/matrix')).json() as MatrixAnswer
const steps = (some: object) => ({ make: [], describe: [], retire: [], ...some })
const codeOf = (answer: Answer): string => (answer.json() as { code: string }).code

const hire = async ({ house, ids, signIn }: TestServer, name: string, role: string): Promise<{ id: string; client: Client }> => {
  const email = `${name}@example.org`
  const { id } = await house.vault.create(house.system, 'user', { values: { name, email, role, unit: ids.team, active: true, language: 'en' } })
  await house.identity.setPassword(id, testPassword, { actor: house.system })
  return { id, client: await signIn(email, testPassword) }
} // prettier-ignore

test('[server-300] a role is made on the copy of the matrix with its cells, told in words, and its document is proposed; nothing else is stored', async () => {
  const { admin, sales } = await server()
  const { version, copied, roles } = await matrixOf(admin)
  assert.ok(copied.includes('sales') && copied.includes(ownRole) && !copied.includes('auditor') && !copied.includes('administrator')) // prettier-ignore
  assert.deepEqual(roles.find(({ name }) => name === ownRole), { name: ownRole, label: ownLabel, shipped: false, editable: true, own: { about: null, base: 'sales', baseLabel: { zh: '销售代表', en: 'Sales representative' }, people: 0, keys: 0, mappings: 0, loans: 0 } }) // prettier-ignore
  const made = { name: 'intern', from: 'finance', label: { zh: '实习生', en: 'Intern' }, about: { zh: '只看不改', en: 'Reads only' } } // prettier-ignore
  const cell = { role: 'intern', type: 'deal', scope: 'all', action: 'edit.financial', on: false } as const
  const body = { base: version, edits: [cell, { ...cell, type: 'system', action: 'settings.edit', on: true }], roles: steps({ make: [made] }) } // prettier-ignore
  const asked = await admin.ask('POST', '/api/policies/matrix', { body })
  assert.equal(asked.status, 200, asked.text)
  const draft = asked.json() as MatrixDraftAnswer
  assert.deepEqual(draft.roles.map(({ words }) => [words.zh, words.en]), [['新建角色“实习生”（intern），复制自“财务”', 'new role Intern (intern), a copy of finance']]) // prettier-ignore
  assert.deepEqual(draft.differences.map(({ words }) => words.en), ['intern, deals (all records): may no longer edit financial details']) // prettier-ignore
  assert.deepEqual(draft.refused.map(({ policy, label }) => [policy, label.zh]), [['rail.own-roles', '专属岗位（三员、审查员等）的系统功能不能授予自定义角色']]) // prettier-ignore
  assert.deepEqual(draft.matrix.roles.find(({ name }) => name === 'intern')?.own?.about, made.about)
  assert.deepEqual(draft.left, [])
  assert.ok(!(await matrixOf(admin)).roles.some(({ name }) => name === 'intern'))
  const proposed = await admin.ask('POST', '/api/policies/changes', { body: { title: 'interns', document: draft.document } }) // prettier-ignore
  assert.equal(proposed.status, 201, proposed.text)
  const { id } = proposed.json() as { id: string }
  const change = (await admin.ask('GET', `/api/policies/changes/${id}`)).json() as PolicyChangeAnswer
  assert.deepEqual(
    change.roles.map(({ role, kind }) => [role, kind]),
    [['intern', 'new']],
  )
  for (const wrong of [
    { ...made, from: 'auditor' },
    { ...made, name: 'sales' },
    { ...made, name: 'In tern' },
    { ...made, label: { zh: '财务', en: 'Books' } },
    { ...made, name: ownRole },
  ]) {
    const answer = await admin.ask('POST', '/api/policies/matrix', { body: { ...body, edits: [], roles: steps({ make: [wrong] }) } }) // prettier-ignore
    assert.deepEqual([answer.status, codeOf(answer)], [422, 'policy-invalid'], answer.text)
  }
  assert.equal((await sales.ask('POST', '/api/policies/matrix', { body })).status, 403)
})

test('[server-300] in force, it is in the catalogue, people are invited with it, and its rows hold on list, by id, in search, export and every change', async () => {
  const world = await server()
  const { admin, house } = world
  const { types } = (await world.sales.ask('GET', '/api/catalogue')).json() as CatalogueAnswer
  for (const name of ['role', 'furtherRoles']) {
    const field = types.find((type) => type.name === 'user')?.fields.find((one) => one.name === name)
    assert.deepEqual(field?.options?.find(({ value }) => value === ownRole), { value: ownRole, label: ownLabel, own: true }) // prettier-ignore
  }
  const invited = await admin.ask('POST', '/api/users/invite', { body: { name: 'Vera', email: 'vera@example.org', role: ownRole, teamId: null, language: 'zh' } }) // prettier-ignore
  assert.ok(invited.status < 300, invited.text)
  const unknown = await admin.ask('POST', '/api/users/invite', { body: { name: 'Otto', email: 'otto@example.org', role: 'no-role', teamId: null, language: 'zh' } }) // prettier-ignore
  assert.equal(unknown.status, 422, unknown.text)
  const { id, client } = await hire(world, 'Kay', ownRole)
  assert.equal(((await client.ask('GET', '/api/me')).json() as { role: string }).role, ownRole)
  const values = { name: 'Canary Ltd', phone: '13812345678', notes: 'whispered', creditLimit: 424_242, bankAccount: '6222021234567890123' } // prettier-ignore
  const fields = new Set(house.vault.catalogue.types.find(({ name }) => name === 'account')?.fields.map(({ name }) => name)) // prettier-ignore
  const known = Object.fromEntries(Object.entries(values).filter(([name]) => fields.has(name)))
  assert.ok(Object.keys(known).length >= 4, JSON.stringify([...fields]))
  const account = await house.vault.create(house.system, 'account', { values: known, ownerId: id })
  const foreign = await house.vault.create(house.system, 'account', { values: { name: 'Foreign Ltd' }, ownerId: world.ids.other }) // prettier-ignore
  const filter = (field: string, value: unknown): string => encodeURIComponent(JSON.stringify([{ field, op: 'eq', value }])) // prettier-ignore
  const shown = await client.ask('GET', `/api/accounts/${account.id}`)
  const { groups, version } = shown.json() as { groups: Record<string, string>; version: number }
  assert.deepEqual([groups['basic'], groups['contact'], groups['financial'], groups['notes']], ['plain', 'masked', 'hidden', 'plain']) // prettier-ignore
  const answers = [
    shown,
    await client.ask('GET', '/api/accounts?limit=200'),
    await client.ask('GET', '/api/accounts?q=13812345678'),
    await client.ask('GET', `/api/search?q=${encodeURIComponent('Canary')}`),
    await client.ask('GET', `/api/accounts?filter=${filter('bankAccount', '6222021234567890123')}`),
    await client.ask('POST', '/api/accounts/export', { body: { purpose: 'a list' } }),
    await client.ask('GET', `/api/accounts/${account.id}/history`),
    await client.ask('POST', `/api/accounts/${account.id}/unmask`, { body: { group: 'contact', reason: 'to call' } }),
  ]
  for (const { text } of answers) assert.doesNotMatch(text, /12345678|424242|424,242|62220212|Foreign/)
  assert.match(answers[1]?.text ?? '', /Canary Ltd/)
  assert.match(answers[3]?.text ?? '', /Canary Ltd/)
  // Bulk is nobody's by default but the managers'; the copy has it no more than its original.
  assert.equal(answers[5]?.status, 403)
  assert.equal((await client.ask('GET', `/api/accounts/${foreign.id}`)).status, 404)
  const change = (some: object) => client.ask('PATCH', `/api/accounts/${account.id}`, { body: { version, values: some } }) // prettier-ignore
  for (const some of [{ notes: 'shouted' }, { creditLimit: 1 }])
    if (Object.keys(some).every((name) => fields.has(name))) assert.equal((await change(some)).status, 403)
  assert.equal((await change({ name: 'Canary AG' })).status, 200)
})

test('[server-300] it is given to a program, lent and mapped to a group like any other role; while any of it lasts it is not retired', async () => {
  const world = await server()
  const { admin, ids, house } = world
  const made = await admin.ask('POST', '/api/api-keys', { body: { label: 'ERP', networks: [], perMinute: 600, days: 30, password: testPassword, service: { name: 'Robot', role: ownRole, teamId: ids.team }, bounds: { account: ['read', 'write'] } } }) // prettier-ignore
  assert.equal(made.status, 201, made.text)
  const { key, item } = made.json() as NewApiKeyAnswer
  const program = (path: string) => world.stranger().ask('GET', path, { headers: { authorization: `Bearer ${key}` } })
  await house.vault.create(house.system, 'account', { values: { name: 'Robot Ltd', phone: '13887654321' }, ownerId: item.userId }) // prettier-ignore
  const listed = await program('/api/accounts')
  assert.match(listed.text, /Robot Ltd/)
  assert.doesNotMatch(listed.text, /87654321/)
  const until = new Date(Date.now() + 86_400_000).toISOString()
  const lent = await admin.ask('POST', '/api/grants/role', { body: { to: ids.other, role: ownRole, until, reason: 'stands in' } }) // prettier-ignore
  assert.ok(lent.status < 300, lent.text)
  const provider = (role: string) => ({ name: 'Works ID', issuer: 'https://id.example', clientId: 'crm', active: true, version: 0, settings: { origin: 'https://crm.example', scopes: ['openid'], claims: { email: 'email', name: 'name', groups: 'groups' }, rules: [{ group: 'Key accounts', role, teamId: null }], defaultRole: null, accounts: 'create', domains: [], trustMfa: false, only: false, signOut: false } }) // prettier-ignore
  const refused = await admin.ask('POST', '/api/identity-providers', { body: provider('no-role') })
  assert.equal(refused.status, 422, refused.text)
  const mapped = await admin.ask('POST', '/api/identity-providers', { body: provider(ownRole) })
  assert.equal(mapped.status, 200, mapped.text)
  const { version, roles } = await matrixOf(admin)
  const own = roles.find(({ name }) => name === ownRole)?.own
  assert.deepEqual([own?.keys, own?.mappings, own?.loans], [1, 1, 1])
  assert.ok((own?.people ?? 0) >= 1)
  const retire = await admin.ask('POST', '/api/policies/matrix', { body: { base: version, edits: [], roles: steps({ retire: [ownRole] }) } }) // prettier-ignore
  assert.deepEqual([retire.status, codeOf(retire)], [409, 'role-held'], retire.text)
  assert.match(retire.text, /Key-account sales.*API keys: 1, mapped groups: 1, loans: 1/i)
})

test('[server-300] [server-225] files for git carry it both ways: what is pulled and proposed again is the same document', async () => {
  const { admin, house, ids } = await server()
  const { document, versions } = (await admin.ask('GET', '/api/policies/control')).json() as PolicyControlAnswer
  const folder = join(temporaryFolder(), 'policies')
  const number = versions.find(({ active }) => active)?.number ?? 0
  const files = await writePolicies(folder, document, number)
  assert.ok(files.includes(`roles/${ownRole}.json`))
  const back = await readPolicies(folder)
  assert.deepEqual(back, { document, base: number })
  const actor = await house.actorOf(ids.admin, { channel: 'cli', ip: '', mfa: true, purpose: '' })
  // A role written by hand goes the same way; an office does not.
  const hand = { name: 'night-shift', inside: true, grants: [{ name: 'own', types: ['task'], scope: 'own', actions: ['list'], view: ['basic'], unmask: ['basic'], edit: [] }], system: [], own: { label: { zh: '夜班', en: 'Night shift' }, base: 'support' } } // prettier-ignore
  const pushed = { ...document, roles: [...document.roles, hand] }
  const id = await house.policyControl.propose(actor, 'night shift', pushed, number)
  const { roles, differences } = await house.policyControl.change(actor, id)
  assert.deepEqual([roles.map(({ role }) => role), differences.map((one) => one.id)], [['night-shift'], ['night-shift.own']]) // prettier-ignore
  const problems = await house.policyControl.problems(actor, { ...document, roles: [...document.roles, { ...hand, own: { ...hand.own, base: 'auditor' } }] }) // prettier-ignore
  assert.match(problems.map(({ words }) => words.zh).join(), /night-shift\.base/)
})

test('[identity-173] what the rules ask of a role they ask of its copies: they open nothing before there is a second factor', async () => {
  const world = await server()
  const { admin } = world
  const { client } = await hire(world, 'Lea', ownRole)
  const rules = async (secondFactorRoles: readonly string[]): Promise<void> => {
    const set = await admin.ask('POST', '/api/sign-in-rules', { body: { secondFactorRoles, confirmMinutes: 10 } })
    assert.ok(set.status < 300, set.text)
  }
  const opens = async (): Promise<readonly unknown[]> => {
    const { mustEnrol } = (await client.ask('GET', '/api/me')).json() as { mustEnrol: boolean }
    return [mustEnrol, (await client.ask('GET', '/api/accounts')).status]
  }
  await rules(['finance'])
  assert.deepEqual(await opens(), [false, 200])
  await rules(['sales'])
  try {
    assert.deepEqual(await opens(), [true, 403])
    const again = world.stranger()
    const signedIn = await again.ask('POST', '/api/session', { body: { email: 'Lea@example.org', password: testPassword } }) // prettier-ignore
    assert.equal((signedIn.json() as { mustEnrol: boolean }).mustEnrol, true, signedIn.text)
  } finally {
    await rules([])
  }
})

test('[identity-8] IAM-02 counts who has a copy of a role with such rights, first or further', async () => {
  const world = await server()
  const { house, ids } = world
  const check = identityChecks().find(({ control }) => control === 'IAM-02')
  assert.ok(check)
  const run = async (): Promise<readonly string[]> => {
    const scope = { tenant: house.tenant, principal: house.system.principal.id }
    const query = <Row extends object>(text: string, values?: readonly unknown[]) =>
      house.store.transaction(scope, (tx) => tx.query<Row>({ text, ...(values ? { values } : {}) }))
    const { observed } = await check.run({ query, tenant: house.tenant, now: new Date() })
    return (observed['withoutSecondFactor'] as { readonly first: readonly string[] }).first
  }
  const { id: helper } = await hire(world, 'Nora', 'support')
  assert.ok(!(await run()).includes(helper))
  const make = [{ name: 'branch-head', from: 'manager', label: { zh: '分部负责人', en: 'Branch head' } }]
  await putInForce(house, ids.admin, 'branch heads', (document) =>
    withRoles(house.vault.catalogue, document, { make, describe: [], retire: [] }),
  )
  const { id: head } = await hire(world, 'Hal', 'branch-head')
  const { version } = await house.vault.get(house.system, 'user', helper)
  await house.vault.update(house.system, 'user', helper, version, { furtherRoles: ['branch-head'] })
  const without = await run()
  assert.ok(without.includes(head) && without.includes(helper))
  assert.ok(!without.includes(ids.sales))
})
