// Verification: recomputes every leaf from the stored bytes, the tree from the leaves, and holds both against every signed checkpoint. Keeps journal-10, journal-11.
import { hex, type Scope, sameBytes, services, type Uuid } from '#kernel'
import type { Store, Tx } from '#store'
import { commit, readBody } from './entry.ts'
import type { Memory } from './memory.ts'
import { signedCheckpoint, type Signers, type Trust, trustOf } from './signers.ts'
import { emptyFrontier, type Frontier, frontierBytes, grow, leafHash, rootOf } from './tree.ts'

export interface Bad {
  /** Index of the leaf; -1 where the entry has none. */
  readonly index: number
  /** Id of the entry; empty where it is gone. */
  readonly entry: string
  readonly what: string
}

export interface Verdict {
  readonly ok: boolean
  readonly entries: number
  readonly sealed: number
  /** Hex of the root over the sealed entries. */
  readonly root: string
  /** The newest signed checkpoint. */
  readonly checkpoint: string | null
  readonly firstBad?: Bad
}

export interface Progress {
  readonly done: number
  readonly total: number
}

export interface VerifyOptions {
  readonly store: Store
  readonly signers: Signers
  readonly origin: string
  readonly memory: Memory
}

const batch = 2000

/** Checks the whole journal on one snapshot; names the first thing that is not as it was signed. */
export const verifyJournal = async (
  options: VerifyOptions,
  tenant: Uuid,
  onProgress: (progress: Progress) => void = () => undefined,
): Promise<Verdict> => {
  const scope: Scope = { tenant, principal: services.sealer }
  // Read before the snapshot: a checkpoint made meanwhile must not look like one that is missing.
  const remembered = await options.memory.load()
  const trust = await trustOf(options.signers, options.origin)
  return options.store.transaction(
    scope,
    async (tx) => {
      const [count] = await tx.query<{ entries: number; sealed: number }>({
        text: `select (select count(*) from journal.entry where tenant_id = $1)::float8 as entries,
          (select count(*) from journal.leaf where tenant_id = $1)::float8 as sealed`,
        values: [tenant],
      })
      const entries = count?.entries ?? 0
      const sealed = count?.sealed ?? 0
      const walk = await walkLeaves(tx, trust, tenant, (done) => onProgress({ done, total: entries }))
      const bad = walk.bad ?? (await checkUnsealed(tx, tenant)) ?? checkMemory(remembered, walk, trust)
      onProgress({ done: entries, total: entries })
      return {
        ok: bad === null,
        entries,
        sealed,
        root: hex(rootOf(walk.frontier)),
        checkpoint: walk.note,
        ...(bad ? { firstBad: bad } : {}),
      }
    },
    { readOnly: true, isolation: 'repeatable read', timeoutMs: 3_600_000 },
  )
}

interface Walk {
  readonly frontier: Frontier
  readonly note: string | null
  /** Roots at the sizes of the checkpoints, in hex. */
  readonly roots: ReadonlyMap<bigint, string>
  readonly bad: Bad | null
}

interface LeafRow extends EntryRow {
  readonly index: bigint
  readonly entry_id: bigint
  readonly hash: Uint8Array
}

interface EntryRow {
  readonly body: Uint8Array | null
  readonly salt: Uint8Array | null
  readonly image: Uint8Array | null
  readonly ms: number
  readonly act: string
  readonly obj: string
  readonly record_id: string | null
  readonly actor: string
  readonly tx: string
}

interface CheckpointRow {
  readonly size: bigint
  readonly root: Uint8Array
  readonly frontier: Uint8Array
  readonly note: string
}

const entryColumns = `e.body, e.salt, e.image, (extract(epoch from e.at) * 1000)::float8 as ms, e.act, e.obj, e.record_id, e.actor, e.tx::text as tx`

