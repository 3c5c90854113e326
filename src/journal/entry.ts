// An entry: one fact as RFC 8785 bytes, written in the transaction of what it tells; the stored bytes are what is hashed. Keeps journal-1, journal-2, journal-3.
import { randomBytes } from 'node:crypto'
import { canonical, type Channel, concat, Fault, fromUtf8, hex, type Json, sizeOf, utf8, type Uuid } from '#kernel'
import type { Tx } from '#store'
import { digest } from './tree.ts'

/** A fact to be told. */
export interface EntryInput {
  /** What was done: record.create, record.view, export, denied, session.create, backup.create … */
  readonly act: string
  /** Record type or other thing it was done to. */
  readonly obj?: string
  readonly recordId?: Uuid
  readonly actor: Uuid
  readonly decision?: 'allow' | 'deny'
  readonly groups?: readonly string[]
  readonly purpose?: string
  /** Policies that decided. */
  readonly policy?: string
  readonly channel: Channel
  readonly ip?: string
  /** Ties together the entries of one request. */
  readonly corr?: string
  /** Never a personal value: names of things and numbers. */
  readonly detail?: Json
  /** The sealed after-image of a changed row; the body commits to it. */
  readonly image?: Uint8Array
}

/** An entry as its bytes say it. */
export interface Told {
  readonly at: Date
  readonly tenant: Uuid
  readonly actor: Uuid
  readonly act: string
  readonly obj: string
  readonly recordId: Uuid | null
  readonly groups: readonly string[]
  readonly purpose: string
  readonly policy: string
  readonly decision: 'allow' | 'deny' | ''
  readonly channel: Channel
  readonly ip: string
  readonly corr: string | null
  readonly detail: Json
  /** Hex of SHA-256(salt ‖ image), or null where there is no image. */
  readonly commitment: string | null
}

/** C2SP entry bundles count a leaf's length in 16 bits. */
export const largestBody = 65_535

/** Members every body holds, whatever it tells: who, when, what, on what, why, by which rule, with what outcome, from where. */
export const bodyMembers = [
  'v',
  't',
  'tenant',
  'actor',
  'act',
  'obj',
  'rec',
  'groups',
  'purpose',
  'policy',
  'decision',
  'chan',
  'ip',
  'detail',
  'c',
] as const

/** The bytes of an entry. commitment: see commit. */
export const entryBody = (tenant: Uuid, at: Date, entry: EntryInput, commitment: string | null): Uint8Array => {
  const body = utf8(
    canonical({
      v: 1,
      t: at.toISOString(),
      tenant,
      actor: entry.actor,
      act: entry.act,
      obj: entry.obj ?? '',
      rec: entry.recordId ?? null,
      groups: entry.groups ?? [],
      purpose: (entry.purpose ?? '').toWellFormed(),
      policy: entry.policy ?? '',
      decision: entry.decision ?? '',
      chan: entry.channel,
      ip: entry.ip ?? '',
      corr: entry.corr,
      detail: entry.detail ?? null,
      c: commitment,
    }),
  )
  if (body.length > largestBody) throw new Fault('too-large', { what: 'journal entry', limit: sizeOf(largestBody) })
  return body
}

/** What the bytes of an entry say, or null where they are not an entry. */
export const readBody = (bytes: Uint8Array): Told | null => {
  try {
    const body: unknown = JSON.parse(fromUtf8(bytes))
    if (typeof body !== 'object' || body === null || !('v' in body) || body.v !== 1) return null
    if (bodyMembers.some((name) => !(name in body))) return null
    const b = body as Record<string, unknown>
    const { t, tenant, actor, act, obj, rec, groups, purpose, policy, decision, chan, ip, corr, c } = b
    const texts = [t, tenant, actor, act, obj, purpose, policy, decision, chan, ip]
    if (!texts.every((x) => typeof x === 'string') || !Array.isArray(groups)) return null
    return {
      at: new Date(t as string),
      tenant: tenant as Uuid,
      actor: actor as Uuid,
      act: act as string,
      obj: obj as string,
      recordId: rec as Uuid | null,
      groups: groups as string[],
      purpose: purpose as string,
      policy: policy as string,
      decision: decision as Told['decision'],
      channel: chan as Channel,
      ip: ip as string,
      corr: typeof corr === 'string' ? corr : null,
      detail: b['detail'] as Json,
      commitment: c as string | null,
    }
  } catch {
    return null
  }
}

/** The value that binds a body to its image without telling anything of it: the salt is random, so a guess proves nothing. */
export const commit = (salt: Uint8Array, image: Uint8Array): string => hex(digest(concat(salt, image)))

/** Writes entries in the caller's transaction, in one statement. */
export const appendEntries = async (tx: Tx, tenant: Uuid, at: Date, entries: readonly EntryInput[]): Promise<void> => {
  if (entries.length === 0) return
  const rows = entries.map((entry) => {
    const salt = entry.image ? randomBytes(32) : null
    const commitment = entry.image && salt ? commit(salt, entry.image) : null
    return { entry, salt, body: entryBody(tenant, at, entry, commitment) }
  })
  await tx.query({
    name: 'journal_append',
    text: `insert into journal.entry (tenant_id, at, act, obj, record_id, actor, body, salt, image)
      select $1, $2, e.act, e.obj, e.rec, e.actor, e.body, e.salt, e.image
      from unnest($3::text[], $4::text[], $5::uuid[], $6::uuid[], $7::bytea[], $8::bytea[], $9::bytea[])
        with ordinality as e (act, obj, rec, actor, body, salt, image, n)
      order by e.n`,
    values: [
      tenant,
      at,
      rows.map((r) => r.entry.act),
      rows.map((r) => r.entry.obj ?? ''),
      rows.map((r) => r.entry.recordId ?? null),
      rows.map((r) => r.entry.actor),
      rows.map((r) => r.body),
      rows.map((r) => r.salt),
      rows.map((r) => r.entry.image ?? null),
    ],
  })
}
