// Providers of identity as administrators describe them: kept with the secret sealed, changed with a version, journalled. Keeps identity-183.
import { Fault, type FormField, fromUtf8, isUuid, newId, type PlainPhrase, utf8, type Uuid } from '#kernel'
import type { Tx } from '#store'
import { actorIn, type By, entry, type Parts, scopeOfSystem, type SecretPlace } from '../house.ts'

/** A group of the provider's, and what its members are here. */
export interface GroupRule {
  readonly group: string
  readonly role: string
  readonly teamId: Uuid | null
}

export interface ProviderSettings {
  /** Address of this installation as people type it: the provider sends them back to it. */
  readonly origin: string
  readonly scopes: readonly string[]
  /** Names of the claims that hold e-mail, name and groups. */
  readonly claims: { readonly email: string; readonly name: string; readonly groups: string }
  /** The first rule whose group the person is in counts. */
  readonly rules: readonly GroupRule[]
  /** Role of those in none of the groups; null: they stay out. */
  readonly defaultRole: string | null
  /** create: whoever comes for the first time gets an account; existing: only who has one. */
  readonly accounts: 'create' | 'existing'
  /** Domains of e-mail addresses that may come; none: all. */
  readonly domains: readonly string[]
  /** A second factor given at the provider (amr) counts here. */
  readonly trustMfa: boolean
  /** Whoever is linked signs in here alone, no longer by password; privileged roles always may. */
  readonly only: boolean
  /** Signing out here signs out at the provider too. */
  readonly signOut: boolean
}

export interface Provider {
  readonly id: Uuid
  readonly name: string
  readonly issuer: string
  readonly clientId: string
  readonly hasSecret: boolean
  readonly settings: ProviderSettings
  readonly active: boolean
  readonly version: number
}

export interface ProviderDraft extends Omit<Provider, 'id' | 'hasSecret'> {
  /** Absent: a new one. */
  readonly id?: Uuid
  /** Absent: the one that is kept; empty: none (a public client). */
  readonly secret?: string
}

/** The column of sealed secrets, so that a rotation finds them. */
export const providerSecrets: SecretPlace = {
  table: 'identity.provider',
  column: 'secret_sealed',
  key: 'id',
  label: (id) => `sso ${id}`,
}

const within = <T>(parts: Parts, work: (tx: Tx) => Promise<T>): Promise<T> =>
  parts.store.transaction(scopeOfSystem(parts), work)

interface Row {
  readonly id: Uuid
  readonly name: string
  readonly issuer: string
  readonly client_id: string
  readonly secret: boolean
  readonly settings: ProviderSettings
  readonly active: boolean
  readonly version: number
}

const columns = 'id, name, issuer, client_id, secret_sealed is not null as secret, settings, active, version'

const read = (row: Row): Provider => ({
  id: row.id,
  name: row.name,
  issuer: row.issuer,
  clientId: row.client_id,
  hasSecret: row.secret,
  settings: row.settings,
  active: row.active,
  version: row.version,
})

export const listProviders = async (parts: Parts): Promise<readonly Provider[]> =>
  (
    await within(parts, (tx) =>
      tx.query<Row>({
        text: `select ${columns} from identity.provider where tenant_id = $1 order by name, id limit 100`,
        values: [parts.tenant],
      }),
    )
  ).map(read)

/** A provider in force. Throws not-found. */
export const getProvider = async (parts: Parts, id: string): Promise<Provider> => {
  const [row] = isUuid(id)
    ? await within(parts, (tx) =>
        tx.query<Row>({
          name: 'provider-get',
          text: `select ${columns} from identity.provider where tenant_id = $1 and id = $2 and active`,
          values: [parts.tenant, id],
        }),
      )
    : []
  if (!row) throw new Fault('not-found', { what: 'identity provider' })
  return read(row)
}

/** The client secret, opened; undefined for a public client. */
export const secretOf = (parts: Parts, id: Uuid): Promise<string | undefined> =>
  within(parts, async (tx) => {
    const [row] = await tx.query<{ secret_sealed: Uint8Array | null }>({
      text: 'select secret_sealed from identity.provider where tenant_id = $1 and id = $2',
      values: [parts.tenant, id],
    })
    if (!row?.secret_sealed) return undefined
    return fromUtf8(await parts.seal.openSecret(tx, providerSecrets.label(id), row.secret_sealed))
  })

