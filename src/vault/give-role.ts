// Which roles somebody gives who writes people: none to themself, and the one that has every right only where it is theirs. Keeps vault-310.
import { type Actor, Fault, type Principal, type Uuid } from '#kernel'
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
