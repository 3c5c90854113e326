// The embedded server of a data directory: started or joined, kept alive, stopped by whoever leaves last. Keeps store-1 to store-5.
import { randomBytes } from 'node:crypto'
import { mkdir, realpath, rmdir, stat } from 'node:fs/promises'
import { isAbsolute, join, relative, resolve } from 'node:path'
import pg from 'pg'
import { Fault, say } from '#kernel'
import { type Account, account, barrier } from './account.ts'
import { closedTo, createCluster, demandVersion, newPassword, place, resetPassword, socketFolder } from './cluster.ts'
import { codeOf, failure } from './failure.ts'
import { alone } from './mutex.ts'
import { findPostmaster, type Postmaster, startPostmaster, stopPostmaster } from './postmaster.ts'
import { type DatabaseRecord, type Login, readRecord, writeRecord } from './record.ts'
import { programs } from './runtime.ts'
import { type Address, wire } from './wire.ts'

export interface EmbeddedOptions {
  readonly data: string
  readonly log?: (line: string) => void
  /** PostgreSQL settings beyond the standard ones; they count for the process that starts the server. */
  readonly settings?: Readonly<Record<string, string>>
}

export interface EmbeddedServer {
  /** How the owner of the database connects. */
  readonly address: Address
  /** Name under which all connections of this process appear. */
  readonly name: string
  /** Process id of the postmaster now. */
  readonly pid: number
  /** The application role's login: `make` gets the one kept in database.json and answers the one to keep. */
  appLogin(make: (known: Login | undefined) => Promise<Login>): Promise<Login>
  /** Leaves; stops the server when nobody else is connected. */
  close(): Promise<void>
}

type Embedded = Extract<DatabaseRecord, { kind: 'embedded' }>

/** Starts the server of a data directory, or joins the one that runs. */
export const startEmbedded = async (options: EmbeddedOptions): Promise<EmbeddedServer> => {
  await mkdir(options.data, { recursive: true, mode: 0o711 })
  const data = await realpath(options.data)
  const log = options.log ?? (() => undefined)
  return alone(join(data, 'database.lock'), async () => {
    const { who, record, bin } = await settle(data, log, options.settings?.fsync !== 'off')
    const server = new Held(data, who, record, bin, log, options.settings ?? {})
    await server.run()
    return server
  })
}

// What must be so before anything runs: files, account, programs, record.
const settle = async (
  data: string,
  log: (line: string) => void,
  sync: boolean,
): Promise<{ who: Account; record: Embedded; bin: string }> => {
  const known = await readRecord(data)
  if (known?.kind === 'external')
    throw new Fault('config-invalid', {
      name: 'HOLDFAST_DATABASE_URL',
      what: 'this data directory belongs to an external database; name it',
    })
  const lent = await account()
  const base = known
    ? resolve(data, known.cluster, '..')
    : (await exists(join(data, 'postgres')))
      ? data
      : await place(data, lent, log)
  const cluster = known ? resolve(data, known.cluster) : join(base, 'postgres')
  if (known && !(await exists(cluster)))
    throw new Fault('database-unreachable', { what: say('its files are missing: {path}', { path: cluster }) })
  // Files that already have an owner are served by that owner.
  const owner = (await exists(cluster)) ? (await stat(cluster)).uid : 0
  const who =
    lent.lent && owner !== 0 && owner !== lent.uid
      ? { ...lent, uid: owner, gid: (await stat(cluster)).gid, name: String(owner) }
      : lent
  const bin = await programs(base, who)
  const closed = await barrier(base, who)
  if (closed !== undefined) throw closedTo(closed, who)
  const login: Login = known?.owner ?? { user: 'holdfast', password: newPassword() }
  if (!(await exists(cluster))) {
    if (who.lent) log(`PostgreSQL refuses to run as root; it runs as ${who.name}`)
    await createCluster(bin, cluster, who, login, sync)
  } else {
    await demandVersion(cluster)
    if (!known) {
      log('the record of the database was missing; a new password is set')
      const running = await findPostmaster(cluster)
      if (running) await stopPostmaster(cluster, running.pid)
      await resetPassword(bin, cluster, who, login)
    }
  }
  const path = relative(data, cluster)
  const sockets = await socketFolder(known?.sockets, cluster, who)
  const record: Embedded = {
    ...(known ?? { format: 1, kind: 'embedded' }),
    cluster: path.startsWith('..') || isAbsolute(path) ? cluster : path,
    sockets,
    owner: login,
  }
  if (JSON.stringify(record) !== JSON.stringify(known)) await writeRecord(data, record)
  return { who, record, bin }
}

class Held implements EmbeddedServer {
  readonly name = `holdfast ${String(process.pid)} ${randomBytes(4).toString('hex')}`
  readonly #data: string
  readonly #who: Account
  readonly #bin: string
  readonly #log: (line: string) => void
  readonly #settings: Readonly<Record<string, string>>
  #record: Embedded
  #postmaster: Postmaster | undefined
  // A connection that is always there: it tells others that we are here, and us when the server is not.
  #presence: pg.Client | undefined
  #closing = false
  #recovery: Promise<void> = Promise.resolve()