/** Makes or changes one. Throws bad-value, conflict. */
export const saveProvider = async (
  parts: Parts,
  draft: ProviderDraft,
  privileged: (role: string) => Promise<boolean>,
  by: By,
): Promise<Provider> => {
  await demandSound(draft, privileged)
  const now = parts.clock.now()
  const id = draft.id ?? newId(now.getTime())
  return within(parts, async (tx) => {
    const sealed =
      draft.secret === undefined || draft.secret === ''
        ? null
        : await parts.seal.sealSecret(tx, providerSecrets.label(id), utf8(draft.secret))
    const values = [
      parts.tenant,
      id,
      draft.name.trim(),
      draft.issuer,
      draft.clientId,
      sealed,
      JSON.stringify(draft.settings),
      draft.active,
      now,
      draft.id === undefined ? actorIn(by) : draft.version,
      ...(draft.id === undefined ? [] : [draft.secret !== undefined]),
    ]
    const [row] = await tx.query<Row>({
      text:
        draft.id === undefined
          ? `insert into identity.provider (tenant_id, id, name, issuer, client_id, secret_sealed, settings, active, created_at, updated_at, created_by)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10) returning ${columns}`
          : `update identity.provider set name = $3, issuer = $4, client_id = $5, settings = $7, active = $8, updated_at = $9,
               version = version + 1, secret_sealed = case when $11 then $6::bytea else secret_sealed end
             where tenant_id = $1 and id = $2 and version = $10 returning ${columns}`,
      values,
    })
    if (!row) throw new Fault('conflict', { what: 'identity provider' })
    await parts.journal.append(tx, parts.tenant, [
      entry('provider.save', null, by, {
        provider: id,
        issuer: draft.issuer,
        active: draft.active,
        accounts: draft.settings.accounts,
        roles: draft.settings.rules.map((rule) => rule.role),
      }),
    ])
    return read(row)
  })
}

/** Takes a provider away; its sessions end. */
export const removeProvider = (
  parts: Parts,
  id: Uuid,
  by: By,
  end: (tx: Tx, provider: Uuid) => Promise<void>,
): Promise<void> =>
  within(parts, async (tx) => {
    await end(tx, id)
    const gone = await tx.query({
      text: 'delete from identity.provider where tenant_id = $1 and id = $2 returning id',
      values: [parts.tenant, id],
    })
    if (gone.length === 0) throw new Fault('not-found', { what: 'identity provider' })
    await parts.journal.append(tx, parts.tenant, [entry('provider.remove', null, by, { provider: id })])
  })

const demandSound = async (draft: ProviderDraft, privileged: (role: string) => Promise<boolean>): Promise<void> => {
  const refuse = (field: FormField, what: PlainPhrase): never => {
    throw new Fault('bad-value', { field, what })
  }
  if (draft.name.trim() === '') refuse('name', 'expected what people see on the button')
  if (draft.clientId.trim() === '') refuse('clientId', 'expected the name of this installation at the provider')
  if (!isIssuer(draft.issuer)) refuse('issuer', 'expected https://… without query or fragment')
  const { origin, rules, defaultRole, scopes } = draft.settings
  if (URL.parse(origin)?.origin !== origin || !origin.startsWith('https://'))
    refuse('origin', 'expected https://name or https://name:port')
  if (!scopes.includes('openid')) refuse('scopes', 'expected openid among them')
  for (const role of [...rules.map((rule) => rule.role), ...(defaultRole === null ? [] : [defaultRole])])
    if (await privileged(role)) refuse('role', 'a privileged role is given by hand alone, never by a provider')
}

/** https, or http on this machine alone, for trying things out. */
const isIssuer = (text: string): boolean => {
  const url = URL.parse(text)
  if (!url || url.search !== '' || url.hash !== '' || url.username !== '') return false
  return url.protocol === 'https:' || (url.protocol === 'http:' && onThisMachine(url.hostname))
}

export const onThisMachine = (host: string): boolean => ['127.0.0.1', '[::1]', 'localhost'].includes(host)
