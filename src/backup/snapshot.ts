// Snapshots of the keyring: subjects' keys and the ledger of erasures, apart from the backups, each complete. They are the one part
// of a repository that is deleted from: when a person is erased a fresh one is written and the older ones go. Keeps backup-17.
import { resolve } from 'node:path'
import { Fault, newId, services, type Uuid } from '#kernel'
import type { VerifyKey } from '#encryption'
import { knownVersion, type Tx } from '#store'
import { trusted } from './chain.ts'
import { put, remove, sizeOf } from './folder.ts'
import { keepLedger, ledgerHead } from './ledger.ts'
import { takeLock } from './lock.ts'
import {
  type Envelope,
  type LedgerHead,
  type Manifest,
  manifestName,
  type SegmentRef,
  signManifest,
  type TableState,
} from './manifest.ts'
import { packPath } from './pack.ts'
import { openPress, type Press } from './press.ts'
import { keyringOf, manifestPath, openRepository, readManifests, type Repository, sweep } from './repository.ts'
import { openSink, type Sink } from './sink.ts'
import { type Moment, readMoment, readSources } from './source.ts'
import { copyTables } from './states.ts'
import { keepSuccession } from './succession.ts'
import { backupTables, isKeyring, nameOf } from './tables.ts'
import { type CreateOptions, ownKeys } from './create.ts'

/** How long a snapshot that is not the newest may stay, in days: the longest that a destroyed key can be brought back. */
export const snapshotDays = 30

/** Keys stand in the order they were made, so only the last segment of a snapshot changes as customers come in: it is small. */
const segmentSize = 128 << 10

export interface Keys {
  readonly tables: readonly TableState[]
  readonly head: LedgerHead
}

/** Copies the keyring as the transaction sees it. fresh: nothing of an earlier snapshot is pointed to. */
export const copyKeys = async (
  options: CreateOptions,
  o: {
    readonly tx: Tx
    readonly sink: Sink
    readonly press: Press
    readonly keyring: Repository
    readonly earlier: readonly Envelope[]
    readonly fresh: boolean
    readonly signal?: AbortSignal | undefined
  },
): Promise<Keys> => {
  const { tenant, catalogue, writer } = options
  const head = await ledgerHead(o.tx, tenant)
  const last = o.earlier.at(-1)?.manifest
  // A snapshot from before an erasure must go as a whole, with every pack it lies in.
  const usable = !o.fresh && last?.recipient === writer.recipientId && last.erasures?.number === head.number
  const known = usable ? await lyingIn(o.keyring, last) : new Map<string, SegmentRef>()
  o.press.know(known.keys())
  const wanted = backupTables(catalogue).filter((table) => isKeyring(nameOf(table)))
  const sources = await readSources(o.tx, tenant, wanted, null)
  const job = { tx: o.tx, sink: o.sink, press: o.press, known, signal: o.signal, segmentSize }
  return { tables: await copyTables(job, sources, new Map(), undefined, 1), head }
}

/** Segments of a snapshot whose packs lie there in full length. */
const lyingIn = async (keyring: Repository, last: Manifest): Promise<ReadonlyMap<string, SegmentRef>> => {
  const there = new Set<Uuid>()
  for (const pack of last.packs)
    if ((await sizeOf(packPath(keyring.folder, pack.id))) === pack.bytes) there.add(pack.id)
  const segments = last.tables.flatMap((table) => table.rows.segments).filter((segment) => there.has(segment.pack))
  return new Map(segments.map((segment) => [segment.id, segment]))
}

export interface Snapshot {
  readonly manifest: Manifest
  readonly sha256: string
  /** Bytes of its manifest. */
  readonly bytes: number
}

/** Signs and writes the snapshot; its packs are on the disk already. */
export const putSnapshot = async (
  options: CreateOptions,
  keyring: Repository,
  of: {
    readonly moment: Moment
    readonly keys: Keys
    readonly packs: Manifest['packs']
    readonly earlier: readonly Envelope[]
    readonly createdAt: string
    readonly sealed: { readonly size: bigint; readonly root: Uint8Array }
  },
): Promise<Snapshot> => {
  const { moment, keys } = of
  const wanted = new Set(keys.tables.flatMap((table) => table.rows.segments.map((segment) => segment.pack)))
  const reused = of.earlier.flatMap(({ manifest }) => manifest.packs).filter((pack) => wanted.has(pack.id))
  const manifest: Manifest = {
    format: 'holdfast-keyring-1',
    repo: keyring.id,
    id: newId(Date.parse(of.createdAt)),
    type: 'full',
    createdAt: of.createdAt,
    parent: null,
    tenant: options.tenant,
    installation: moment.installation,
    incarnation: moment.incarnation,
    database: moment.database,
    schema: knownVersion,
    server: moment.server,
    snapshot: moment.snapshot,
    journal: { size: String(of.sealed.size), root: Buffer.from(of.sealed.root).toString('hex') },
    recipient: options.writer.recipientId,
    erasures: keys.head,
    tables: keys.tables,
    packs: [...of.packs, ...reused].filter((pack, i, all) => all.findIndex((one) => one.id === pack.id) === i),
  }
  const { file, sha256 } = signManifest(manifest, options.writer.signer)
  await put(manifestPath(keyring, manifestName(manifest)), file)
  return { manifest, sha256: Buffer.from(sha256).toString('hex'), bytes: file.length }
}

