// Reading the journal: pages of entries as their bytes tell them, the images of one record, proofs for outsiders. Keeps journal-12.
import { Fault, hex, type Json, say, type Uuid } from '#kernel'
import type { Tx } from '#store'
import { readBody, type Told } from './entry.ts'
import { consistencyProof, inclusionProof, rootOfLeaves } from './tree.ts'

/** An entry as it is shown: what the hashed bytes say, never the columns beside them. */
export interface JournalItem extends Omit<Told, 'tenant' | 'commitment'> {
  readonly id: bigint
  /** Index in the tree; null while it waits for the sealer. */
  readonly index: bigint | null
}

export interface JournalQuery {
  /** Entries with an id below this one: the `next` of the page before. */
  readonly before?: bigint
  /** 1…500, default 50. */
  readonly limit?: number
  readonly actor?: Uuid
  readonly act?: string
  readonly obj?: string
  readonly recordId?: Uuid
  readonly from?: Date
  /** Up to, not including. */
  readonly to?: Date
}

/** A page of entries, newest first. */
export const listEntries = async (
  tx: Tx,
  tenant: Uuid,
  q: JournalQuery,
): Promise<{ items: readonly JournalItem[]; next?: string }> => {
  const limit = Math.min(Math.max(Math.trunc(q.limit ?? 50), 1), 500)
  const values: unknown[] = [tenant]
  const where = ['e.tenant_id = $1']
  const add = (condition: string, value: unknown): void => {
    if (value === undefined) return
    values.push(value)
    where.push(condition.replace('?', `$${String(values.length)}`))
  }
  add('e.id < ?::bigint', q.before)
  add('e.actor = ?::uuid', q.actor)
  add('e.act = ?::text', q.act)
  add('e.obj = ?::text', q.obj)
  add('e.record_id = ?::uuid', q.recordId)
  add('e.at >= ?::timestamptz', q.from)
  add('e.at < ?::timestamptz', q.to)
  const rows = await tx.query<{ id: bigint; body: Uint8Array; index: bigint | null }>({
    text: `select e.id, e.body, l.index from journal.entry e
      left join journal.leaf l on l.tenant_id = e.tenant_id and l.entry_id = e.id
      where ${where.join(' and ')} order by e.id desc limit ${String(limit + 1)}`,
    values,
  })
  const page = rows.slice(0, limit)
  const items = page.map(({ id, index, body }): JournalItem => {
    const told = readBody(body)
    if (!told) throw new Fault('journal-broken', { what: say('entry {id} is not readable', { id: String(id) }) })
    const { at, actor, act, obj, recordId, groups, purpose, policy, decision, channel, ip, corr, detail } = told
    return { id, index, at, actor, act, obj, recordId, groups, purpose, policy, decision, channel, ip, corr, detail }
  })
  const last = page.at(-1)
  return rows.length > limit && last ? { items, next: String(last.id) } : { items }
}

/** An entry of the past with where it stands. */
export interface PastEntry {
  readonly id: bigint
  readonly told: Told
}

/** The entries of a period, oldest first, in pages: those after an id, at most `limit`. One that cannot be read is journal-broken. */
export const pastEntries = async (
  tx: Tx,
  tenant: Uuid,
  q: { readonly after: bigint; readonly until: bigint; readonly from: Date; readonly to: Date; readonly limit: number },
): Promise<readonly PastEntry[]> => {
  const rows = await tx.query<{ id: bigint; body: Uint8Array }>({
    name: 'journal_past',
    text: `select id, body from journal.entry where tenant_id = $1 and id > $2::bigint and id <= $3::bigint and at >= $4 and at < $5
      order by id limit $6`,
    values: [tenant, q.after, q.until, q.from, q.to, q.limit],
  })
  return rows.map(({ id, body }) => {
    const told = readBody(body)
    if (!told) throw new Fault('journal-broken', { what: say('entry {id} is not readable', { id: String(id) }) })
    return { id, told }
  })
}

/**
 * Ids between which every entry of a period lies. Found by halving, since ids follow the clock but for what was under way at once:
 * an hour on both sides is more than any transaction takes.
 */
export const idsOfPeriod = async (
  tx: Tx,
  tenant: Uuid,
  from: Date,
  to: Date,
): Promise<{ readonly after: bigint; readonly until: bigint }> => {
  const [ends] = await tx.query<{ least: bigint | null; most: bigint | null }>({
    text: `select (select id from journal.entry where tenant_id = $1 order by id limit 1) as least,
      (select id from journal.entry where tenant_id = $1 order by id desc limit 1) as most`,
    values: [tenant],
  })
  if (ends?.least == null || ends.most === null) return { after: 0n, until: 0n }
  const { least, most } = ends
  const firstAt = async (at: Date): Promise<bigint> => {
    let [low, high] = [least, most + 1n]
    while (low < high) {
      const middle = (low + high) / 2n
      const [row] = await tx.query<{ at: Date }>({
        name: 'journal_at',
        text: 'select at from journal.entry where tenant_id = $1 and id >= $2::bigint order by id limit 1',
        values: [tenant, middle],
      })
      if (row && row.at < at) low = middle + 1n
      else high = middle
    }
    return low
  }
  const hour = 3_600_000
  const after = (await firstAt(new Date(from.getTime() - hour))) - 1n
  return { after, until: await firstAt(new Date(to.getTime() + hour)) }
}

