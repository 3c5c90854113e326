// Who a person of a provider is here: a linked user, one found by a verified address, or one made now; and what the groups say about the role. Keeps identity-186, identity-187.
import { Fault, isFault, utf8, type Uuid } from '#kernel'
import { hmacSha256 } from '#encryption'
import { type DirectoryUser, entry, type Origin, type Parts, scopeOfSystem } from '../house.ts'
import { endSessions } from '../session.ts'
import type { Claims } from './client.ts'
import type { Provider } from './provider.ts'

/** How accounts are made and changed; the composition root fills it from the vault. */
export interface Registrar {
  /** Throws already-exists. */
  create(person: {
    readonly name: string
    readonly email: string
    readonly role: string
    readonly team: Uuid | null
    readonly language: 'zh' | 'en'
    readonly active?: boolean
    readonly login?: string
    readonly externalId?: string | null
  }): Promise<Uuid>
  remove(id: Uuid): Promise<void>
  people(): Promise<readonly Registered[]>
  person(id: string): Promise<Registered | null>
  change(id: Uuid, values: Readonly<Record<string, string | boolean | null>>): Promise<void>
  /** Whether a role may do what decides over others' data: administrators of every kind. */
  privileged(role: string): Promise<boolean>
}

/** A user with what a provider calls it. */
export interface Registered extends DirectoryUser {
  readonly version: number
  readonly login: string
  readonly externalId: string
}

/** A person as the provider's claims tell. */
export interface Newcomer {
  readonly subjectHash: Uint8Array
  readonly email: string | null
  readonly verified: boolean
  readonly name: string
  /** undefined: the provider said nothing of groups. */
  readonly groups: readonly string[] | undefined
  readonly mfa: boolean
}

export type Known =
  | { readonly user: DirectoryUser }
  /** An account with a privileged role: the person has to confirm with what they sign in with here. */
  | { readonly confirm: DirectoryUser }

/** A name of the provider's as the database keeps it: a keyed hash. */
export const hashOf = (parts: Parts, provider: Uuid, kind: 'subject' | 'sid' | 'jti', value: string): Uint8Array =>
  hmacSha256(parts.secret, utf8(['sso', kind, provider, value].join('\0')))

export const newcomerOf = (parts: Parts, provider: Provider, claims: Claims): Newcomer => {
  const { claims: names, trustMfa } = provider.settings
  const word = (name: string): string => {
    const value = claims.all[name]
    return typeof value === 'string' ? value.normalize('NFKC').trim() : ''
  }
  const email = word(names.email).toLowerCase()
  const verified = claims.all['email_verified']
  const groups = claims.all[names.groups]
  const methods = claims.all['amr']
  return {
    subjectHash: hashOf(parts, provider.id, 'subject', claims.subject),
    email: /^[^\s@]+@[^\s@]+$/.test(email) ? email : null,
    verified: verified === true || verified === 'true',
    name: word(names.name),
    groups: Array.isArray(groups) ? groups.filter((group) => typeof group === 'string') : undefined,
    mfa: trustMfa && Array.isArray(methods) && methods.some((method) => strong.has(String(method))),
  }
}

/** RFC 8176: methods that are a second factor, or are made of two. */
const strong = new Set(['mfa', 'otp', 'hwk', 'swk', 'fpt', 'face', 'sc'])

/** Finds or makes the account. Throws sso-no-account, sso-unverified, sso-domain, sso-no-role. */
export const accountOf = async (
  parts: Parts,
  registrar: Registrar,
  provider: Provider,
  person: Newcomer,
  origin: Origin,
): Promise<Known> => {
  const linked = await linkedUser(parts, provider, person)
  if (linked) return { user: await asGroupsSay(parts, registrar, provider, person, active(linked), origin) }
  const { email } = person
  if (email === null || !person.verified) throw new Fault('sso-unverified')
  const { domains, accounts } = provider.settings
  const domain = email.split('@').at(-1) ?? ''
  if (domains.length > 0 && !domains.some((one) => one.toLowerCase() === domain)) throw new Fault('sso-domain')
  const existing = await parts.directory.findByEmail(email)
  if (existing) {
    active(existing)
    if (await registrar.privileged(existing.role)) return { confirm: existing }
    await link(parts, provider, person.subjectHash, existing.id, origin)
    return { user: await asGroupsSay(parts, registrar, provider, person, existing, origin) }
  }
  if (accounts !== 'create') throw new Fault('sso-no-account')
  return { user: await made(parts, registrar, provider, person, email, origin) }
}

