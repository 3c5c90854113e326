// The sealer: puts entries in order, gives each a gapless index, grows the tree and signs a checkpoint, all in one transaction. Keeps journal-7, journal-8, journal-9.
import { Fault, sameBytes, say, type Scope, services, type Uuid } from '#kernel'
import type { Store, Tx } from '#store'
import { signCheckpoint } from './checkpoint.ts'
import type { Memory } from './memory.ts'
import { signedCheckpoint, type Signers, type Trust, trustOf } from './signers.ts'
import { emptyFrontier, type Frontier, frontierBytes, frontierOf, grow, leafHash, rootOf } from './tree.ts'

export interface SealerOptions {
  readonly store: Store
  readonly signers: Signers
  readonly origin: string
  readonly memory: Memory
  /** Entries in one transaction. */
  readonly batch?: number
}

export interface Sealer {
  /** Seals everything before the horizon. behind: committed entries that still wait for an older transaction to end. */
  sealUp(tenant: Uuid): Promise<{ size: bigint; root: Uint8Array; behind: number }>
}

export const createSealer = ({ store, signers, origin, memory, batch = 2048 }: SealerOptions): Sealer => {
  // Everything below this transaction id is sealed, as this process knows; unknown until one complete pass is done.
  const horizons = new Map<Uuid, string>()

  const once = async (tenant: Uuid, scope: Scope): Promise<Pass> => {
    // Asked for before the transaction, which holds a connection. The key of the moment first: by then it is among all.
    const signer = await signers.current()
    const trust = await trustOf(signers, origin)
    return store.transaction(scope, async (tx) => {
      await tx.query({
        text: `select pg_advisory_xact_lock(hashtextextended('journal.sealer ' || $1::text, 0))`,
        values: [tenant],
      })
      const frontier = await lastFrontier(tx, tenant, trust)
      const remembered = await memory.load()
      if (remembered !== null) demandGrowth(remembered, frontier, trust)
      const { entries, horizon } = await pick(tx, tenant, batch, horizons.get(tenant))
      if (entries.length === 0) return { frontier, horizon, full: false, note: null }
      const hashes = entries.map((e) => leafHash(e.body))
      await tx.query({
        name: 'journal_leaves',
        text: `insert into journal.leaf (tenant_id, index, entry_id, hash)
          select $1, $2::bigint + e.n - 1, e.id, e.hash from unnest($3::bigint[], $4::bytea[]) with ordinality as e (id, hash, n)`,
        values: [tenant, frontier.size, entries.map((e) => e.id), hashes],
      })
      const grown = grow(frontier, hashes)
      const root = rootOf(grown)
      const note = signCheckpoint({ origin, size: grown.size, root }, signer)
      await tx.query({
        text: 'insert into journal.checkpoint (tenant_id, size, root, frontier, note) values ($1, $2, $3, $4, $5)',
        values: [tenant, grown.size, root, frontierBytes(grown), note],
      })
      return { frontier: grown, horizon, full: entries.length === batch, note }
    })
  }

  return {
    async sealUp(tenant) {
      const scope: Scope = { tenant, principal: services.sealer }
      for (;;) {
        const pass = await once(tenant, scope)
        // After the commit: what is remembered is never ahead of what is stored.
        if (pass.note !== null) await memory.save(pass.note)
        if (pass.full) continue
        horizons.set(tenant, pass.horizon)
        const behind = await waiting(store, scope, pass.horizon)
        return { size: pass.frontier.size, root: rootOf(pass.frontier), behind }
      }
    },
  }
}

interface Pass {
  readonly frontier: Frontier
  readonly horizon: string
  readonly full: boolean
  readonly note: string | null
}

