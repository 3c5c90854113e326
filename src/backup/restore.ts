// Brings a backup back into an empty database, in one transaction: all of it, compared with what was signed, or nothing, so a
// restore that was killed can simply be run again. Keeps backup-12, backup-13, backup-14.
import { base64url, Fault, isFault, type Label, say, services, type Uuid } from '#kernel'
import type { VerifyKey } from '#encryption'
import { knownVersion, type Store, type Tx } from '#store'
import { chainOf, demandPacks, trusted } from './chain.ts'
import { RowDigest, rowHash } from './digest.ts'
import { type BackupIdentity, parseIdentity } from './identity.ts'
import type { Envelope, Manifest, TableState } from './manifest.ts'
import { mergedRows } from './merge.ts'
import { bringOwnColumns } from './own-columns.ts'
import { bringOlderKeys, chooseKeyring, type ChosenKeyring } from './keyring.ts'
import { columnsOf, quoted } from './names.ts'
import { pauseMail, stopWebhooks } from './outgoing.ts'
import { hashPack, readPack } from './pack.ts'
import { type Replayed, replayErasures } from './replay.ts'
import { demandRepository, type Entry, readManifests, type Repository } from './repository.ts'
import { rowsOf, slabsOf } from './rows.ts'
import { openShelf, type Shelf } from './shelf.ts'
import { withSuccessors } from './succession.ts'
import { isKeyring } from './tables.ts'

export interface RestoreProgress {
  readonly phase: 'checking' | 'loading' | 'comparing' | 'done'
  /** Table or pack at work. */
  readonly object: string
  readonly done: number
  readonly of: number
  readonly rows: number
}

export interface RestoreInput {
  readonly repo: string
  /** Text of the identity file. */
  readonly identity: string
  /** Trusted beside the keys that the identity pins. */
  readonly verifyKeys?: readonly VerifyKey[]
  /** Default: the newest. */
  readonly backup?: Uuid
  /** Fresh, migrated, empty. */
  readonly store: Store
  /** What to call the place restored to, in errors. */
  readonly place?: string
  /** First of all in the transaction: may empty an installation that nobody uses yet. */
  readonly prepare?: (tx: Tx) => Promise<void>
  /** When all rows are in, before they count: throws where the keys at hand do not open what was brought back. */
  readonly prove?: (tx: Tx, tenant: Uuid, after: Pick<Restored, 'replayed' | 'webhooks' | 'mail'>) => Promise<void>
  /** done: 0 … 1. */
  readonly onProgress?: (done: number, progress: RestoreProgress) => void
}

export interface Restored {
  readonly id: Uuid
  readonly tenant: Uuid
  readonly rows: number
  readonly seconds: number
  /** Per table: rows and digest in the database, equal to those of the backup. */
  readonly digests: Readonly<Record<string, { readonly rows: number; readonly digest: string }>>
  readonly compared: true
  /** Persons in the ledger of erasures: they are as erased as before, whatever the backup held of them. */
  readonly replayed: Replayed
  /** Webhooks that were in use, and are stopped until somebody sets them in use again. */
  readonly webhooks: number
  /** Whether there is a mail server, which is paused until somebody sets it in use again. */
  readonly mail: boolean
}

export const restoreBackup = async (input: RestoreInput): Promise<Restored> => {
  const started = performance.now()
  const identity = parseIdentity(input.identity)
  const repository = await demandRepository(input.repo)
  const chain = await chosenChain(repository, identity, input)
  const manifests = chain.map((envelope) => envelope.manifest)
  const newest = manifests.at(-1)
  if (!newest)
    throw input.backup === undefined ? new Fault('backup-none') : new Fault('backup-not-found', { id: input.backup })
  if (newest.schema > knownVersion) throw new Fault('data-newer', { found: newest.schema, known: knownVersion })
  await checkPacks(repository, chain, identity, input)
  const keyring = await chooseKeyring(
    repository,
    identity,
    chain,
    await trustedKeys(repository, identity, input.verifyKeys),
  )
  if (keyring.envelope) await checkPacks(keyring.repository, [keyring.envelope], identity, input)
  const shelf = openShelf(repository, identity.privateKey)
  try {
    const { digests, ...after } = await input.store.owner((tx) => load(tx, manifests, newest, shelf, keyring, input))
    const rows = Object.values(digests).reduce((sum, table) => sum + table.rows, 0)
    input.onProgress?.(1, { phase: 'done', object: '', done: newest.tables.length, of: newest.tables.length, rows })
    const seconds = Math.round(performance.now() - started) / 1000
    return { id: newest.id, tenant: newest.tenant, rows, seconds, digests, compared: true, ...after }
  } finally {
    await shelf.close()
    await keyring.close()
  }
}