/** One state of a record: its sealed after-image, or null where the entry carries none. */
export interface RecordImage {
  readonly entryId: bigint
  readonly at: Date
  readonly actor: Uuid
  readonly act: string
  readonly image: Uint8Array | null
  /** As the hashed bytes say it. */
  readonly detail: Json
}

/** The life of one record, oldest first: its changes, not the looks at it. */
export const recordImages = async (
  tx: Tx,
  tenant: Uuid,
  obj: string,
  recordId: Uuid,
): Promise<readonly RecordImage[]> =>
  (
    await tx.query<Omit<RecordImage, 'detail'> & { body: Uint8Array }>({
      name: 'journal_images',
      text: `select id as "entryId", at, actor, act, image, body from journal.entry
      where tenant_id = $1 and obj = $2 and record_id = $3 and (image is not null or act not in ('record.view', 'record.unmask', 'export', 'denied'))
      order by id`,
      values: [tenant, obj, recordId],
    })
  ).map(({ body, ...entry }) => ({ ...entry, detail: readBody(body)?.detail ?? null }))

export interface StoredCheckpoint {
  readonly size: bigint
  /** Hex. */
  readonly root: string
  readonly at: Date
  /** The signed note. */
  readonly note: string
}

/** The newest checkpoint, or null before the first. */
export const lastCheckpoint = async (tx: Tx, tenant: Uuid): Promise<StoredCheckpoint | null> => {
  const [row] = await tx.query<{ size: bigint; root: Uint8Array; at: Date; note: string }>({
    text: `select size, root, created_at as at, note from journal.checkpoint where tenant_id = $1 order by size desc limit 1`,
    values: [tenant],
  })
  return row ? { ...row, root: hex(row.root) } : null
}

export interface Proof {
  readonly size: bigint
  /** Hex of the root at that size. */
  readonly root: string
  /** Hex, from the leaf upwards. */
  readonly hashes: readonly string[]
}

/** An entry's bytes with the path from them to the root. */
export interface InclusionProof extends Proof {
  readonly index: bigint
  /** The stored bytes; their leaf hash is where the path begins. */
  readonly body: Uint8Array
  /** Hex. */
  readonly leaf: string
}

/** That the entry at an index is in the tree: the newest one, or that of a size. */
export const proveInclusion = async (tx: Tx, tenant: Uuid, index: bigint, size?: bigint): Promise<InclusionProof> => {
  const all = await leafHashes(tx, tenant)
  const leaves = size === undefined ? all : all.slice(0, Number(size))
  const leaf = index < 0n ? undefined : leaves[Number(index)]
  const [entry] = await tx.query<{ body: Uint8Array }>({
    text: `select e.body from journal.leaf l join journal.entry e on e.tenant_id = l.tenant_id and e.id = l.entry_id
      where l.tenant_id = $1 and l.index = $2`,
    values: [tenant, index],
  })
  if (!leaf || !entry || (size !== undefined && BigInt(leaves.length) < size))
    throw new Fault('not-found', { what: 'journal entry' })
  const hashes = inclusionProof(leaves, Number(index)).map(hex)
  const root = hex(rootOfLeaves(leaves))
  return { index, body: entry.body, leaf: hex(leaf), size: BigInt(leaves.length), root, hashes }
}

/** That the tree of size m is a prefix of the tree of size n. */
export const proveConsistency = async (
  tx: Tx,
  tenant: Uuid,
  m: bigint,
  n: bigint,
): Promise<Proof & { from: bigint; fromRoot: string }> => {
  const leaves = (await leafHashes(tx, tenant)).slice(0, Number(n))
  if (m < 1n || m > n || BigInt(leaves.length) < n) throw new Fault('not-found', { what: 'checkpoint' })
  const hashes = consistencyProof(leaves, Number(m)).map(hex)
  const fromRoot = hex(rootOfLeaves(leaves.slice(0, Number(m))))
  return { from: m, fromRoot, size: n, root: hex(rootOfLeaves(leaves)), hashes }
}

const leafHashes = async (tx: Tx, tenant: Uuid): Promise<readonly Uint8Array[]> => {
  const rows = await tx.query<{ hash: Uint8Array }>({
    text: 'select hash from journal.leaf where tenant_id = $1 order by index',
    values: [tenant],
  })
  return rows.map((row) => row.hash)
}
