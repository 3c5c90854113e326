// Which keys a restore takes: the newest snapshot of the keyring, whatever backup is brought back, and the ledger of erasures as far as
// anything in the repository knows it. Keys of older generations that only an older snapshot has are added. Keeps backup-17, backup-18.
import { Fault, say } from '#kernel'
import type { VerifyKey } from '#encryption'
import type { Tx } from '#store'
import { demandPacks, fits, trusted } from './chain.ts'
import { RowDigest } from './digest.ts'
import type { BackupIdentity } from './identity.ts'
import { type LedgerRow, missingNumbers, openEntry, readLedger } from './ledger.ts'
import type { Envelope, Manifest, TableState } from './manifest.ts'
import { mergedRows } from './merge.ts'
import { columnsOf, quoted } from './names.ts'
import { hashPack } from './pack.ts'
import { keyringOf, readManifests, type Repository } from './repository.ts'
import { openShelf, type Shelf } from './shelf.ts'
import { snapshotsOf } from './snapshot.ts'

export interface ChosenKeyring {
  readonly repository: Repository
  /** The newest snapshot; null where the backup is of before there were any, and holds its keys itself. */
  readonly envelope: Envelope | null
  /** Its tables; null: those of the backup. */
  readonly tables: readonly TableState[] | null
  readonly chain: readonly Manifest[]
  readonly shelf: Shelf
  /** Where keys may lie that the newest snapshot has not: the snapshot made with the backup, or the backup itself. */
  readonly older: { readonly chain: readonly Manifest[]; readonly shelf: Shelf } | null
  /** Every entry of the ledger that lies in the repository. */
  readonly rows: readonly LedgerRow[]
  close(): Promise<void>
}

/** Throws backup-damaged where the newest snapshot is missing or in doubt, or the ledger has a gap: both would bring persons back. */
export const chooseKeyring = async (
  repository: Repository,
  identity: BackupIdentity,
  chain: readonly Envelope[],
  keys: readonly VerifyKey[],
): Promise<ChosenKeyring> => {
  const keyring = keyringOf(repository)
  const tip = chain.at(-1)?.manifest
  if (!tip) throw new Fault('backup-none')
  const snapshots = await snapshotsOf(keyring, keys, tip)
  const newest = snapshots.at(-1)
  await demandUndoubted(keyring, keys, newest)
  if (!newest && tip.format !== 'holdfast-backup-1')
    throw new Fault('backup-damaged', {
      what: 'there is no snapshot of the keyring, without which no backup can be read',
    })
  if (newest && tip.format !== 'holdfast-backup-1' && newest.manifest.createdAt < tip.createdAt)
    throw new Fault('backup-damaged', {
      what: say('the keyring has no snapshot as new as backup {id}', { id: tip.id }),
    })
  const rows = await readRows(repository, identity, keys, tip, snapshots)
  const shelf = openShelf(keyring, identity.privateKey)
  const own = openShelf(repository, identity.privateKey)
  const held = snapshots.find((one) => one.manifest.id === tip.keyring?.id)
  const olderSnapshot = held && held !== newest && (await isWhole(keyring, held)) ? held : undefined
  const older =
    newest && tip.format === 'holdfast-backup-1'
      ? { chain: chain.map(({ manifest }) => manifest), shelf: own }
      : olderSnapshot && { chain: [olderSnapshot.manifest], shelf }
  return {
    repository: keyring,
    envelope: newest ?? null,
    tables: newest?.manifest.tables ?? null,
    chain: newest ? [newest.manifest] : [],
    shelf,
    older: older ?? null,
    rows,
    close: async () => {
      await shelf.close()
      await own.close()
    },
  }
}

/** "The newest" must not quietly become an older one, from before an erasure, because the newest is damaged. */
const demandUndoubted = async (
  keyring: Repository,
  keys: readonly VerifyKey[],
  newest: Envelope | undefined,
): Promise<void> => {
  const entries = await readManifests(keyring)
  const believed = trusted(keyring, entries, keys)
  const since = newest?.manifest.createdAt.replaceAll(/[-:.]/g, '') ?? ''
  const doubtful = entries.find(
    ({ file, envelope }) => file >= since && !believed.some((one) => one === envelope && fits(keyring, one.manifest)),
  )
  if (doubtful)
    throw new Fault('backup-damaged', {
      what: say('the newest snapshot of the keyring, {file}, cannot be believed', { file: doubtful.file }),
    })
}

