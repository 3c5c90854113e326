// Who sees a field group of a record and why, and why somebody may not do something with it: asked of the policies in force with what
// each person really is. No cell is selected, no key is opened; values of customers stay out. Keeps vault-210 to vault-213.
import {
  type Actor,
  cellColumn,
  Fault,
  type FieldGroup,
  houseScopeOf,
  inSentence,
  type Json,
  type Label,
  type RecordType,
  say,
  scopeOf,
  sealedGroups,
  typeOf,
  type Uuid,
} from '#kernel'
import { type Decision, type Person, policyPurpose, recordActions, type Request, rowEntity, userRef } from '#access'
import type { Tx } from '#store'
import { columnsOf, createGate, standingOf } from './gate.ts'
import type { House } from './house.ts'
import type { Org } from './org.ts'
import { columns, groupsOf, type Row } from './row.ts'
import { entryOf, journalDenial } from './rows.ts'
import { type ShownValue, shownValues } from './shown-values.ts'
import type { Visibility } from './vault.ts'

/** The surroundings that are supposed of a person who is not here to ask. */
export interface Supposed {
  readonly mfa: boolean
  readonly deviceTrusted: boolean
  /** Empty: from an address nobody knows. */
  readonly ip: string
  /** Empty: no reason is given. */
  readonly purpose: string
  /** Of an export: how many rows it has; absent: this one. */
  readonly rows?: number
}

/** What a policy is for, by id. */
export type Purposes = Readonly<Record<string, Label>>

/** How one person meets the group, and the policies that make it so. */
export interface SeenBy {
  readonly person: Uuid
  readonly role: string
  readonly team: Uuid | null
  readonly sight: Visibility
  /** Masked, and to be revealed once a reason is given. */
  readonly revealable: boolean
  /** What was refused: the record itself, the group, or its plain values; null: nothing. */
  readonly refused: 'list' | 'view' | 'unmask' | null
  /** Permits that hold, for what is seen. */
  readonly permits: readonly string[]
  /** Forbids that hit, for what is refused (masked, and no reason would help: those that hit even with one); none: nothing permits it. */
  readonly forbids: readonly string[]
  /** What runs now that was lent to the person and may be why: the record itself, or roles. */
  readonly lent: readonly LentNow[]
}

export interface LentNow {
  readonly level: 'read' | 'write' | null
  readonly role: string | null
  readonly until: string
  readonly by: Uuid
  /** The owner for whom the person stands in; null: it is no deputyship. */
  readonly deputyFor: Uuid | null
}

export interface WhoSees {
  readonly group: FieldGroup
  readonly version: number
  readonly items: readonly SeenBy[]
  readonly purposes: Purposes
  /** The last person of this page; absent on the last page. */
  readonly next?: Uuid
}

export interface WhyNot {
  readonly allow: boolean
  readonly version: number
  /** Policies that decide; none where nothing permits. */
  readonly reasons: readonly string[]
  /** Permits that did not hold, the one that came farthest first. */
  readonly permits: readonly {
    readonly policy: string
    readonly passed: number
    readonly condition: string
    readonly outcome: 'false' | 'error'
    readonly values: readonly ShownValue[]
  }[]
  /** Forbids that hit; erred: because they could not be evaluated. */
  readonly forbids: readonly {
    readonly policy: string
    readonly erred: boolean
    readonly values: readonly ShownValue[]
  }[]
  readonly purposes: Purposes
}

export interface Explainer {
  /** Every active person by id, at most `limit` (1 to 500) after one of them. Needs policy.view. */
  who(
    actor: Actor,
    type: string,
    id: Uuid,
    group: FieldGroup,
    page: { readonly after?: Uuid; readonly limit: number; readonly supposed: Supposed },
  ): Promise<WhoSees>
  /** Needs policy.view. Throws bad-input for an action that is none of records. */
  why(actor: Actor, type: string, id: Uuid, person: Uuid, action: string, supposed: Supposed): Promise<WhyNot>
}

export const mostPersons = 500

