// How policies change: proposed with their test cases, approved by somebody else, put in force, taken back. Each step is a right of its
// own and stands in the journal with the digest of what it was about. Keeps vault-156, vault-245.
import { type Actor, canonical, Fault, type Json, newId, scopeOf, services, type Uuid, verbatim } from '#kernel'
import {
  compileVersion,
  demandOwnFit,
  failedCases,
  findProblems,
  isOwnActive,
  organisation,
  contextOf,
  documentPolicies,
  parseDocument,
  type Problem,
  type PolicyDocument,
  type RoleChange,
  roleChanges,
  system,
  userRef,
  type Version,
} from '#access'
import type { Tx } from '#store'
import { createGate } from './gate.ts'
import type { House } from './house.ts'
import { demandApproval, signApproval } from './policy-approval.ts'
import { holdVersions } from './policies.ts'
import { demandUnheld, holdersOfRoles, type RoleHolders } from './role-holders.ts'
import { entryOf, journalDenial } from './rows.ts'

export interface PolicyChange {
  readonly id: Uuid
  readonly title: string
  readonly state: 'proposed' | 'rejected' | 'approved' | 'active' | 'withdrawn' | 'failed'
  readonly base: number
  readonly number: number | null
  readonly createdBy: Uuid
  readonly createdAt: Date
  readonly decidedBy: Uuid | null
  readonly decidedAt: Date | null
  readonly reason: string | null
  /** Approved: when it comes into force; null: once somebody says so. */
  readonly activateAt: Date | null
  /** Failed: code of what did not hold when its moment came. */
  readonly failure: string | null
  readonly withdrawnBy: Uuid | null
}