const isWhole = async (keyring: Repository, envelope: Envelope): Promise<boolean> => {
  try {
    await demandPacks(keyring, [envelope])
  } catch {
    return false
  }
  for (const pack of envelope.manifest.packs)
    if ((await hashPack(keyring.folder, pack.id))?.sha256 !== pack.sha256) return false
  return true
}

const readRows = async (
  repository: Repository,
  identity: BackupIdentity,
  keys: readonly VerifyKey[],
  tip: Manifest,
  snapshots: readonly Envelope[],
): Promise<readonly LedgerRow[]> => {
  const { entries, damaged } = await readLedger(repository, keys)
  if (damaged.length > 0)
    throw new Fault('backup-damaged', {
      what: say('erasure entry {file} cannot be believed', { file: damaged[0] ?? '' }),
    })
  const ours = entries.filter((entry) => entry.tenant === tip.tenant)
  const all = trusted(repository, await readManifests(repository), keys).filter(
    (one) => one.manifest.tenant === tip.tenant,
  )
  const head = Math.max(
    0,
    ...ours.map((entry) => entry.number),
    ...[...all, ...snapshots].map((one) => one.manifest.erasures?.number ?? 0),
  )
  const [missing] = missingNumbers(
    ours.map((entry) => entry.number),
    head,
  )
  if (missing !== undefined)
    throw new Fault('backup-damaged', {
      what: say('entry {number} of the ledger of erasures is missing', { number: missing }),
    })
  return ours.map((entry) => openEntry(repository, identity.privateKey, entry))
}

/**
 * Adds the generations of keys that only the older snapshot has, of subjects that still have a key, and the epochs these are wrapped
 * under: cells of an old backup may need them. An epoch destroyed since comes back as one that only opens.
 */
export const bringOlderKeys = async (tx: Tx, chosen: ChosenKeyring): Promise<void> => {
  const { older } = chosen
  const tip = older?.chain.at(-1)
  if (!older || !tip) return
  const temporary: Record<string, TableState> = {}
  for (const name of ['keyring.epoch', 'keyring.subject_key']) {
    const table = tip.tables.find((one) => one.name === name)
    if (!table) return
    await tx.query({
      text: `create temp table "older_${name.replace('.', '_')}" (like ${quoted(name)} including defaults) on commit drop`,
    })
    const rows = mergedRows(older.chain, name, older.shelf, new RowDigest())
    await tx.copyIn(`copy "older_${name.replace('.', '_')}" (${columnsOf(table)}) from stdin (format binary)`, rows)
    temporary[name] = table
  }
  const epoch = temporary['keyring.epoch']
  const subject = temporary['keyring.subject_key']
  if (!epoch || !subject) return
  await tx.query({
    text: `create temp table wanted on commit drop as select o.* from older_keyring_subject_key o
      where not exists (select from keyring.subject_key k
          where k.tenant_id = o.tenant_id and k.subject_id = o.subject_id and k.generation = o.generation)
        and exists (select from keyring.subject_key k where k.tenant_id = o.tenant_id and k.subject_id = o.subject_id)`,
  })
  await tx.query({
    text: `delete from keyring.epoch e using older_keyring_epoch o where e.tenant_id = o.tenant_id and e.epoch = o.epoch
      and e.state = 'destroyed' and o.state <> 'destroyed'
      and not exists (select from keyring.subject_key k where k.tenant_id = e.tenant_id and k.epoch = e.epoch)`,
  })
  await tx.query({ text: `update older_keyring_epoch set state = 'decrypt-only' where state = 'active'` })
  await tx.query({
    text: `insert into keyring.epoch (${columnsOf(epoch)}) select ${columnsOf(epoch)} from older_keyring_epoch o
      where not exists (select from keyring.epoch e where e.tenant_id = o.tenant_id and e.epoch = o.epoch)`,
  })
  await tx.query({
    text: `insert into keyring.subject_key (${columnsOf(subject)}) select ${columnsOf(subject)} from wanted`,
  })
}