export const createExplainer = (house: House): Explainer => ({
  who: (actor, typeName, id, group, { after, limit, supposed }) =>
    asked(house, actor, typeName, id, 'access.who', { groups: [group] }, ({ org, type, row, inForce }) => {
      if (!groupsOf(type).includes(group)) throw new Fault('bad-input', { what: 'this type has no such field group' })
      if (!(limit >= 1 && limit <= mostPersons))
        throw new Fault('bad-input', {
          what: say('{name} is a whole number from {from} to {to}', { name: 'limit', from: 1, to: mostPersons }),
        })
      const people = [...org.users.values()]
        .filter((person) => person.active && (after === undefined || person.id > after))
        .toSorted((a, b) => (a.id < b.id ? -1 : 1))
      const items = people
        .slice(0, limit)
        .map((person) => seenBy(house, org, actor, type, row, group, person, supposed))
      const last = items.at(-1)
      return {
        group,
        version: row.version,
        items,
        purposes: purposes(house, inForce, items.flatMap(({ permits, forbids }) => [...permits, ...forbids])), // prettier-ignore
        ...(last === undefined || people.length <= limit ? {} : { next: last.person }),
      }
    }),
  why: (actor, typeName, id, person, action, supposed) =>
    asked(house, actor, typeName, id, 'access.why', { detail: { person, action } }, ({ org, type, row, inForce }) => {
      if (!actionsOf(type).includes(action))
        throw new Fault('bad-input', { what: 'there is no such action on records' })
      const found = org.users.get(person)
      if (!found) throw new Fault('not-found', { what: 'user' })
      const told = house.policies.explain(requestOf(house, org, actor, type, row, found, supposed)(action))
      const permits = told.permits
        .toSorted((a, b) => b.passed - a.passed)
        .map(({ policy, passed, unmet }) => ({
          policy,
          passed,
          condition: unmet.condition,
          outcome: unmet.outcome,
          values: shownValues(type, unmet.values),
        }))
      const forbids = told.forbids.map(({ policy, error, values }) => ({
        policy,
        erred: error !== undefined,
        values: shownValues(type, values),
      }))
      const named = [...told.reasons, ...[...permits, ...forbids].map(({ policy }) => policy)]
      const { allow, reasons } = told
      return { allow, version: row.version, reasons, permits, forbids, purposes: purposes(house, inForce, named) }
    }),
})

/** Actions that can be asked about: those on records, and those on the groups of the type. */
export const actionsOf = (type: RecordType): readonly string[] => [
  ...recordActions,
  ...groupsOf(type).flatMap((group) => [`view.${group}`, `unmask.${group}`, `edit.${group}`]),
]

interface Question {
  readonly org: Org
  readonly type: RecordType
  readonly row: Row
  readonly inForce: House['rules']['current']
}

/** Only for those who may see the policies; in the journal before the answer leaves. */
const asked = async <T>(
  house: House,
  actor: Actor,
  typeName: string,
  id: Uuid,
  act: string,
  told: { readonly groups?: readonly string[]; readonly detail?: Json },
  answer: (question: Question) => T,
): Promise<T> => {
  const type = typeOf(house.catalogue, typeName)
  if (!(await createGate(house, actor)).system('policy.view')) {
    await journalDenial(house, actor, 'policy.view', type.name, id)
    throw new Fault('denied', { action: 'policy.view' })
  }
  const org = await house.org.get({ tenant: house.tenant, principal: actor.principal.id })
  // Whoever may ask why a record is closed to somebody may be one of those it is closed to.
  const row = await house.store.transaction(houseScopeOf(actor), (tx) => bareRow(house, tx, type, id), {
    readOnly: true,
  })
  const made = answer({ org, type, row, inForce: house.rules.current })
  await house.journal.record(scopeOf(actor), [{ ...entryOf(house, actor, act, type.name, id), ...told }])
  return made
}

