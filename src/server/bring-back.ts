// Brings a backup back into an installation that nobody uses yet, keys first: all of it, or nothing, wherever it is interrupted. Keeps server-13.
import { copyFile, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { parseIdentity, restoreBackup, type Restored } from '#backup'
import { railWalls } from '#access'
import { catalogue } from '#crm'
import { type Keys, recoverKeys } from '#encryption'
import { appendEntries } from '#journal'
import { type Channel, Fault, services, type Uuid } from '#kernel'
import { alone, openStore, type Store, type Tx } from '#store'
import { proveRoot } from '#vault'
import { storedRecipient, writeKeyText } from './backup-writer.ts'
import type { Config } from './config.ts'
import { openOrCreateKeys } from './keystore.ts'
import { isAbsent, makePlace } from './place.ts'

export interface BringBack {
  /** Text of the backup identity. */
  readonly identity: string
  /** Text of the recovery sheet, where the keys at hand are not those of the backup. */
  readonly sheet?: string
  /** Default: the newest. */
  readonly backup?: Uuid
  readonly channel: Channel
  readonly ip?: string
  readonly onProgress?: (done: number, what: string) => void
}

/** The house must be closed. Throws what is wrong with backup, identity or keys; nothing has changed then. */
export const bringBack = (config: Config, asked: BringBack): Promise<Restored> =>
  once(config, async () => {
    await settle(config)
    try {
      return await bringRowsBack(config, asked)
    } finally {
      await settle(config)
    }
  }).then(async (restored) => {
    // Keys that came back without it, by the verb: backups go on to the recipient they went to before.
    const path = join(config.keys, recipientFile)
    const names = await readdir(config.keys)
    if (!names.includes(recipientFile) && !names.includes('backup.identity'))
      await writeKeyText(path, storedRecipient(parseIdentity(asked.identity).recipient))
    return restored
  })

/** The first half: the rows are in, the keys still lie apart. */
export const bringRowsBack = async (config: Config, asked: BringBack): Promise<Restored> => {
  const store = await open(config)
  const held: { keys?: Keys } = {}
  try {
    const keys = (held.keys = await keysFor(config, asked))
    await writeKeyText(notePath(config), `${JSON.stringify(await noteOf(config, store))}\n`)
    return await restoreBackup({
      repo: config.repository,
      identity: asked.identity,
      store,
      place: config.data,
      prepare: emptyUnused,
      prove: async (tx, tenant, { replayed, webhooks, mail }) => {
        await proveRoot(tx, keys, tenant)
        const told = { act: 'backup.restore', obj: 'installation', actor: services.system, decision: 'allow' } as const
        const from = { channel: asked.channel, ...(asked.ip === undefined ? {} : { ip: asked.ip }) }
        await appendEntries(tx, tenant, new Date(), [{ ...told, ...from, detail: { ...replayed, webhooks, mail } }])
      },
      ...(asked.backup === undefined ? {} : { backup: asked.backup }),
      onProgress: (done, { object }) => asked.onProgress?.(done, object),
    })
  } finally {
    held.keys?.close()
    await store.close()
  }
}

/** What must be done once the rows are committed, kept where a start finds it. */
interface Note {
  readonly format: 'holdfast-restore'
  readonly version: 1
  /** The tenant of before: as long as the database has it, nothing was restored. */
  readonly tenant: Uuid | null
  /** Key files that replace those of before, and those of before that go aside. */
  readonly fresh: readonly string[]
  readonly aside: readonly string[]
}

/**
 * Ends a restore that came to its end or was killed: with the rows in the database the new keys take their place (again and
 * again, if need be), else what was prepared is removed. Called before anything is opened.
 */
export const settleRestore = async (config: Config): Promise<void> => {
  if (await readNote(config)) await once(config, () => settle(config))
}

const settle = async (config: Config): Promise<void> => {
  const note = await readNote(config)
  const staged = join(config.keys, stage)
  if (note) {
    const store = await open(config)
    const tenant = await tenantIn(store).finally(() => store.close())
    if (tenant !== null && tenant !== note.tenant) await takeIn(config, staged, note, tenant)
  }
  await rm(staged, { recursive: true, force: true }).catch((error: unknown) => {
    if (!isAbsent(error)) throw error
  })
  await rm(notePath(config), { force: true })
}

const takeIn = async (config: Config, staged: string, note: Note, tenant: Uuid): Promise<void> => {
  if (note.fresh.length > 0) {
    const old = join(config.keys, `before-restore-${tenant.slice(-12)}`)
    await mkdir(old, { recursive: true, mode: 0o700 })
    for (const name of note.aside) await moveAside(config.keys, staged, old, name, note)
    for (const name of note.fresh) await absentIsFine(rename(join(staged, name), join(config.keys, name)))
  }
  // What this process remembers of the journal is that of the empty house.
  await rm(`${config.data}/journal.checkpoint`, { force: true })
}

/** One restore at a time, and no start in the midst of one. */
const once = async <T>(config: Config, work: () => Promise<T>): Promise<T> => {
  await makePlace('data', config.data)
  return alone(join(config.data, 'restore.lock'), work)
}

const moveAside = async (keys: string, staged: string, old: string, name: string, note: Note): Promise<void> => {
  if (!note.fresh.includes(name)) return absentIsFine(rename(join(keys, name), join(old, name)))
  // Once the new file has moved in, the one under this name is the new one.
  const waiting = await readdir(staged).then(
    (names) => names.includes(name),
    () => false,
  )
  if (waiting) await absentIsFine(copyFile(join(keys, name), join(old, name)))
}

const stage = 'restoring'

/** The keys to prove the backup with: out of the sheet, beside the others, or those at hand. */
const keysFor = async (config: Config, asked: BringBack): Promise<Keys> => {
  if (asked.sheet === undefined) return openOrCreateKeys(config, false)
  const staged = join(config.keys, stage)
  await makePlace('keys', config.keys)
  await rm(staged, { recursive: true, force: true })
  const passphrase = config.passphrase === undefined ? {} : { passphrase: config.passphrase }
  const keys = await recoverKeys(staged, asked.sheet, passphrase)
  // Backups go on to the recipient they went to before.
  await writeKeyText(join(staged, recipientFile), storedRecipient(parseIdentity(asked.identity).recipient))
  return keys
}

const recipientFile = 'backup.recipient.json'

const noteOf = async (config: Config, store: Store): Promise<Note> => {
  const names = async (folder: string): Promise<readonly string[]> =>
    (await readdir(folder, { withFileTypes: true }).catch(() => [])).flatMap((one) => (one.isFile() ? [one.name] : []))
  return {
    format: 'holdfast-restore',
    version: 1,
    tenant: await tenantIn(store),
    fresh: await names(join(config.keys, stage)),
    aside: await names(config.keys),
  }
}

const tenantIn = (store: Store): Promise<Uuid | null> =>
  store.owner(async (tx) => {
    const [row] = await tx.query<{ tenant_id: Uuid }>({ text: 'select tenant_id from ops.installation' })
    return row?.tenant_id ?? null
  })

/** Nobody has set this installation up, so nothing in it is anybody's; one that was is left as it is, and refused as not empty. */
const emptyUnused = async (tx: Tx): Promise<void> => {
  const used = ['identity.credential', ...catalogue.types.filter(isCustomers).map((type) => `crm.${type.table}`)]
  for (const name of used) {
    // The owner sees all rows of a table only while the second wall does not stand before it as well; this transaction sets it again.
    await tx.query({ text: `alter table ${name} no force row level security` })
    const [row] = await tx.query<{ any: boolean }>({ text: `select exists (select from ${name}) as any` })
    await tx.query({ text: `alter table ${name} force row level security` })
    if (row?.any !== false) throw new Fault('already-set-up')
  }
  const tables = await tx.query<{ name: string }>({
    text: `select format('%I.%I', n.nspname, c.relname) as name
           from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
           where a.attname = 'tenant_id' and not a.attisdropped and c.relkind = 'r'
             and n.nspname not in ('pg_catalog', 'information_schema') order by 1`,
  })
  await tx.query({ text: `truncate ${tables.map(({ name }) => name).join(', ')}` })
}

const isCustomers = (type: { readonly name: string }): boolean => type.name !== 'user' && type.name !== 'team'

const open = (config: Config): Promise<Store> =>
  openStore({
    data: config.data,
    catalogue,
    walls: railWalls(catalogue),
    ...(config.databaseUrl === undefined ? {} : { databaseUrl: config.databaseUrl }),
    ...(config.appDatabaseUrl === undefined ? {} : { appDatabaseUrl: config.appDatabaseUrl }),
    plainAllowed: config.databasePlain,
  })

const notePath = (config: Config): string => join(config.data, 'restore.json')

const readNote = async (config: Config): Promise<Note | undefined> => {
  const text = await readFile(notePath(config), 'utf8').catch((error: unknown) => {
    if (isAbsent(error)) return undefined
    throw error
  })
  if (text === undefined) return undefined
  const note = readJson(text)
  const lists = [note.fresh, note.aside]
  if (note.format !== 'holdfast-restore' || (note.version as number) !== 1 || !lists.every((one) => Array.isArray(one)))
    throw new Fault('config-invalid', { name: 'restore.json', what: 'it is not of a known version' })
  return note as Note
}

const readJson = (text: string): Partial<Note> => {
  try {
    return JSON.parse(text) as Partial<Note>
  } catch (cause) {
    throw new Fault('config-invalid', { name: 'restore.json', what: 'cannot be read' }, { cause })
  }
}

const absentIsFine = async (work: Promise<unknown>): Promise<void> => {
  await work.catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  })
}