/**
 * Deletes the snapshots of this installation that the newest one replaces: those from before its last erasure at once, others when
 * they are older than snapshotDays. Number deleted.
 */
export const pruneSnapshots = async (keyring: Repository, newest: Manifest, now: Date): Promise<number> => {
  let gone = 0
  for (const { file, envelope } of await readManifests(keyring)) {
    const m = envelope?.manifest
    if (m?.id === newest.id) continue
    // One that cannot be read can restore nothing, and keeps its packs from being swept.
    const ours = m === undefined || (m.tenant === newest.tenant && m.installation === newest.installation)
    const behind = m === undefined || (m.erasures?.number ?? 0) < (newest.erasures?.number ?? 0)
    const old = m !== undefined && now.getTime() - Date.parse(m.createdAt) > snapshotDays * 86_400_000
    if (!ours || !(behind || old)) continue
    await remove(manifestPath(keyring, file))
    gone++
  }
  await sweep(keyring, await readManifests(keyring))
  return gone
}

/** The trusted snapshots of a repository, oldest first, those this installation made. */
export const snapshotsOf = async (
  keyring: Repository,
  keys: readonly VerifyKey[],
  of: { readonly tenant: Uuid; readonly installation: Uuid },
): Promise<readonly Envelope[]> =>
  trusted(keyring, await readManifests(keyring), keys).filter(
    ({ manifest }) => manifest.tenant === of.tenant && manifest.installation === of.installation,
  )

export interface Shredded {
  readonly repository: string
  /** Snapshots deleted. */
  readonly deleted: number
  /** Backups of before the keyring had snapshots: they hold keys themselves, until they are deleted. */
  readonly holding: number
}

/** After an erasure: a fresh snapshot of the keyring, and the older ones deleted. Throws where there is no repository. */
export const shredSnapshots = async (options: CreateOptions, repo: string): Promise<Shredded> => {
  const folder = resolve(repo)
  const repository = await openRepository(folder)
  if (!repository) throw new Fault('backup-damaged', { what: 'there is no repo.json' })
  const { store, journal, clock, tenant, writer } = options
  const lock = await takeLock(folder)
  const keyring = keyringOf(repository)
  const sink = openSink(keyring)
  const press = openPress({ key: writer.dedupKey, early: false })
  try {
    await keepSuccession(repository, writer.signer, writer.earlier ?? [])
    const sealed = await journal.sealUp(tenant)
    const { moment, keys, earlier } = await store.transaction(
      { tenant, principal: services.backup },
      async (tx) => {
        const moment = await readMoment(tx, tenant)
        const earlier = await snapshotsOf(keyring, ownKeys(writer), {
          tenant,
          installation: moment.installation,
        })
        await keepLedger(tx, repository, options)
        return { moment, earlier, keys: await copyKeys(options, { tx, sink, press, keyring, earlier, fresh: true }) }
      },
      { readOnly: true, isolation: 'repeatable read', timeoutMs: 0 },
    )
    const packs = await sink.finish()
    await lock.demandHeld()
    const createdAt = momentAfter(clock.now(), earlier)
    const { manifest } = await putSnapshot(options, keyring, { moment, keys, packs, earlier: [], createdAt, sealed })
    const deleted = await pruneSnapshots(keyring, manifest, clock.now())
    const holding = trusted(repository, await readManifests(repository), ownKeys(writer)).filter(
      (one) => one.manifest.format === 'holdfast-backup-1',
    ).length
    return { repository: folder, deleted, holding }
  } catch (error) {
    await sink.abandon()
    throw error
  } finally {
    await press.close()
    await lock.release()
  }
}

/** A clock that went back must not put what is new before what is old. */
export const momentAfter = (now: Date, ...earlier: readonly (readonly Envelope[])[]): string =>
  new Date(
    Math.max(
      now.getTime(),
      ...earlier.map((list) => Date.parse(list.at(-1)?.manifest.createdAt ?? '') + 1).filter((n) => !Number.isNaN(n)),
    ),
  ).toISOString()
