// Users and groups as a provider of identity provisions them: accounts through the registrar, groups here, roles from groups; privileged accounts are out of its reach. Keeps identity-191, identity-193.
import { Fault, newId, rolesOf, services, type Uuid } from '#kernel'
import type { Tx } from '#store'
import { entry, type Parts, scopeOfSystem } from '../house.ts'
import { endSessions } from '../session.ts'
import { placeOf, type Registrar, type Registered } from '../sso/account.ts'
import type { Person } from './person.ts'
import { type Caller, createTokens, type Tokens } from './token.ts'

export interface ProvisionedUser extends Person {
  readonly id: Uuid
  readonly version: number
  readonly groups: readonly { readonly id: Uuid; readonly name: string }[]
}

export interface Group {
  readonly id: Uuid
  readonly name: string
  readonly externalId: string | null
  readonly version: number
  readonly members: readonly Uuid[]
}

export interface Provisioning {
  readonly tokens: Tokens
  users(caller: Caller): Promise<readonly ProvisionedUser[]>
  /** Throws not-found. */
  user(caller: Caller, id: string): Promise<ProvisionedUser>
  /** Throws already-exists. */
  createUser(caller: Caller, person: Person): Promise<ProvisionedUser>
  changeUser(caller: Caller, id: string, person: Person): Promise<ProvisionedUser>
  removeUser(caller: Caller, id: string): Promise<void>
  groups(caller: Caller): Promise<readonly Group[]>
  group(caller: Caller, id: string): Promise<Group>
  saveGroup(caller: Caller, id: string | null, group: Omit<Group, 'id' | 'version'>): Promise<Group>
  removeGroup(caller: Caller, id: string): Promise<void>
}

interface Held {
  readonly user_id: Uuid
  readonly provider_id: Uuid
  readonly wanted: boolean
  readonly waiting: boolean
}