/** Keys whose manifests are believed: the pinned ones and those that follow from them; where none is pinned, those the repository names. */
export const trustedKeys = (
  repository: Repository,
  identity: BackupIdentity | undefined,
  verifyKeys: readonly VerifyKey[] = [],
): Promise<readonly VerifyKey[]> => {
  const pinned = [...(identity?.pinned ?? []), ...verifyKeys]
  return withSuccessors(repository, pinned.length > 0 ? pinned : repository.signers)
}

const chosenChain = async (
  repository: Repository,
  identity: BackupIdentity,
  input: RestoreInput,
): Promise<readonly Envelope[]> => {
  const entries = await readManifests(repository)
  const all = trusted(repository, entries, await trustedKeys(repository, identity, input.verifyKeys))
  const strange = entries.some(
    ({ envelope }) =>
      envelope && !all.includes(envelope) && (input.backup === undefined || envelope.manifest.id === input.backup),
  )
  // The file of another house trusts another signer: nothing is wrong with the repository.
  if (strange && base64url(identity.recipient) !== base64url(repository.recipient))
    throw new Fault('backup-wrong-identity')
  if (input.backup !== undefined) return chainOf(input.backup, all)
  // "The newest" must not quietly become an older one because the newest is damaged.
  const doubtful = entries.find((entry) => !all.some((envelope) => envelope === entry.envelope))
  if (doubtful) throw new Fault('backup-damaged', { what: doubt(doubtful) })
  const newest = all.at(-1)
  if (!newest) throw new Fault('backup-none')
  return chainOf(newest.manifest.id, all)
}

const doubt = ({ file, envelope }: Entry): Label =>
  envelope
    ? say('{file} is not signed by a trusted key; name the backup to restore', { file })
    : say('{file} is not a manifest; name the backup to restore', { file })

/** Hashes of all packs, and whether the identity opens them, before the first row moves. */
const checkPacks = async (
  repository: Repository,
  chain: readonly Envelope[],
  identity: BackupIdentity,
  input: RestoreInput,
): Promise<void> => {
  await demandPacks(repository, chain)
  const packs = new Map(chain.flatMap(({ manifest }) => manifest.packs.map((pack) => [pack.id, pack])))
  let done = 0
  for (const pack of packs.values()) {
    input.onProgress?.((0.1 * done) / packs.size, {
      phase: 'checking',
      object: pack.id,
      done: done++,
      of: packs.size,
      rows: 0,
    })
    const found = await hashPack(repository.folder, pack.id)
    if (found?.sha256 !== pack.sha256)
      throw new Fault('backup-damaged', { what: say('pack {id} is not what was signed', { id: pack.id }) })
    try {
      await (await readPack(repository.folder, repository.id, pack.id, identity.privateKey)).close()
    } catch (cause) {
      // The bytes are those that were signed, so it is the key that does not fit.
      if (isFault(cause, 'backup-damaged')) throw new Fault('backup-wrong-identity', {}, { cause })
      throw cause
    }
  }
}

const load = async (
  tx: Tx,
  chain: readonly Manifest[],
  newest: Manifest,
  shelf: Shelf,
  keyring: ChosenKeyring,
  input: RestoreInput,
): Promise<Pick<Restored, 'digests' | 'replayed' | 'webhooks' | 'mail'>> => {
  const data = newest.tables.filter(({ name }) => keyring.tables === null || !isKeyring(name))
  const parts = [
    ...(keyring.tables ?? []).map((table) => ({ table, chain: keyring.chain, shelf: keyring.shelf })),
    ...data.map((table) => ({ table, chain, shelf })),
  ]
  const tables = parts.map(({ table }) => table)
  await tx.query({
    text: `select set_config('app.tenant', $1, true), set_config('app.principal', $2, true)`,
    values: [newest.tenant, services.backup],
  })
  for (const table of tables) await bringOwnColumns(tx, table)
  for (const table of tables) await demandTable(tx, table)
  await input.prepare?.(tx)
  await demandEmpty(tx, tables, input.place ?? '')
  // COPY FROM refuses a table under forced row security; what this transaction lifts it sets again before it ends.
  for (const table of tables) await tx.query({ text: `alter table ${quoted(table.name)} no force row level security` })
  for (const table of tables.filter(isWhole).toReversed()) await tx.query({ text: `delete from ${quoted(table.name)}` })
  const digests: Record<string, { rows: number; digest: string }> = {}
  const all = Math.max(
    1,
    tables.reduce((sum, table) => sum + table.total.rows, 0),
  )
  const of = tables.length
  let rows = 0
  for (const [done, { table, ...from }] of parts.entries()) {
    const { name } = table
    const digest = new RowDigest()
    const tell = (): void =>
      input.onProgress?.(0.1 + (0.6 * (rows + digest.rows)) / all, {
        phase: 'loading',
        object: name,
        done,
        of,
        rows: rows + digest.rows,
      })
    const stream = watched(mergedRows(from.chain, name, from.shelf, digest), tell)
    await tx.copyIn(`copy ${quoted(name)} (${columnsOf(table)}) from stdin (format binary)`, stream)
    rows += digest.rows
    digests[name] = { rows: digest.rows, digest: digest.hex() }
  }
  await keepIdentities(tx, tables)
  for (const [done, table] of tables.entries()) {
    input.onProgress?.(0.7 + (0.3 * done) / of, { phase: 'comparing', object: table.name, done, of, rows })
    await compare(tx, table, digests[table.name])
  }
  await bringOlderKeys(tx, keyring)
  const replayed = await replayErasures(tx, newest.tenant, tables, keyring.rows)
  const webhooks = await stopWebhooks(tx, newest.tenant, tables)
  const mail = await pauseMail(tx, newest.tenant, tables)
  await tx.query({
    text: 'update ops.installation set incarnation = incarnation + 1 where tenant_id = $1',
    values: [newest.tenant],
  })
  await input.prove?.(tx, newest.tenant, { replayed, webhooks, mail })
  // Deferred links are checked now, while an error can still name them; a table with checks waiting cannot be altered.
  await tx.query({ text: 'set constraints all immediate' })
  for (const table of tables) {
    await tx.query({ text: `alter table ${quoted(table.name)} force row level security` })
    await tx.query({ text: `analyze ${quoted(table.name)}` })
  }
  return { digests, replayed, webhooks, mail }
}

