// From the kernel's values to Cedar's: the principal, the surroundings, and the organisation everyone belongs to. Keeps access-3, access-6.
import { type Environment, type Principal, rolesOf, type Uuid } from '#kernel'
import { EntityStore } from './entity.ts'
import { parseIp } from './ip.ts'
import { localTime } from './local.ts'
import { Datetime } from './time.ts'
import { RecordValue, Ref, type Value } from './value.ts'

export const userRef = (id: string): Ref => new Ref('User', id)

/** Surroundings of an export; rows absent: nobody counted them. */
export interface ExportEnvironment extends Environment {
  readonly rows?: number
}

/** The context of a request, as the schema describes it. An address nobody can read is left out, so conditions on it fail. */
export const contextOf = (env: ExportEnvironment, grants?: RecordValue): RecordValue => {
  const local = localTime(env.now, env.zone ?? 'UTC')
  const fields = new Map<string, Value>([
    ['now', new Datetime(BigInt(env.now.getTime()))],
    ['hour', local.hour],
    ['minute', local.minute],
    ['weekday', local.weekday],
    ['channel', env.channel],
    ['mfa', env.mfa],
    ['deviceTrusted', env.deviceTrusted === true],
    ['purpose', env.purpose.trim()],
  ])
  // Without a second factor there is no age: conditions on it fail.
  if (typeof env.mfaAge === 'number' && env.mfaAge >= 0) fields.set('mfaAge', BigInt(Math.floor(env.mfaAge)))
  if (grants) fields.set('grants', grants)
  if (env.rows !== undefined) fields.set('rows', BigInt(env.rows))
  // An IPv4 peer on an IPv6 socket shows as ::ffff:192.0.2.1.
  const ip = parseIp(env.ip.replace(/^::ffff:(?=\d+\.)/i, ''))
  if (ip) fields.set('ip', ip)
  return new RecordValue(fields)
}

/** More rows than any export has: what an export counts as whose rows nobody counted. */
const uncounted = 2n ** 63n - 1n

/**
 * The surroundings in which an action is asked: exports alone have a number of rows, and always one. Where it is not known the export
 * counts as the largest there can be, so that what is limited stays refused.
 */
export const surroundingsOf = (action: string, context: RecordValue): RecordValue => {
  const counted = context.fields.has('rows')
  if ((action === 'export') === counted) return context
  const fields = new Map(context.fields)
  if (counted) fields.delete('rows')
  else fields.set('rows', uncounted)
  return new RecordValue(fields)
}

export type Person = Pick<
  Principal,
  'id' | 'role' | 'team' | 'active' | 'roles' | 'regions' | 'clearance' | 'dealLimit'
>

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

const personEntity = ({ id, role, team, active, roles = [], regions = [], clearance, dealLimit }: Person) => ({
  type: 'User',
  id,
  attrs: {
    ...staff,
    role,
    active,
    ...(team === null ? {} : { team: new Ref('Team', team) }),
    ...(roles.length === 0 ? {} : { furtherRoles: roles }),
    ...(regions.length === 0 ? {} : { regions }),
    ...(clearance === undefined ? {} : { clearance: BigInt(clearance) }),
    ...(dealLimit === undefined ? {} : { dealLimit: BigInt(dealLimit) }),
  },
  parents: [
    ...rolesOf({ role, roles }).map((one) => ({ type: 'Role', id: one })),
    ...(team === null ? [] : [{ type: 'Team', id: team }]),
  ],
})

/** What the schema promises of every record; who is asked as a resource brings its own row. */
const staff = { sharedWith: [], deleted: false, pool: false }
