// How policies change: proposed with their test cases, approved by somebody else, put in force, taken back. Each step is a right of its
// own and stands in the journal with the digest of what it was about. Keeps vault-156.
import { type Actor, canonical, Fault, type Json, newId, scopeOf, type Uuid } from '#kernel'
import {
  compileVersion,
  failedCases,
  organisation,
  contextOf,
  parseDocument,
  type PolicyDocument,
  system,
  userRef,
  type Version,
} from '#access'
import type { Tx } from '#store'
import { createGate } from './gate.ts'
import type { House } from './house.ts'
import { holdVersions } from './policies.ts'
import { entryOf, journalDenial } from './rows.ts'

export interface PolicyChange {
  readonly id: Uuid
  readonly title: string
  readonly state: 'proposed' | 'rejected' | 'active'
  readonly base: number
  readonly number: number | null
  readonly createdBy: Uuid
  readonly createdAt: Date
  readonly decidedBy: Uuid | null
  readonly decidedAt: Date | null
  readonly reason: string | null
}

export interface PolicyVersionLine {
  readonly number: number
  readonly origin: 'shipped' | 'house'
  readonly active: boolean
  readonly digest: string
  readonly createdBy: Uuid
  readonly createdAt: Date
}

export interface PolicyControl {
  /** The document in force, versions newest first, and changes newest first. Needs policy.view. */
  state(
    actor: Actor,
  ): Promise<{ document: PolicyDocument; versions: readonly PolicyVersionLine[]; changes: readonly PolicyChange[] }>
  /** Whether a document would be accepted: it compiles, and its cases hold. Needs policy.view; throws policy-invalid, policy-case-failed. */
  check(actor: Actor, document: unknown): Promise<{ readonly digest: string; readonly policies: Version['policies'] }>
  propose(actor: Actor, title: string, document: unknown): Promise<Uuid>
  /** Approves and puts in force, or rejects. Throws policy-second-person, policy-lock-out, conflict where something else came into force. */
  decide(actor: Actor, id: Uuid, approve: boolean, reason: string): Promise<number | null>
  /** Puts the document of an earlier version in force again, as the next one. */
  rollBack(actor: Actor, number: number): Promise<number>
}

export const createPolicyControl = (house: House): PolicyControl => ({
  state: async (actor) => {
    await demand(house, actor, 'policy.view')
    return house.store.transaction(scopeOf(actor), async (tx) => ({
      document: house.rules.current.document,
      versions: await versionsOf(house, tx),
      changes: await changesOf(house, tx),
    }))
  },
  check: async (actor, document) => {
    await demand(house, actor, 'policy.view')
    const { digest, policies } = accept(house, document)
    return { digest, policies }
  },
  propose: async (actor, title, document) => {
    await demand(house, actor, 'policy.edit')
    const version = accept(house, document)
    const id = newId(house.clock.now().getTime())
    await house.store.transaction(scopeOf(actor), async (tx) => {
      await tx.query({
        text: `insert into ops.policy_change (tenant_id, id, title, state, document, base, created_by, created_at, updated_at, proposed_by, proposed_at)
               values ($1, $2, $3, 'proposed', $4, $5, $6, $7, $7, $6, $7)`,
        values: [
          house.tenant,
          id,
          title,
          canonical(version.document),
          house.rules.current.number,
          actor.principal.id,
          house.clock.now(),
        ],
      })
      await told(house, tx, actor, 'policy.propose', {
        change: id,
        digest: version.digest,
        base: house.rules.current.number,
      })
    })
    return id
  },
  decide: async (actor, id, approve, reason) => {
    await demand(house, actor, 'policy.approve')
    const number = await house.store.transaction(scopeOf(actor), async (tx) => {
      await holdVersions(house, tx)
      const [change] = await tx.query<{ document: string; created_by: Uuid; base: number; state: string }>({
        text: 'select document, created_by, base, state from ops.policy_change where tenant_id = $1 and id = $2 for update',
        values: [house.tenant, id],
      })
      if (change?.state !== 'proposed') throw new Fault('not-found', { what: 'proposed change' })
      if (!approve) {
        await settle(house, tx, actor, id, { state: 'rejected', reason, number: null })
        await told(house, tx, actor, 'policy.reject', { change: id })
        return null
      }
      if (change.created_by === actor.principal.id) throw new Fault('policy-second-person')
      if ((await house.versions.active()) !== change.base) throw new Fault('conflict', { what: 'policy' })
      const made = await activate(house, tx, actor, JSON.parse(change.document), id)
      await settle(house, tx, actor, id, { state: 'active', reason, number: made.number })
      await told(house, tx, actor, 'policy.activate', { change: id, ...made, from: change.base })
      return made.number
    })
    await house.rules.reload()
    return number
  },
  rollBack: async (actor, number) => {
    await demand(house, actor, 'policy.activate')
    const made = await house.store.transaction(scopeOf(actor), async (tx) => {
      await holdVersions(house, tx)
      const from = await house.versions.active()
      const put = await activate(house, tx, actor, await house.versions.document(tx, number))
      await told(house, tx, actor, 'policy.rollback', { ...put, from, to: number })
      return put.number
    })
    await house.rules.reload()
    return made
  },
})

