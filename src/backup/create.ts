// Writes backups: sealed to a public key, signed, never read back. Packs first, the manifest last, so that what is named is
// there. Keeps backup-1, backup-8, backup-9, backup-11.
import { resolve } from 'node:path'
import { type Catalogue, type Clock, Fault, newId, type Scope, services, type Uuid } from '#kernel'
import type { Signer, VerifyKey } from '#encryption'
import type { Journal } from '#journal'
import { knownVersion, type Store, type Tx } from '#store'
import { chainOf, demandPacks, parentFor, trusted } from './chain.ts'
import { mkdirPrivate, put, remove, sizeOf } from './folder.ts'
import { keepLedger } from './ledger.ts'
import { takeLock } from './lock.ts'
import {
  type BackupType,
  type Envelope,
  type Manifest,
  manifestName,
  type SegmentRef,
  signManifest,
  type TableState,
} from './manifest.ts'
import { packPath } from './pack.ts'
import { openPress, type Press } from './press.ts'
import { keyringOf, makeRepository, manifestPath, readManifests, type Repository, sweep } from './repository.ts'
import { openSink, type Sink } from './sink.ts'
import { copyKeys, type Keys, momentAfter, pruneSnapshots, putSnapshot, snapshotsOf } from './snapshot.ts'
import { keepSuccession } from './succession.ts'
import { isAfter, type Moment, readMoment, readSources } from './source.ts'
import { type BackupProgress, copyTables } from './states.ts'
import { backupTables, isKeyring, nameOf } from './tables.ts'

export interface WriterConfig {
  /** X25519 public key that packs are sealed to. */
  readonly recipient: Uint8Array
  /** What manifests call it: a short text, such as its fingerprint. */
  readonly recipientId: string
  readonly signer: Signer
  /** What signed here before another profile made another key: its backups are ours, and it names its successor. */
  readonly earlier?: readonly Signer[]
  readonly dedupKey: Uint8Array
}

export type { BackupProgress }

export interface CreateInput {
  readonly type: BackupType
  /** Folder of the repository; made where it does not exist. */
  readonly repo: string
  /** done: 0 … 1, by the size of tables. */
  readonly onProgress?: (done: number, progress: BackupProgress) => void
  readonly signal?: AbortSignal
  /** Who asked for it, for the journal; default: the backup service. */
  readonly actor?: Uuid
}

export interface Created {
  readonly id: Uuid
  readonly type: BackupType
  readonly parent: Uuid | null
  /** Rows and bytes of the backup itself: what list and verify tell of it. */
  readonly rows: number
  readonly bytes: number
  /** The same of the snapshot of the keyring that was written with it, and of both signed lists. */
  readonly keyring: { readonly rows: number; readonly bytes: number }
  readonly seconds: number
}

/** Every key that this writer signed with. */
export const ownKeys = ({ signer, earlier = [] }: WriterConfig): readonly VerifyKey[] => [signer, ...earlier]

export interface CreateOptions {
  readonly store: Store
  readonly journal: Journal
  readonly clock: Clock
  readonly tenant: Uuid
  readonly catalogue: Catalogue
  readonly writer: WriterConfig
}

/** Makes one backup. */
export const createBackup = async (options: CreateOptions, input: CreateInput): Promise<Created> => {
  const folder = resolve(input.repo)
  await mkdirPrivate(folder)
  const lock = await takeLock(folder)
  try {
    const repository = await makeRepository(folder, options.writer.recipient, options.writer.signer)
    await keepSuccession(repository, options.writer.signer, options.writer.earlier ?? [])
    const entries = await readManifests(repository)
    await sweep(repository, entries)
    const earlier = trusted(repository, entries, ownKeys(options.writer))
    input.onProgress?.(0, { phase: 'waiting', table: '', done: 0, of: 0, rows: 0, bytes: 0 })
    return await noted(options, input, folder, (id) =>
      write(options, input, repository, earlier, id, () => lock.demandHeld()),
    )
  } finally {
    await lock.release()
  }
}

interface Written extends Created {
  readonly manifestSha256: Uint8Array
}

