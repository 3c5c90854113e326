// What PostgreSQL and the network say, as the house says it: full disk and lost database become Faults, the rest keeps its
// SQLSTATE but loses every value it quotes. Keeps store-11.
import { Fault, type PlainPhrase, type Said, say } from '#kernel'

/** The error to throw for one that came from the driver. A database error keeps `code` (SQLSTATE), `constraint`, `table`. */
export const failure = (error: unknown): unknown => {
  if (error instanceof Fault) return error
  const code = codeOf(error)
  if (code === '53100' || code === 'ENOSPC')
    return new Fault('disk-full', { what: 'the database' }, { cause: quiet(error) })
  if (lost(error)) return new Fault('database-unreachable', { what: reason(code) }, { cause: quiet(error) })
  return quiet(error)
}

/** SQLSTATE or system error code of an error; empty where it has none. */
export const codeOf = (error: unknown): string => {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : ''
}

/** Whether a connection could not be made, or was lost, for a reason that may pass. */
export const lost = (error: unknown): boolean => {
  const code = codeOf(error)
  // PostgreSQL Appendix A: class 08 connection exceptions, 57P01-57P03 shutdown and start-up, 53300 too many connections.
  if (/^08|^57P0[1-5]$|^53300$/.test(code)) return true
  if (
    [
      'ECONNREFUSED',
      'ECONNRESET',
      'ENOENT',
      'EPIPE',
      'ETIMEDOUT',
      'EHOSTUNREACH',
      'ENETUNREACH',
      'ENOTFOUND',
      'EAI_AGAIN',
    ].includes(code)
  )
    return true
  return (
    error instanceof Error &&
    /^Connection terminated|^timeout exceeded when trying to connect|not queryable/.test(error.message)
  )
}

const reasons: Readonly<Record<string, PlainPhrase>> = {
  ECONNREFUSED: 'nothing answers at its address',
  ENOENT: 'its socket is gone',
  ENOTFOUND: 'its host name is unknown',
  EAI_AGAIN: 'its host name cannot be resolved now',
  '28P01': 'its password is refused',
  '28000': 'its role is refused',
  '3D000': 'the database named does not exist',
  '53300': 'it has no connection left',
  '57P03': 'it is starting or stopping',
}

/** A reason for people, by code. */
export const reason = (code: string): Said =>
  reasons[code] ?? (code === '' ? 'the connection was lost' : say('code {code}', { code }))

// Details of a DatabaseError quote row values; class 22 messages (data exceptions) quote the value refused.
const quiet = (error: unknown): unknown => {
  if (!(error instanceof Error)) return error
  for (const key of ['detail', 'where', 'internalQuery', 'hint']) if (key in error) Reflect.deleteProperty(error, key)
  if (codeOf(error).startsWith('22')) error.message = error.message.replace(/"[^]*"/, '(value)')
  return error
}