async function* watched(stream: AsyncIterable<Uint8Array>, tell: () => void): AsyncGenerator<Uint8Array> {
  for await (const part of stream) {
    tell()
    yield part
  }
}

const isWhole = (table: TableState): boolean => table.mode === 'whole'

/** The table is there with the columns and types of the backup; it may have more (a newer program). */
const demandTable = async (tx: Tx, table: TableState): Promise<void> => {
  const found = await tx.query<{ name: string; type: string }>({
    text: `select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute
      where attrelid = to_regclass($1) and attnum > 0 and not attisdropped`,
    values: [table.name],
  })
  const types = new Map(found.map((column) => [column.name, column.type]))
  for (const column of table.columns)
    if (types.get(column.name) !== column.type)
      throw new Fault('bad-input', {
        what: say('the backup holds {column} ({type}), which this program does not have', {
          column: `${table.name}.${column.name}`,
          type: column.type,
        }),
      })
}

/** What a fresh installation has of its own: everything else must be empty. */
const mayHoldRows = [
  'ops.installation',
  'ops.setting',
  'ops.policy_version',
  'ops.backup',
  'ops.check_run',
  'ops.check_result',
]

const demandEmpty = async (tx: Tx, tables: readonly TableState[], place: string): Promise<void> => {
  for (const { name } of tables.filter((table) => !mayHoldRows.includes(table.name))) {
    const [row] = await tx.query<{ any: boolean }>({ text: `select exists (select from ${quoted(name)}) as any` })
    if (row?.any !== false) throw new Fault('restore-not-empty', { path: place })
  }
}

/** Sequences of identity columns go on after the largest value. */
const keepIdentities = async (tx: Tx, tables: readonly TableState[]): Promise<void> => {
  for (const table of tables) {
    const columns = await tx.query<{ name: string }>({
      text: `select attname as name from pg_attribute where attrelid = to_regclass($1) and attidentity <> '' and not attisdropped`,
      values: [table.name],
    })
    for (const { name } of columns)
      await tx.query({
        text: `select setval(pg_get_serial_sequence($1, $2), (select coalesce(max("${name}"), 0) + 1 from ${quoted(table.name)}), false)`,
        values: [table.name, name],
      })
  }
}

/** Reads the table back out of the database and compares it with what was loaded and with what was signed. */
const compare = async (
  tx: Tx,
  table: TableState,
  loaded: { readonly rows: number; readonly digest: string } | undefined,
): Promise<void> => {
  const digest = new RowDigest()
  const query = `copy (select ${columnsOf(table)} from ${quoted(table.name)}) to stdout (format binary)`
  for await (const slab of slabsOf(tx.copyOut(query), 1 << 20)) for (const row of rowsOf(slab)) digest.add(rowHash(row))
  const versions = table.mode === 'record' ? await versionsOf(tx, table.name) : 0
  const same =
    digest.rows === loaded?.rows &&
    digest.hex() === loaded.digest &&
    digest.rows === table.total.rows &&
    versions === table.total.versions
  if (!same)
    throw new Fault('backup-damaged', {
      what: say('table {table} came back different from what was backed up', { table: table.name }),
    })
}

const versionsOf = async (tx: Tx, name: string): Promise<number> => {
  const [row] = await tx.query<{ versions: bigint }>({
    text: `select coalesce(sum(version), 0)::bigint as versions from ${quoted(name)}`,
  })
  return Number(row?.versions ?? 0n)
}
