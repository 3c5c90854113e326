// Setting the house up and bringing people in: the acts that touch records and credentials at once.
import { type Actor, type Clock, Fault, type Scope, services, userPrincipal, type Uuid } from '#kernel'
import { random } from '#encryption'
import type { Identity } from '#identity'
import type { Journal } from '#journal'
import type { Store } from '#store'
import type { Staff, Vault } from '#vault'
import type { House, SetUpRequest } from './house.ts'

export interface PeopleParts {
  readonly store: Store
  readonly journal: Journal
  readonly vault: Vault
  readonly staff: Staff
  readonly identity: Identity
  readonly tenant: Uuid
  readonly clock: Clock
  readonly system: Actor
}

type People = Pick<House, 'isSetUp' | 'invite' | 'resetPassword' | 'actorOf'> & {
  /** prepare: what comes before the first record, once it is sure that there is to be one. */
  setUp(request: SetUpRequest, prepare?: () => Promise<void>): Promise<{ readonly userId: Uuid }>
}

/** The people part of the house. */
export const people = (parts: PeopleParts): People => {
  const { store, vault, staff, identity, tenant, clock, system } = parts
  const scope: Scope = { tenant, principal: services.system }

  const isSetUp = (): Promise<boolean> =>
    store.transaction(
      scope,
      async (tx) =>
        (await tx.query({ text: 'select 1 from identity.credential where tenant_id = $1 limit 1', values: [tenant] }))
          .length > 0,
      {
        readOnly: true,
      },
    )

  const fresh = (actor: Actor): Actor => ({ ...actor, env: { ...actor.env, now: clock.now() } })

  const setUp: People['setUp'] = async (request, prepare = () => Promise.resolve()) => {
    if (await isSetUp()) throw new Fault('already-set-up')
    identity.checkPassword(request.password, { email: request.email, name: request.name })
    await prepare()
    await store.transaction(scope, async (tx) => {
      for (const [name, value] of [
        ['organisation', request.organisation],
        ['language', request.language],
        ['currency', 'CNY'],
      ] as const) {
        await tx.query({
          text: `insert into ops.setting (tenant_id, name, value) values ($1, $2, to_jsonb($3::text)) on conflict (tenant_id, name) do update set value = excluded.value`,
          values: [tenant, name, value],
        })
      }
    })
    const userId = (await existingAdministrator(request.email)) ?? (await makeUser(system, request))
    await identity.setPassword(userId, request.password, { actor: fresh(system) })
    return { userId }
  }

  /** A set-up that was killed between user and password goes on with the same user. */
  const existingAdministrator = async (email: string): Promise<Uuid | undefined> => {
    const user = await staff.findByEmail(email)
    return user?.role === 'administrator' ? user.id : undefined
  }

  const makeUser = async (
    actor: Actor,
    user: { name: string; email: string; role: string; teamId: Uuid | null; language: string },
  ): Promise<Uuid> => {
    const made = await vault.create(fresh(actor), 'user', {
      values: {
        name: user.name,
        email: user.email,
        role: user.role,
        unit: user.teamId,
        active: true,
        language: user.language,
      },
    })
    return made.id
  }

  const oneTime = async (userId: Uuid, actor: Actor): Promise<{ readonly password: string }> => {
    const password = randomPassword()
    await identity.setPassword(userId, password, { actor: fresh(actor), mustChange: true })
    return { password }
  }

  return {
    isSetUp,
    setUp,
    invite: async (actor, user, byMail = false) => {
      if (byMail) await identity.mail.demand()
      const userId = await makeUser(actor, user)
      if (byMail) {
        await identity.mail.invite(userId, { actor: fresh(actor) })
        return { userId, password: null }
      }
      return { userId, ...(await oneTime(userId, actor)) }
    },
    resetPassword: async (actor, userId) => {
      // The right to edit the user is the right to give a new password: the vault decides on the record.
      const user = await vault.get(fresh(actor), 'user', userId)
      await vault.demand(fresh(actor), 'user.manage')
      await vault.demandWayIn(fresh(actor), user.id)
      return oneTime(user.id, actor)
    },
    actorOf: async (userId, surroundings) => {
      const user = await staff.get(userId)
      if (!user?.active) throw new Fault('not-signed-in')
      return {
        principal: userPrincipal(tenant, user),
        env: {
          now: clock.now(),
          channel: surroundings.channel,
          ip: surroundings.ip,
          mfa: surroundings.mfa,
          mfaAge: surroundings.mfaAge ?? null,
          deviceTrusted: surroundings.deviceTrusted ?? false,
          purpose: surroundings.purpose ?? '',
        },
      }
    },
  }
}

// 20 letters of 32 kinds: 100 bits. No letter that reads like another.
const letters = 'abcdefghjkmnpqrstuvwxyz23456789A'

/** Random letters and digits. */
export const randomCode = (length: number): string =>
  [...random(length)]
    .map((byte) => letters[byte % 32] ?? 'a')
    .join('')
    .toLowerCase()

/** A random password in groups of five. */
export const randomPassword = (): string => {
  const text = [...random(20)].map((byte) => letters[byte % 32] ?? 'a').join('')
  return (text.match(/.{5}/gu) ?? []).join('-')
}