const demand = async (house: House, actor: Actor, action: string): Promise<void> => {
  if ((await createGate(house, actor)).system(action)) return
  await journalDenial(house, actor, action, 'system')
  throw new Fault('denied', { action })
}

/** A document that compiles and answers its own cases as they expect. */
const accept = (house: House, value: unknown): Version => {
  const version = compileVersion(house.catalogue, { number: 0, document: parseDocument(house.catalogue, value) })
  const failed = failedCases(version.set, house.catalogue, version.document.cases)
  if (failed.length > 0) throw new Fault('policy-case-failed', { what: failed.slice(0, 5).join('; ') })
  return version
}

const activate = async (house: House, tx: Tx, actor: Actor, value: unknown, change?: Uuid) => {
  const version = accept(house, value)
  await demandKeepers(house, tx, version)
  return house.versions.put(tx, {
    document: version.document,
    origin: 'house',
    by: actor.principal.id,
    at: house.clock.now(),
    ...(change === undefined ? {} : { change }),
  })
}

/** Two people must be left: one who can propose the next change, and another who can approve it. */
const demandKeepers = async (house: House, tx: Tx, version: Version): Promise<void> => {
  const org = await house.org.read(tx)
  const people = [...org.users.values()].filter(({ active }) => active)
  const entities = organisation(people, [])
  const context = contextOf({
    now: house.clock.now(),
    channel: 'web',
    ip: '',
    mfa: true,
    mfaAge: 0,
    deviceTrusted: true,
    zone: org.zone,
    purpose: 'policy',
  })
  const who = (action: string): readonly Uuid[] =>
    people
      .filter(({ id }) => version.set.allows({ principal: userRef(id), action, resource: system, context, entities }))
      .map(({ id }) => id)
  const [editors, approvers] = [who('policy.edit'), who('policy.approve')]
  if (!editors.some((one) => approvers.some((other) => other !== one))) throw new Fault('policy-lock-out')
}

const settle = async (
  house: House,
  tx: Tx,
  actor: Actor,
  id: Uuid,
  to: { state: string; reason: string; number: number | null },
): Promise<void> => {
  await tx.query({
    text: `update ops.policy_change set state = $3, reason = $4, number = $5, decided_by = $6, decided_at = $7, updated_at = $7
           where tenant_id = $1 and id = $2`,
    values: [house.tenant, id, to.state, to.reason, to.number, actor.principal.id, house.clock.now()],
  })
}

const told = async (house: House, tx: Tx, actor: Actor, act: string, detail: Json): Promise<void> => {
  await house.journal.append(tx, house.tenant, [{ ...entryOf(house, actor, act, 'policy'), detail }])
}

const versionsOf = (house: House, tx: Tx): Promise<readonly PolicyVersionLine[]> =>
  tx.query<PolicyVersionLine>({
    text: `select number, origin, active, encode(sha256, 'hex') as digest, created_by as "createdBy", created_at as "createdAt"
           from ops.policy_version where tenant_id = $1 and document is not null order by number desc limit 100`,
    values: [house.tenant],
  })

const changesOf = (house: House, tx: Tx): Promise<readonly PolicyChange[]> =>
  tx.query<PolicyChange>({
    text: `select id, title, state, base, number, created_by as "createdBy", created_at as "createdAt", decided_by as "decidedBy",
             decided_at as "decidedAt", reason from ops.policy_change where tenant_id = $1 order by created_at desc limit 100`,
    values: [house.tenant],
  })
