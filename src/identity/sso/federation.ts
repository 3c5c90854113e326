// Signing in through a provider of identity: begun in one browser, ended once in the same, and ended again when the provider says so. Keeps identity-183 … identity-188.
import { base64url, Fault, isFault, services, utf8, type Uuid } from '#kernel'
import { hmacSha256, random, sha256 } from '#encryption'
import { type By, entry, type Origin, type Parts, scopeOfSystem } from '../house.ts'
import { mustEnrol, type SignedIn } from '../sign-in.ts'
import { countRate } from '../rate.ts'
import { beginSession, endSessions, type Session } from '../session.ts'
import { accountOf, hashOf, link, newcomerOf, type Registrar } from './account.ts'
import type { Claims, Client, Tie } from './client.ts'
import { logOut } from './logout.ts'
import {
  getProvider,
  listProviders,
  type Provider,
  type ProviderDraft,
  removeProvider,
  saveProvider,
} from './provider.ts'

export type Finished =
  | { readonly signedIn: SignedIn }
  /** The person signs in once more with what they have here; the token belongs into the browser until then. */
  | { readonly confirm: string }

export interface Federation {
  providers(): Promise<readonly Provider[]>
  save(draft: ProviderDraft, by: By): Promise<Provider>
  remove(id: Uuid, by: By): Promise<void>
  /** Asks the provider for its description. Throws sso-unreachable, sso-failed. */
  probe(id: Uuid): Promise<void>
  /** Where to send the browser, and what it keeps meanwhile. */
  begin(id: string, origin: Origin): Promise<{ readonly url: string; readonly token: string }>
  /** The browser came back. Throws sso-stale where it did not begin here, or came back before. */
  finish(id: string, token: string | undefined, query: URLSearchParams, origin: Origin): Promise<Finished>
  /** Ends a confirmation: the user has signed in with what they have here. Whose it is not is left alone. */
  confirm(token: string, userId: Uuid, origin: Origin): Promise<void>
  /** Whether somebody may sign in with a password; throws sso-needed naming the provider they have to use. */
  demandPasswordAllowed(user: { readonly id: Uuid; readonly role: string }): Promise<void>
  /** A provider's word that a session of its own has ended. Throws sso-logout-refused. */
  logOut(id: string, token: string, origin: Origin): Promise<void>
  /** Where to sign out at the provider too, or null. */
  endSessionUrl(session: Session): Promise<string | null>
}

/** Whoever comes back later than this begins anew. */
const lifeMs = 600_000
const perNetwork = { times: 120, windowMs: 60_000 }

export const createFederation = (parts: Parts, registrar: Registrar): Federation => {
  // Its libraries are loaded with the first use: few verbs, and not every house, sign anybody on.
  let made: Promise<Client> | undefined
  const client = (): Promise<Client> => (made ??= import('./client.ts').then(({ createClient }) => createClient(parts)))
  const system = scopeOfSystem(parts)
  return {
    providers: () => listProviders(parts),
    save: (draft, by) => saveProvider(parts, draft, (role) => registrar.privileged(role), by),
    remove: async (id, by) => {
      await removeProvider(parts, id, by, async (tx, provider) => {
        const rows = await tx.query<{ session_id: Uuid; user_id: Uuid }>({
          text: 'select session_id, user_id from identity.provider_session where tenant_id = $1 and provider_id = $2',
          values: [parts.tenant, provider],
        })
        for (const row of rows)
          await endSessions(tx, parts, { userId: row.user_id, only: row.session_id }, by, 'provider')
      })
      const known = await client()
      known.forget(id)
    },
    probe: async (id) => {
      const known = await client()
      known.forget(id)
      await known.endSessionUrl(await getProvider(parts, id))
    },
    begin: async (id, origin) => {
      await countRate(parts, 'sso begin', origin.ip, perNetwork)
      const provider = await getProvider(parts, id)
      const token = base64url(random(32))
      const url = await (await client()).authorizationUrl(provider, tieOf(token))
      await keep(parts, token, { provider: provider.id })
      return { url: url.href, token }
    },
    finish: async (id, token, query, origin) => {
      await countRate(parts, 'sso finish', origin.ip, perNetwork)
      const provider = await getProvider(parts, id)
      try {
        if (token === undefined || !(await takeBegun(parts, token, provider.id, query))) throw new Fault('sso-stale')
        return await enter(
          parts,
          registrar,
          provider,
          await (await client()).exchange(provider, tieOf(token), query),
          origin,
        )
      } catch (error) {
        await deny(parts, provider, error, origin)
        throw error
      }
    },
    confirm: async (token, userId, origin) => {
      const [row] = await parts.store.transaction(system, (tx) =>
        tx.query<{ provider_id: Uuid; subject_hash: Uint8Array }>({
          text: `delete from identity.sign_on where tenant_id = $1 and key_hash = $2 and user_id = $3 and expires_at > $4
                 returning provider_id, subject_hash`,
          values: [parts.tenant, sha256(utf8(token)), userId, parts.clock.now()],
        }),
      )
      if (row) await link(parts, { id: row.provider_id }, row.subject_hash, userId, origin)
    },
    demandPasswordAllowed: async (user) => {
      const [row] = await parts.store.transaction(system, (tx) =>
        tx.query<{ name: string }>({
          text: `select p.name from identity.provider_link l join identity.provider p on p.tenant_id = l.tenant_id and p.id = l.provider_id
                 where l.tenant_id = $1 and l.user_id = $2 and p.active and p.settings->>'only' = 'true' limit 1`,
          values: [parts.tenant, user.id],
        }),
      )
      if (row && !(await registrar.privileged(user.role))) throw new Fault('sso-needed', { name: row.name })
    },
    logOut: async (id, token, origin) => {
      await countRate(parts, 'sso logout', origin.ip, { times: 600, windowMs: 60_000 })
      await logOut(parts, await client(), await getProvider(parts, id), token, origin)
    },
    endSessionUrl: async (session) => {
      const [row] = await parts.store.transaction(system, (tx) =>
        tx.query<{ provider_id: Uuid }>({
          text: 'select provider_id from identity.provider_session where tenant_id = $1 and session_id = $2',
          values: [parts.tenant, session.id],
        }),
      )
      const provider = row && (await getProvider(parts, row.provider_id).catch(() => undefined))
      if (!provider?.settings.signOut) return null
      return (await client()).endSessionUrl(provider).catch(() => null)
    },
  }
}

