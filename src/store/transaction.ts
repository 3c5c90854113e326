// One transaction: begins with the principal in the same round trip, ends with it, and never hands a doubtful connection back. Keeps store-8, store-9.
import { pipeline } from 'node:stream/promises'
import { Readable } from 'node:stream'
import pg from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'
import { Fault, isUuid, type Scope, services } from '#kernel'
import { failure } from './failure.ts'
import { quoted } from './roles.ts'
import { factSettings } from './wall.ts'
import { take } from './wire.ts'

/** A statement with its parameters. name: keep it prepared under this name (one text for one name). */
export interface Sql {
  readonly text: string
  readonly values?: readonly unknown[]
  readonly name?: string
}

/** What can be done inside a transaction. */
export interface Tx {
  query<Row extends object>(sql: Sql): Promise<readonly Row[]>
  /** Bytes of COPY … TO STDOUT, to be read to the end; leaving early fails the transaction. */
  copyOut(text: string): AsyncIterable<Uint8Array>
  /** Feeds COPY … FROM STDIN; number of rows. */
  copyIn(text: string, source: AsyncIterable<Uint8Array>): Promise<number>
  /**
   * Runs work in this transaction as the house, past the guard rails: for look-ups of which the person learns nothing that policies
   * did not decide. Nothing else may use the transaction meanwhile.
   */
  asHouse<T>(work: () => Promise<T>): Promise<T>
}

export interface TxOptions {
  readonly readOnly?: boolean
  readonly isolation?: 'read committed' | 'repeatable read'
  /** Limit of each statement in milliseconds; 0: none. Default 30,000 for the application, none for the owner. */
  readonly timeoutMs?: number
  /** Name of an exported snapshot to read from; implies repeatable read. */
  readonly snapshot?: string
}

/** Runs work in one transaction: committed when it returns, rolled back when it throws. */
export const transact = async <T>(
  pool: pg.Pool,
  patience: number,
  scope: Scope | undefined,
  work: (tx: Tx) => Promise<T>,
  options: TxOptions,
  jobs?: string,
): Promise<T> => {
  const role = scope && isHouse(scope) ? jobs : undefined
  const text = beginning(scope, options, role)
  const client = await take(pool, patience)
  const tx = new Transaction(client, scope && role === undefined ? jobs : undefined)
  // A connection that dies while it is out of the pool tells nobody else.
  const onError = (): void => tx.doubt()
  client.on('error', onError)
  try {
    await client.query(text)
    const result = await work(tx)
    tx.end()
    if (tx.doubtful) throw new Error('a copy was left before its end')
    const { command } = await client.query('commit')
    // PostgreSQL answers COMMIT of a failed transaction with ROLLBACK and no error.
    if (command === 'ROLLBACK') throw new Error('an error inside the transaction was swallowed; nothing was written')
    return result
  } catch (error) {
    tx.end()
    if (!tx.doubtful) await client.query('rollback').catch(() => tx.doubt())
    throw failure(error)
  } finally {
    client.off('error', onError)
    client.release(tx.doubtful)
  }
}

const isHouse = ({ principal, facts, house }: Scope): boolean =>
  facts === undefined && (house === true || serviceIds.has(principal))

const serviceIds: ReadonlySet<string> = new Set(Object.values(services))

const beginning = (scope: Scope | undefined, options: TxOptions, role: string | undefined): string => {
  const isolation = options.snapshot === undefined ? (options.isolation ?? 'read committed') : 'repeatable read'
  const begin = `begin isolation level ${isolation}${options.readOnly ? ' read only' : ''}`
  const snapshot =
    options.snapshot === undefined ? '' : `; set transaction snapshot '${snapshotName(options.snapshot)}'`
  const limit = milliseconds(options.timeoutMs ?? (scope ? 30_000 : 0))
  const change = role === undefined ? '' : `; set local role ${quoted(role)}`
  const settings: (readonly [name: string, value: string])[] = [['statement_timeout', limit]]
  if (scope) {
    if (!isUuid(scope.tenant) || !isUuid(scope.principal))
      throw new Fault('wrong-use', { what: 'a scope holds two ids' })
    settings.push(['app.tenant', scope.tenant], ['app.principal', scope.principal])
    if (scope.facts) settings.push(...factSettings(scope.facts))
    // Idle writers hold back the horizon of the journal.
    settings.push(['idle_in_transaction_session_timeout', '300000'])
  }
  // One simple query message: begin, the role and the settings cost one round trip.
  const set = settings.map(([name, value]) => `set_config('${name}', ${pg.escapeLiteral(value)}, true)`)
  return `${begin}${snapshot}${change}; select ${set.join(', ')}`
}

const milliseconds = (value: number): string => {
  if (!Number.isSafeInteger(value) || value < 0)
    throw new Fault('wrong-use', { what: 'a timeout is a whole number of milliseconds' })
  return String(value)
}

const snapshotName = (name: string): string => {
  if (!/^[0-9A-F]+-[0-9A-F]+-[0-9]+$/.test(name)) throw new Fault('wrong-use', { what: 'not the name of a snapshot' })
  return name
}

class Transaction implements Tx {
  readonly #client: pg.PoolClient
  #open = true
  #doubtful = false
  /** The role of the house, where the transaction is not under it already. */
  #jobs: string | undefined
  constructor(client: pg.PoolClient, jobs: string | undefined) {
    this.#client = client
    this.#jobs = jobs
  }
  /** Whether the connection must not be used again. */
  get doubtful(): boolean {
    return this.#doubtful
  }
  doubt(): void {
    this.#doubtful = true
  }
  end(): void {
    this.#open = false
  }
  async query<Row extends object>(sql: Sql): Promise<readonly Row[]> {
    this.#demandOpen()
    try {
      const result: { readonly rows?: readonly Row[] } = await this.#client.query<Row>({
        text: sql.text,
        ...(sql.values === undefined ? {} : { values: [...sql.values] }),
        ...(sql.name === undefined ? {} : { name: sql.name }),
      })
      // Several statements in one text answer with a list of results.
      return result.rows ?? []
    } catch (error) {
      throw failure(error)
    }
  }
  async *copyOut(text: string): AsyncGenerator<Uint8Array, void, undefined> {
    this.#demandOpen()
    const stream = this.#client.query(copyTo(text))
    let done = false
    try {
      for await (const part of stream) yield part as Uint8Array
      done = true
    } catch (error) {
      done = true
      throw failure(error)
    } finally {
      if (!done) this.doubt()
    }
  }
  async copyIn(text: string, source: AsyncIterable<Uint8Array>): Promise<number> {
    this.#demandOpen()
    const stream = this.#client.query(copyFrom(text))
    try {
      await pipeline(Readable.from(source, { objectMode: false }), stream)
    } catch (error) {
      throw failure(error)
    }
    return stream.rowCount
  }
  async asHouse<T>(work: () => Promise<T>): Promise<T> {
    const jobs = this.#jobs
    if (jobs === undefined) return work()
    await this.query({ text: `set local role ${quoted(jobs)}` })
    this.#jobs = undefined
    try {
      return await work()
    } finally {
      // After an error of the database the transaction is over, and with it the role.
      await this.query({ text: 'set local role none' }).catch(() => undefined)
      this.#jobs = jobs
    }
  }
  #demandOpen(): void {
    if (!this.#open) throw new Error('this transaction has ended')
  }
}