/** Whoever was switched off stays out, whatever the provider says. */
const active = (user: DirectoryUser): DirectoryUser => {
  if (!user.active) throw new Fault('sso-no-account')
  return user
}

const linkedUser = async (parts: Parts, provider: Provider, person: Newcomer): Promise<DirectoryUser | null> => {
  const [row] = await parts.store.transaction(scopeOfSystem(parts), (tx) =>
    tx.query<{ user_id: Uuid }>({
      text: `update identity.provider_link set seen_at = $4 where tenant_id = $1 and provider_id = $2 and subject_hash = $3 returning user_id`,
      values: [parts.tenant, provider.id, person.subjectHash, parts.clock.now()],
    }),
  )
  if (!row) return null
  const user = await parts.directory.get(row.user_id)
  if (!user) throw new Fault('sso-no-account')
  return user
}

/** Remembers that this person of the provider's is this user; journalled. */
export const link = (
  parts: Parts,
  provider: Pick<Provider, 'id'>,
  subjectHash: Uint8Array,
  userId: Uuid,
  origin: Origin,
): Promise<void> =>
  parts.store.transaction(scopeOfSystem(parts), async (tx) => {
    const now = parts.clock.now()
    await tx.query({
      text: `insert into identity.provider_link (tenant_id, provider_id, subject_hash, user_id, created_at, seen_at)
             values ($1, $2, $3, $4, $5, $5) on conflict do nothing`,
      values: [parts.tenant, provider.id, subjectHash, userId, now],
    })
    await parts.journal.append(tx, parts.tenant, [
      entry('provider.link', userId, { actor: userId, ...origin }, { provider: provider.id }),
    ])
  })

/** What the groups make of a person: role and team, or null where they stay out. */
export const placeOf = (provider: Provider, groups: readonly string[]): { role: string; team: Uuid | null } | null => {
  const rule = provider.settings.rules.find((one) => groups.includes(one.group))
  if (rule) return { role: rule.role, team: rule.teamId }
  const { defaultRole } = provider.settings
  return defaultRole === null ? null : { role: defaultRole, team: null }
}

const made = async (
  parts: Parts,
  registrar: Registrar,
  provider: Provider,
  person: Newcomer,
  email: string,
  origin: Origin,
): Promise<DirectoryUser> => {
  const place = placeOf(provider, person.groups ?? [])
  // A privileged role is never a provider's to give; the settings refuse it too.
  if (!place || (await registrar.privileged(place.role))) throw new Fault('sso-no-role')
  const id = await registrar
    .create({ name: person.name === '' ? email : person.name, email, ...place, language: 'zh' })
    .catch(async (error: unknown) => {
      // Two first sign-ins at once: the other made it.
      const other = isFault(error, 'already-exists') ? await parts.directory.findByEmail(email) : null
      if (!other || (await registrar.privileged(other.role))) throw error
      return other.id
    })
  await link(parts, provider, person.subjectHash, id, origin)
  const user = await parts.directory.get(id)
  if (!user) throw new Fault('sso-no-account')
  return active(user)
}

/** Brings role and team to what the groups say; a changed role ends the sessions that had the old one. */
const asGroupsSay = async (
  parts: Parts,
  registrar: Registrar,
  provider: Provider,
  person: Newcomer,
  user: DirectoryUser,
  origin: Origin,
): Promise<DirectoryUser> => {
  if (person.groups === undefined || provider.settings.rules.length === 0) return user
  if (await registrar.privileged(user.role)) return user
  const place = placeOf(provider, person.groups)
  if (!place || (await registrar.privileged(place.role))) throw new Fault('sso-no-role')
  const values = {
    ...(place.role === user.role ? {} : { role: place.role }),
    ...(place.team === null || place.team === user.team ? {} : { unit: place.team }),
  }
  if (Object.keys(values).length === 0) return user
  await registrar.change(user.id, values)
  await parts.store.transaction(scopeOfSystem(parts), (tx) =>
    endSessions(tx, parts, { userId: user.id }, { actor: user.id, ...origin }, 'role'),
  )
  return (await parts.directory.get(user.id)) ?? user
}
