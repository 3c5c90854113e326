// Tokens with which a provider of identity provisions: shown once, kept as a hash, scoped, ending; a new one beside the old makes a rotation. Keeps identity-192.
import { base64url, Fault, newId, services, utf8, type Uuid } from '#kernel'
import { random, sha256 } from '#encryption'
import type { Tx } from '#store'
import { actorIn, type By, entry, type Origin, type Parts, scopeOfSystem } from '../house.ts'
import { countRate } from '../rate.ts'
import { getProvider, type Provider } from '../sso/provider.ts'

export const provisionScopes = ['users', 'groups', 'read-only'] as const
export type ProvisionScope = (typeof provisionScopes)[number]

export interface ProvisionToken {
  readonly id: Uuid
  readonly providerId: Uuid
  readonly label: string
  readonly prefix: string
  readonly scopes: readonly ProvisionScope[]
  readonly expiresAt: Date
  readonly createdAt: Date
  readonly seenAt: Date | null
  readonly revokedAt: Date | null
}

/** Who provisions: the provider, and what its token may touch. */
export interface Caller {
  readonly provider: Provider
  readonly token: Uuid
  readonly scopes: readonly ProvisionScope[]
  readonly origin: Origin
}

export interface Tokens {
  list(): Promise<readonly ProvisionToken[]>
  create(
    wanted: Pick<ProvisionToken, 'providerId' | 'label' | 'scopes' | 'expiresAt'>,
    by: By,
  ): Promise<{ readonly token: string; readonly made: ProvisionToken }>
  revoke(id: Uuid, by: By): Promise<void>
  authenticate(token: string, origin: Origin): Promise<Caller>
}

const mark = 'hfs_'
const guesses = { times: 60, windowMs: 60_000 }

interface Row {
  readonly id: Uuid
  readonly provider_id: Uuid
  readonly label: string
  readonly prefix: string
  readonly scopes: readonly ProvisionScope[]
  readonly expires_at: Date
  readonly created_at: Date
  readonly seen_at: Date | null
  readonly revoked_at: Date | null
}

const columns = 'id, provider_id, label, prefix, scopes, expires_at, created_at, seen_at, revoked_at'

const read = (row: Row): ProvisionToken => ({
  id: row.id,
  providerId: row.provider_id,
  label: row.label,
  prefix: row.prefix,
  scopes: row.scopes,
  expiresAt: row.expires_at,
  createdAt: row.created_at,
  seenAt: row.seen_at,
  revokedAt: row.revoked_at,
})

export const createTokens = (parts: Parts): Tokens => {
  const within = <T>(work: (tx: Tx) => Promise<T>): Promise<T> => parts.store.transaction(scopeOfSystem(parts), work)
  return {
    list: async () =>
      (
        await within((tx) =>
          tx.query<Row>({
            text: `select ${columns} from identity.scim_token where tenant_id = $1 order by revoked_at is not null, created_at desc limit 500`,
            values: [parts.tenant],
          }),
        )
      ).map(read),
    create: async (wanted, by) => {
      const provider = await getProvider(parts, wanted.providerId)
      if (!wanted.scopes.includes('users') && !wanted.scopes.includes('groups'))
        throw new Fault('bad-value', { field: 'scopes', what: 'expected users or groups' })
      if (wanted.label.trim() === '')
        throw new Fault('bad-value', { field: 'label', what: 'expected a name to recognise it by' })
      const now = parts.clock.now()
      const token = `${mark}${base64url(random(32))}`
      const made: ProvisionToken = {
        ...wanted,
        id: newId(now.getTime()),
        prefix: token.slice(0, mark.length + 6),
        createdAt: now,
        seenAt: null,
        revokedAt: null,
      }
      await within(async (tx) => {
        await tx.query({
          text: `insert into identity.scim_token (tenant_id, id, provider_id, label, prefix, secret_hash, scopes, expires_at, created_by, created_at)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
          values: [
            parts.tenant,
            made.id,
            provider.id,
            made.label,
            made.prefix,
            sha256(utf8(token)),
            made.scopes,
            made.expiresAt,
            actorIn(by),
            now,
          ],
        })
        const detail = { provider: provider.id, token: made.id, scopes: [...made.scopes] }
        await parts.journal.append(tx, parts.tenant, [entry('provision.token-create', null, by, detail)])
      })
      return { token, made }
    },
    revoke: (id, by) =>
      within(async (tx) => {
        const gone = await tx.query({
          text: 'update identity.scim_token set revoked_at = $3 where tenant_id = $1 and id = $2 and revoked_at is null returning id',
          values: [parts.tenant, id, parts.clock.now()],
        })
        if (gone.length === 0) throw new Fault('not-found', { what: 'provisioning token' })
        await parts.journal.append(tx, parts.tenant, [entry('provision.token-revoke', null, by, { token: id })])
      }),
    authenticate: async (token, origin) => {
      const now = parts.clock.now()
      const [row] = /^hfs_[A-Za-z0-9_-]{43}$/.test(token)
        ? await within((tx) =>
            tx.query<Row>({
              name: 'scim-token',
              text: `update identity.scim_token set seen_at = $3 where tenant_id = $1 and secret_hash = $2 and revoked_at is null and expires_at > $3
                     returning ${columns}`,
              values: [parts.tenant, sha256(utf8(token)), now],
            }),
          )
        : []
      const provider = row && (await getProvider(parts, row.provider_id).catch(() => undefined))
      if (row && provider) return { provider, token: row.id, scopes: row.scopes, origin }
      await countRate(parts, 'scim token', origin.ip, guesses)
      const by = { actor: services.system, ...origin }
      await parts.journal.record(scopeOfSystem(parts), [
        entry('session.denied', null, by, { why: 'provisioning token' }, true),
      ])
      throw new Fault('not-signed-in')
    },
  }
}
