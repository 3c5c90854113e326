// A repository: repo.json, packs and manifests in a folder. Reads it as it is; judges nothing (verify.ts does). Keeps backup-9.
import { base64url, canonical, Fault, fromBase64url, fromUtf8, isUuid, newId, utf8, type Uuid } from '#kernel'
import { isUnfinished, list, put, read, remove, within } from './folder.ts'
import { parseVerifyKey, printVerifyKey, sameVerifyKey, type VerifyKey } from '#encryption'
import { type Envelope, parseManifest, signatureHolds } from './manifest.ts'
import { packPath } from './pack.ts'

export interface Repository {
  /** Backups, or the snapshots of the keyring that lie in a folder of their own within. */
  readonly kind: 'backup' | 'keyring'
  readonly folder: string
  readonly id: Uuid
  /** Public key that packs are sealed to. */
  readonly recipient: Uint8Array
  /** Public keys that have signed here; trusted only where the identity pins none. */
  readonly signers: readonly VerifyKey[]
}

/** A manifest file: what it says, or why it says nothing. */
export type Entry = { readonly file: string } & ({ readonly envelope: Envelope } | { readonly envelope: null })

/** Opens a repository; Fault backup-damaged where its description is not one, undefined where there is none. */
export const openRepository = async (folder: string): Promise<Repository | undefined> => {
  const bytes = await read(within(folder, 'repo.json'))
  if (!bytes) return undefined
  try {
    const text = fromUtf8(bytes)
    const value = JSON.parse(text) as Readonly<Record<string, unknown>>
    const { format, id, recipient, signers } = value
    if (format !== 'holdfast-repository-1' || !isUuid(id) || canonical(value) !== text)
      throw new TypeError('not a repository')
    if (!Array.isArray(signers)) throw new TypeError('no signers')
    return { kind: 'backup', folder, id, recipient: key(recipient), signers: signers.map(verifyKey) }
  } catch (cause) {
    throw new Fault('backup-damaged', { what: 'repo.json is not the description of a repository' }, { cause })
  }
}

/** Like openRepository, for readers: a folder without a repository is Fault backup-damaged. */
export const demandRepository = async (folder: string): Promise<Repository> => {
  const repository = await openRepository(folder)
  if (!repository) throw new Fault('backup-damaged', { what: 'there is no repo.json' })
  return repository
}

/** The repository of a folder, made there when the folder holds none. Adds this writer's keys to its description. */
export const makeRepository = async (folder: string, recipient: Uint8Array, signer: VerifyKey): Promise<Repository> => {
  const found = await openRepository(folder)
  if (!found && (await list(within(folder, 'backups'))).length > 0)
    throw new Fault('backup-damaged', { what: 'there are manifests but no repo.json' })
  const id = found?.id ?? newId()
  const known = found?.signers ?? []
  const signers = known.some((one) => sameVerifyKey(one, signer)) ? known : [...known, toKey(signer)]
  const repository: Repository = { kind: 'backup', folder, id, recipient, signers }
  const text = canonical({
    format: 'holdfast-repository-1',
    id,
    recipient: base64url(recipient),
    signers: signers.map(printVerifyKey),
  })
  const same = found !== undefined && signers === known && base64url(found.recipient) === base64url(recipient)
  if (!same) await put(within(folder, 'repo.json'), utf8(text))
  return repository
}

/** The keyring snapshots of a repository: laid out as backups are, but the one part of it that is deleted from. */
export const keyringOf = (repository: Repository): Repository => ({
  ...repository,
  kind: 'keyring',
  folder: within(repository.folder, 'keyring'),
})

/** Where a manifest of this name lies. */
export const manifestPath = ({ folder, kind }: Repository, file: string): string =>
  within(folder, kind === 'backup' ? 'backups' : 'snapshots', file)

/** All manifests, oldest first by their name. */
export const readManifests = async (repository: Repository): Promise<readonly Entry[]> => {
  const names = await list(manifestPath(repository, ''))
  const end = repository.kind === 'backup' ? '.manifest' : '.keyring'
  const entries: Entry[] = []
  for (const file of names.filter((name) => name.endsWith(end))) {
    const bytes = await read(manifestPath(repository, file))
    if (!bytes) continue
    try {
      entries.push({ file, envelope: parseManifest(bytes, file) })
    } catch {
      entries.push({ file, envelope: null })
    }
  }
  return entries
}

/** Ids of the packs that lie there, and names of what an interrupted run left behind. */
export const listPacks = async (
  repository: Repository,
): Promise<{ packs: readonly Uuid[]; unfinished: readonly string[] }> => {
  const packs: Uuid[] = []
  const unfinished: string[] = []
  for (const shelf of await list(within(repository.folder, 'packs')))
    for (const name of await list(within(repository.folder, 'packs', shelf))) {
      const id = name.replace(/\.pack$/, '')
      if (isUnfinished(name)) unfinished.push(within('packs', shelf, name))
      else if (name.endsWith('.pack') && isUuid(id)) packs.push(id)
    }
  return { packs, unfinished }
}

/**
 * Removes what interrupted runs left: unfinished objects and packs that no manifest names. Only while every manifest is as it was
 * written: a pack whose manifest is damaged may still be wanted. Number of objects removed.
 */
export const sweep = async (repository: Repository, entries: readonly Entry[]): Promise<number> => {
  const { packs, unfinished } = await listPacks(repository)
  for (const name of unfinished) await remove(within(repository.folder, name))
  if (!sweeps(repository, entries)) return unfinished.length
  const named = new Set(entries.flatMap((entry) => entry.envelope?.manifest.packs.map((pack) => pack.id) ?? []))
  const orphans = packs.filter((id) => !named.has(id))
  for (const id of orphans) await remove(packPath(repository.folder, id))
  return unfinished.length + orphans.length
}

/** Whether packs are removed at all. A changed byte may be that of a pack's name; old keys go whatever became of their manifest. */
export const sweeps = ({ kind }: Repository, entries: readonly Entry[]): boolean =>
  entries.every(({ envelope }) => envelope !== null && (kind === 'keyring' || signatureHolds(envelope)))

/** A signer's public half alone. */
const toKey = ({ suite, publicKey }: VerifyKey): VerifyKey => ({ suite, publicKey })

const verifyKey = (value: unknown): VerifyKey => {
  if (typeof value !== 'string') throw new TypeError('not a key')
  return parseVerifyKey(value)
}

const key = (value: unknown): Uint8Array => {
  if (typeof value !== 'string') throw new TypeError('not a key')
  const bytes = fromBase64url(value)
  if (bytes.length !== 32) throw new RangeError('a key has 32 bytes')
  return bytes
}
