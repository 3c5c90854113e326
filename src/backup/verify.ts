// Verifies a repository without touching it. Level 0: signatures, and everything that is named is there. Level 1: the bytes of
// every stored object, still without any secret. Level 2: everything opened and every row compared, with the identity.
// It names all problems, not the first. Keeps backup-5, backup-6, backup-10.
import { Fault, isFault, type Uuid } from '#kernel'
import { printVerifyKey, type VerifyKey } from '#encryption'
import { fits } from './chain.ts'
import { sizeOf, within } from './folder.ts'
import { type BackupIdentity, parseIdentity } from './identity.ts'
import { missingNumbers, readLedger } from './ledger.ts'
import { type BackupSummary, summaries } from './list.ts'
import { type Envelope, manifestName, type SegmentRef, signatureHolds } from './manifest.ts'
import { readStream } from './merge.ts'
import { hashPack, packPath, readPack } from './pack.ts'
import { type Problem, problem } from './problem.ts'
import {
  type Entry,
  keyringOf,
  listPacks,
  openRepository,
  readManifests,
  type Repository,
  sweeps,
} from './repository.ts'
import { trustedKeys } from './restore.ts'
import { openShelf } from './shelf.ts'

export type VerifyLevel = 0 | 1 | 2

export interface VerifyProgress {
  readonly object: string
  readonly done: number
  readonly of: number
}

export interface VerifyInput {
  readonly repo: string
  readonly level: VerifyLevel
  /** Text of the identity file; level 2 needs it, lower levels take its pinned signing keys. */
  readonly identity?: string
  readonly verifyKeys?: readonly VerifyKey[]
  /** What the installation knows it wrote, so that a missing backup or an older state of the folder is noticed. */
  readonly expected?: readonly { readonly id: Uuid; readonly sha256: string }[]
  /** done: 0 … 1. */
  readonly onProgress?: (done: number, progress: VerifyProgress) => void
}

export interface VerifiedBackup extends BackupSummary {
  /** Whether this backup and all it builds on are without an error. */
  readonly ok: boolean
}

export interface Verification {
  readonly ok: boolean
  readonly level: VerifyLevel
  readonly backups: readonly VerifiedBackup[]
  readonly problems: readonly Problem[]
}

export const verifyRepository = async (input: VerifyInput): Promise<Verification> => {
  if (input.level === 2 && input.identity === undefined)
    throw new Fault('wrong-use', { what: 'level 2 opens the backups, so it needs the identity file' })
  const identity = input.identity === undefined ? undefined : parseIdentity(input.identity)
  const repository = await openOrTell(input.repo)
  if ('code' in repository) return { ok: false, level: input.level, backups: [], problems: [repository] }
  const entries = await readManifests(repository)
  const found: Problem[] = []
  const sound = await checkManifests(repository, entries, identity, input, found)
  const torn = await checkPacks(repository, entries, sound, input, found)
  if (input.level === 2 && identity) await checkRows(repository, sound, torn, identity, input, found)
  await checkKeyring(repository, sound, identity, input, found)
  const broken = spread(sound, found)
  const backups = summaries(entries).map((backup) => ({
    ...backup,
    ok: sound.some((one) => one.manifest.id === backup.id) && !broken.has(backup.id),
  }))
  return { ok: !found.some((one) => one.severity === 'error'), level: input.level, backups, problems: found }
}

const openOrTell = async (folder: string): Promise<Repository | Problem> => {
  try {
    const repository = await openRepository(folder)
    if (repository) return repository
    const used = (await sizeOf(within(folder, 'backups'))) !== undefined
    return problem(used ? 'repository-damaged' : 'repository-missing', 'repo.json')
  } catch (error) {
    if (isFault(error, 'backup-damaged')) return problem('repository-damaged', 'repo.json')
    throw error
  }
}

