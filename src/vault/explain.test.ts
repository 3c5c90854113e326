// Who sees what and why, on a real database with real keys: what is said of each person is what the person's own reads show.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { type Actor, type FieldGroup, fieldGroups, isFault, newId, userPrincipal, type Uuid } from '#kernel'
import { type PolicyDocument, shippedDocument } from '#access'
import { openTestVault, type TestVault } from '../../test/support/vault.ts'
import type { Supposed } from './explain.ts'
import { shownValues } from './shown-values.ts'
import type { FieldValue, Visibility } from './vault.ts'

let house: TestVault
let second: Actor
before(async () => {
  house = await openTestVault()
  second = await person('sam', { role: 'security-administrator' })
})
after(() => house.close())

const usual: Supposed = { mfa: true, deviceTrusted: false, ip: '', purpose: '' }

const person = async (name: string, values: Readonly<Record<string, FieldValue>>): Promise<Actor> => {
  const made = await house.vault.create(house.admin, 'user', {
    values: { name, email: `${name}@example.com`, active: true, ...values },
  })
  const user = await house.opened.staff.get(made.id)
  assert.ok(user)
  return { ...house.admin, principal: userPrincipal(house.tenant, user) }
}

const refusedAs =
  (code: Parameters<typeof isFault>[1]) =>
  (error: unknown): boolean =>
    isFault(error, code)

/** What the person's own read of the record shows, in the surroundings supposed. */
const shownTo = async (who: Actor, type: string, id: Uuid, supposed: Supposed) => {
  const env = { ...who.env, ...supposed, now: new Date(), channel: 'web' as const, mfaAge: supposed.mfa ? 0 : null }
  const actor = { ...who, env }
  const seen = await house.vault.get(actor, type, id).catch((error: unknown) => {
    if (isFault(error, 'not-found')) return null
    throw error
  })
  const groups = new Map<string, Visibility>(Object.entries(seen?.groups ?? {}))
  const revealed = async (group: FieldGroup): Promise<boolean> =>
    house.vault.unmask({ ...actor, env: { ...env, purpose: 'test' } }, type, id, group).then(
      () => true,
      (error: unknown) => {
        if (isFault(error, 'denied') || isFault(error, 'not-found')) return false
        throw error
      },
    )
  return { sight: (group: string) => groups.get(group) ?? 'hidden', revealed }
}

// A house that decided a lot of its own: defaults, restrictions on device, network and class, a policy in Cedar that errs.
const busy: PolicyDocument = {
  ...shippedDocument,
  defaults: { account: 'unit', deal: 'public' },
  restrictions: [
    { name: 'device', label: { zh: '可信设备', en: 'trusted device' }, roles: ['finance'], types: ['account'], actions: ['view.financial', 'unmask.financial'], mode: 'unless', conditions: [{ is: 'device' }] },
    { name: 'network', roles: ['support'], types: 'customers', actions: ['view.contact'], mode: 'unless', conditions: [{ is: 'network', ranges: ['10.0.0.0/8'] }] },
    { name: 'limit', roles: ['operations'], types: ['deal'], actions: ['list', 'view.basic'], mode: 'unless', conditions: [{ is: 'amount', most: 'limit' }] },
  ],
  policies: [
    { id: 'own.errs', text: '@id("own.errs") forbid (principal in Role::"marketing", action == Action::"view.basic", resource is Deal) when { resource has amount && resource.amount * 9007199254740991 * 9007199254740991 < 0 };' },
    { id: 'own.stage', text: '@id("own.stage") permit (principal in Role::"partner", action in [Action::"list", Action::"view.basic", Action::"unmask.basic"], resource is Deal) when { resource has stage && resource.stage == "won" };' },
  ],
} // prettier-ignore

