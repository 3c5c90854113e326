// Who and what holds a role: people, live keys of programs, groups mapped to it, loans that are not over. A role is not retired while any
// of them does: nobody is left with a role that allows nothing. Keeps vault-300.
import { Fault, rolesOf } from '#kernel'
import { isOwnActive, type PolicyDocument } from '#access'
import type { Tx } from '#store'
import type { House } from './house.ts'

export interface RoleHolders {
  readonly people: number
  readonly keys: number
  /** Groups at providers of identity whose members get it, and defaults for those in none. */
  readonly mappings: number
  readonly loans: number
}

const nobody: RoleHolders = { people: 0, keys: 0, mappings: 0, loans: 0 }

/** Of each of these roles. */
export const holdersOfRoles = async (
  house: House,
  tx: Tx,
  roles: readonly string[],
): Promise<ReadonlyMap<string, RoleHolders>> => {
  const held = [...(await house.org.read(tx)).users.values()].flatMap(rolesOf)
  return tx.asHouse(async () => {
    const at = [house.tenant, house.clock.now()]
    const [keys, mappings, loans] = [
      await named(tx, at, `select unnest(string_to_array(role, ' ')) as role from identity.api_key
                           where tenant_id = $1 and revoked_at is null and expires_at > $2`),
      await named(tx, [house.tenant], `select rule ->> 'role' as role
                           from identity.provider, jsonb_array_elements(settings -> 'rules') rule where tenant_id = $1
                           union all
                           select settings ->> 'defaultRole' from identity.provider
                           where tenant_id = $1 and settings ->> 'defaultRole' is not null`),
      await named(tx, at, `select role from ops.access_grant
                           where tenant_id = $1 and role is not null and revoked_at is null and expires_at > $2`),
    ] // prettier-ignore
    const count = (all: readonly string[], role: string): number => all.filter((one) => one === role).length
    return new Map(
      roles.map((role) => [
        role,
        {
          people: count(held, role),
          keys: count(keys, role),
          mappings: count(mappings, role),
          loans: count(loans, role),
        },
      ]),
    )
  })
}

const named = async (tx: Tx, values: readonly unknown[], text: string): Promise<readonly string[]> =>
  (await tx.query<{ role: string }>({ text, values: [...values] })).map(({ role }) => role)

/** Throws role-held for a role of one's own that would no longer be there to be held, and is. */
export const demandUnheld = async (
  house: House,
  tx: Tx,
  before: PolicyDocument,
  after: PolicyDocument,
): Promise<void> => {
  const left = new Set(after.roles.filter(isOwnActive).map(({ name }) => name))
  const going = before.roles.filter((role) => isOwnActive(role) && !left.has(role.name))
  if (going.length === 0) return
  const holders = await holdersOfRoles(house, tx, going.map(({ name }) => name)) // prettier-ignore
  for (const { name, own } of going) {
    const { people, keys, mappings, loans } = holders.get(name) ?? nobody
    if (people + keys + mappings + loans > 0)
      throw new Fault('role-held', { role: own?.label ?? name, people, keys, mappings, loans })
  }
}
