// Configuration: options of the command line, then the environment, then holdfast.json; checked at start, each wrong value named.
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { Fault } from '#kernel'

export interface Config {
  /** Directory of the database and of what belongs to it. */
  readonly data: string
  /** Directory of the keys; never inside data. */
  readonly keys: string
  /** Directory of the backup repository. */
  readonly repository: string
  readonly databaseUrl?: string
  readonly appDatabaseUrl?: string
  readonly passphrase?: string
  readonly port: number
  readonly host: string
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly demo: boolean
}

export type Given = Readonly<Partial<Record<keyof Config, string | number | boolean | undefined>>> & {
  readonly file?: string | undefined
}

const names = {
  data: 'HOLDFAST_DATA',
  keys: 'HOLDFAST_KEYS',
  repository: 'HOLDFAST_REPOSITORY',
  databaseUrl: 'HOLDFAST_DATABASE_URL',
  appDatabaseUrl: 'HOLDFAST_APP_DATABASE_URL',
  passphrase: 'HOLDFAST_PASSPHRASE',
  port: 'HOLDFAST_PORT',
  host: 'HOLDFAST_HOST',
  tlsCert: 'HOLDFAST_TLS_CERT',
  tlsKey: 'HOLDFAST_TLS_KEY',
} as const

/** The configuration of this run. Throws config-invalid naming the setting. */
export const readConfig = (given: Given, env: NodeJS.ProcessEnv = process.env, cwd: string = process.cwd()): Config => {
  const file = readFile(given.file ?? join(cwd, 'holdfast.json'), given.file !== undefined)
  const value = (name: keyof typeof names): string | undefined => {
    const found = given[name] ?? env[names[name]] ?? file[name]
    return typeof found === 'number' || typeof found === 'boolean'
      ? String(found)
      : typeof found === 'string' && found !== ''
        ? found
        : undefined
  }
  const data = resolve(cwd, value('data') ?? 'data')
  const keys = resolve(cwd, value('keys') ?? join(dirname(data), 'keys'))
  if (keys === data || `${keys}/`.startsWith(`${data}/`))
    throw invalid('keys', 'the keys must be kept apart from the data')
  const port = Number(value('port') ?? 8443)
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw invalid('port', 'expected a whole number from 0 to 65535')
  const databaseUrl = value('databaseUrl')
  if (databaseUrl !== undefined && !/^postgres(ql)?:\/\//u.test(databaseUrl))
    throw invalid('databaseUrl', 'expected postgresql://…')
  const host = value('host') ?? '127.0.0.1'
  const demo = given.demo === true
  if (demo && !['127.0.0.1', '::1', 'localhost'].includes(host))
    throw invalid('host', 'the demo serves this machine alone')
  const tlsCert = value('tlsCert')
  const tlsKey = value('tlsKey')
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    throw invalid('tlsCert', 'a certificate and its key go together')
  return {
    data,
    keys,
    repository: resolve(cwd, value('repository') ?? join(dirname(data), 'backups')),
    port,
    host,
    demo,
    ...optional('databaseUrl', databaseUrl),
    ...optional('appDatabaseUrl', value('appDatabaseUrl')),
    ...optional('passphrase', value('passphrase')),
    ...optional('tlsCert', tlsCert),
    ...optional('tlsKey', tlsKey),
  }
}

const optional = <Name extends string>(name: Name, value: string | undefined): Partial<Record<Name, string>> =>
  value === undefined ? {} : ({ [name]: value } as Partial<Record<Name, string>>)

const invalid = (name: string, what: string): Fault => new Fault('config-invalid', { name, what })

const readFile = (path: string, wanted: boolean): Readonly<Record<string, unknown>> => {
  if (!existsSync(path)) {
    if (wanted) throw invalid('config', `there is no file ${path}`)
    return {}
  }
  try {
    const raw: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) throw new TypeError('not an object')
    const unknown = Object.keys(raw).find((name) => !(name in names))
    if (unknown !== undefined) throw invalid(unknown.slice(0, 40), 'there is no such setting')
    return raw as Readonly<Record<string, unknown>>
  } catch (cause) {
    if (cause instanceof Fault) throw cause
    throw new Fault('config-invalid', { name: 'holdfast.json', what: 'it is not JSON' }, { cause })
  }
}