test('[vault-210] what is said of each person is what their own read shows: random persons, records, groups and surroundings', async () => {
  const { policyControl, explainer } = house.opened
  const roles = [...shippedDocument.roles.map(({ name }) => name), 'administrator']
  const teams = [house.manager.principal.team, house.ann.principal.team, house.dan.principal.team, null]
  const people: Actor[] = [house.ann, house.bob, house.cleo, house.dan, house.manager, house.admin, second]
  const oneOf = <T>(list: readonly T[], n: number): T => list[n % list.length] as T
  const offices = new Set(['administrator', 'system-administrator', 'security-administrator', 'audit-administrator'])
  const plainRoles = roles.filter((role) => !offices.has(role))
  for (const [n, role] of roles.entries()) {
    const further = offices.has(role) ? [] : [oneOf(plainRoles, n * 5 + 3)]
    const more = n % 3 === 0 ? { furtherRoles: further, clearance: 2 } : { dealLimit: 500_00 }
    people.push(await person(`p${String(n)}`, { role, unit: oneOf(teams, n), ...more }))
  }
  const drafts: readonly (readonly [string, Record<string, unknown>])[] = [
    ['account', { name: '北京守望科技', phone: '010-65551234', grade: 'A', bankAccount: '6222021234567890123' }],
    ['account', { name: 'Sealed Ltd', classification: 2 }],
    ['contact', { name: '张伟', mobile: '13800138001', nationalId: '110101199003078515', notes: '喜欢茶' }],
    ['deal', { name: 'Big', amount: 900_00, stage: 'won' }],
    ['deal', { name: 'Small', amount: 100_00, stage: 'proposal' }],
    ['lead', { name: '李娜', mobile: '13900139001', company: '某公司' }],
    ['task', { title: 'call' }],
  ]
  const chief = await person('chief', { role: 'administrator', clearance: 3 })
  people.push(chief)
  const records: { readonly type: string; readonly id: Uuid }[] = []
  const known = (type: string, values: Record<string, unknown>): Record<string, unknown> => {
    const names = new Set(house.vault.catalogue.types.find((one) => one.name === type)?.fields.map((one) => one.name))
    return Object.fromEntries(Object.entries(values).filter(([name]) => names.has(name)))
  }
  for (const [n, [type, values]] of drafts.entries())
    for (const owner of [oneOf(people, n), oneOf(people, n + 9), null]) {
      const pool = house.vault.catalogue.types.find(({ name }) => name === type)?.pool === true
      if (owner === null && !pool) continue
      const ownerId = owner?.principal.id ?? null
      const { id } = await house.vault.create(chief, type, { values: known(type, values) as never, ownerId })
      const shared = [oneOf(people, n * 3 + 1), oneOf(people, n * 7 + 2)].map(({ principal }) => principal.id)
      if (n % 2 === 0) await house.vault.share(chief, type, id, shared)
      records.push({ type, id })
    }
  // Granted for a while: a role to one, a record to another, both running.
  await house.store.owner(async (tx) => {
    const [contact] = records.filter(({ type }) => type === 'contact')
    for (const [user, role, type, id, level] of [
      [house.dan, 'finance', null, null, null],
      [house.cleo, null, 'contact', contact?.id ?? null, 'read'],
    ] as const)
      await tx.query({
        text: `insert into ops.access_grant (tenant_id, id, kind, user_id, role, record_type, record_id, level, starts_at, expires_at, reason, granted_by, created_at)
               values ($1, $2, $9, $3, $4, $5, $6, $7, now() - interval '1 hour', now() + interval '1 hour', 'test', $8, now())`,
        values: [
          house.tenant,
          newId(),
          user.principal.id,
          role,
          type,
          id,
          level,
          house.admin.principal.id,
          role === null ? 'record' : 'role',
        ],
      })
  })
  const change = await policyControl.propose(house.admin, 'busy', busy)
  await policyControl.decide(second, change, true, 'agreed')
  const sights = { plain: 0, masked: 0, hidden: 0, revealable: 0 }
  const surroundings = fc.record({
    mfa: fc.boolean(),
    deviceTrusted: fc.boolean(),
    ip: fc.constantFrom('', '10.1.2.3', '203.0.113.7'),
    purpose: fc.constantFrom('', 'a call'),
  })
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...records), fc.constantFrom(...people), surroundings, async (record, who, supposed) => {
      const shown = await shownTo(who, record.type, record.id, supposed)
      const type = house.vault.catalogue.types.find(({ name }) => name === record.type)
      for (const group of fieldGroups.filter((one) => type?.fields.some((field) => field.group === one))) {
        const told = await explainer.who(house.admin, record.type, record.id, group, { limit: 500, supposed })
        const line = told.items.find((one) => one.person === who.principal.id)
        assert.equal(line?.sight, shown.sight(group), `${who.principal.role} ${record.type} ${group}`)
        sights[line.sight]++
        if (line.revealable) sights.revealable++
        if (line.sight === 'masked') assert.equal(line.revealable, await shown.revealed(group), `${who.principal.role} reveals ${group}`)
        assert.equal(line.refused === null, line.sight === 'plain')
        assert.ok(line.sight === 'hidden' || line.permits.length > 0)
        for (const id of [...line.permits, ...line.forbids]) assert.ok(told.purposes[id]?.zh, id)
        // Asked the other way round, the same answer with the same policies.
        const why = await explainer.why(house.admin, record.type, record.id, who.principal.id, `unmask.${group}`, supposed)
        if (line.sight === 'plain') assert.ok(why.allow)
        if (line.sight === 'masked') {
          assert.equal(why.allow, false)
          const purpose = line.revealable ? supposed.purpose : 'a reason'
          const deeper = await explainer.why(house.admin, record.type, record.id, who.principal.id, `unmask.${group}`, { ...supposed, purpose })
          assert.deepEqual([deeper.allow, deeper.reasons], [false, line.forbids])
        }
      }
    }),
    { numRuns: 120 },
  ) // prettier-ignore
  for (const [kind, times] of Object.entries(sights)) assert.ok(times > 2, JSON.stringify({ kind, sights }))
})