/** State, nonce and PKCE verifier follow from the browser's token: the database keeps nothing that would help a thief of it. */
const tieOf = (token: string): Tie => {
  const part = (label: string): string => base64url(hmacSha256(utf8(token), utf8(`holdfast sso ${label} 1`)))
  return { state: part('state'), nonce: part('nonce'), verifier: part('verifier') }
}

const keep = (
  parts: Parts,
  token: string,
  of: { readonly provider: Uuid; readonly user?: Uuid; readonly subject?: Uint8Array },
): Promise<void> =>
  parts.store.transaction(scopeOfSystem(parts), async (tx) => {
    const now = parts.clock.now()
    await tx.query({
      text: 'delete from identity.sign_on where tenant_id = $1 and expires_at < $2',
      values: [parts.tenant, now],
    })
    await tx.query({
      text: `insert into identity.sign_on (tenant_id, key_hash, provider_id, user_id, subject_hash, expires_at) values ($1, $2, $3, $4, $5, $6)`,
      values: [
        parts.tenant,
        sha256(utf8(token)),
        of.provider,
        of.user ?? null,
        of.subject ?? null,
        new Date(now.getTime() + lifeMs),
      ],
    })
  })

/** Whether this browser began it with this provider; true once. */
const takeBegun = async (parts: Parts, token: string, provider: Uuid, query: URLSearchParams): Promise<boolean> => {
  if (!/^[A-Za-z0-9_-]{43}$/.test(token) || query.get('state') !== tieOf(token).state) return false
  const rows = await parts.store.transaction(scopeOfSystem(parts), (tx) =>
    tx.query({
      text: `delete from identity.sign_on where tenant_id = $1 and key_hash = $2 and provider_id = $3 and user_id is null and expires_at > $4
             returning key_hash`,
      values: [parts.tenant, sha256(utf8(token)), provider, parts.clock.now()],
    }),
  )
  return rows.length === 1
}

const enter = async (
  parts: Parts,
  registrar: Registrar,
  provider: Provider,
  claims: Claims,
  origin: Origin,
): Promise<Finished> => {
  const person = newcomerOf(parts, provider, claims)
  const known = await accountOf(parts, registrar, provider, person, origin)
  if ('confirm' in known) {
    const token = base64url(random(32))
    await keep(parts, token, { provider: provider.id, user: known.confirm.id, subject: person.subjectHash })
    return { confirm: token }
  }
  const { user } = known
  const opened = await parts.store.transaction(scopeOfSystem(parts), async (tx) => {
    const begun = await beginSession(tx, parts, user, person.mfa, origin, false)
    await tx.query({
      text: `insert into identity.provider_session (tenant_id, session_id, provider_id, user_id, subject_hash, sid_hash, created_at)
             values ($1, $2, $3, $4, $5, $6, $7)`,
      values: [
        parts.tenant,
        begun.session.id,
        provider.id,
        user.id,
        person.subjectHash,
        claims.sid === undefined ? null : hashOf(parts, provider.id, 'sid', claims.sid),
        parts.clock.now(),
      ],
    })
    await parts.journal.append(tx, parts.tenant, [
      entry(
        'provider.sign-in',
        user.id,
        { actor: user.id, ...origin },
        { provider: provider.id, session: begun.session.id },
      ),
    ])
    return begun
  })
  return { signedIn: { ...opened, user, mustChangePassword: false, mustEnrol: mustEnrol(parts, opened.session, user) } }
}

const deny = async (parts: Parts, provider: Provider, error: unknown, origin: Origin): Promise<void> => {
  const cause = error instanceof Error ? (error.cause as { code?: unknown } | undefined) : undefined
  const code = typeof cause?.code === 'string' ? cause.code.slice(0, 60) : ''
  const detail = {
    why: isFault(error) ? error.code : 'internal',
    provider: provider.id,
    ...(code === '' ? {} : { code }),
  }
  const by = { actor: services.system, ...origin }
  await parts.journal.record(scopeOfSystem(parts), [entry('session.denied', null, by, detail, true)])
}
