// Which roles somebody gives who writes people: none to themself, and the one that has every right only where it is theirs; and whose way
// into the house they change, which would be that role by a detour. Keeps vault-310, vault-312.
import { type Actor, Fault, houseScopeOf, type Principal, type Uuid } from '#kernel'
import type { House } from './house.ts'
import { journalDenial } from './rows.ts'
import type { Values } from './row.ts'

/** Whether somebody holds the role that has every right. */
export const holdsAll = ({ role, roles }: Principal): boolean => [role, ...(roles ?? [])].includes('administrator')

/** The roles a user's values name. */
export const rolesOf = ({ role, furtherRoles }: Values): readonly string[] => [
  ...(typeof role === 'string' ? [role] : []),
  ...(Array.isArray(furtherRoles) ? (furtherRoles as readonly string[]) : []),
]

/** Throws own-roles, administrator-gives. Services act for a provider or for the set-up, which have rules of their own. */
export const demandMayGive = ({ principal }: Actor, person: Uuid, before: Values, after: Values): void => {
  if (principal.kind !== 'user') return
  const [had, gets] = [rolesOf(before), rolesOf(after)]
  const given = gets.filter((role) => !had.includes(role))
  const moved = before['role'] !== after['role'] || given.length > 0 || had.some((role) => !gets.includes(role))
  if (moved && principal.id === person) throw new Fault('own-roles')
  if (given.includes('administrator') && !holdsAll(principal)) throw new Fault('administrator-gives')
}

/** Values by which somebody is found when they sign in, or written to when they forgot how. */
const wayIn = ['email', 'login', 'externalId']

/** Throws administrators-way-in. changed: names of fields; before: values before. */
export const demandMayRename = (actor: Actor, person: Uuid, before: Values, changed: readonly string[]): void => {
  if (changed.some((name) => wayIn.includes(name))) demandMayOpen(actor, person, rolesOf(before))
}

const demandMayOpen = ({ principal }: Actor, person: Uuid, held: readonly string[]): void => {
  if (principal.kind !== 'user' || principal.id === person || !held.includes('administrator') || holdsAll(principal))
    return
  throw new Fault('administrators-way-in')
}

/** What a person needs who gives somebody else another password, factor, invitation, key or certificate. Throws administrators-way-in. */
export const demandWayIn = async (house: House, actor: Actor, person: Uuid): Promise<void> => {
  const [user] = await house.store.transaction(
    houseScopeOf(actor),
    (tx) =>
      tx.query<{ role: string; further_roles: readonly string[] | null }>({
        text: 'select role, further_roles from crm.app_user where tenant_id = $1 and id = $2',
        values: [house.tenant, person],
      }),
    { readOnly: true },
  )
  try {
    demandMayOpen(actor, person, user ? [user.role, ...(user.further_roles ?? [])] : [])
  } catch (error) {
    await journalDenial(house, actor, 'administrators-way-in', 'user', person)
    throw error
  }
}