test('[vault-211] persons come page by page, every active one once, those switched off never', async () => {
  const { explainer } = house.opened
  const off = await person('off', { role: 'sales' })
  const { version } = await house.vault.get(house.admin, 'user', off.principal.id)
  await house.vault.update(house.admin, 'user', off.principal.id, version, { active: false })
  const { id } = await house.vault.create(house.ann, 'contact', { values: { name: '王芳', mobile: '13700137001' } })
  const ask = (page: { after?: Uuid; limit: number }) =>
    explainer.who(house.admin, 'contact', id, 'contact', { ...page, supposed: usual })
  const whole = await ask({ limit: 500 })
  assert.equal(whole.next, undefined)
  const walked: string[] = []
  let next: Uuid | undefined
  do {
    const page = await ask({ limit: 3, ...(next === undefined ? {} : { after: next }) })
    assert.ok(page.items.length <= 3)
    walked.push(...page.items.map((one) => one.person))
    next = page.next
  } while (next !== undefined)
  assert.deepEqual(walked, whole.items.map((one) => one.person)) // prettier-ignore
  assert.equal(new Set(walked).size, walked.length)
  assert.ok(walked.includes(house.ann.principal.id) && !walked.includes(off.principal.id))
  await assert.rejects(ask({ limit: 501 }), refusedAs('bad-input'))
  const why = await explainer.why(house.admin, 'contact', id, off.principal.id, 'list', usual)
  assert.deepEqual([why.allow, why.reasons], [false, ['rail.inactive']])
})