/** A change with its document. */
export interface PolicyChangeDetail extends PolicyChange {
  readonly document: PolicyDocument
  /** What becomes of roles of one's own. */
  readonly roles: readonly RoleChange[]
  /** Policies that the document means otherwise than the version it began from. */
  readonly differences: readonly {
    readonly id: string
    readonly before: string | null
    readonly after: string | null
  }[]
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
  /** The document in force, versions newest first, and changes newest first; the zone in which hours are meant. Needs policy.view. */
  state(actor: Actor): Promise<{
    readonly document: PolicyDocument
    readonly versions: readonly PolicyVersionLine[]
    readonly changes: readonly PolicyChange[]
    readonly zone: string
  }>
  /**
   * Who and what holds the roles of one's own in force, by role. Needs policy.view. Throws role-held where one that is held could not be
   * held any more by the document given.
   */
  holders(actor: Actor, next?: PolicyDocument): Promise<ReadonlyMap<string, RoleHolders>>
  /** Whether a document would be accepted: it compiles, and its cases hold. Needs policy.view; throws policy-invalid, policy-case-failed. */
  check(actor: Actor, document: unknown): Promise<{ readonly digest: string; readonly policies: Version['policies'] }>
  /** All that is wrong with a document, and what in it changes nothing; none that are errors: it would be accepted. Needs policy.view. */
  problems(actor: Actor, document: unknown): Promise<readonly Problem[]>
  /** base: the version the document began from, by default the one in force. Throws conflict where another document is by now. */
  propose(actor: Actor, title: string, document: unknown, base?: number): Promise<Uuid>
  /** Needs policy.view. */
  change(actor: Actor, id: Uuid): Promise<PolicyChangeDetail>
  /** The document of a version. Needs policy.view. */
  version(actor: Actor, number: number): Promise<PolicyDocument>
  /**
   * Approves or rejects. What is approved is put in force now, at a moment to come, or later, once somebody says so; the number is that
   * of the version it became. Throws policy-second-person, policy-lock-out, conflict where something else came into force.
   */
  decide(
    actor: Actor,
    id: Uuid,
    approve: boolean,
    reason: string,
    when?: Date | 'now' | 'later',
  ): Promise<number | null>
  /** Puts an approved change in force now, or at another moment. Needs policy.activate. */
  activate(actor: Actor, id: Uuid, when: Date | 'now'): Promise<number | null>
  /** Takes a change back before it is in force: who proposed it, or whoever may activate. */
  withdraw(actor: Actor, id: Uuid): Promise<void>
  /** Puts in force what is due, though nobody asks anything. */
  tick(): Promise<void>
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
      zone: (await house.org.read(tx)).zone,
    }))
  },
  holders: async (actor, next) => {
    await demand(house, actor, 'policy.view')
    return house.store.transaction(scopeOf(actor), async (tx) => {
      const { document } = house.rules.current
      if (next) await demandUnheld(house, tx, document, next)
      return holdersOfRoles(house, tx, document.roles.filter(isOwnActive).map(({ name }) => name)) // prettier-ignore
    })
  },
  check: async (actor, document) => {
    await demand(house, actor, 'policy.view')
    const { digest, policies } = accept(house, document)
    return { digest, policies }
  },
  problems: async (actor, document) => {
    await demand(house, actor, 'policy.view')
    return findProblems(house.catalogue, document)
  },
  change: async (actor, id) => {
    await demand(house, actor, 'policy.view')
    return house.store.transaction(scopeOf(actor), async (tx) => {
      const [row] = await tx.query<PolicyChange & { source: string }>({
        text: `select ${shown}, document as source from ops.policy_change where tenant_id = $1 and id = $2`,
        values: [house.tenant, id],
      })
      if (!row) throw new Fault('not-found', { what: 'proposed change' })
      const { source, ...change } = row
      const document = parseDocument(house.catalogue, JSON.parse(source))
      const from = await house.versions.document(tx, row.base)
      return {
        ...change,
        document,
        roles: roleChanges(house.catalogue, from, document),
        differences: difference(from, document),
      }
    })
  },
  version: async (actor, number) => {
    await demand(house, actor, 'policy.view')
    return house.store.transaction(scopeOf(actor), (tx) => house.versions.document(tx, number))
  },
  propose: async (actor, title, document, given) => {
    await demand(house, actor, 'policy.edit')
    await house.rules.reload()
    const base = given ?? house.rules.current.number
    const version = accept(house, document)
    const id = newId(house.clock.now().getTime())
    await house.store.transaction(scopeOf(actor), async (tx) => {
      await demandGround(house, tx, base)
      const before = await house.versions.document(tx, base)
      await demandUnheld(house, tx, before, version.document)
      await tx.query({
        text: `insert into ops.policy_change (tenant_id, id, title, state, document, base, created_by, created_at, updated_at, proposed_by, proposed_at)
               values ($1, $2, $3, 'proposed', $4, $5, $6, $7, $7, $6, $7)`,
        values: [house.tenant, id, title, canonical(version.document), base, actor.principal.id, house.clock.now()],
      })
      await told(house, tx, actor, 'policy.propose', {
        change: id,
        digest: version.digest,
        base,
        ...rolesTold(house, before, version.document),
      })
    })
    return id
  },
  decide: async (actor, id, approve, reason, when = 'now') => {
    await demand(house, actor, 'policy.approve')
    demandMoment(house, when)
    const number = await house.store.transaction(scopeOf(actor), async (tx) => {
      await holdVersions(house, tx)
      const change = await open(house, tx, id, 'proposed')
      const by = actor.principal.id
      if (!approve) {
        await settle(house, tx, id, { state: 'rejected', reason, by })
        await told(house, tx, actor, 'policy.reject', { change: id })
        return null
      }
      if (change.created_by === by) throw new Fault('policy-second-person')
      await demandGround(house, tx, change.base)
      if (when === 'now') return putInForce(house, tx, actor, id, change, { reason, by })
      const version = accept(house, JSON.parse(change.document))
      await demandKeepers(house, tx, version)
      const activateAt = when === 'later' ? null : when
      await settle(house, tx, id, { state: 'approved', reason, by, activateAt })
      await signApproval(house, tx, { change: id, document: change.document, base: change.base, approvedBy: by, activateAt }) // prettier-ignore
      await told(house, tx, actor, 'policy.approve', { change: id, digest: version.digest, at: activateAt?.toISOString() ?? null }) // prettier-ignore
      return null
    })
    await house.rules.reload()
    return number
  },
  activate: async (actor, id, when) => {
    await demand(house, actor, 'policy.activate')
    demandMoment(house, when)
    const number = await house.store.transaction(scopeOf(actor), async (tx) => {
      await holdVersions(house, tx)
      const change = await open(house, tx, id, 'approved')
      const { document, base, decided_by: approvedBy, activate_at: activateAt, approval } = change
      const approved = { change: id, document, base, approvedBy: approvedBy ?? services.system, activateAt }
      await demandApproval(house, approved, approval)
      await demandGround(house, tx, base)
      if (when === 'now') return putInForce(house, tx, actor, id, change, {})
      await settle(house, tx, id, { state: 'approved', activateAt: when })
      await signApproval(house, tx, { ...approved, activateAt: when })
      await told(house, tx, actor, 'policy.schedule', { change: id, at: when.toISOString() })
      return null
    })
    await house.rules.reload()
    return number
  },
  withdraw: async (actor, id) => {
    const gate = await createGate(house, actor)
    await house.store.transaction(scopeOf(actor), async (tx) => {
      await holdVersions(house, tx)
      const change = gate.system('policy.view') ? await open(house, tx, id, 'proposed', 'approved') : undefined
      const own = change?.created_by === actor.principal.id && gate.system('policy.edit')
      if (!change || !(own || gate.system('policy.activate'))) throw new Fault('denied', { action: 'policy.activate' })
      await tx.query({
        text: `update ops.policy_change set state = 'withdrawn', withdrawn_by = $3, withdrawn_at = $4, updated_at = $4, activate_at = null
               where tenant_id = $1 and id = $2`,
        values: [house.tenant, id, actor.principal.id, house.clock.now()],
      })
      await told(house, tx, actor, 'policy.withdraw', { change: id, was: change.state })
    })
  },
  tick: () => house.rules.reload(),
  rollBack: async (actor, number) => {
    await demand(house, actor, 'policy.activate')
    const made = await house.store.transaction(scopeOf(actor), async (tx) => {
      await holdVersions(house, tx)
      const from = await house.versions.active()
      const put = await activate(house, tx, actor.principal.id, await house.versions.document(tx, number))
      await told(house, tx, actor, 'policy.rollback', { ...put, from, to: number })
      return put.number
    })
    await house.rules.reload()
    return made
  },
})

