// Configuration: options of the command line, then the environment, then holdfast.json; checked at start, each wrong value named.
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { Fault, type Said, say } from '#kernel'
import { isNetwork } from '#identity'
import { type KeyProvider, readKeyProvider } from './key-provider.ts'

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
  /** Where custody shares of the root key are: files by comma, - for standard input, or their texts. */
  readonly shares?: string
  /** Where a root key that is not kept in the key directory lives. */
  readonly keyProvider?: KeyProvider
  readonly port: number
  readonly host: string
  /** Authority (PEM) that the mail server's certificate may come from besides the known ones. */
  readonly mailCa?: string
  /** Hosts, addresses and networks that webhooks may reach though they are not public. */
  readonly webhookAllow: readonly string[]
  /** Authority (PEM) that receivers' certificates may come from besides the known ones. */
  readonly webhookCa?: string
  /** Address under which people reach the pages; absent: the one listened on. */
  readonly publicUrl?: string
  readonly tlsCert?: string
  readonly tlsKey?: string
  /** The oldest protocol spoken; 1.2 only where somebody asks for it. */
  readonly tlsMin: 'TLSv1.2' | 'TLSv1.3'
  /** Authority (PEM) whose certificates programs may sign in with; absent: none are asked for. */
  readonly tlsClientCa?: string
  /** Most bytes of one attached file. */
  readonly attachmentLimit: number
  /** An external database may be spoken to without verified TLS: a decision of the operator's. */
  readonly databasePlain: boolean
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
  shares: 'HOLDFAST_SHARES',
  keyProvider: 'HOLDFAST_KEY_PROVIDER',
  port: 'HOLDFAST_PORT',
  host: 'HOLDFAST_HOST',
  publicUrl: 'HOLDFAST_PUBLIC_URL',
  mailCa: 'HOLDFAST_MAIL_CA',
  webhookAllow: 'HOLDFAST_WEBHOOK_ALLOW',
  webhookCa: 'HOLDFAST_WEBHOOK_CA',
  tlsCert: 'HOLDFAST_TLS_CERT',
  tlsKey: 'HOLDFAST_TLS_KEY',
  tlsMin: 'HOLDFAST_TLS_MIN',
  tlsClientCa: 'HOLDFAST_TLS_CLIENT_CA',
  attachmentLimit: 'HOLDFAST_ATTACHMENT_MIB',
  databasePlain: 'HOLDFAST_DATABASE_PLAIN',
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
  const keyProvider = readKeyProvider(env[names.keyProvider] ?? file['keyProvider'])
  const host = value('host') ?? '127.0.0.1'
  const publicUrl = readPublicUrl(value('publicUrl'))
  const demo = given.demo === true
  if (demo && !['127.0.0.1', '::1', 'localhost'].includes(host))
    throw invalid('host', 'the demo serves this machine alone')
  const tlsCert = value('tlsCert')
  const tlsKey = value('tlsKey')
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    throw invalid('tlsCert', 'a certificate and its key go together')
  const tlsMin = value('tlsMin') ?? '1.3'
  if (tlsMin !== '1.2' && tlsMin !== '1.3') throw invalid('tlsMin', 'expected 1.3 or 1.2')
  const mebibytes = Number(value('attachmentLimit') ?? 256)
  if (!Number.isInteger(mebibytes) || mebibytes < 1 || mebibytes > 10_240)
    throw invalid('attachmentLimit', 'expected whole MiB from 1 to 10240')
  const plain = value('databasePlain') ?? 'refuse'
  if (plain !== 'refuse' && plain !== 'allow') throw invalid('databasePlain', 'expected refuse or allow')
  return {
    tlsMin: tlsMin === '1.2' ? 'TLSv1.2' : 'TLSv1.3',
    attachmentLimit: mebibytes * 1024 * 1024,
    databasePlain: plain === 'allow',
    webhookAllow: readAllowed(value('webhookAllow') ?? ''),
    data,
    keys,
    repository: resolve(cwd, value('repository') ?? join(dirname(data), 'backups')),
    port,
    host,
    demo,
    ...optional('publicUrl', publicUrl),
    ...optional('mailCa', value('mailCa')),
    ...optional('webhookCa', value('webhookCa')),
    ...optional('databaseUrl', databaseUrl),
    ...optional('appDatabaseUrl', value('appDatabaseUrl')),
    ...optional('passphrase', value('passphrase')),
    ...optional('shares', value('shares')),
    ...(keyProvider === undefined ? {} : { keyProvider }),
    ...optional('tlsCert', tlsCert),
    ...optional('tlsKey', tlsKey),
    ...optional('tlsClientCa', value('tlsClientCa')),
  }
}

const optional = <Name extends string>(name: Name, value: string | undefined): Partial<Record<Name, string>> =>
  value === undefined ? {} : ({ [name]: value } as Partial<Record<Name, string>>)

const readAllowed = (text: string): readonly string[] => {
  const found = text
    .toLowerCase()
    .split(/[\s,]+/u)
    .filter((one) => one !== '')
  const wrong = found.find((one) => !isNetwork(one) && !/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/u.test(one))
  if (wrong !== undefined) throw invalid('webhookAllow', 'expected hosts, addresses or networks such as 10.0.0.0/8')
  return found
}

const readPublicUrl = (text: string | undefined): string | undefined => {
  if (text === undefined) return undefined
  const url = URL.parse(text)
  // A path would be lost in the origin that browsers compare.
  if (url?.protocol !== 'https:' || url.pathname !== '/' || url.search !== '' || url.hash !== '' || url.username !== '')
    throw invalid('publicUrl', 'expected https://name or https://name:port')
  return url.origin
}

const invalid = (name: string, what: Said): Fault => new Fault('config-invalid', { name, what })

const readFile = (path: string, wanted: boolean): Readonly<Record<string, unknown>> => {
  if (!existsSync(path)) {
    if (wanted) throw invalid('config', say('there is no file {path}', { path }))
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