test('[vault-212] why not: the permit that came farthest first, its first failing condition, then the forbids; no value of a customer', async () => {
  const { explainer, policyControl, rules } = house.opened
  const { id } = await house.vault.create(house.ann, 'contact', { values: { name: '赵敏', mobile: '13600136001' } })
  const why = await explainer.why(house.admin, 'contact', id, house.bob.principal.id, 'view.contact', usual)
  assert.equal(why.allow, false)
  const own = why.permits.find(({ policy }) => policy === 'sales.own')
  assert.equal(own?.condition, 'resource.owner == principal')
  const owner = own.values.find(({ path }) => path === 'resource.owner')
  assert.deepEqual(owner, { path: 'resource.owner', value: `User::"${house.ann.principal.id}"`, state: 'shown' })
  assert.ok(why.permits.findIndex(({ passed }) => passed === 0) > why.permits.indexOf(own))
  assert.deepEqual(why.forbids, [])
  assert.match(why.purposes['sales.own']?.zh ?? '', /本人负责/)
  const rail = await explainer.why(house.admin, 'contact', id, house.manager.principal.id, 'unmask.contact', usual)
  assert.equal(rail.allow, false)
  assert.deepEqual(rail.forbids.map(({ policy, erred }) => [policy, erred]), [['rail.unmask-purpose', false]]) // prettier-ignore
  assert.deepEqual(rail.forbids[0]?.values[0], { path: 'context.purpose', value: '""', state: 'shown' })
  // A policy that looks at values of a deal: amount, a tag, and what its stage is. Only the stage may be told.
  const looks: PolicyDocument = {
    ...rules.current.document,
    policies: [
      { id: 'own.amount', text: '@id("own.amount") permit (principal, action == Action::"export", resource is Deal) when { resource has amount && resource.amount + 1 < 5 };' },
      { id: 'own.stage', text: '@id("own.stage") permit (principal, action == Action::"export", resource is Deal) when { resource has stage && resource.stage == "lost" };' },
    ],
  } // prettier-ignore
  const change = await policyControl.propose(house.admin, 'looks', looks)
  await policyControl.decide(second, change, true, 'agreed')
  const deal = await house.vault.create(house.ann, 'deal', { values: { name: 'Quiet', amount: 7_654_321, stage: 'proposal' } }) // prettier-ignore
  const told = await explainer.why(house.admin, 'deal', deal.id, house.dan.principal.id, 'export', { ...usual, purpose: 'x' }) // prettier-ignore
  const values = (policy: string) => told.permits.find((one) => one.policy === policy)?.values
  assert.deepEqual(values('own.amount'), [{ path: 'resource.amount', value: null, state: 'withheld' }])
  assert.deepEqual(values('own.stage'), [{ path: 'resource.stage', value: '"proposal"', state: 'shown' }])
  assert.ok(!JSON.stringify(told).includes('7654321'))
  await assert.rejects(explainer.why(house.admin, 'deal', deal.id, house.dan.principal.id, 'journal.view', usual), refusedAs('bad-input')) // prettier-ignore
  await assert.rejects(explainer.why(house.admin, 'deal', deal.id, newId(), 'export', usual), refusedAs('not-found'))
  await assert.rejects(explainer.why(house.admin, 'deal', newId(), house.dan.principal.id, 'export', usual), refusedAs('not-found')) // prettier-ignore
})

test('[vault-212] of the fields of every type, an explanation tells choices out of a list of the product and yes or no, nothing else', () => {
  for (const type of house.vault.catalogue.types)
    for (const field of type.fields) {
      const [told] = shownValues(type, { [`resource.${field.name}`]: '"value"' })
      const harmless = field.storage === 'plain' && (field.options !== undefined || field.kind === 'boolean')
      const stance = ['owner', 'team', 'deleted', 'pool'].includes(field.name)
      assert.equal(told?.state === 'shown', harmless || stance, `${type.name}.${field.name}`)
    }
  const [deal] = house.vault.catalogue.types.filter(({ name }) => name === 'deal')
  assert.ok(deal)
  const paths = ['context', 'context.grants', 'context.grants.readDeal', 'resource.custom.credit', 'resource.owner.email', 'principal.x'] // prettier-ignore
  for (const path of paths) assert.equal(shownValues(deal, { [path]: '1' })[0]?.state, 'withheld', path)
})

test('[vault-213] only who may see the policies may ask, and each question stands in the journal before its answer', async () => {
  const { explainer } = house.opened
  const { id } = await house.vault.create(house.ann, 'contact', { values: { name: '孙丽' } })
  const page = { limit: 10, supposed: usual }
  const acts = async (who: Actor, act: string) =>
    (await house.store.transaction({ tenant: house.tenant, principal: who.principal.id }, (tx) => house.journal.list(tx, house.tenant, { act }))).items.filter((one) => one.recordId === id) // prettier-ignore
  for (const who of [house.ann, house.manager]) {
    await assert.rejects(explainer.who(who, 'contact', id, 'contact', page), refusedAs('denied'))
    await assert.rejects(explainer.why(who, 'contact', id, who.principal.id, 'list', usual), refusedAs('denied'))
  }
  assert.equal((await acts(house.ann, 'denied')).length, 4)
  // Who gives rights reads no customer, and need not: the answer holds none of its values.
  await explainer.who(second, 'contact', id, 'contact', page)
  await explainer.why(second, 'contact', id, house.ann.principal.id, 'view.contact', usual)
  const [who, why] = [await acts(second, 'access.who'), await acts(second, 'access.why')]
  assert.deepEqual([who[0]?.groups, why[0]?.detail], [['contact'], { person: house.ann.principal.id, action: 'view.contact' }]) // prettier-ignore
})
