// Keys by which programs ask: shown once, kept as a hash, each speaking for one user in the role it was made for, within bounds. Keeps identity-180 … identity-183.
import { BlockList, isIP, isIPv4 } from 'node:net'
import {
  base64url,
  type Bounds,
  Fault,
  type FormField,
  newId,
  rolesOf,
  type Said,
  say,
  services,
  uses,
  utf8,
  type Uuid,
} from '#kernel'
import { random, sha256 } from '#encryption'
import type { Tx } from '#store'
import { actorIn, type By, type DirectoryUser, entry, type Origin, type Parts, scopeOfSystem } from './house.ts'
import type { Authenticated } from './identity.ts'
import { plainAddress } from './network.ts'
import { countRate } from './rate.ts'
import { usualRules } from './rules.ts'

/** A key as whoever manages it sees it: never the secret. */
export interface ApiKey {
  readonly id: Uuid
  readonly userId: Uuid
  /** The roles its user had, by spaces; with others the key is dead. */
  readonly role: string
  readonly label: string
  /** How the key begins, to recognise it in a log or a file. */
  readonly prefix: string
  readonly bounds: Bounds
  /** Addresses and networks it may be used from; none: from anywhere. */
  readonly networks: readonly string[]
  readonly perMinute: number
  readonly expiresAt: Date
  readonly createdAt: Date
  readonly seenAt: Date | null
  readonly revokedAt: Date | null
}

export type NewApiKey = Pick<ApiKey, 'userId' | 'label' | 'bounds' | 'networks' | 'perMinute' | 'expiresAt'>

export interface ApiKeys {
  list(userId?: Uuid): Promise<readonly ApiKey[]>
  /** Throws not-found for a user who is not there, bad-value for what a key cannot have. The key is in this answer and nowhere else. */
  create(wanted: NewApiKey, by: By): Promise<{ readonly key: string; readonly made: ApiKey }>
  revoke(id: Uuid, by: By): Promise<void>
  /** Whom a key speaks for; not-signed-in for every reason alike, too-many-attempts beyond its rate. */
  authenticate(key: string, origin: Origin): Promise<Authenticated>
}

/** How every key begins, so that scanners of repositories and logs find one. */
export const keyMark = 'hf_'
/** A key lives at most two years. */
const longestDays = 731
// What a stranger may try with keys that are none, from one network.
const strangers = { times: 60, windowMs: 60_000 }

export const apiKeys = (parts: Parts): ApiKeys => ({
  list: (userId) => within(parts, (tx) => listIn(tx, parts, userId)),
  create: (wanted, by) => create(parts, wanted, by),
  revoke: (id, by) => within(parts, (tx) => revokeIn(tx, parts, id, by)),
  authenticate: (key, origin) => authenticate(parts, key, origin),
})

const within = <T>(parts: Parts, work: (tx: Tx) => Promise<T>): Promise<T> =>
  parts.store.transaction(scopeOfSystem(parts), work)

interface Row {
  readonly id: Uuid
  readonly user_id: Uuid
  readonly role: string
  readonly label: string
  readonly prefix: string
  readonly bounds: Bounds
  readonly networks: readonly string[]
  readonly per_minute: number
  readonly expires_at: Date
  readonly created_at: Date
  readonly seen_at: Date | null
  readonly refused_at: Date | null
  readonly revoked_at: Date | null
}

const columns =
  'id, user_id, role, label, prefix, bounds, networks, per_minute, expires_at, created_at, seen_at, refused_at, revoked_at'

const read = (row: Row): ApiKey => ({
  id: row.id,
  userId: row.user_id,
  role: row.role,
  label: row.label,
  prefix: row.prefix,
  bounds: row.bounds,
  networks: row.networks,
  perMinute: row.per_minute,
  expiresAt: row.expires_at,
  createdAt: row.created_at,
  seenAt: row.seen_at,
  revokedAt: row.revoked_at,
})