/** The tree so far, taken from the last checkpoint only if that is ours, signed, and at one with its own frontier. */
const lastFrontier = async (tx: Tx, tenant: Uuid, trust: Trust): Promise<Frontier> => {
  const [row] = await tx.query<{ size: bigint; root: Uint8Array; frontier: Uint8Array; note: string }>({
    name: 'journal_last_checkpoint',
    text: 'select size, root, frontier, note from journal.checkpoint where tenant_id = $1 order by size desc limit 1',
    values: [tenant],
  })
  const [leaf] = await tx.query<{ size: bigint | null }>({
    name: 'journal_last_leaf',
    text: 'select max(index) + 1 as size from journal.leaf where tenant_id = $1',
    values: [tenant],
  })
  const leaves = leaf?.size ?? 0n
  if (!row) {
    if (leaves > 0n) throw new Fault('journal-broken', { what: 'there are leaves but no checkpoint' })
    return emptyFrontier
  }
  const signed = signedCheckpoint(row.note, trust)
  const frontier = frontierOf(row.size, row.frontier)
  if (!signed || !frontier || signed.size !== row.size || !sameBytes(signed.root, rootOf(frontier)))
    throw new Fault('journal-broken', {
      what: say('checkpoint {size} is not what was signed', { size: String(row.size) }),
    })
  if (leaves !== row.size)
    throw new Fault('journal-broken', {
      what: say('checkpoint {size} stands over {leaves} leaves', { size: String(row.size), leaves: String(leaves) }),
    })
  return frontier
}

// C2SP tlog-checkpoint: a log must not sign a tree that does not contain what it signed before.
const demandGrowth = (remembered: string, frontier: Frontier, trust: Trust): void => {
  const before = signedCheckpoint(remembered, trust)
  if (!before) return
  if (before.size > frontier.size)
    throw new Fault('journal-broken', {
      what: say('rolled back from {before} to {now} entries', {
        before: String(before.size),
        now: String(frontier.size),
      }),
    })
  if (before.size === frontier.size && !sameBytes(before.root, rootOf(frontier)))
    throw new Fault('journal-broken', { what: say('two histories of {size} entries', { size: String(before.size) }) })
}

/**
 * The next entries in the order (transaction, id). An entry is ready when no older transaction can still commit: its
 * transaction lies below the snapshot's xmin. Never by id or time alone: a transaction may take its ids early and commit
 * late. The first pass of a process looks at every entry without a leaf; a transaction id at or above the snapshot's xmax
 * is then one of an earlier incarnation of the database (a restore), and just as ready.
 */
const pick = async (
  tx: Tx,
  tenant: Uuid,
  batch: number,
  from: string | undefined,
): Promise<{ entries: readonly { id: bigint; body: Uint8Array }[]; horizon: string }> => {
  const rows = await tx.query<{ horizon: string; id: bigint | null; body: Uint8Array | null }>({
    text: `with s as materialized (select pg_current_snapshot() as snapshot),
      ready as materialized (
        select e.tx, e.id from journal.entry e, s
        where e.tenant_id = $1
          and ${from === undefined ? '(e.tx < pg_snapshot_xmin(s.snapshot) or e.tx >= pg_snapshot_xmax(s.snapshot))' : 'e.tx >= $3::xid8 and e.tx < pg_snapshot_xmin(s.snapshot)'}
          and not exists (select from journal.leaf l where l.tenant_id = e.tenant_id and l.entry_id = e.id)
        order by e.tx, e.id limit $2)
      select pg_snapshot_xmin(s.snapshot)::text as horizon, r.id, e.body
      from s left join ready r on true left join journal.entry e on e.tenant_id = $1 and e.id = r.id
      order by r.tx, r.id`,
    values: from === undefined ? [tenant, batch] : [tenant, batch, from],
  })
  const entries = rows.flatMap((r) => (r.id !== null && r.body !== null ? [{ id: r.id, body: r.body }] : []))
  return { entries, horizon: rows[0]?.horizon ?? '0' }
}

const waiting = async (store: Store, scope: Scope, horizon: string): Promise<number> => {
  const rows = await store.transaction(
    scope,
    (tx) =>
      tx.query<{ n: number }>({
        text: `select count(*)::int as n from journal.entry e where e.tenant_id = $1 and e.tx >= $2::xid8 and e.tx < pg_snapshot_xmax(pg_current_snapshot())
          and not exists (select from journal.leaf l where l.tenant_id = e.tenant_id and l.entry_id = e.id)`,
        values: [scope.tenant, horizon],
      }),
    { readOnly: true },
  )
  return rows[0]?.n ?? 0
}
