// The policy document: rows, defaults, conditions and grants as data, the Cedar they mean, and the signature of the guard rails.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import { type Environment, fieldGroups, isFault, newId, type Principal, userPrincipal, type Uuid } from '#kernel'
import { catalogue } from '#testing'
import { recordColumns, rowEntity } from './columns.ts'
import { type Condition } from './condition.ts'
import { documentPolicies, parseDocument, type PolicyDocument, restrictionPolicy } from './document.ts'
import { grantPolicies, grantsValue } from './grant.ts'
import { housePolicies, openInForce } from './in-force.ts'
import { compilePolicies, type PolicySet } from './policyset.ts'
import { contextOf, organisation, userRef, withPrincipal } from './question.ts'
import { demandSigned, railFiles, railTexts } from './rails.ts'
import { entityOf, grantActions } from './role.ts'
import { accessSchema, recordActions, systemActions } from './schema.ts'
import { shippedDocument } from './shipped.ts'

const schema = accessSchema(catalogue)
const noon: Environment = { now: new Date('2026-03-04T04:00:00Z'), channel: 'web', ip: '10.1.2.3', mfa: true, purpose: '', zone: 'Asia/Shanghai' } // prettier-ignore
const person = (more: Partial<Principal> = {}): Principal =>
  userPrincipal(newId(), { id: newId(), role: 'sales', active: true, team: null, ...more })

const ask = (set: PolicySet, who: Principal, action: string, type: string, of: { readonly [column: string]: unknown }, env: Partial<Environment> = {}, grants?: ReturnType<typeof grantsValue>) => {
  const columns = recordColumns(catalogue, type)
  const row = rowEntity(columns, { id: newId(), owner_id: who.id, team_id: null, shared_with: [], created_by: newId(), created_at: noon.now, updated_at: noon.now, deleted_at: null, ...of })
  const entities = withPrincipal(organisation([who], []), who)
  const request = { principal: userRef(who.id), action, context: contextOf({ ...noon, ...env }, grants), entities }
  const allowed = set.allows({ ...request, resource: row.ref, entities: entities.with(row) })
  assert.ok(!allowed || set.couldAllow({ ...request, columns }))
  return allowed
} // prettier-ignore

const restricted = (...conditions: readonly Condition[]): PolicySet =>
  compilePolicies(schema, [
    { id: 'all', text: '@id("all") permit (principal, action, resource);' },
    restrictionPolicy({ name: 'r', roles: ['sales'], types: 'customers', actions: ['list', 'export'], mode: 'unless', conditions }),
  ]) // prettier-ignore