export const createProvisioning = (parts: Parts, registrar: Registrar): Provisioning => {
  const within = <T>(work: (tx: Tx) => Promise<T>): Promise<T> => parts.store.transaction(scopeOfSystem(parts), work)

  const tell = (
    caller: Caller,
    act: string,
    user: Uuid | null,
    detail: Record<string, string | boolean>,
  ): Promise<void> =>
    within(async (tx) => {
      const by = { actor: services.system, ...caller.origin }
      const more = { provider: caller.provider.id, token: caller.token, ...detail }
      await parts.journal.append(tx, parts.tenant, [entry(act, user, by, more)])
    })

  const demand = (caller: Caller, scope: 'users' | 'groups', write: boolean): void => {
    if (!caller.scopes.includes(scope) || (write && caller.scopes.includes('read-only')))
      throw new Fault('denied', { action: `${write ? 'write' : 'read'} ${scope}` })
  }

  const heldOf = async (id: Uuid): Promise<Held | undefined> =>
    (
      await within((tx) =>
        tx.query<Held>({
          text: 'select user_id, provider_id, wanted, waiting from identity.scim_user where tenant_id = $1 and user_id = $2',
          values: [parts.tenant, id],
        }),
      )
    )[0]

  const hold = (caller: Caller, id: Uuid, wanted: boolean, waiting: boolean): Promise<unknown> =>
    within((tx) =>
      tx.query({
        text: `insert into identity.scim_user (tenant_id, user_id, provider_id, wanted, waiting) values ($1, $2, $3, $4, $5)
               on conflict (tenant_id, user_id) do update set wanted = excluded.wanted, waiting = excluded.waiting`,
        values: [parts.tenant, id, caller.provider.id, wanted, waiting],
      }),
    )

  /** Privileged accounts, and those of another provider, are read and nothing else. */
  const demandReach = async (caller: Caller, user: Registered): Promise<Held | undefined> => {
    const held = await heldOf(user.id)
    if (held && held.provider_id !== caller.provider.id) throw new Fault('denied', { action: 'provision' })
    for (const role of rolesOf(user))
      if (await registrar.privileged(role)) throw new Fault('denied', { action: 'provision a privileged account' })
    return held
  }

  const groupsOf = async (caller: Caller): Promise<ReadonlyMap<Uuid, readonly { id: Uuid; name: string }[]>> => {
    const rows = await within((tx) =>
      tx.query<{ user_id: Uuid; id: Uuid; name: string }>({
        text: `select m.user_id, g.id, g.name from identity.scim_member m join identity.scim_group g on g.tenant_id = m.tenant_id and g.id = m.group_id
               where m.tenant_id = $1 and g.provider_id = $2 order by g.name`,
        values: [parts.tenant, caller.provider.id],
      }),
    )
    return Map.groupBy(rows, (row) => row.user_id)
  }

  const shown = (
    user: Registered,
    held: Pick<Held, 'wanted'> | undefined,
    groups: readonly { id: Uuid; name: string }[],
  ): ProvisionedUser => ({
    id: user.id,
    version: user.version,
    userName: user.login === '' ? user.email : user.login,
    email: user.email,
    name: user.name,
    active: held?.wanted ?? user.active,
    externalId: user.externalId === '' ? null : user.externalId,
    groups: groups.map(({ id, name }) => ({ id, name })),
  })

  const found = async (id: string): Promise<Registered> => {
    const user = await registrar.person(id)
    if (!user) throw new Fault('not-found', { what: 'user' })
    return user
  }

  const look = async (caller: Caller, id: string): Promise<ProvisionedUser> => {
    const user = await found(id)
    return shown(user, await heldOf(user.id), (await groupsOf(caller)).get(user.id) ?? [])
  }

  const endAll = (caller: Caller, id: Uuid): Promise<unknown> =>
    within((tx) => endSessions(tx, parts, { userId: id }, { actor: services.system, ...caller.origin }, 'provider'))

  /** Brings role, team and switch of a user to what its groups say. */
  const settle = async (caller: Caller, id: Uuid): Promise<void> => {
    const user = await registrar.person(id)
    if (!user) return
    const held = await heldOf(id)
    if (!held || held.provider_id !== caller.provider.id) return
    for (const role of rolesOf(user)) if (await registrar.privileged(role)) return
    if (caller.provider.settings.rules.length === 0) return
    const names = ((await groupsOf(caller)).get(id) ?? []).map(({ name }) => name)
    const place = placeOf(caller.provider, names)
    if (place && (await registrar.privileged(place.role))) return
    const active = held.wanted && place !== null
    const values = {
      ...(place === null || place.role === user.role ? {} : { role: place.role }),
      ...(place?.team === null || place?.team === undefined || place.team === user.team ? {} : { unit: place.team }),
      ...(active === user.active ? {} : { active }),
    }
    await hold(caller, id, held.wanted, place === null)
    if (Object.keys(values).length === 0) return
    await registrar.change(id, values)
    if ('role' in values || !active) await endAll(caller, id)
    await tell(caller, 'provision.user', id, { what: 'groups' })
  }

  const groupAt = async (caller: Caller, id: string): Promise<Group> => {
    const group = (await groupsIn(caller)).find((one) => one.id === id)
    if (!group) throw new Fault('not-found', { what: 'group' })
    return group
  }

  const groupsIn = (caller: Caller): Promise<readonly Group[]> =>
    within((tx) =>
      tx.query<Group>({
        text: `select g.id, g.name, g.external_id as "externalId", g.version,
                 coalesce(array_agg(m.user_id order by m.user_id) filter (where m.user_id is not null), '{}') as members
               from identity.scim_group g left join identity.scim_member m on m.tenant_id = g.tenant_id and m.group_id = g.id
               where g.tenant_id = $1 and g.provider_id = $2 group by g.tenant_id, g.id order by g.name, g.id`,
        values: [parts.tenant, caller.provider.id],
      }),
    )

  return {
    tokens: createTokens(parts),
    users: async (caller) => {
      demand(caller, 'users', false)
      const [people, groups, rows] = await Promise.all([
        registrar.people(),
        groupsOf(caller),
        within((tx) =>
          tx.query<Held>({
            text: 'select user_id, provider_id, wanted, waiting from identity.scim_user where tenant_id = $1',
            values: [parts.tenant],
          }),
        ),
      ])
      const held = new Map(rows.map((row) => [row.user_id, row]))
      return people
        .toSorted((a, b) => (a.id < b.id ? -1 : 1))
        .map((user) => shown(user, held.get(user.id), groups.get(user.id) ?? []))
    },
    user: (caller, id) => {
      demand(caller, 'users', false)
      return look(caller, id)
    },
    createUser: async (caller, person) => {
      demand(caller, 'users', true)
      const people = await registrar.people()
      const taken = (name: string): boolean =>
        people.some((one) => [one.email, one.login].some((other) => other.toLowerCase() === name.toLowerCase()))
      if (taken(person.userName) || taken(person.email)) throw new Fault('already-exists', { what: 'user' })
      const place = placeOf(caller.provider, [])
      const { rules } = caller.provider.settings
      // Somebody without a group yet waits, switched off, until one of theirs has a role.
      const role = place?.role ?? rules[0]?.role
      if (role === undefined || (await registrar.privileged(role))) throw new Fault('sso-no-role')
      const id = await registrar.create({
        ...person,
        login: person.userName,
        role,
        team: null,
        language: 'zh',
        active: person.active && place !== null,
      })
      await hold(caller, id, person.active, place === null)
      await tell(caller, 'provision.user', id, { what: 'create' })
      return look(caller, id)
    },
    changeUser: async (caller, id, person) => {
      demand(caller, 'users', true)
      const user = await found(id)
      const held = await demandReach(caller, user)
      const waiting = held?.waiting ?? false
      const active = person.active && !waiting
      const wanted: Readonly<Record<string, string | boolean | null>> = {
        name: person.name,
        email: person.email,
        login: person.userName === user.email && user.login === '' ? '' : person.userName,
        externalId: person.externalId ?? '',
        active,
      }
      const now: Readonly<Record<string, unknown>> = { ...user }
      const values = Object.fromEntries(Object.entries(wanted).filter(([name, value]) => now[name] !== value))
      await hold(caller, user.id, person.active, waiting)
      if (Object.keys(values).length > 0) {
        await registrar.change(user.id, values)
        if (user.active && !active) await endAll(caller, user.id)
        await tell(caller, 'provision.user', user.id, {
          what: active === user.active ? 'change' : active ? 'on' : 'off',
        })
      }
      return look(caller, id)
    },
    removeUser: async (caller, id) => {
      demand(caller, 'users', true)
      const user = await found(id)
      await demandReach(caller, user)
      await registrar.remove(user.id)
      await endAll(caller, user.id)
      await within(async (tx) => {
        for (const table of ['scim_user', 'scim_member'])
          await tx.query({
            text: `delete from identity.${table} where tenant_id = $1 and user_id = $2`,
            values: [parts.tenant, user.id],
          })
      })
      await tell(caller, 'provision.user', user.id, { what: 'remove' })
    },
    groups: (caller) => {
      demand(caller, 'groups', false)
      return groupsIn(caller)
    },
    group: (caller, id) => {
      demand(caller, 'groups', false)
      return groupAt(caller, id)
    },
    saveGroup: async (caller, id, group) => {
      demand(caller, 'groups', true)
      const before = id === null ? [] : (await groupAt(caller, id)).members
      const members = [...new Set(group.members)]
      for (const member of members) {
        if (before.includes(member)) continue
        const user = await registrar.person(member)
        if (!user) throw new Fault('scim-refused', { what: 'a member is no user', scimType: 'invalidValue' })
        const held = await heldOf(user.id)
        if (held && held.provider_id !== caller.provider.id) throw new Fault('denied', { action: 'provision' })
        // A privileged account may stand in a group; the group gives it nothing.
        if (!held) await hold(caller, user.id, user.active, false)
      }
      const made = id ?? newId(parts.clock.now().getTime())
      await within(async (tx) => {
        const values = [parts.tenant, made, caller.provider.id, group.name, group.externalId, parts.clock.now()]
        const rows = await tx.query({
          text:
            id === null
              ? `insert into identity.scim_group (tenant_id, id, provider_id, name, external_id, created_at, updated_at) values ($1, $2, $3, $4, $5, $6, $6)
                 on conflict do nothing returning id`
              : `update identity.scim_group set name = $4, external_id = $5, updated_at = $6, version = version + 1
                 where tenant_id = $1 and id = $2 and provider_id = $3 returning id`,
          values,
        })
        if (rows.length === 0) throw new Fault('already-exists', { what: 'group' })
        await tx.query({
          text: 'delete from identity.scim_member where tenant_id = $1 and group_id = $2 and not user_id = any($3::uuid[])',
          values: [parts.tenant, made, members],
        })
        await tx.query({
          text: `insert into identity.scim_member (tenant_id, group_id, user_id) select $1, $2, m from unnest($3::uuid[]) m on conflict do nothing`,
          values: [parts.tenant, made, members],
        })
        const by = { actor: services.system, ...caller.origin }
        const detail = { provider: caller.provider.id, token: caller.token, group: made, members: members.length }
        await parts.journal.append(tx, parts.tenant, [entry('provision.group', null, by, detail)])
      })
      for (const user of new Set([...before, ...members])) await settle(caller, user)
      return groupAt(caller, made)
    },
    removeGroup: async (caller, id) => {
      demand(caller, 'groups', true)
      const { members } = await groupAt(caller, id)
      await within((tx) =>
        tx.query({
          text: 'delete from identity.scim_group where tenant_id = $1 and id = $2 and provider_id = $3',
          values: [parts.tenant, id, caller.provider.id],
        }),
      )
      await tell(caller, 'provision.group', null, { group: id, what: 'remove' })
      for (const user of members) await settle(caller, user)
    },
  }
}