export const demand = async (house: House, actor: Actor, action: string): Promise<void> => {
  if ((await createGate(house, actor)).system(action)) return
  await journalDenial(house, actor, action, 'system')
  throw new Fault('denied', { action })
}

/** What becomes of roles of one's own, by their ids: names may change, and are in the document that the digest is not about. */
const rolesTold = ({ catalogue }: House, before: PolicyDocument, after: PolicyDocument): { readonly roles?: Readonly<Record<string, string>> } => {
  const changes = roleChanges(catalogue, before, after)
  return changes.length === 0 ? {} : { roles: Object.fromEntries(changes.map(({ role, kind }) => [role, kind])) }
} // prettier-ignore

/** A document that compiles, leaves the offices what is theirs, and answers its own cases as they expect. */
const accept = (house: House, value: unknown): Version => {
  const version = compileVersion(house.catalogue, { number: 0, document: parseDocument(house.catalogue, value) })
  demandOwnFit(house.catalogue, version.document)
  const failed = failedCases(version.set, house.catalogue, version.document.cases)
  if (failed.length > 0) throw new Fault('policy-case-failed', { what: verbatim(failed.slice(0, 5).join('; ')) })
  return version
}

interface OpenChange {
  readonly document: string
  readonly created_by: Uuid
  readonly base: number
  readonly state: string
  readonly decided_by: Uuid | null
  readonly activate_at: Date | null
  readonly approval: Uint8Array | null
}

/** The change, locked, where it is in one of these states. */
const open = async (house: House, tx: Tx, id: Uuid, ...states: readonly string[]): Promise<OpenChange> => {
  const [change] = await tx.query<OpenChange>({
    text: `select document, created_by, base, state, decided_by, activate_at, approval from ops.policy_change
           where tenant_id = $1 and id = $2 for update`,
    values: [house.tenant, id],
  })
  if (!change || !states.includes(change.state)) throw new Fault('not-found', { what: 'proposed change' })
  return change
}

const putInForce = async (
  house: House,
  tx: Tx,
  actor: Actor,
  id: Uuid,
  change: OpenChange,
  decided: { readonly reason?: string; readonly by?: Uuid },
): Promise<number> => {
  const made = await activate(house, tx, actor.principal.id, JSON.parse(change.document), id)
  await settle(house, tx, id, { state: 'active', number: made.number, ...decided })
  await told(house, tx, actor, 'policy.activate', { change: id, ...made, from: change.base })
  return made.number
}