test('[access-154] each condition holds where its words say, and refuses where what it asks for is not known', () => {
  const cases: readonly [Condition, readonly [boolean, string, object, Partial<Environment>, Partial<Principal>][]][] = [
    [{ is: 'amount', most: 500 }, [[true, 'deal', { amount: 500n }, {}, {}], [false, 'deal', { amount: 501n }, {}, {}], [true, 'deal', {}, {}, {}], [true, 'account', {}, {}, {}]]],
    [{ is: 'amount', most: 'limit' }, [[true, 'deal', { amount: 5n }, {}, { dealLimit: 5 }], [false, 'deal', { amount: 6n }, {}, { dealLimit: 5 }], [false, 'deal', { amount: 1n }, {}, {}]]],
    [{ is: 'region', in: 'own' }, [[true, 'account', { region: '广东' }, {}, { regions: ['广东'] }], [false, 'account', { region: '福建' }, {}, { regions: ['广东'] }], [false, 'account', {}, {}, { regions: ['广东'] }]]],
    [{ is: 'region', in: ['福建'] }, [[true, 'lead', { region: '福建' }, {}, {}], [false, 'lead', { region: '广东' }, {}, {}], [false, 'task', {}, {}, {}]]],
    [{ is: 'hours', from: '09:00', to: '18:00', days: [1, 2, 3, 4, 5] }, [[true, 'deal', {}, {}, {}], [true, 'deal', {}, { now: new Date('2026-03-04T09:59:59Z') }, {}], [false, 'deal', {}, { now: new Date('2026-03-04T10:00:00Z') }, {}], [false, 'deal', {}, { now: new Date('2026-03-07T04:00:00Z') }, {}], [false, 'deal', {}, { zone: 'America/New_York' }, {}]]],
    [{ is: 'hours', from: '22:00', to: '06:00', days: [1, 2, 3, 4, 5, 6, 7] }, [[false, 'deal', {}, {}, {}], [true, 'deal', {}, { now: new Date('2026-03-04T14:00:00Z') }, {}], [true, 'deal', {}, { now: new Date('2026-03-04T21:59:00Z') }, {}]]],
    [{ is: 'network', ranges: ['10.0.0.0/8', '2001:db8::/32'] }, [[true, 'deal', {}, {}, {}], [true, 'deal', {}, { ip: '2001:db8::1' }, {}], [false, 'deal', {}, { ip: '192.0.2.1' }, {}], [false, 'deal', {}, { ip: '' }, {}]]],
    [{ is: 'mfa', minutes: 15 }, [[true, 'deal', {}, { mfaAge: 900 }, {}], [false, 'deal', {}, { mfaAge: 901 }, {}], [false, 'deal', {}, {}, {}]]],
    [{ is: 'mfa' }, [[true, 'deal', {}, {}, {}], [false, 'deal', {}, { mfa: false }, {}]]],
    [{ is: 'device' }, [[true, 'deal', {}, { deviceTrusted: true }, {}], [false, 'deal', {}, {}, {}]]],
    [{ is: 'purpose' }, [[true, 'deal', {}, { purpose: 'audit' }, {}], [false, 'deal', {}, { purpose: '  ' }, {}]]],
    [{ is: 'channel', in: ['api', 'job'] }, [[true, 'deal', {}, { channel: 'api' }, {}], [false, 'deal', {}, {}, {}]]],
    [{ is: 'field', field: 'stage', op: 'in', value: ['won', 'lost'] }, [[true, 'deal', { stage: 'won' }, {}, {}], [false, 'deal', { stage: 'proposal' }, {}, {}], [false, 'account', {}, {}, {}]]],
    [{ is: 'field', field: 'classification', op: 'lt', value: 2 }, [[true, 'deal', { classification: 1n }, {}, {}], [false, 'deal', { classification: 2n }, {}, {}]]],
    [{ is: 'field', field: 'grade', op: 'ne', value: 'A"]) || true || ([""' }, [[true, 'account', { grade: 'A' }, {}, {}]]],
  ] // prettier-ignore
  for (const [condition, asked] of cases) {
    const set = restricted(condition)
    for (const [expected, type, of, env, more] of asked)
      assert.equal(ask(set, person(more), 'list', type, { ...of }, env), expected, `${JSON.stringify(condition)} ${JSON.stringify([type, env, more])}`) // prettier-ignore
    // Other roles and other actions are not meant.
    assert.equal(ask(set, person({ role: 'manager' }), 'list', 'deal', {}), true)
    assert.equal(ask(set, person(), 'history', 'deal', {}), true)
  }
})

test('[access-154] a document is read strictly: what does not fit is refused by name, what was read means the same again', () => {
  const good: PolicyDocument = {
    ...shippedDocument,
    defaults: { account: 'public', deal: 'unit' },
    restrictions: [{ name: 'nights', roles: [], types: ['deal'], actions: ['export'], mode: 'when', conditions: [{ is: 'hours', from: '20:00', to: '07:00', days: [6, 7] }] }],
    policies: [{ id: 'own.one', text: '@id("own.one") permit (principal in Role::"sales", action == Action::"list", resource is Team);' }],
    cases: [{ name: 'reps see their own', who: { role: 'sales' }, action: 'list', on: 'deal', stance: 'own', expect: 'allow' }],
  } // prettier-ignore
  const again = parseDocument(catalogue, JSON.parse(JSON.stringify(good)))
  assert.deepEqual(again, good)
  assert.deepEqual(documentPolicies(again), documentPolicies(good))
  const wrong = (change: object, what: RegExp): void => {
    assert.throws(() => parseDocument(catalogue, { ...good, ...change }), (error) => isFault(error, 'policy-invalid') && what.test(error.message)) // prettier-ignore
  }
  wrong({ v: 2 }, /version/)
  wrong({ surprise: 1 }, /surprise/)
  wrong({ defaults: { planet: 'public' } }, /planet/)
  wrong({ defaults: { account: 'open' } }, /private, unit, public/)
  wrong({ roles: [{ name: 'Boss', grants: [] }] }, /lower-case/)
  wrong(
    {
      roles: [
        { name: 'a', grants: [] },
        { name: 'a', grants: [] },
      ],
    },
    /twice/,
  )
  wrong(
    { roles: [{ name: 'a', grants: [{ name: 'x', types: ['deal'], scope: 'galaxy', actions: ['list'] }] }] },
    /scope/,
  )
  wrong({ roles: [{ name: 'a', grants: [{ name: 'x', types: ['deal'], scope: 'own', view: ['secrets'] }] }] }, /view/)
  wrong({ roles: [{ name: 'a', grants: [{ name: 'x', types: ['deal'], scope: 'own' }] }] }, /nothing/)
  wrong({ policies: [{ id: 'rail.inactive', text: 'x' }] }, /guard rails/)
  wrong({ restrictions: [{ name: 'r', types: ['deal'], actions: [], mode: 'when', conditions: [] }] }, /no action/)
  wrong({ restrictions: [{ name: 'r', types: ['deal'], actions: ['list'], mode: 'when', conditions: [{ is: 'hours', from: '1', to: '2', days: [8] }] }] }, /days/) // prettier-ignore
})