const listIn = async (tx: Tx, parts: Parts, userId?: Uuid): Promise<readonly ApiKey[]> =>
  (
    await tx.query<Row>({
      text: `select ${columns} from identity.api_key where tenant_id = $1 and ($2::uuid is null or user_id = $2)
             order by revoked_at is not null, created_at desc, id limit 1000`,
      values: [parts.tenant, userId ?? null],
    })
  ).map(read)

const create = async (parts: Parts, wanted: NewApiKey, by: By): Promise<{ key: string; made: ApiKey }> => {
  const now = parts.clock.now()
  demandSound(wanted, now)
  const user = await parts.directory.get(wanted.userId)
  if (!user?.active) throw new Fault('not-found', { what: 'user' })
  const key = `${keyMark}${base64url(random(32))}`
  const made: ApiKey = {
    ...wanted,
    id: newId(now.getTime()),
    role: rolesOf(user).join(' '),
    prefix: key.slice(0, keyMark.length + 6),
    createdAt: now,
    seenAt: null,
    revokedAt: null,
  }
  await within(parts, async (tx) => {
    await tx.query({
      text: `insert into identity.api_key (tenant_id, id, user_id, role, label, prefix, secret_hash, bounds, networks, per_minute, expires_at, created_by, created_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
      values: [
        parts.tenant,
        made.id,
        made.userId,
        made.role,
        made.label,
        made.prefix,
        sha256(utf8(key)),
        JSON.stringify(made.bounds),
        made.networks,
        made.perMinute,
        made.expiresAt,
        actorIn(by),
        now,
      ],
    })
    await parts.journal.append(tx, parts.tenant, [
      entry('api-key.create', made.userId, by, {
        key: made.id,
        role: made.role,
        bounds: Object.entries(made.bounds).map(([type, allowed]) => `${type}: ${allowed.join(' ')}`),
        networks: [...made.networks],
        expires: made.expiresAt.toISOString(),
      }),
    ])
  })
  return { key, made }
}

const demandSound = (wanted: NewApiKey, now: Date): void => {
  const refuse = (field: FormField, what: Said): never => {
    throw new Fault('bad-value', { field, what })
  }
  if (wanted.label.trim() === '') refuse('label', 'expected a name to recognise the key by')
  const days = (wanted.expiresAt.getTime() - now.getTime()) / 86_400_000
  if (!(days > 0 && days <= longestDays))
    refuse('expiresAt', say('expected a day from tomorrow to {days} days ahead', { days: longestDays }))
  const given = Object.values(wanted.bounds)
  if (given.length === 0 || given.some((allowed) => allowed.length === 0))
    refuse('bounds', 'expected at least one kind of record, each with read, write or export')
  if (given.flat().some((use) => !uses.includes(use))) refuse('bounds', 'expected read, write or export')
  for (const network of wanted.networks)
    if (!isNetwork(network)) refuse('networks', 'expected 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32')
}

const revokeIn = async (tx: Tx, parts: Parts, id: Uuid, by: By): Promise<void> => {
  const [row] = await tx.query<{ user_id: Uuid }>({
    text: `update identity.api_key set revoked_at = $3 where tenant_id = $1 and id = $2 and revoked_at is null returning user_id`,
    values: [parts.tenant, id, parts.clock.now()],
  })
  if (!row) throw new Fault('not-found', { what: 'api key' })
  await parts.journal.append(tx, parts.tenant, [entry('api-key.revoke', row.user_id, by, { key: id })])
}

const authenticate = async (parts: Parts, key: string, origin: Origin): Promise<Authenticated> => {
  const now = parts.clock.now()
  const ip = plainAddress(origin.ip)
  const row = wellFormed(key) ? await find(parts, key) : undefined
  if (!row) {
    await countRate(parts, 'api key', ip, strangers)
    await deny(parts, null, origin, { why: 'unknown api key' })
    throw new Fault('not-signed-in')
  }
  const user = await parts.directory.get(row.user_id)
  const why = wrongWith(row, user, ip, now)
  if (why !== undefined || !user) {
    await refuse(parts, row, origin, why ?? 'no such user', now)
    throw new Fault('not-signed-in')
  }
  await countRate(parts, `api key ${row.id}`, '', { times: row.per_minute, windowMs: 60_000 })
  // Once a minute, as with sessions.
  if (row.seen_at === null || now.getTime() - row.seen_at.getTime() >= 60_000)
    await within(parts, (tx) =>
      tx.query({
        name: 'api-key-seen',
        text: 'update identity.api_key set seen_at = $3 where tenant_id = $1 and id = $2',
        values: [parts.tenant, row.id, now],
      }),
    )
  return speaksFor(row, user, ip, now)
}

const find = async (parts: Parts, key: string): Promise<Row | undefined> =>
  (
    await within(parts, (tx) =>
      tx.query<Row>({
        name: 'api-key-find',
        text: `select ${columns} from identity.api_key where tenant_id = $1 and secret_hash = $2`,
        values: [parts.tenant, sha256(utf8(key))],
      }),
    )
  )[0]

const wrongWith = (row: Row, user: DirectoryUser | null, ip: string, now: Date): string | undefined => {
  if (row.revoked_at !== null) return 'revoked'
  if (row.expires_at.getTime() <= now.getTime()) return 'expired'
  if (!user?.active) return 'inactive user'
  if (rolesOf(user).join(' ') !== row.role) return 'another role'
  if (!isWithin(ip, row.networks)) return 'another network'
  return undefined
}

/** A refusal is told once a minute and key: a program that tries for ever must not fill the journal. */
const refuse = async (parts: Parts, row: Row, origin: Origin, why: string, now: Date): Promise<void> => {
  if (row.refused_at !== null && now.getTime() - row.refused_at.getTime() < 60_000) return
  await within(parts, async (tx) => {
    await tx.query({
      text: 'update identity.api_key set refused_at = $3 where tenant_id = $1 and id = $2',
      values: [parts.tenant, row.id, now],
    })
    const by = { actor: services.system, ...origin }
    await parts.journal.append(tx, parts.tenant, [
      entry('session.denied', row.user_id, by, { why: `api key: ${why}`, key: row.id }, true),
    ])
  })
}

const deny = async (parts: Parts, user: Uuid | null, origin: Origin, detail: { why: string }): Promise<void> => {
  const by = { actor: services.system, ...origin }
  await parts.journal.record(scopeOfSystem(parts), [entry('session.denied', user, by, detail, true)])
}

const speaksFor = (row: Row, user: DirectoryUser, ip: string, now: Date): Authenticated => ({
  user,
  // A program holds the key alone; nobody gave a second factor.
  mfa: false,
  mustChangePassword: false,
  mustEnrol: false,
  bounds: row.bounds,
  session: {
    // No session in the database: what would change one finds none.
    id: '00000000-0000-0000-0000-000000000000',
    userId: user.id,
    createdAt: row.created_at,
    seenAt: now,
    expiresAt: row.expires_at,
    mfaAt: null,
    firstIp: ip,
    lastIp: ip,
    suspicious: false,
    userAgent: '',
    // Nobody is there who could confirm.
    confirmedAt: null,
    secondFactor: false,
    deviceId: null,
    rules: usualRules,
    mustChange: false,
  },
})

const wellFormed = (key: string): boolean =>
  key.startsWith(keyMark) && /^[A-Za-z0-9_-]{43}$/.test(key.slice(keyMark.length))

/** Whether a text is an address or a network in CIDR form. */
export const isNetwork = (text: string): boolean => {
  const [address = '', length, more] = text.split('/')
  if (more !== undefined || isIP(address) === 0) return false
  return length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= (isIPv4(address) ? 32 : 128))
}

/** Whether an address lies in one of the networks; in none of none is everywhere. */
const isWithin = (ip: string, networks: readonly string[]): boolean => {
  if (networks.length === 0) return true
  if (isIP(ip) === 0) return false
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', length] = network.split('/')
    const family = isIPv4(address) ? 'ipv4' : 'ipv6'
    if (length === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(length), family)
  }
  return list.check(ip, isIPv4(ip) ? 'ipv4' : 'ipv6')
}
