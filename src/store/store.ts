// The store: one database, two roles, transactions that carry their principal. Starts or joins the embedded server, or connects to one. Keeps store-5, store-6, store-8.
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type pg from 'pg'
import { type Catalogue, type CustomField, Fault, isFault, type Scope, type Wall } from '#kernel'
import { type Known, knownCatalogue, redefine } from './custom-fields.ts'
import { railsOf } from './derive.ts'
import { type EmbeddedServer, startEmbedded } from './embedded.ts'
import { keepDigest, migrate, schemaDigest } from './migrate.ts'
import { alone } from './mutex.ts'
import { type Login, readRecord, writeRecord } from './record.ts'
import { appLogin, demandHarmless, jobsRole, type Roles } from './roles.ts'
import { transact, type Tx, type TxOptions } from './transaction.ts'
import { demandVerified, type Link, linkOf, urlWith } from './url.ts'
import { wallFaults } from './wall-check.ts'
import { type Address, openPool } from './wire.ts'

export interface StoreOptions {
  /** The data directory: holds the embedded database, or the password made for an external one. */
  readonly data: string
  /** Owner's URL of an external PostgreSQL 15 or newer; absent: the embedded one. */
  readonly databaseUrl?: string
  /** URL of an application role made by hand; default HOLDFAST_APP_DATABASE_URL, else the store makes a role. */
  readonly appDatabaseUrl?: string
  /** An external server may be spoken to without verified TLS. */
  readonly plainAllowed?: boolean
  readonly catalogue: Catalogue
  /** What the guard rails leave of the rows of each record type; a type without a wall shows persons no row. */
  readonly walls?: readonly Wall[]
  readonly log?: (line: string) => void
  /** PostgreSQL settings of the embedded server beyond the standard ones. */
  readonly settings?: Readonly<Record<string, string>>
}

export interface Store {
  readonly kind: 'embedded' | 'external'
  readonly link: Link
  /** The shipped catalogue with the tenant's own fields, as this process read it last. */
  readonly known: Known
  /** Reads the tenant's own fields anew; whether they had changed. */
  refresh(): Promise<boolean>
  /** Changes the fields of a record type: what work writes down becomes columns in the same transaction of the owner. */
  redefine(type: string, work: (tx: Tx, before: readonly CustomField[]) => Promise<void>): Promise<void>
  /** One transaction of the application's role under the second wall. Retries nothing. */
  transaction<T>(scope: Scope, work: (tx: Tx) => Promise<T>, options?: TxOptions): Promise<T>
  /** One transaction of the owner's role, past the second wall: set-up, migration, restore only. */
  owner<T>(work: (tx: Tx) => Promise<T>, options?: TxOptions): Promise<T>
  /** Tables whose row security is not what this program would set up, by name; empty: all is as it should be. */
  wallFaults(): Promise<readonly string[]>
  health(): Promise<{ readonly ok: boolean; readonly version: string }>
  /** Leaves. The embedded server stops when nobody else is connected. */
  close(): Promise<void>
}