test('[access-152] what a row of the matrix allows is what its data says, for every type, scope and action', () => {
  for (const type of catalogue.types) assert.equal(entityOf(type.name), type.entity)
  const actions = [...recordActions, ...['view', 'unmask', 'edit'].flatMap((verb) => fieldGroups.map((group) => `${verb}.${group}`))] // prettier-ignore
  const team = newId()
  const me = person({ team, regions: ['广东'] })
  const rows = {
    own: { owner_id: me.id }, team: { owner_id: newId(), team_id: team }, region: { owner_id: newId(), region: '广东' },
    pool: { owner_id: null }, shared: { owner_id: newId(), shared_with: [me.id] }, other: { owner_id: newId() },
  } as const // prettier-ignore
  const reached = { own: ['own'], team: ['team'], subtree: ['own', 'team'], region: ['region'], pool: ['pool'], shared: ['shared'], all: Object.keys(rows) } // prettier-ignore
  for (const [scope, stances] of Object.entries(reached)) {
    const grant = { name: 'x', types: ['account', 'lead'], scope: scope as 'own', actions: ['list', 'claim'], view: ['basic'], unmask: ['contact'], edit: 'all' } as const // prettier-ignore
    const policies = documentPolicies({ ...shippedDocument, administrator: false, roles: [{ name: 'sales', inside: true, grants: [grant], system: [] }] }) // prettier-ignore
    const set = compilePolicies(schema, policies)
    for (const action of actions)
      for (const [stance, row] of Object.entries(rows)) {
        const expected = stances.includes(stance) && grantActions(grant).includes(action)
        assert.equal(ask(set, me, action, 'account', row), expected, `${scope} ${action} ${stance}`)
        assert.equal(ask(set, me, action, 'deal', row), false)
      }
  }
})

test('[access-153] the shipped roles are those of the catalogue; every action they name exists, and each is of use', () => {
  const options = catalogue.types.flatMap(({ fields }) => fields).find(({ id }) => id === 803)?.options?.map(({ value }) => value) // prettier-ignore
  assert.deepEqual(['administrator', ...shippedDocument.roles.map(({ name }) => name)].toSorted(), options?.toSorted())
  for (const { name, grants, system } of shippedDocument.roles) {
    assert.ok(grants.length + system.length > 0, name)
    for (const action of system) assert.ok((systemActions as readonly string[]).includes(action), action)
  }
})

test('[access-152] defaults open a type to those inside the house: private to nobody, unit to the team, public to all', () => {
  const [team, me] = [newId(), (role: string): Principal => person({ role, team: mine })] as const
  const mine = newId()
  const set = (kind: 'private' | 'unit' | 'public'): PolicySet =>
    compilePolicies(schema, housePolicies(catalogue, { ...shippedDocument, defaults: { task: kind } }))
  const sees = (kind: 'private' | 'unit' | 'public', role: string, of: Uuid, action = 'list'): boolean =>
    ask(set(kind), me(role), action, 'task', { owner_id: newId(), team_id: of })
  assert.deepEqual([sees('private', 'sales', mine), sees('unit', 'sales', mine), sees('unit', 'sales', team), sees('public', 'sales', team)], [false, true, false, true]) // prettier-ignore
  assert.deepEqual([sees('public', 'partner', mine), sees('public', 'system-administrator', mine), sees('public', 'sales', mine, 'edit.basic')], [false, false, false]) // prettier-ignore
})