/** A row without its cells: nothing sealed is there to be opened. */
const bareRow = async (house: House, tx: Tx, type: RecordType, id: Uuid): Promise<Row> => {
  const cells = new Set<string>(sealedGroups(type).map(cellColumn))
  const wanted = columns(type).filter((column) => !cells.has(column))
  const [row] = await tx.query<Row>({
    text: `select ${wanted.map((column) => `"${column}"`).join(', ')} from crm."${type.table}" where tenant_id = $1 and id = $2`,
    values: [house.tenant, id],
  })
  if (!row) throw new Fault('not-found', { what: inSentence(type.label) })
  return row
}

/** The same question the person's own gate would ask, whatever the action. */
const requestOf = (
  house: House,
  org: Org,
  actor: Actor,
  type: RecordType,
  row: Row,
  person: Person,
  supposed: Supposed,
): ((action: string, purpose?: string) => Request) => {
  const { entities, context } = standingOf(house, org, {
    principal: { kind: 'user', tenant: house.tenant, ...person },
    env: { ...supposed, now: actor.env.now, channel: 'web', mfaAge: supposed.mfa ? 0 : null },
  })
  const record = rowEntity(columnsOf(house.catalogue, type.name), row)
  const [principal, around] = [userRef(person.id), entities.with(record)]
  return (action, purpose = supposed.purpose) => ({
    principal,
    action,
    resource: record.ref,
    context: context(purpose, supposed.rows ?? 1),
    entities: around,
  })
}

const seenBy = (
  house: House,
  org: Org,
  actor: Actor,
  type: RecordType,
  row: Row,
  group: FieldGroup,
  person: Person,
  supposed: Supposed,
): SeenBy => {
  const request = requestOf(house, org, actor, type, row, person, supposed)
  const decide = (action: string, purpose?: string): Decision => house.policies.decide(request(action, purpose))
  const lent = lentNow(org, person.id, actor.env.now, type.name, row)
  const line = { person: person.id, role: person.role, team: person.team, revealable: false, lent }
  const hidden = (refused: 'list' | 'view', { reasons }: Decision): SeenBy => ({
    ...line,
    sight: 'hidden',
    refused,
    permits: [],
    forbids: reasons,
  })
  const [list, view] = [decide('list'), decide(`view.${group}`)]
  if (!list.allow) return hidden('list', list)
  if (!view.allow) return hidden('view', view)
  const plain = decide(`unmask.${group}`)
  if (plain.allow) return { ...line, sight: 'plain', refused: null, permits: together(view, plain), forbids: [] }
  // Where a reason would not help, what stands in the way all the same is what is told.
  const given = decide(`unmask.${group}`, supposed.purpose.trim() === '' ? 'a reason' : supposed.purpose)
  const { reasons } = given.allow ? plain : given
  return {
    ...line,
    sight: 'masked',
    revealable: given.allow,
    refused: 'unmask',
    permits: view.reasons,
    forbids: reasons,
  }
}

const lentNow = (org: Org, person: Uuid, now: Date, type: string, row: Row): readonly LentNow[] => {
  const runs = ({ starts_at, expires_at }: { starts_at: Date; expires_at: Date }): boolean =>
    starts_at <= now && now < expires_at
  return [
    ...(org.grants.get(person) ?? [])
      .filter((one) => runs(one) && (one.role !== null || (one.record_type === type && one.record_id === row.id)))
      .map((one) => ({
        level: one.level,
        role: one.role,
        until: one.expires_at.toISOString(),
        by: one.granted_by ?? person,
        deputyFor: null,
      })),
    ...(org.deputies.get(person) ?? [])
      .filter((one) => runs(one) && one.person_id === row.owner_id && org.users.get(one.person_id)?.active === true)
      .map((one) => ({
        level: null,
        role: null,
        until: one.expires_at.toISOString(),
        by: one.named_by,
        deputyFor: one.person_id,
      })),
  ]
}

const together = (...decisions: readonly Decision[]): readonly string[] => [
  ...new Set(decisions.flatMap(({ reasons }) => reasons)),
]

const purposes = (house: House, { document }: House['rules']['current'], ids: readonly string[]): Purposes =>
  Object.fromEntries([...new Set(ids)].map((id) => [id, policyPurpose(house.catalogue, document, id)]))