/** Walks leaves and checkpoints side by side; stops at the first that is bad. */
const walkLeaves = async (tx: Tx, trust: Trust, tenant: Uuid, onDone: (n: number) => void): Promise<Walk> => {
  const checkpoints = checkpointPages(tx, tenant)
  const roots = new Map<bigint, string>()
  let frontier = emptyFrontier
  let note: string | null = null
  let next = await checkpoints()
  // Since the last good checkpoint: what to name where the tree as a whole is not the signed one.
  let since: Placed[] = []
  const stop = (bad: Bad): Walk => ({ frontier, note, roots, bad })

  for await (const rows of leafPages(tx, tenant)) {
    for (const row of rows) {
      const at = { index: Number(frontier.size), entry: String(row.entry_id) }
      if (row.index !== frontier.size)
        return stop({
          index: at.index,
          entry: '',
          what: `leaf ${String(frontier.size)} is missing; the next one is ${String(row.index)}`,
        })
      const wrong = row.body === null ? 'the entry of this leaf is missing' : checkEntry(row, row.body, tenant)
      if (wrong !== null) return stop({ ...at, what: wrong })
      const leaf = leafHash(row.body ?? new Uint8Array(0))
      if (!sameBytes(leaf, row.hash))
        return stop({ ...at, what: 'the stored bytes of the entry are not those that were sealed' })
      since.push({ index: row.index, entry: row.entry_id, tx: row.tx })
      frontier = grow(frontier, [leaf])
      if (next?.size === frontier.size) {
        const fault = checkCheckpoint(next, frontier, trust)
        if (fault === 'tree') return stop(nameRange(since))
        if (fault !== null) return stop({ ...at, what: fault })
        roots.set(frontier.size, hex(rootOf(frontier)))
        note = next.note
        next = await checkpoints()
        since = []
      }
    }
    onDone(Number(frontier.size))
  }
  if (next)
    return stop({
      index: Number(frontier.size),
      entry: '',
      what: `rolled back: a checkpoint was signed over ${String(next.size)} entries, ${String(frontier.size)} are here`,
    })
  const [first] = since
  if (first)
    return stop({
      index: Number(first.index),
      entry: String(first.entry),
      what: 'a leaf was added that no checkpoint covers',
    })
  return { frontier, note, roots, bad: null }
}

/** The leaves with their entries, a page ahead of the reader. Ranges of indexes, so that each page costs the same however many follow. */
async function* leafPages(tx: Tx, tenant: Uuid): AsyncGenerator<readonly LeafRow[]> {
  const [end] = await tx.query<{ size: bigint }>({
    text: 'select coalesce(max(index) + 1, 0) as size from journal.leaf where tenant_id = $1',
    values: [tenant],
  })
  const size = end?.size ?? 0n
  const fetch = (from: bigint): Promise<readonly LeafRow[]> =>
    tx.query<LeafRow>({
      name: 'journal_verify_leaves',
      text: `select l.index, l.entry_id, l.hash, ${entryColumns}
        from journal.leaf l left join lateral
          (select * from journal.entry where tenant_id = l.tenant_id and id = l.entry_id offset 0) e on true
        where l.tenant_id = $1 and l.index >= $2 and l.index < $2 + ${String(batch)} order by l.index`,
      values: [tenant, from],
    })
  let ahead = fetch(0n)
  for (let from = 0n; from < size; from += BigInt(batch)) {
    const rows = await ahead
    ahead = fetch(from + BigInt(batch))
    // A reader that leaves early leaves this page unread; its failure then belongs to the transaction, not to nobody.
    ahead.catch(() => undefined)
    yield rows
  }
  await ahead
}

/** One checkpoint after the other, fetched in pages. */
const checkpointPages = (tx: Tx, tenant: Uuid): (() => Promise<CheckpointRow | undefined>) => {
  let page: readonly CheckpointRow[] = []
  let at = 0
  let after = -1n
  return async () => {
    if (at === page.length) {
      page = await tx.query<CheckpointRow>({
        name: 'journal_verify_checkpoints',
        text: `select size, root, frontier, note from journal.checkpoint where tenant_id = $1 and size > $2 order by size limit ${String(batch)}`,
        values: [tenant, after],
      })
      at = 0
      after = page.at(-1)?.size ?? after
    }
    return page[at++]
  }
}

