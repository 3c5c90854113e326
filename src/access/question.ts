// From the kernel's values to Cedar's: the principal, the surroundings, and the organisation everyone belongs to. Keeps access-3, access-6.
import type { Environment, Principal, Uuid } from '#kernel'
import { EntityStore } from './entity.ts'
import { parseIp } from './ip.ts'
import { Datetime } from './time.ts'
import { RecordValue, Ref, type Value } from './value.ts'

export const userRef = (id: string): Ref => new Ref('User', id)

/** The context of a request, as the schema describes it. An address nobody can read is left out, so conditions on it fail. */
export const contextOf = (env: Environment): RecordValue => {
  const fields = new Map<string, Value>([
    ['now', new Datetime(BigInt(env.now.getTime()))],
    ['channel', env.channel],
    ['mfa', env.mfa],
    ['purpose', env.purpose.trim()],
  ])
  // An IPv4 peer on an IPv6 socket shows as ::ffff:192.0.2.1.
  const ip = parseIp(env.ip.replace(/^::ffff:(?=\d+\.)/i, ''))
  if (ip) fields.set('ip', ip)
  return new RecordValue(fields)
}

export interface Person {
  readonly id: Uuid
  readonly role: string
  readonly team: Uuid | null
  readonly active: boolean
}

/** Users and teams in memory: build once per change of the organisation, and lay each record over it. */
export const organisation = (
  people: Iterable<Person>,
  teams: Iterable<{ readonly id: Uuid; readonly parent: Uuid | null }>,
): EntityStore =>
  new EntityStore([
    ...Array.from(teams, ({ id, parent }) => ({
      type: 'Team',
      id,
      attrs: staff,
      parents: parent === null ? [] : [{ type: 'Team', id: parent }],
    })),
    ...Array.from(people, personEntity),
  ])

/** The organisation seen by one principal: it counts as its session says, also a service that is no user. */
export const withPrincipal = (org: EntityStore, principal: Principal): EntityStore => org.with(personEntity(principal))

const personEntity = ({ id, role, team, active }: Person) => ({
  type: 'User',
  id,
  attrs: { ...staff, role, active, ...(team === null ? {} : { team: new Ref('Team', team) }) },
  parents: [{ type: 'Role', id: role }, ...(team === null ? [] : [{ type: 'Team', id: team }])],
})

/** What the schema promises of every record; who is asked as a resource brings its own row. */
const staff = { sharedWith: [], deleted: false, pool: false }