test('[access-155] guard rails bear a signature: not a byte of any of their files can be changed', () => {
  const texts = railTexts()
  assert.equal(texts.length, railFiles.length)
  const bytes = texts.map((text) => text)
  assert.throws(() => { demandSigned(bytes.toReversed(), 'AAAA') }, (error) => isFault(error, 'guard-rails-changed')) // prettier-ignore
  const changed = [
    [`${texts[0] ?? ''} `, ...texts.slice(1)],
    texts.toReversed(),
    texts.slice(0, -1),
    [(texts[0] ?? '').replace('principal.active', 'true'), ...texts.slice(1)],
  ]
  for (const other of changed)
    assert.throws(() => { demandSigned(other, signatureOf()) }, (error) => isFault(error, 'guard-rails-changed')) // prettier-ignore
  demandSigned(texts, signatureOf())
})

const signatureOf = (): string => readFileSync(new URL('./policy/guard-rails.sig', import.meta.url), 'utf8').trim()

test('[access-157] records granted for a while are read or written, by those they were granted to and no further', () => {
  const set = compilePolicies(schema, housePolicies(catalogue, shippedDocument))
  const [me, id] = [person(), newId()]
  const of = { id, owner_id: newId() }
  const granted = (read: readonly string[], write: readonly string[]) => grantsValue(catalogue, { account: { read, write } }) // prettier-ignore
  const may = (action: string, grants?: ReturnType<typeof grantsValue>, type = 'account'): boolean =>
    ask(set, me, action, type, of, {}, grants)
  assert.deepEqual([may('list'), may('list', granted([id], [])), may('view.contact', granted([id], []))], [false, true, true]) // prettier-ignore
  assert.deepEqual([may('unmask.contact', granted([id], [])), may('view.identity', granted([id], [])), may('edit.basic', granted([id], []))], [false, false, false]) // prettier-ignore
  assert.deepEqual([may('list', granted([], [id])), may('edit.basic', granted([], [id])), may('delete', granted([], [id]))], [true, true, false]) // prettier-ignore
  assert.deepEqual([may('list', granted([newId()], [])), may('list', granted([id], []), 'deal')], [false, false])
  assert.equal(grantsValue(catalogue, {}), undefined)
  // The guard rails stand above: what one is not cleared for is not granted.
  assert.equal(ask(set, me, 'list', 'account', { ...of, classification: 1n }, {}, granted([id], [])), false)
  assert.ok(grantPolicies(catalogue).every(({ id: name }) => /^grant\.\w+-(read|write)$/.test(name)))
})

test('[access-156] a new version decides within a second of a look; one that does not compile is never in force', async () => {
  let [active, time] = [1, 0]
  const documents: Record<number, PolicyDocument> = {
    1: shippedDocument,
    2: { ...shippedDocument, administrator: false },
    3: { ...shippedDocument, policies: [{ id: 'x', text: '@id("x") permit (principal, action, resource) when { resource.phone == 1 };' }] }, // prettier-ignore
  }
  let loads = 0
  const store = {
    active: () => Promise.resolve(active),
    load: (number: number) => {
      loads++
      return Promise.resolve({ number, document: documents[number] ?? shippedDocument })
    },
  }
  const rules = await openInForce(store, catalogue, () => time)
  active = 2
  time = 999
  await rules.refresh()
  assert.equal(rules.current.number, 1)
  time = 1000
  await Promise.all([rules.refresh(), rules.refresh(), rules.refresh()])
  assert.deepEqual([rules.current.number, loads], [2, 2])
  assert.ok(!rules.current.policies.some(({ id }) => id === 'administrator.all'))
  active = 3
  time = 2000
  await assert.rejects(rules.refresh(), (error) => isFault(error, 'policy-invalid'))
  assert.equal(rules.current.number, 2)
  // And nobody is answered by the old ones as if nothing had happened.
  await assert.rejects(rules.refresh(), (error) => isFault(error, 'policy-invalid'))
})
