// Person and surroundings as policies see them: hours where the people are, the age of the second factor, further roles, regions.
import assert from 'node:assert/strict'
import test from 'node:test'
import { type Environment, newId, type Principal, userPrincipal } from '#kernel'
import { catalogue } from '#testing'
import { isZone, localTime } from './local.ts'
import { recordColumns, rowEntity } from './columns.ts'
import { compilePolicies } from './policyset.ts'
import { contextOf, organisation, userRef, withPrincipal } from './question.ts'
import { accessSchema } from './schema.ts'

const env: Environment = {
  now: new Date('2026-07-03T16:30:00Z'),
  channel: 'web',
  ip: '10.0.0.7',
  mfa: true,
  purpose: '',
}

test('[access-150] hours and weekdays are those of the zone, summer time included', () => {
  assert.deepEqual(localTime(env.now, 'Asia/Shanghai'), { hour: 0n, minute: 30n, weekday: 6n })
  assert.deepEqual(localTime(env.now, 'Europe/Berlin'), { hour: 18n, minute: 30n, weekday: 5n })
  assert.deepEqual(localTime(new Date('2026-01-04T17:45:59Z'), 'Europe/Berlin'), {
    hour: 18n,
    minute: 45n,
    weekday: 7n,
  })
  assert.deepEqual(localTime(new Date('2026-01-04T18:29:59Z'), 'Asia/Kolkata'), { hour: 23n, minute: 59n, weekday: 7n })
  assert.ok(isZone('America/St_Johns') && !isZone('Mars/Olympus'))
  // What is remembered of the last minute is of its zone alone.
  for (const zone of ['Asia/Shanghai', 'Europe/Berlin', 'Asia/Shanghai'])
    assert.equal(localTime(env.now, zone).hour, zone === 'Asia/Shanghai' ? 0n : 18n)
})

const ask = (
  text: string,
  principal: Principal,
  at: Environment,
  of: { readonly [column: string]: unknown },
): boolean => {
  const schema = accessSchema(catalogue)
  const policies = compilePolicies(schema, [{ id: 'p', text: `@id("p") permit (principal, action == Action::"list", resource is Deal) when { ${text} };` }]) // prettier-ignore
  const row = rowEntity(recordColumns(catalogue, 'deal'), {
    id: newId(), shared_with: [], created_by: newId(), created_at: env.now, updated_at: env.now, ...of,
  }) // prettier-ignore
  const request = {
    principal: userRef(principal.id),
    action: 'list',
    context: contextOf(at),
    entities: withPrincipal(organisation([principal], []), principal),
  }
  const allowed = policies.allows({ ...request, resource: row.ref, entities: request.entities.with(row) })
  // What lists say of it is the same.
  assert.equal(policies.couldAllow({ ...request, columns: recordColumns(catalogue, 'deal') }) || !allowed, true)
  return allowed
}

const person = (more: Partial<Principal> = {}): Principal =>
  userPrincipal(newId(), { id: newId(), role: 'sales', active: true, team: null, ...more })

test('[access-150] policies may ask for hour, weekday, device and the age of the second factor; without one the age is absent', () => {
  const office = 'context.hour >= 9 && context.hour < 18 && context.weekday <= 5'
  assert.equal(ask(office, person(), { ...env, zone: 'America/New_York' }, {}), true)
  assert.equal(ask(office, person(), { ...env, zone: 'Asia/Shanghai' }, {}), false)
  const fresh = 'context has mfaAge && context.mfaAge <= 900'
  assert.equal(ask(fresh, person(), { ...env, mfaAge: 900.4 }, {}), true)
  assert.equal(ask(fresh, person(), { ...env, mfaAge: 901 }, {}), false)
  assert.equal(ask(fresh, person(), { ...env, mfaAge: null }, {}), false)
  assert.equal(ask(fresh, person(), env, {}), false)
  assert.equal(ask('context.deviceTrusted', person(), env, {}), false)
  assert.equal(ask('context.deviceTrusted', person(), { ...env, deviceTrusted: true }, {}), true)
})

test('[access-151] a person has further roles, regions, a clearance and a limit; who has none of them is refused by conditions on them', () => {
  const region = 'principal has regions && resource has region && principal.regions.contains(resource.region)'
  assert.equal(ask(region, person({ regions: ['广东', '福建'] }), env, { region: '福建' }), true)
  assert.equal(ask(region, person({ regions: ['广东'] }), env, { region: '福建' }), false)
  assert.equal(ask(region, person(), env, { region: '福建' }), false)
  const limit = 'principal has dealLimit && resource has amount && resource.amount <= principal.dealLimit'
  assert.equal(ask(limit, person({ dealLimit: 500 }), env, { amount: 500n }), true)
  assert.equal(ask(limit, person({ dealLimit: 500 }), env, { amount: 501n }), false)
  assert.equal(ask(limit, person(), env, { amount: 1n }), false)
  assert.equal(ask('principal in Role::"finance"', person({ roles: ['finance'] }), env, {}), true)
  assert.equal(ask('principal in Role::"sales"', person({ roles: ['finance'] }), env, {}), true)
  assert.equal(ask('principal in Role::"director"', person({ roles: ['finance'] }), env, {}), false)
  const cleared =
    'resource has classification && principal has clearance && principal.clearance >= resource.classification'
  assert.equal(ask(cleared, person({ clearance: 2 }), env, { classification: 2n }), true)
  assert.equal(ask(cleared, person({ clearance: 2 }), env, { classification: 3n }), false)
})
