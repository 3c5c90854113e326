// Writes backups: sealed to a public key, signed, never read back. Packs first, the manifest last, so that what is named is
// there. Keeps backup-1, backup-8, backup-9, backup-11.
import { resolve } from 'node:path'
import { type Catalogue, type Clock, Fault, newId, type Scope, services, type Uuid } from '#kernel'
import type { Signer } from '#encryption'
import type { Journal } from '#journal'
import { knownVersion, type Store, type Tx } from '#store'
import { chainOf, demandPacks, parentFor, trusted } from './chain.ts'
import { type CopyJob, copyRows } from './copy.ts'
import { mkdirPrivate, put, remove, sizeOf, within } from './folder.ts'
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
import { makeRepository, readManifests, type Repository, sweep } from './repository.ts'
import { openSink, type Sink } from './sink.ts'
import { isAfter, type Moment, readMoment, readSources, type Source } from './source.ts'
import { backupTables } from './tables.ts'

export interface WriterConfig {
  /** X25519 public key that packs are sealed to. */
  readonly recipient: Uint8Array
  /** What manifests call it: a short text, such as its fingerprint. */
  readonly recipientId: string
  readonly signer: Signer
  readonly dedupKey: Uint8Array
}

export interface BackupProgress {
  readonly phase: 'waiting' | 'reading' | 'finishing' | 'done'
  readonly table: string
  /** Tables done, and in all. */
  readonly done: number
  readonly of: number
  readonly rows: number
  /** Read so far, before compression. */
  readonly bytes: number
}

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
  readonly rows: number
  /** Bytes added to the repository. */
  readonly bytes: number
  readonly seconds: number
}

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
    const repository = await makeRepository(folder, options.writer.recipient, options.writer.signer.publicKey)
    const entries = await readManifests(repository)
    await sweep(repository, entries)
    const earlier = trusted(repository, entries, [options.writer.signer.publicKey])
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
      const detail = { id, type: created.type, parent: created.parent, rows: created.rows, bytes: created.bytes }
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
  let written: string | undefined
  try {
    const sealed = await journal.sealUp(tenant)
    const { moment, parent, tables } = await store.transaction(
      { tenant, principal: services.backup },
      (tx) => readAll(options, input, repository, earlier, tx, sink, press),
      { readOnly: true, isolation: 'repeatable read', timeoutMs: 0 },
    )
    const packs = await sink.finish()
    // A clock that went back must not put a child before its parent.
    const after = Date.parse(earlier.at(-1)?.manifest.createdAt ?? '') + 1
    const manifest: Manifest = {
      format: 'holdfast-backup-1',
      repo: repository.id,
      id,
      type: input.type,
      createdAt: new Date(Math.max(clock.now().getTime(), Number.isNaN(after) ? 0 : after)).toISOString(),
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
      tables,
      packs: [...packs, ...reused(tables, earlier)].filter(
        (pack, i, all) => all.findIndex((p) => p.id === pack.id) === i,
      ),
    }
    const { file, sha256 } = signManifest(manifest, writer.signer)
    await demandHeld()
    written = within(repository.folder, 'backups', manifestName(manifest))
    await put(written, file)
    const rows = tables.reduce((sum, table) => sum + table.rows.rows, 0)
    const bytes = packs.reduce((sum, pack) => sum + pack.bytes, file.length)
    input.onProgress?.(1, { phase: 'done', table: '', done: tables.length, of: tables.length, rows, bytes: 0 })
    const seconds = Math.round(performance.now() - started) / 1000
    return { id, type: input.type, parent: parent?.manifest.id ?? null, rows, bytes, seconds, manifestSha256: sha256 }
  } catch (error) {
    // The manifest goes before the packs it names.
    if (written !== undefined) await remove(written)
    await sink.abandon()
    throw error
  } finally {
    await press.close()
  }
}

interface ReadAll {
  readonly moment: Moment
  readonly parent: Envelope | null
  readonly tables: readonly TableState[]
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
    if (!(await isAfter(tx, parent.manifest.snapshot))) throw new Fault('backup-no-parent', { type: input.type })
  }
  const parentTables = new Map(parent?.manifest.tables.map((table) => [table.name, table]))
  const since = parent && {
    snapshot: parent.manifest.snapshot,
    marks: new Map([...parentTables].map(([name, table]) => [name, table.mark])),
  }
  const sources = await readSources(tx, tenant, backupTables(catalogue), since)
  // Rows of another shape cannot be laid over those of the parent.
  if (parent && sources.some((source) => parentTables.get(source.name)?.shape !== source.shape))
    throw new Fault('backup-no-parent', { type: input.type })
  const known = input.type === 'full' ? await stored(repository, mine, writer) : new Map<string, SegmentRef>()
  press.know(known.keys())
  const tables = await copyAll(
    { tx, sink, press, known, signal: input.signal },
    sources,
    parentTables,
    input.onProgress,
  )
  return { moment, parent, tables }
}

const copyAll = async (
  job: Omit<CopyJob, 'onRows'>,
  sources: readonly Source[],
  parentTables: ReadonlyMap<string, TableState>,
  onProgress: CreateInput['onProgress'],
): Promise<readonly TableState[]> => {
  const tables: TableState[] = []
  const whole = sources.reduce((sum, source) => sum + source.size, 0)
  let [rows, bytes, sizeDone] = [0, 0, 0]
  for (const source of sources) {
    const before = bytes
    const tell = (): void => {
      const part = Math.min(source.size, bytes - before)
      onProgress?.((0.99 * (sizeDone + part)) / whole, {
        phase: 'reading',
        table: source.name,
        done: tables.length,
        of: sources.length,
        rows,
        bytes,
      })
    }
    tell()
    const onRows = (more: number, length: number): void => {
      rows += more
      bytes += length
      tell()
    }
    const copied = await copyRows({ ...job, onRows }, source.rows, `${source.name}/rows`, source.shape)
    const gone =
      source.gone === null
        ? nothing
        : await copyRows({ ...job, onRows }, source.gone, `${source.name}/gone`, source.shape)
    tables.push(stateOf(source, parentTables.get(source.name), copied, gone))
    sizeDone += source.size
  }
  onProgress?.(0.99, { phase: 'finishing', table: '', done: tables.length, of: tables.length, rows, bytes })
  return tables
}

const nothing: TableState['gone'] = { rows: 0, digest: '0'.repeat(64), segments: [] }

const stateOf = (
  source: Source,
  before: TableState | undefined,
  rows: TableState['rows'],
  gone: TableState['gone'],
): TableState => {
  // Append-only tables grow by what was copied; counting them whole would cost more than the increment.
  const grown = source.table.mode === 'append' ? (before?.total.rows ?? 0) + rows.rows : rows.rows
  const { name, columns, key, shape, mark, versions } = source
  return {
    name,
    mode: source.table.mode,
    columns,
    key,
    shape,
    rows,
    gone,
    total: { rows: source.count ?? grown, versions },
    mark,
  }
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
