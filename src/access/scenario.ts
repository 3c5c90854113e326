// One person of each role before one record of each kind: the ground on which the role matrix and the checks ask the policies. Keeps access-10.
import { type Catalogue, columnOf, typeOf, type Uuid } from '#kernel'
import { recordColumns, rowEntity } from './columns.ts'
import type { PolicyCase } from './document.ts'
import type { PolicySet } from './policyset.ts'
import { contextOf, organisation, userRef } from './question.ts'
import { system } from './schema.ts'

/** How a record stands to who asks: one's own, of a mate in the same team, of the team below, shared by another team, of nobody, of another team. */
export const stances = ['own', 'mate', 'team', 'shared', 'pool', 'other'] as const
export type Stance = (typeof stances)[number]

const id = (n: number): Uuid => `00000000-0000-7000-8000-${n.toString().padStart(12, '0')}`
const [asker, mate, inferior, stranger] = [id(1), id(4), id(2), id(3)]
const [team, below, elsewhere] = [id(11), id(12), id(13)]

const rows: Readonly<
  Record<Stance, { readonly owner: Uuid | null; readonly team: Uuid | null; readonly shared: readonly Uuid[] }>
> = {
  own: { owner: asker, team, shared: [] },
  mate: { owner: mate, team, shared: [] },
  team: { owner: inferior, team: below, shared: [] },
  shared: { owner: stranger, team: elsewhere, shared: [asker] },
  pool: { owner: null, team: null, shared: [] },
  other: { owner: stranger, team: elsewhere, shared: [] },
}

/** Whether a role may do something to a record of a kind, with a purpose stated or not. Second factor passed, at noon. */
export const mayOnRecord = (
  policies: PolicySet,
  catalogue: Catalogue,
  asked: {
    readonly role: string
    readonly action: string
    readonly type: string
    readonly stance: Stance
    readonly purpose: string
  },
): boolean => {
  const record = recordOf(catalogue, asked.type, asked.stance)
  return policies.allows({
    ...around(asked.role, asked.purpose),
    action: asked.action,
    resource: record.ref,
    entities: people(asked.role).with(record),
  })
}

const noon = new Date('2026-01-05T12:00:00Z')

const recordOf = (
  catalogue: Catalogue,
  type: string,
  stance: Stance,
  more: { readonly [column: string]: unknown } = {},
): ReturnType<typeof rowEntity> => {
  const { owner, team: unit, shared } = rows[stance]
  return rowEntity(recordColumns(catalogue, type), {
    id: id(99),
    owner_id: owner,
    team_id: unit,
    unit_id: unit,
    parent_id: unit,
    shared_with: shared,
    created_by: stranger,
    created_at: noon,
    updated_at: noon,
    deleted_at: null,
    role: 'sales',
    active: true,
    ...more,
  })
}

/** The roles that may do something to some record of a kind, given a reason where one is asked for. */
export const rolesThatMay = (
  policies: PolicySet,
  catalogue: Catalogue,
  asked: { readonly action: string; readonly type: string },
): readonly string[] =>
  policies.roles.filter((role) =>
    stances.some((stance) => mayOnRecord(policies, catalogue, { ...asked, role, stance, purpose: 'a purpose' })),
  )

/** Names of the cases of a document that its policies answer otherwise than expected. */
export const failedCases = (
  policies: PolicySet,
  catalogue: Catalogue,
  cases: readonly PolicyCase[],
): readonly string[] =>
  cases.filter((one) => answers(policies, catalogue, one) !== (one.expect === 'allow')).map(({ name }) => name)

const answers = (policies: PolicySet, catalogue: Catalogue, one: PolicyCase): boolean => {
  const { at, ...given } = one.context ?? {}
  const context = contextOf({
    now: at === undefined ? noon : new Date(at),
    channel: 'web',
    ip: '192.0.2.1',
    mfa: true,
    purpose: '',
    rows: 1,
    ...given,
  })
  const entities = people(one.who.role, one.who)
  const asked = { principal: userRef(asker), action: one.action, context }
  if (one.on === 'system') return policies.allows({ ...asked, resource: system, entities })
  const type = typeOf(catalogue, one.on)
  const plain = type.fields.flatMap((field): [string, unknown][] => {
    const value = one.record?.[field.name]
    if (value === undefined || field.storage !== 'plain') return []
    return [[columnOf(field), typeof value === 'number' ? BigInt(value) : value]]
  })
  const record = recordOf(catalogue, one.on, one.stance ?? 'own', Object.fromEntries(plain))
  return policies.allows({ ...asked, resource: record.ref, entities: entities.with(record) })
}

/** Whether a role may do something to the system. */
export const mayOnSystem = (policies: PolicySet, asked: { readonly role: string; readonly action: string }): boolean =>
  policies.allows({ ...around(asked.role, ''), action: asked.action, resource: system, entities: people(asked.role) })

const around = (role: string, purpose: string) => ({
  principal: userRef(asker),
  // Of an export: of one record, the least that may be asked for.
  context: contextOf({ now: noon, channel: 'web', ip: '192.0.2.1', mfa: true, purpose, rows: 1 }),
  role,
})

const people = (role: string, more: Partial<PolicyCase['who']> = {}) =>
  organisation(
    [
      { ...more, id: asker, role, team, active: true },
      { id: mate, role: 'sales', team, active: true },
      { id: inferior, role: 'sales', team: below, active: true },
      { id: stranger, role: 'sales', team: elsewhere, active: true },
    ],
    [
      { id: team, parent: null },
      { id: below, parent: team },
      { id: elsewhere, parent: null },
    ],
  )