/** What is wrong with an entry's row apart from its leaf: the columns people read must say what the bytes say. */
const checkEntry = (row: EntryRow, body: Uint8Array, tenant: Uuid): string | null => {
  const told = readBody(body)
  // Bytes that are no entry are left to the leaf: if that agrees, they were sealed so.
  if (!told) return 'the stored bytes are not an entry'
  const differs = (
    [
      ['at', told.at.getTime() === row.ms],
      ['act', told.act === row.act],
      ['obj', told.obj === row.obj],
      ['record_id', told.recordId === row.record_id],
      ['actor', told.actor === row.actor],
      ['tenant_id', told.tenant === tenant],
    ] as const
  ).find(([, same]) => !same)
  if (differs) return `column ${differs[0]} does not say what the stored bytes say`
  if (told.commitment === null) return row.image || row.salt ? 'an image was added to the entry' : null
  if (!row.image || !row.salt) return 'the image of the entry is missing'
  return commit(row.salt, row.image) === told.commitment ? null : 'the image is not the one the entry commits to'
}

const checkCheckpoint = (row: CheckpointRow, frontier: Frontier, trust: Trust): string | null => {
  const signed = signedCheckpoint(row.note, trust)
  if (signed?.size !== row.size) return `the checkpoint of size ${String(row.size)} does not carry a valid signature`
  if (!sameBytes(signed.root, rootOf(frontier))) return 'tree'
  if (!sameBytes(row.root, signed.root) || !sameBytes(row.frontier, frontierBytes(frontier)))
    return `the checkpoint of size ${String(row.size)} is not stored as it was signed`
  return null
}

interface Placed {
  readonly index: bigint
  readonly entry: bigint
  readonly tx: string
}

/** Whether a leaf belongs before the one it stands after: the sealer's order is (transaction, id). */
const isBefore = (leaf: Placed, previous: Placed | undefined): boolean => {
  if (!previous) return false
  const [a, b] = [BigInt(leaf.tx), BigInt(previous.tx)]
  return a < b || (a === b && leaf.entry < previous.entry)
}

/** Every leaf fits its entry, but together they are not the signed tree: name the place where the order breaks, else the range. */
const nameRange = (since: readonly Placed[]): Bad => {
  const first = since[0]
  const last = since.at(-1)
  const turn = since.findIndex((leaf, i) => isBefore(leaf, since[i - 1]))
  const named = turn > 0 ? since[turn - 1] : first
  const range = `${String(first?.index ?? 0n)} to ${String(last?.index ?? 0n)}`
  return {
    index: Number(named?.index ?? 0n),
    entry: String(named?.entry ?? ''),
    what: `${turn > 0 ? 'entries were reordered' : 'an entry and its leaf were changed, removed or added together'}: entries ${range} are not those that were signed`,
  }
}

/** Entries that wait for the sealer have no leaf to be held against, but must be whole in themselves. */
const checkUnsealed = async (tx: Tx, tenant: Uuid): Promise<Bad | null> => {
  for (let from = -1n; ;) {
    const rows = await tx.query<EntryRow & { id: bigint }>({
      text: `select e.id, ${entryColumns} from journal.entry e
        where e.tenant_id = $1 and e.id > $2 and not exists (select from journal.leaf l where l.tenant_id = e.tenant_id and l.entry_id = e.id)
        order by e.id limit ${String(batch)}`,
      values: [tenant, from],
    })
    for (const row of rows) {
      const wrong = row.body ? checkEntry(row, row.body, tenant) : 'the entry has no bytes'
      if (wrong !== null) return { index: -1, entry: String(row.id), what: wrong }
    }
    const last = rows.at(-1)
    if (!last) return null
    from = last.id
  }
}

const checkMemory = (remembered: string | null, walk: Walk, trust: Trust): Bad | null => {
  const before = remembered === null ? null : signedCheckpoint(remembered, trust)
  if (!before) return null
  const { size } = walk.frontier
  if (before.size > size)
    return {
      index: Number(size),
      entry: '',
      what: `rolled back: ${String(before.size)} entries were signed, ${String(size)} are here`,
    }
  const root = walk.roots.get(before.size)
  if (root === hex(before.root)) return null
  return {
    index: Number(before.size),
    entry: '',
    what:
      root === undefined
        ? `the checkpoint of size ${String(before.size)} is missing`
        : `two histories of ${String(before.size)} entries`,
  }
}
