// Past accesses asked again: the same answers as asking both sets of policies one by one, whatever was prepared before.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Uuid } from '#kernel'
import { catalogue } from '#testing'
import { recordColumns, rowEntity } from './columns.ts'
import type { EntityStore } from './entity.ts'
import { compileVersion } from './in-force.ts'
import { contextOf, organisation, userRef } from './question.ts'
import { type Around, Replay, type ReplaySeat } from './replay.ts'
import { shippedDocument } from './shipped.ts'
import type { PolicyDocument } from './document.ts'
import type { PolicySet } from './policyset.ts'

const id = (n: number): Uuid => `00000000-0000-7000-8000-${n.toString().padStart(12, '0')}`
const own = (text: string): PolicyDocument => ({ ...shippedDocument, policies: [{ id: 'own.one', text: `@id("own.one")\n${text}` }] }) // prettier-ignore
const compiled = (document: PolicyDocument): PolicySet => compileVersion(catalogue, { number: 0, document }).set
const before = compiled(shippedDocument)

const teams = [1, 2, 3].map((n) => ({ id: id(100 + n), parent: n === 1 ? null : id(101) }))
const roles = ['administrator', 'manager', 'sales', 'finance', 'auditor', 'partner'] as const
const people = Array.from({ length: 7 }, (_, i) => ({
  id: id(i + 1),
  role: roles[i % roles.length] ?? 'sales',
  team: id(101 + (i % 3)),
  active: i !== 6,
}))
const org: EntityStore = organisation(people, teams)
const seats = people.map((one): ReplaySeat => ({ principal: userRef(one.id), entities: org, grants: undefined }))
const columns = recordColumns(catalogue, 'deal')
const deals = Array.from({ length: 10 }, (_, i) => {
  const owner = i % 5 === 0 ? null : people[(i * 7) % people.length]
  const row = {
    id: id(1000 + i),
    owner_id: owner?.id ?? null,
    team_id: owner?.team ?? null,
    shared_with: i % 4 === 0 ? [id(3)] : [],
    created_by: id(1),
    created_at: new Date(1.6e12),
    updated_at: new Date(1.6e12),
    deleted_at: null,
    amount: BigInt(i * 10_000),
  }
  return rowEntity(columns, row)
})
const arounds: readonly Around[] = [
  { at: new Date('2026-03-02T09:30:00Z'), channel: 'web', ip: '10.1.2.3', purpose: '' },
  { at: new Date('2026-03-07T22:10:00Z'), channel: 'api', ip: '198.51.100.7', purpose: 'renewal' },
]
const accesses = [
  ['list'],
  ['list', 'view.basic', 'unmask.basic', 'view.contact', 'unmask.contact'],
  ['list', 'edit.basic'],
  ['list', 'delete'],
  ['create', 'edit.basic'],
]

const alone = (set: PolicySet, seat: ReplaySeat, actions: readonly string[], deal: (typeof deals)[number], around: Around, mfa: boolean) => {
  const { at, ...rest } = around
  const context = contextOf({ now: at, ...rest, mfa, mfaAge: mfa ? 0 : null, deviceTrusted: mfa, zone: 'Asia/Shanghai' })
  return actions.map((action) => set.allows({ principal: seat.principal, action, resource: deal.ref, context, entities: org.with(deal) }))
} // prettier-ignore

test('[access-180] every access gets the answers both sets of policies give when asked alone, in whatever order they come', () => {
  const documents = [
    own('forbid (principal, action in [Action::"anyRead"], resource is Deal) when { resource has amount && resource.amount > 100000 };'),
    own('permit (principal in Role::"sales", action in [Action::"anyView", Action::"list", Action::"anyUnmask"], resource is Deal) when { context.hour >= 8 && context.hour < 19 };'),
    own('forbid (principal, action, resource is Deal) unless { context has ip && context.ip.isInRange(ip("10.0.0.0/8")) };'),
    own('forbid (principal, action in [Action::"anyWrite"], resource is Deal) when { context.purpose == "" && context.now > datetime("2026-03-05") };'),
  ] // prettier-ignore
  const seen = new Set<string>()
  for (const document of documents) {
    const after = compiled(document)
    const replay = new Replay(before, after, 'Asia/Shanghai')
    for (const seat of seats)
      for (const actions of accesses)
        for (const around of arounds)
          for (const deal of deals) {
            const told = replay.onRecord(seat, actions, deal, around, true)
            // None of these, nor what is shipped for these actions, asks for a second factor.
            const [was, is] = [alone(before, seat, actions, deal, around, true), alone(after, seat, actions, deal, around, true)]
            const changed = actions.flatMap((action, i) => was[i] === is[i] ? [] : [{ action, change: was[i] ? 'newlyDenied' : 'newlyAllowed' }])
            const [first, second] = [was.every(Boolean), is.every(Boolean)]
            const change = first === second ? (first ? 'allowed' : 'denied') : first ? 'newlyDenied' : 'newlyAllowed'
            assert.deepEqual(told, { change, changed, before: first })
            seen.add(change)
          }
  } // prettier-ignore
  assert.deepEqual([...seen].toSorted(), ['allowed', 'denied', 'newlyAllowed', 'newlyDenied'])
})

test('[access-181] an answer that hangs on a second factor is undecidable, unless how it ended then tells it', () => {
  const [sales, deal, around] = [seats[2], deals[2], arounds[0]]
  assert.ok(sales && deal && around)
  const own_ = rowEntity(columns, {
    id: id(2000),
    owner_id: id(3),
    team_id: id(103),
    shared_with: [],
    deleted_at: null,
  })
  const strict = compiled(own('forbid (principal, action in [Action::"anyRead"], resource is Deal) unless { context.mfa };')) // prettier-ignore
  const harder = new Replay(before, strict, 'UTC')
  assert.equal(harder.onRecord(sales, ['list'], own_, around, true).change, 'undecidable')
  // The other way round: it was allowed under a policy that wants a factor, so there was one, and without the policy it is allowed too.
  const milder = new Replay(strict, before, 'UTC')
  assert.equal(milder.onRecord(sales, ['list'], own_, around, true).change, 'allowed')
  assert.equal(milder.onRecord(sales, ['list'], own_, around, false).change, 'newlyAllowed')
})

test('[access-182] what an answer hangs on is in its key: equal keys, equal answers; what no policy asks for is not in it', () => {
  const [around, other] = arounds
  assert.ok(around && other)
  const plain = new Replay(before, before, 'UTC')
  assert.equal(plain.key(['list'], 'Deal', around), plain.key(['list'], 'Deal', other))
  const hours = new Replay(before, compiled(own('forbid (principal, action == Action::"list", resource is Deal) when { context.hour < 6 };')), 'UTC') // prettier-ignore
  assert.notEqual(hours.key(['list'], 'Deal', around), hours.key(['list'], 'Deal', other))
  assert.equal(hours.key(['list'], 'Deal', around), hours.key(['list'], 'Deal', { ...around, ip: '', at: new Date(around.at.getTime() + 20_000) })) // prettier-ignore
  assert.equal(hours.key(['edit.basic'], 'Account', around), hours.key(['edit.basic'], 'Account', other))
  const where = new Replay(before, compiled(own('forbid (principal, action == Action::"list", resource is Deal) when { context has ip };')), 'UTC') // prettier-ignore
  assert.notEqual(where.key(['list'], 'Deal', around), where.key(['list'], 'Deal', { ...around, ip: '' }))
})
