// The journal as one thing: append in the caller's transaction, seal in the background, read, verify, prove.
import type { Clock, Scope, Uuid } from '#kernel'
import { services } from '#kernel'
import type { Store, Tx } from '#store'
import { openNote, type Signer, type VerifierKey } from './checkpoint.ts'
import { appendEntries, type EntryInput } from './entry.ts'
import {
  type InclusionProof,
  type JournalItem,
  type JournalQuery,
  idsOfPeriod,
  lastCheckpoint,
  listEntries,
  type PastEntry,
  pastEntries,
  type Proof,
  proveConsistency,
  proveInclusion,
  type RecordImage,
  recordImages,
  type StoredCheckpoint,
} from './list.ts'
import { type Memory, processMemory } from './memory.ts'
import { createSealer } from './sealer.ts'
import { oneSigner, type Signers, trustOf } from './signers.ts'
import { type Progress, type Verdict, verifyJournal } from './verify.ts'

export interface JournalOptions {
  readonly store: Store
  readonly clock: Clock
  /** One Ed25519 key for ever, or keys that follow one another. */
  readonly signer: Signer | Signers
  /** Name of this log in its checkpoints, such as holdfast.example/3f2a…; also the name of its key. */
  readonly origin: string
  /** Keeps the last checkpoint outside the database; without it only this process remembers. */
  readonly memory?: Memory
  readonly log?: (line: string) => void
}

export interface Journal {
  readonly origin: string
  /** Every key that has signed checkpoints here. */
  keys(): Promise<readonly VerifierKey[]>
  /** The one of them that signed this note, or null. */
  keyOf(note: string): Promise<VerifierKey | null>
  /** In the transaction of what it tells: both are kept, or neither. */
  append(tx: Tx, tenant: Uuid, entries: readonly EntryInput[]): Promise<void>
  /** In a transaction of its own. */
  record(scope: Scope, entries: readonly EntryInput[]): Promise<void>
  sealUp(tenant: Uuid): Promise<{ size: bigint; root: Uint8Array; behind: number }>
  /** Seals in the background until stopped. */
  start(tenant: Uuid, everyMs?: number): void
  /** Ends the background work and seals what is left. */
  stop(): Promise<void>
  verify(tenant: Uuid, onProgress?: (progress: Progress) => void): Promise<Verdict>
  list(tx: Tx, tenant: Uuid, q: JournalQuery): Promise<{ items: readonly JournalItem[]; next?: string }>
  /** Entries of a period, oldest first, in pages; see `period`. */
  past(tx: Tx, tenant: Uuid, q: Parameters<typeof pastEntries>[2]): Promise<readonly PastEntry[]>
  /** Ids between which every entry of a period lies. */
  period(tx: Tx, tenant: Uuid, from: Date, to: Date): ReturnType<typeof idsOfPeriod>
  images(tx: Tx, tenant: Uuid, obj: string, recordId: Uuid): Promise<readonly RecordImage[]>
  /** The newest signed checkpoint. */
  checkpoint(tx: Tx, tenant: Uuid): Promise<StoredCheckpoint | null>
  /** In the newest tree, or in that of a size. */
  inclusion(tenant: Uuid, index: bigint, size?: bigint): Promise<InclusionProof>
  consistency(tenant: Uuid, m: bigint, n: bigint): Promise<Proof & { from: bigint; fromRoot: string }>
}

export const createJournal = (options: JournalOptions): Journal => {
  const { store, clock, signer, origin, memory = processMemory(), log = () => undefined } = options
  const signers = 'current' in signer ? signer : oneSigner(signer)
  const sealer = createSealer({ store, signers, origin, memory })
  const workers = new Map<Uuid, Worker>()
  const reading = <T>(tenant: Uuid, work: (tx: Tx) => Promise<T>): Promise<T> =>
    store.transaction({ tenant, principal: services.sealer }, work, { readOnly: true, timeoutMs: 600_000 })

  return {
    origin,
    keys: async () => (await trustOf(signers, origin)).keys,
    keyOf: async (note) => {
      const { keys } = await trustOf(signers, origin)
      return keys.find((key) => openNote(note, [key], signers.verify) !== null) ?? null
    },
    append: (tx, tenant, entries) => appendEntries(tx, tenant, clock.now(), entries),
    record: (scope, entries) => store.transaction(scope, (tx) => appendEntries(tx, scope.tenant, clock.now(), entries)),
    sealUp: (tenant) => sealer.sealUp(tenant),
    start(tenant, everyMs = 1000) {
      if (workers.has(tenant)) return
      workers.set(
        tenant,
        repeat(everyMs, async () => {
          try {
            await sealer.sealUp(tenant)
          } catch (cause) {
            log(`journal: sealing failed: ${cause instanceof Error ? cause.message : 'unknown error'}`)
          }
        }),
      )
    },
    async stop() {
      const running = [...workers.values()]
      workers.clear()
      await Promise.all(running.map((worker) => worker.stop()))
    },
    verify: (tenant, onProgress) => verifyJournal({ store, signers, origin, memory }, tenant, onProgress),
    list: listEntries,
    past: pastEntries,
    period: idsOfPeriod,
    images: recordImages,
    checkpoint: lastCheckpoint,
    inclusion: (tenant, index, size) => reading(tenant, (tx) => proveInclusion(tx, tenant, index, size)),
    consistency: (tenant, m, n) => reading(tenant, (tx) => proveConsistency(tx, tenant, m, n)),
  }
}

interface Worker {
  stop(): Promise<void>
}

/** Does the work again and again with a pause between, never twice at once, and one last time when stopped. */
const repeat = (everyMs: number, work: () => Promise<void>): Worker => {
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()
  const wait = (): void => {
    timer = setTimeout(() => {
      running = work().finally(() => {
        if (!stopped) wait()
      })
    }, everyMs)
    timer.unref()
  }
  wait()
  return {
    async stop() {
      stopped = true
      clearTimeout(timer)
      await running
      await work()
    },
  }
}