/** Keeps ops.backup and the journal at one with what happens. */
const noted = async (
  options: CreateOptions,
  input: CreateInput,
  folder: string,
  work: (id: Uuid) => Promise<Written>,
): Promise<Created> => {
  const { store, journal, clock, tenant } = options
  const scope: Scope = { tenant, principal: services.backup }
  const id = newId(clock.now().getTime())
  await store.transaction(scope, async (tx) => {
    // We hold the lock: whoever still stands as running here was killed.
    await tx.query({
      text: `update ops.backup set state = 'failed' where tenant_id = $1 and repository = $2 and state = 'running'`,
      values: [tenant, folder],
    })
    await tx.query({
      text: `insert into ops.backup (tenant_id, id, type, repository, state, created_at) values ($1, $2, $3, $4, 'running', $5)`,
      values: [tenant, id, input.type, folder, clock.now()],
    })
  })
  try {
    const { manifestSha256, ...created } = await work(id)
    await store.transaction(scope, async (tx) => {
      await tx.query({
        text: `update ops.backup set state = 'done', parent = $3, rows = $4, bytes = $5, seconds = $6, manifest_sha256 = $7
          where tenant_id = $1 and id = $2`,
        values: [tenant, id, created.parent, created.rows, created.bytes, created.seconds, manifestSha256],
      })
      const detail = {
        id,
        type: created.type,
        parent: created.parent,
        rows: created.rows,
        bytes: created.bytes,
        keyring: created.keyring,
      }
      await journal.append(tx, tenant, [
        {
          act: 'backup.create',
          obj: 'backup',
          actor: input.actor ?? services.backup,
          channel: 'job',
          detail: { ...detail, manifest: Buffer.from(manifestSha256).toString('hex') },
        },
      ])
    })
    return created
  } catch (error) {
    await store
      .transaction(scope, (tx) =>
        tx.query({
          text: `update ops.backup set state = 'failed' where tenant_id = $1 and id = $2 and state = 'running'`,
          values: [tenant, id],
        }),
      )
      // The first error is the one to tell.
      .catch(() => undefined)
    throw error
  }
}

const write = async (
  options: CreateOptions,
  input: CreateInput,
  repository: Repository,
  earlier: readonly Envelope[],
  id: Uuid,
  demandHeld: () => Promise<void>,
): Promise<Written> => {
  const started = performance.now()
  const { store, journal, clock, tenant, writer } = options
  const sink = openSink(repository)
  const press = openPress({ key: writer.dedupKey, early: input.type === 'full' })
  const keyring = keyringOf(repository)
  const keySink = openSink(keyring)
  const written: string[] = []
  try {
    await sweep(keyring, await readManifests(keyring))
    const sealed = await journal.sealUp(tenant)
    const { moment, parent, tables, keys, snapshots } = await store.transaction(
      { tenant, principal: services.backup },
      (tx) => readAll(options, input, repository, earlier, tx, sink, press, keySink),
      { readOnly: true, isolation: 'repeatable read', timeoutMs: 0 },
    )
    const keyPacks = await keySink.finish()
    const packs = await sink.finish()
    // A clock that went back must not put a child before its parent.
    const createdAt = momentAfter(clock.now(), earlier, snapshots)
    await demandHeld()
    const snapshot = await putSnapshot(options, keyring, {
      moment,
      keys,
      packs: keyPacks,
      earlier: snapshots,
      createdAt,
      sealed,
    })
    written.push(manifestPath(keyring, manifestName(snapshot.manifest)))
    const manifest: Manifest = {
      format: 'holdfast-backup-2',
      repo: repository.id,
      id,
      type: input.type,
      createdAt,
      parent: parent && { id: parent.manifest.id, sha256: parent.sha256 },
      tenant,
      installation: moment.installation,
      incarnation: moment.incarnation,
      database: moment.database,
      schema: knownVersion,
      server: moment.server,
      snapshot: moment.snapshot,
      journal: { size: String(sealed.size), root: Buffer.from(sealed.root).toString('hex') },
      recipient: writer.recipientId,
      erasures: keys.head,
      keyring: { id: snapshot.manifest.id, sha256: snapshot.sha256 },
      tables,
      packs: [...packs, ...reused(tables, earlier)].filter(
        (pack, i, all) => all.findIndex((p) => p.id === pack.id) === i,
      ),
    }
    const { file, sha256 } = signManifest(manifest, writer.signer)
    await demandHeld()
    const path = manifestPath(repository, manifestName(manifest))
    written.unshift(path)
    await put(path, file)
    // From here on the backup stands; what cannot be deleted now is deleted by the next one.
    await pruneSnapshots(keyring, snapshot.manifest, clock.now())
    const rows = rowsOf(tables)
    const bytes = bytesOf(packs)
    const keyringPart = { rows: rowsOf(keys.tables), bytes: bytesOf(keyPacks) + file.length + snapshot.bytes }
    input.onProgress?.(1, { phase: 'done', table: '', done: tables.length, of: tables.length, rows, bytes: 0 })
    const seconds = Math.round(performance.now() - started) / 1000
    return {
      id,
      type: input.type,
      parent: parent?.manifest.id ?? null,
      rows,
      bytes,
      keyring: keyringPart,
      seconds,
      manifestSha256: sha256,
    }
  } catch (error) {
    // The manifest goes before the packs it names.
    for (const path of written) await remove(path)
    await sink.abandon()
    await keySink.abandon()
    throw error
  } finally {
    await press.close()
  }
}