const longestWait = 366 * 86_400_000

const demandMoment = (house: House, when: Date | 'now' | 'later'): void => {
  if (!(when instanceof Date)) return
  const ahead = when.getTime() - house.clock.now().getTime()
  if (!(ahead > 0 && ahead <= longestWait))
    throw new Fault('bad-value', { field: 'at', what: 'expected a moment to come, within a year' })
}

/** Throws conflict where another document is in force than the one of this version: what was looked at is not what would be changed. */
export const demandGround = async (house: House, tx: Tx, base: number): Promise<void> => {
  if (!(await sameGround(house, tx, base))) throw new Fault('conflict', { what: 'policy' })
}

/** A new program puts the same document in force under another number: that is no other ground. */
export const sameGround = async (house: House, tx: Tx, base: number): Promise<boolean> => {
  const rows = await tx.query<{ number: number; active: boolean; document: string | null }>({
    text: 'select number, active, document from ops.policy_version where tenant_id = $1 and (active or number = $2)',
    values: [house.tenant, base],
  })
  const [active, from] = [rows.find((row) => row.active), rows.find(({ number }) => number === base)]
  return active !== undefined && from !== undefined && active.document !== null && active.document === from.document
}

/** What the journal tells of a version that came into force. */
interface PutInForce {
  readonly number: number
  readonly digest: string
  readonly roles?: Readonly<Record<string, string>>
}

/** Puts a document in force as the next version, once it holds and leaves people who can change it again. */
export const activate = async (house: House, tx: Tx, by: Uuid, value: unknown, change?: Uuid): Promise<PutInForce> => {
  const version = accept(house, value)
  await demandKeepers(house, tx, version)
  const before = await house.versions.current(tx)
  await demandUnheld(house, tx, before, version.document)
  const made = await house.versions.put(tx, {
    document: version.document,
    origin: 'house',
    by,
    at: house.clock.now(),
    ...(change === undefined ? {} : { change }),
  })
  return { ...made, ...rolesTold(house, before, version.document) }
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

interface Settled {
  readonly state: 'rejected' | 'approved' | 'active' | 'failed'
  readonly reason?: string
  readonly number?: number
  /** Who decided; absent: it was decided before. */
  readonly by?: Uuid
  readonly activateAt?: Date | null
  readonly failure?: string
}

export const settle = async (house: House, tx: Tx, id: Uuid, to: Settled): Promise<void> => {
  const now = house.clock.now()
  await tx.query({
    text: `update ops.policy_change set state = $3, reason = coalesce($4, reason), number = coalesce($5, number),
             decided_by = coalesce($6, decided_by), decided_at = case when $6::uuid is null then decided_at else $7 end,
             activate_at = case when $8 then $9 else activate_at end, failure = $10, updated_at = $7
           where tenant_id = $1 and id = $2`,
    values: [
      house.tenant, id, to.state, to.reason ?? null, to.number ?? null, to.by ?? null, now,
      to.activateAt !== undefined, to.activateAt ?? null, to.failure ?? null,
    ],
  }) // prettier-ignore
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

const shown = `id, title, state, base, number, created_by as "createdBy", created_at as "createdAt", decided_by as "decidedBy",
  decided_at as "decidedAt", reason, activate_at as "activateAt", failure, withdrawn_by as "withdrawnBy"`

const changesOf = (house: House, tx: Tx): Promise<readonly PolicyChange[]> =>
  tx.query<PolicyChange>({
    text: `select ${shown} from ops.policy_change where tenant_id = $1 order by created_at desc limit 100`,
    values: [house.tenant],
  })

/** By policy: what was there and is not, what is new, and what reads otherwise. */
const difference = (from: PolicyDocument, to: PolicyDocument): PolicyChangeDetail['differences'] => {
  const texts = (document: PolicyDocument) => new Map(documentPolicies(document).map(({ id, text }) => [id, text]))
  const [before, after] = [texts(from), texts(to)]
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((id) => before.get(id) !== after.get(id))
    .toSorted()
    .map((id) => ({ id, before: before.get(id) ?? null, after: after.get(id) ?? null }))
}
