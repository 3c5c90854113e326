// How values cross the wire and how connections are made: one set of type parsers and start-up settings for every pool. Keeps store-10.
import pg from 'pg'
import { Fault } from '#kernel'
import { codeOf, lost, reason } from './failure.ts'

// Dates go out in UTC, whatever the zone of the machine.
pg.defaults.parseInputDatesAsUTC = true

const oid = { int8: 20, date: 1082, int8Array: 1016, dateArray: 1182, textArray: 1009 } as const

type Parser = (value: string) => unknown
// The driver lists scalar types only, though it knows arrays as well.
const builtIn = pg.types.getTypeParser as unknown as (id: number, format?: 'text' | 'binary') => Parser

const text: Parser = (value) => value
const strings = builtIn(oid.textArray) as (value: string) => readonly (string | null)[]

const parsers: ReadonlyMap<number, Parser> = new Map<number, Parser>([
  [oid.int8, BigInt],
  [oid.date, text],
  [oid.int8Array, (value) => strings(value).map((item) => (item === null ? null : BigInt(item)))],
  [oid.dateArray, strings],
])

const types: pg.CustomTypesConfig = {
  getTypeParser: (id: number, format?: 'text' | 'binary') => parsers.get(id) ?? builtIn(id, format),
}

/** Where a database is and who asks. */
export interface Address {
  readonly url?: string
  readonly host?: string
  readonly database?: string
  readonly user?: string
  readonly password?: string
}

/** Settings of the driver for an address. Output formats are pinned, so a server's own defaults cannot change what is parsed. */
export const wire = (address: Address, name: string): pg.ClientConfig => ({
  ...(address.url === undefined ? {} : { connectionString: address.url }),
  ...(address.host === undefined ? {} : { host: address.host, port: 5432 }),
  ...(address.database === undefined ? {} : { database: address.database }),
  ...(address.user === undefined ? {} : { user: address.user }),
  ...(address.password === undefined ? {} : { password: address.password }),
  types,
  application_name: name,
  options: '-c DateStyle=ISO,YMD -c IntervalStyle=postgres -c TimeZone=UTC -c bytea_output=hex',
  connectionTimeoutMillis: 15_000,
  keepAlive: true,
})

/** A pool that never keeps the process alive while it idles. */
export const openPool = (address: Address, name: string, max: number): pg.Pool => {
  const pool = new pg.Pool({ ...wire(address, name), max, idleTimeoutMillis: 30_000, allowExitOnIdle: true })
  // An idle connection that dies is dropped by the pool; without a listener it would end the process.
  pool.on('error', () => undefined)
  return pool
}

/** A connection from the pool. While the database restarts it waits up to `patience` milliseconds. */
export const take = async (pool: pg.Pool, patience: number): Promise<pg.PoolClient> => {
  const until = Date.now() + patience
  for (;;) {
    try {
      return await pool.connect()
    } catch (error) {
      if (!lost(error) || Date.now() >= until)
        throw new Fault('database-unreachable', { what: reason(codeOf(error)) }, { cause: error })
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}
