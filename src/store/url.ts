// A PostgreSQL URL, also with its host in the query (`@/name?host=/folder`), which the URL class refuses. Keeps store-5, store-20.
import { Fault } from '#kernel'
import type { Login } from './record.ts'

const shape = /^(postgres(?:ql)?:\/\/)(?:([^@/?#]*)@)?([^@/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/

/** The same URL with another login or another database. */
export const urlWith = (url: string, change: { readonly login?: Login; readonly database?: string }): string => {
  const { scheme, who, host, database, query } = parse(url)
  const login = change.login
    ? `${encodeURIComponent(change.login.user)}:${encodeURIComponent(change.login.password)}`
    : who
  return `${scheme}${login === '' ? '' : `${login}@`}${host}/${change.database ?? database}${query === '' ? '' : `?${query}`}`
}

/** How the application's connections travel. */
export interface Link {
  readonly transport: 'socket' | 'tcp'
  /** Whether the driver was told to check the server's certificate and name; of no matter on a socket. */
  readonly verified: boolean
  /** File with the authorities that the server's certificate is checked by, where one is named. */
  readonly authorities?: string
}

/** How a connection to this URL travels; undefined: the embedded server. */
export const linkOf = (url: string | undefined): Link => {
  if (url === undefined) return { transport: 'socket', verified: true }
  const { host, query } = parse(url)
  const options = new URLSearchParams(query)
  const at = options.get('host') ?? decodeURIComponent(host)
  if (at.startsWith('/')) return { transport: 'socket', verified: true }
  const authorities = options.get('sslrootcert')
  return {
    transport: 'tcp',
    verified: options.get('sslmode') === 'verify-full',
    ...(authorities === null ? {} : { authorities }),
  }
}

/**
 * Throws config-invalid where what travels to this server could be read or its server be another one: TCP to another machine needs
 * sslmode=verify-full.
 */
export const demandVerified = (url: string): void => {
  const link = linkOf(url)
  const { host, query } = parse(url)
  const name = hostOf(new URLSearchParams(query).get('host') ?? decodeURIComponent(host))
  if (link.verified || /^(localhost|127(\.\d{1,3}){3}|::1|)$/.test(name)) return
  throw new Fault('config-invalid', {
    name: 'HOLDFAST_DATABASE_URL',
    what: 'the connection to the database would not be verified; add sslmode=verify-full and sslrootcert=FILE, or set HOLDFAST_DATABASE_PLAIN=allow',
  })
}

/** Name without its port and brackets. */
const hostOf = (host: string): string => /^\[([^\]]*)\]/.exec(host)?.[1] ?? host.replace(/:\d+$/, '')

const parse = (url: string): { scheme: string; who: string; host: string; database: string; query: string } => {
  const found = shape.exec(url)
  if (!found)
    throw new Fault('config-invalid', {
      name: 'HOLDFAST_DATABASE_URL',
      what: 'not a URL like postgresql://user:password@host/name',
    })
  const [, scheme = '', who = '', host = '', database = '', query = ''] = found
  return { scheme, who, host, database, query }
}