/** Signatures, names, parents; the manifests that can be believed. */
const checkManifests = async (
  repository: Repository,
  entries: readonly Entry[],
  identity: BackupIdentity | undefined,
  input: VerifyInput,
  found: Problem[],
): Promise<readonly Envelope[]> => {
  const keys = new Set((await trustedKeys(repository, identity, input.verifyKeys)).map(printVerifyKey))
  if (!input.verifyKeys?.length && !identity?.pinned.length) found.push(problem('signer-not-pinned', 'repo.json'))
  const sound: Envelope[] = []
  for (const { file, envelope } of entries) {
    if (!envelope) {
      found.push(problem('manifest-damaged', file))
      continue
    }
    const { manifest } = envelope
    const wrong =
      manifest.repo !== repository.id || !fits(repository, manifest)
        ? 'manifest-foreign'
        : !signatureHolds(envelope)
          ? 'manifest-signature'
          : !keys.has(printVerifyKey(envelope.signer))
            ? 'signer-unknown'
            : manifestName(manifest) !== file
              ? 'manifest-misnamed'
              : undefined
    if (wrong) found.push(problem(wrong, file, manifest.id))
    else sound.push(envelope)
  }
  for (const { manifest } of sound) {
    if (!manifest.parent) continue
    const parent = sound.find((one) => one.manifest.id === manifest.parent?.id)
    if (!parent) found.push(problem('parent-missing', manifest.parent.id, manifest.id))
    else if (parent.sha256 !== manifest.parent.sha256)
      found.push(problem('parent-changed', manifest.parent.id, manifest.id))
  }
  for (const { id, sha256 } of input.expected ?? []) {
    const here = sound.find((one) => one.manifest.id === id)
    if (!here && !found.some((one) => one.backup === id)) found.push(problem('backup-vanished', id, id))
    else if (here && here.sha256 !== sha256) found.push(problem('backup-replaced', id, id))
  }
  return sound
}

/** Presence and length of every pack that is named; from level 1 its hash. Ids of packs not worth opening. */
const checkPacks = async (
  repository: Repository,
  entries: readonly Entry[],
  sound: readonly Envelope[],
  input: VerifyInput,
  found: Problem[],
): Promise<ReadonlySet<Uuid>> => {
  const torn = new Set<Uuid>()
  const wanted = new Map(sound.flatMap(({ manifest }) => manifest.packs.map((pack) => [pack.id, pack])))
  const blame = (what: 'pack-missing' | 'pack-size' | 'pack-damaged', id: Uuid): void => {
    torn.add(id)
    for (const { manifest } of sound)
      if (manifest.packs.some((pack) => pack.id === id)) found.push(problem(what, `${id}.pack`, manifest.id))
  }
  let done = 0
  for (const pack of wanted.values()) {
    // Opening takes about as long as hashing.
    input.onProgress?.(done / wanted.size / (input.level === 2 ? 2 : 1), {
      object: `${pack.id}.pack`,
      done: done++,
      of: wanted.size,
    })
    const size = await sizeOf(packPath(repository.folder, pack.id))
    if (size === undefined) blame('pack-missing', pack.id)
    else if (size !== pack.bytes) blame('pack-size', pack.id)
    else if (input.level > 0 && (await hashPack(repository.folder, pack.id))?.sha256 !== pack.sha256)
      blame('pack-damaged', pack.id)
  }
  const { packs, unfinished } = await listPacks(repository)
  // As the next backup will see it (repository.ts, sweep): it takes nothing that any manifest names, nor while one is damaged or cannot be read.
  const named = new Set(entries.flatMap(({ envelope }) => envelope?.manifest.packs.map((pack) => pack.id) ?? []))
  const swept = sweeps(repository, entries)
  for (const id of packs) if (!named.has(id)) found.push(problem(swept ? 'pack-unused' : 'pack-kept', `${id}.pack`))
  for (const name of unfinished) found.push(problem('unfinished', name))
  return torn
}

/** Opens every segment and compares every row, each stream on its own. */
const checkRows = async (
  repository: Repository,
  sound: readonly Envelope[],
  torn: ReadonlySet<Uuid>,
  identity: BackupIdentity,
  input: VerifyInput,
  found: Problem[],
): Promise<void> => {
  const shut = new Set<Uuid>()
  for (const pack of new Set(sound.flatMap(({ manifest }) => manifest.packs.map((one) => one.id)))) {
    if (torn.has(pack)) continue
    try {
      const reader = await readPack(repository.folder, repository.id, pack, identity.privateKey)
      try {
        if (!listed(await reader.contents(), pack, sound)) found.push(problem('rows-differ', `${pack}.pack`))
      } finally {
        await reader.close()
      }
    } catch (error) {
      if (!isFault(error, 'backup-damaged')) throw error
      shut.add(pack)
      const owner = sound.find(({ manifest }) => manifest.packs.some((one) => one.id === pack))
      found.push(problem('identity-does-not-open', `${pack}.pack`, owner?.manifest.id ?? ''))
    }
  }
  const shelf = openShelf(repository, identity.privateKey)
  try {
    for (const [done, { manifest }] of sound.entries())
      for (const table of manifest.tables) {
        input.onProgress?.(0.5 + done / sound.length / 2, { object: table.name, done, of: sound.length })
        for (const [what, stream] of [['rows', table.rows] as const, ['gone', table.gone] as const]) {
          // Packs already told of would only be told of again.
          if (stream.segments.some(({ pack }) => torn.has(pack) || shut.has(pack))) continue
          try {
            await readStream(stream, `${table.name}/${what}`, table.shape, shelf)
          } catch (error) {
            if (!isFault(error, 'backup-damaged')) throw error
            found.push(problem('rows-differ', `${table.name}/${what}`, manifest.id))
          }
        }
      }
  } finally {
    await shelf.close()
  }
}

