// Who holds a right on the system by the policies in force: asked where people have to be told, or where a right must still be theirs.
import type { Actor, Uuid } from '#kernel'
import { type Person, system, userRef } from '#access'
import { standingOf } from './gate.ts'
import type { House } from './house.ts'
import type { Org } from './org.ts'

/** Active people who hold one of these rights now, roles that run for a while included, as they do with a second factor. */
export const holdersOf = (house: House, org: Org, ...actions: readonly string[]): readonly Uuid[] =>
  [...org.users.values()]
    .filter((person) => person.active && actions.some((action) => holds(house, org, person, action, house.clock.now())))
    .map(({ id }) => id)

/** Whether somebody holds a right that they used at a moment: by what they are now, at the hour and weekday of then. */
export const stillHolds = (house: House, org: Org, user: Uuid, action: string, then: Date): boolean => {
  const person = org.users.get(user)
  const now = house.clock.now()
  const running = (org.grants.get(user) ?? []).filter((one) => one.starts_at <= now && now < one.expires_at)
  return person?.active === true && holds(house, { ...org, grants: new Map([[user, running]]) }, person, action, then)
}

/** Somebody as they would come: with a second factor, in a session of their own. */
export const actorAs = (house: House, person: Person, now: Date = house.clock.now()): Actor => ({
  principal: { kind: 'user', tenant: house.tenant, ...person },
  env: { now, channel: 'web', ip: '', mfa: true, mfaAge: 0, deviceTrusted: true, purpose: '' },
})

const holds = (house: House, org: Org, person: Person, action: string, now: Date): boolean => {
  const { entities, context } = standingOf(house, org, actorAs(house, person, now))
  return house.policies.allows({
    principal: userRef(person.id),
    action,
    resource: system,
    context: context(''),
    entities,
  })
}