interface ReadAll {
  readonly moment: Moment
  readonly parent: Envelope | null
  readonly tables: readonly TableState[]
  readonly keys: Keys
  /** Earlier snapshots of the keyring. */
  readonly snapshots: readonly Envelope[]
}

/** Everything of one moment, in one transaction. */
const readAll = async (
  options: CreateOptions,
  input: CreateInput,
  repository: Repository,
  earlier: readonly Envelope[],
  tx: Tx,
  sink: Sink,
  press: Press,
  keySink: Sink,
): Promise<ReadAll> => {
  const { tenant, catalogue, writer } = options
  const moment = await readMoment(tx, tenant)
  const mine = earlier.filter(
    ({ manifest: m }) =>
      m.tenant === tenant &&
      m.installation === moment.installation &&
      m.incarnation === moment.incarnation &&
      m.database === moment.database,
  )
  const parent = parentFor(input.type, mine)
  if (parent) {
    await demandPacks(repository, chainOf(parent.manifest.id, mine))
    if (!(await isAfter(tx, parent.manifest.snapshot))) throw new Fault('backup-no-parent')
  }
  const parentTables = new Map(parent?.manifest.tables.map((table) => [table.name, table]))
  const since = parent && {
    snapshot: parent.manifest.snapshot,
    marks: new Map([...parentTables].map(([name, table]) => [name, table.mark])),
  }
  const sources = await readSources(
    tx,
    tenant,
    backupTables(catalogue).filter((table) => !isKeyring(nameOf(table))),
    since,
  )
  // Rows of another shape cannot be laid over those of the parent.
  if (parent && sources.some((source) => parentTables.get(source.name)?.shape !== source.shape))
    throw new Fault('backup-other-shape')
  const known = input.type === 'full' ? await stored(repository, mine, writer) : new Map<string, SegmentRef>()
  press.know(known.keys())
  const keyring = keyringOf(repository)
  const snapshots = await snapshotsOf(keyring, ownKeys(writer), { tenant, installation: moment.installation })
  const keys = await copyKeys(options, {
    tx,
    sink: keySink,
    press,
    keyring,
    earlier: snapshots,
    // So that no single damaged pack takes every snapshot with it.
    fresh: input.type === 'full',
    signal: input.signal,
  })
  await keepLedger(tx, repository, options)
  const job = { tx, sink, press, known, signal: input.signal }
  const tables = await copyTables(job, sources, parentTables, input.onProgress, 0.99)
  const rows = tables.reduce((sum, table) => sum + table.rows.rows, 0)
  input.onProgress?.(0.99, { phase: 'finishing', table: '', done: tables.length, of: tables.length, rows, bytes: 0 })
  return { moment, parent, tables, keys, snapshots }
}

/** Segments of the last full that a new one may point to: same recipient, pack still there in its full length. */
const stored = async (
  repository: Repository,
  mine: readonly Envelope[],
  writer: WriterConfig,
): Promise<ReadonlyMap<string, SegmentRef>> => {
  const last = mine.findLast(({ manifest }) => manifest.type === 'full' && manifest.recipient === writer.recipientId)
  if (!last) return new Map()
  const there = new Set<string>()
  for (const pack of last.manifest.packs)
    if ((await sizeOf(packPath(repository.folder, pack.id))) === pack.bytes) there.add(pack.id)
  const segments = last.manifest.tables
    .flatMap((table) => table.rows.segments)
    .filter((segment) => there.has(segment.pack))
  return new Map(segments.map((segment) => [segment.id, segment]))
}

/** Packs of earlier backups that segments of this one lie in. */
const reused = (tables: readonly TableState[], earlier: readonly Envelope[]): Manifest['packs'] => {
  const wanted = new Set(tables.flatMap((table) => table.rows.segments.map((segment) => segment.pack)))
  return earlier.flatMap(({ manifest }) => manifest.packs).filter((pack) => wanted.has(pack.id))
}

const rowsOf = (tables: readonly TableState[]): number => tables.reduce((sum, table) => sum + table.rows.rows, 0)
const bytesOf = (packs: Manifest['packs']): number => packs.reduce((sum, pack) => sum + pack.bytes, 0)