/** Whether a pack's own table of contents has every segment that manifests say lies in it, at the same place. */
const listed = (contents: readonly SegmentRef[], pack: Uuid, sound: readonly Envelope[]): boolean => {
  const streams = sound.flatMap(({ manifest }) => manifest.tables.flatMap(({ rows, gone }) => [rows, gone]))
  const named = streams.flatMap((stream) => stream.segments.filter((segment) => segment.pack === pack))
  return named.every(({ index, id, offset, length }) => {
    const here = contents[index]
    return here?.id === id && here.offset === offset && here.length === length
  })
}

/** Snapshots of the keyring and the ledger of erasures, looked at as the backups are; a backup needs a snapshot as new as itself. */
const checkKeyring = async (
  repository: Repository,
  backups: readonly Envelope[],
  identity: BackupIdentity | undefined,
  input: VerifyInput,
  found: Problem[],
): Promise<void> => {
  const keyring = keyringOf(repository)
  const keys = await trustedKeys(repository, identity, input.verifyKeys)
  const own: Problem[] = []
  const bare: VerifyInput = { ...input, expected: [] }
  const all = await readManifests(keyring)
  const sound = await checkManifests(keyring, all, identity, bare, own)
  const torn = await checkPacks(keyring, all, sound, { ...bare, onProgress: () => undefined }, own)
  if (input.level === 2 && identity)
    await checkRows(keyring, sound, torn, identity, { ...bare, onProgress: () => undefined }, own)
  found.push(...own.filter((one) => one.code !== 'signer-not-pinned'))
  const bad = new Set(own.filter((one) => one.severity === 'error').map((one) => one.backup))
  const good = sound.filter(({ manifest }) => !bad.has(manifest.id))
  const { entries, damaged } = await readLedger(repository, keys)
  for (const file of damaged) found.push(problem('erasure-damaged', file))
  for (const [installation, all] of Map.groupBy(backups, ({ manifest }) => manifest.installation)) {
    const tip = all.map(({ manifest }) => manifest).filter(({ format }) => format !== 'holdfast-backup-1')
    const mine = good.map(({ manifest }) => manifest).filter((one) => one.installation === installation)
    const newest = mine.reduce((last, { createdAt }) => (createdAt > last ? createdAt : last), '')
    for (const { id, createdAt } of tip) if (createdAt > newest) found.push(problem('keyring-missing', id, id))
    const head = Math.max(0, ...[...tip, ...mine].map((one) => one.erasures?.number ?? 0))
    for (const one of mine)
      if ((one.erasures?.number ?? 0) < head) found.push(problem('keyring-outdated', manifestName(one)))
    const tenant = all[0]?.manifest.tenant
    const there = entries.filter((entry) => entry.tenant === tenant).map((entry) => entry.number)
    for (const number of missingNumbers(there, head)) found.push(problem('erasure-missing', String(number)))
    if (head > 0)
      for (const { manifest } of all)
        if (manifest.format === 'holdfast-backup-1') found.push(problem('backup-holds-keys', manifest.id, manifest.id))
  }
}

/** Backups with an error of their own or of one they build on. */
const spread = (sound: readonly Envelope[], found: readonly Problem[]): ReadonlySet<string> => {
  const broken = new Set<string>(found.filter((one) => one.severity === 'error').map((one) => one.backup))
  for (let before = -1; before !== broken.size;) {
    before = broken.size
    for (const { manifest } of sound) if (manifest.parent && broken.has(manifest.parent.id)) broken.add(manifest.id)
  }
  return broken
}