  constructor(
    data: string,
    who: Account,
    record: Embedded,
    bin: string,
    log: (line: string) => void,
    settings: Readonly<Record<string, string>>,
  ) {
    this.#data = data
    this.#who = who
    this.#record = record
    this.#bin = bin
    this.#log = log
    this.#settings = settings
  }

  get address(): Address {
    return { host: this.#postmaster?.sockets ?? this.#record.sockets, database: 'holdfast', ...this.#record.owner }
  }
  get pid(): number {
    return this.#postmaster?.pid ?? 0
  }

  appLogin(make: (known: Login | undefined) => Promise<Login>): Promise<Login> {
    return alone(this.#lock, async () => {
      // Another process may have made the role since this one read the record.
      const record = (await readRecord(this.#data)) ?? this.#record
      const app = await make(record.app)
      if (record.kind === 'embedded' && app !== record.app) {
        this.#record = { ...record, app }
        await writeRecord(this.#data, this.#record)
      }
      return app
    })
  }

  /** Joins or starts the server and takes a connection. The caller holds the lock. */
  async run(): Promise<void> {
    const cluster = resolve(this.#data, this.#record.cluster)
    for (;;) {
      const found = await findPostmaster(cluster)
      if (!found) {
        this.#postmaster = await startPostmaster(this.#bin, cluster, this.#record.sockets, this.#who, this.#settings)
        break
      }
      if (found.state === 'ready') {
        this.#postmaster = found
        if (await exists(join(found.sockets, '.s.PGSQL.5432'))) break
        // It lost its socket, so nobody can join it any more.
        await stopPostmaster(cluster, found.pid)
      }
      await pause(15)
    }
    await this.#attend()
  }

  async close(): Promise<void> {
    if (this.#closing) return
    this.#closing = true
    await this.#recovery
    const presence = this.#presence
    const postmaster = this.#postmaster
    if (!presence || !postmaster) return
    const leave = async (): Promise<void> => {
      hold(presence, true)
      const others = await presence
        .query<{ n: number }>(
          "select count(*)::int as n from pg_stat_activity where backend_type = 'client backend' and application_name <> $1",
          [this.name],
        )
        .then(({ rows }) => rows[0]?.n ?? 0)
        .catch(() => 0)
      await presence.end().catch(() => undefined)
      if (others > 0) return
      await stopPostmaster(resolve(this.#data, this.#record.cluster), postmaster.pid)
      await rmdir(postmaster.sockets).catch(() => undefined)
    }
    // Where the data directory was taken away meanwhile there is nothing left to share.
    if (await exists(this.#data)) await alone(this.#lock, leave)
    else await leave()
  }

  get #lock(): string {
    return join(this.#data, 'database.lock')
  }

  async #attend(): Promise<void> {
    const presence = await enter('holdfast', (database) => this.#connect(database))
    presence.on('error', () => undefined)
    presence.on('end', () => {
      if (!this.#closing && this.#presence === presence) this.#recovery = this.#recover()
    })
    hold(presence, false)
    this.#presence = presence
  }

  async #connect(database: string): Promise<pg.Client> {
    const client = new pg.Client(wire({ ...this.address, database }, this.name))
    await client.connect()
    return client
  }

  async #recover(): Promise<void> {
    this.#presence = undefined
    this.#log('the database went away; starting it again')
    for (let wait = 50; !this.#closing; wait = Math.min(wait * 2, 5000)) {
      try {
        await alone(this.#lock, () => this.run())
        this.#log('the database is back')
        return
      } catch (error) {
        const said = failure(error)
        this.#log(`the database does not start: ${said instanceof Error ? said.message : 'unknown'}`)
        await pause(wait)
      }
    }
  }
}

/**
 * A connection to a database of this server, which is made where it is missing. Somebody else may be making it at the same moment: a
 * process killed at its first start leaves a session that goes on, and to come second is no failure.
 */
export const enter = async (name: string, connect: (database: string) => Promise<pg.Client>): Promise<pg.Client> => {
  const missing = async (error: unknown): Promise<pg.Client> => {
    if (codeOf(error) !== '3D000') throw error
    const first = await connect('postgres')
    try {
      await first.query(`create database "${name}"`).catch((failed: unknown) => {
        // Duplicate database, before or after the other one committed.
        if (!['42P04', '23505'].includes(codeOf(failed))) throw failed
      })
    } finally {
      await first.end()
    }
    return connect(name)
  }
  return connect(name).catch(missing)
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))

// Whether a connection keeps the process alive. The driver has both methods; its type description lacks them.
const hold = (client: pg.Client, held: boolean): void => {
  const socket = client as pg.Client & { ref(): void; unref(): void }
  if (held) socket.ref()
  else socket.unref()
}