/** Opens the store of a data directory; when it returns, the schema is what this program and its catalogue say. */
export const openStore = async (options: StoreOptions): Promise<Store> => {
  const log = options.log ?? (() => undefined)
  for (const url of [options.databaseUrl, options.appDatabaseUrl])
    if (url !== undefined && options.plainAllowed !== true) demandVerified(url)
  await mkdir(options.data, { recursive: true, mode: 0o711 })
  const server = options.databaseUrl === undefined ? await startEmbedded(options) : undefined
  const pools: pg.Pool[] = []
  const pool = (address: Address, max: number): pg.Pool => {
    const made = openPool(address, server?.name ?? `holdfast ${String(process.pid)}`, max)
    pools.push(made)
    return made
  }
  const close = async (): Promise<void> => {
    await Promise.all(pools.splice(0).map((each) => each.end()))
    await server?.close()
  }
  // The embedded server comes back by itself, so its users may wait for it.
  const patience = server ? 15_000 : 0
  try {
    const url = options.databaseUrl ?? ''
    const ownerPool = pool(server ? server.address : { url }, 4)
    const owner: Store['owner'] = (work, more = {}) => transact(ownerPool, patience, undefined, work, more)
    if (!server) await demandServer(owner)
    const appUrl = options.appDatabaseUrl ?? (server ? undefined : process.env.HOLDFAST_APP_DATABASE_URL)
    const app: Address =
      appUrl === undefined ? await ownApp(server, resolve(options.data), url, owner) : { url: appUrl }
    const appPool = pool(app, 16)
    const [who] = await owner((tx) => tx.query<{ name: string }>({ text: 'select current_user as name' }))
    const role = await transact(appPool, patience, undefined, (tx) => demandHarmless(tx, who?.name ?? ''), {})
    const roles: Roles = { app: role, jobs: await owner((tx) => jobsRole(tx, role)) }
    const walls = options.walls ?? []
    let known = await owner((tx) => migrate(tx, options.catalogue, roles, walls, log))
    return {
      get known() {
        return known
      },
      refresh: async () => {
        const now = await owner((tx) => knownCatalogue(tx, options.catalogue), { readOnly: true })
        if (now.number === known.number) return false
        known = now
        return true
      },
      redefine: async (type, work) => {
        known = await owner(async (tx) => {
          const now = await redefine(tx, options.catalogue, type, work)
          await keepDigest(tx, schemaDigest(now.catalogue, roles, walls))
          return now
        })
      },
      kind: server ? 'embedded' : 'external',
      link: linkOf(server ? undefined : (appUrl ?? url)),
      transaction: (scope, work, more = {}) => transact(appPool, patience, scope, work, more, roles.jobs),
      owner,
      wallFaults: () => owner((tx) => wallFaults(tx, railsOf(roles, walls))),
      health: () => health(appPool),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

// The role the store makes itself, with its password in DATA/database.json.
const ownApp = async (
  server: EmbeddedServer | undefined,
  data: string,
  url: string,
  owner: Store['owner'],
): Promise<Address> => {
  if (server) return { ...server.address, ...(await server.appLogin((known) => owner((tx) => appLogin(tx, known)))) }
  return alone(join(data, 'database.lock'), async () => {
    const record = await readRecord(data)
    if (record?.kind === 'embedded')
      throw new Fault('config-invalid', {
        name: 'HOLDFAST_DATABASE_URL',
        what: 'this data directory holds an embedded database',
      })
    const login: Login = await owner((tx) => appLogin(tx, record?.app))
    if (login !== record?.app) await writeRecord(data, { format: 1, kind: 'external', app: login })
    return { url: urlWith(url, { login }) }
  })
}

const demandServer = async (owner: Store['owner']): Promise<void> => {
  const [row] = await owner((tx) =>
    tx.query<{ version: number; encoding: string }>({
      text: "select current_setting('server_version_num')::int as version, current_setting('server_encoding') as encoding",
    }),
  )
  const name = 'HOLDFAST_DATABASE_URL'
  if ((row?.version ?? 0) < 150_000)
    throw new Fault('config-invalid', { name, what: 'PostgreSQL 15 or newer is needed' })
  if (row?.encoding !== 'UTF8')
    throw new Fault('config-invalid', { name, what: 'the encoding of the database must be UTF8' })
}

const health = async (pool: pg.Pool): Promise<{ ok: boolean; version: string }> => {
  const statement = { text: "select current_setting('server_version') as version" }
  try {
    const [row] = await transact(pool, 0, undefined, (tx) => tx.query<{ version: string }>(statement), {
      timeoutMs: 5000,
    })
    return { ok: true, version: row?.version ?? '' }
  } catch (error) {
    if (isFault(error)) return { ok: false, version: '' }
    throw error
  }
}
