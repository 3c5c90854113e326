// Where the root key lives, as the configuration says: read, checked, and reached. Secrets come from private files or the environment and
// are never settings. Keeps server-30, server-31.
import { readFile, stat } from 'node:fs/promises'
import { existsSync, readFileSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import {
  type AliyunCredentials,
  aliyunProvider,
  type AwsCredentials,
  awsProvider,
  createTokenKey,
  leasedProvider,
  type RootProvider,
  tokenProvider,
  transitProvider,
} from '#encryption'
import { Fault, type Said, say } from '#kernel'

/** A home of the root key outside of the key directory. */
export interface KeyProvider {
  readonly kind: string
  readonly settings: Readonly<Record<string, string>>
}

const common = ['maxAgeMinutes', 'timeoutMs', 'retries'] as const
const kinds: Readonly<Record<string, { readonly needs: readonly string[]; readonly may: readonly string[] }>> = {
  file: { needs: [], may: [] },
  pkcs11: { needs: ['module', 'token', 'key'], may: ['pinFile'] },
  vault: { needs: ['url', 'key'], may: ['mount', 'namespace', 'caFile', 'tokenFile', 'roleId', 'secretIdFile'] },
  aws: { needs: ['region', 'keyId'], may: ['endpoint', 'caFile', 'credentialsFile'] },
  aliyun: { needs: ['region', 'keyId'], may: ['endpoint', 'caFile', 'credentialsFile'] },
}

/** The provider out of a setting: an object, its JSON, or the path of a JSON file. Throws config-invalid naming what is wrong. */
export const readKeyProvider = (said: unknown): KeyProvider | undefined => {
  if (said === undefined || said === '') return undefined
  const value = typeof said === 'string' ? parsed(said) : said
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid('expected an object with a kind')
  const { kind, ...settings } = value as Readonly<Record<string, unknown>>
  const known = typeof kind === 'string' && Object.hasOwn(kinds, kind) ? kinds[kind] : undefined
  if (typeof kind !== 'string' || !known)
    throw invalid(say('{name}: expected one of {choices}', { name: 'kind', choices: Object.keys(kinds).join(', ') }))
  const checked: Record<string, string> = {}
  for (const [name, setting] of Object.entries(settings)) {
    if (![...known.needs, ...known.may, ...common].includes(name))
      throw invalid(
        say(
          /pin|secret|token|key/i.test(name)
            ? '{kind} has no setting {name}; secrets belong in a file of their own'
            : '{kind} has no setting {name}',
          { kind, name: name.slice(0, 40) },
        ),
      )
    if (typeof setting !== 'string' && typeof setting !== 'number')
      throw invalid(say('{name}: expected a text', { name }))
    checked[name] = String(setting)
  }
  const missing = known.needs.find((name) => (checked[name] ?? '') === '')
  if (missing !== undefined) throw invalid(say('{kind} needs the setting {name}', { kind, name: missing }))
  checkValues(kind, checked)
  return { kind, settings: checked }
}

const checkValues = (kind: string, settings: Readonly<Record<string, string>>): void => {
  for (const name of ['url', 'endpoint']) {
    const url = settings[name]
    if (url !== undefined && !(URL.canParse(url) && url.startsWith('https://')))
      throw invalid(say('{name}: expected https://…', { name }))
  }
  for (const [name, value] of Object.entries(settings))
    if ((name.endsWith('File') || name === 'module') && !isAbsolute(value))
      throw invalid(say('{name}: expected an absolute path', { name }))
  for (const name of common)
    if (settings[name] !== undefined && !/^\d{1,6}$/.test(settings[name]))
      throw invalid(say('{name}: expected a whole number', { name }))
  if ((kind === 'aws' || kind === 'aliyun') && /alias\//.test(settings['keyId'] ?? ''))
    throw invalid('keyId: an alias may come to name another key; give its id')
  if ((settings['roleId'] === undefined) !== (settings['secretIdFile'] === undefined))
    throw invalid(say('{one} and {other} go together', { one: 'roleId', other: 'secretIdFile' }))
}

const parsed = (said: string): unknown => {
  try {
    return JSON.parse(
      said.trimStart().startsWith('{') || !existsSync(said) ? said : readFileSync(said, 'utf8'),
    ) as unknown
  } catch {
    throw invalid('it is neither JSON nor a file of JSON')
  }
}

/** Reaches a provider. Nothing is asked of it yet. */
export const connectProvider = async (
  kind: string,
  settings: Readonly<Record<string, string>>,
  env: NodeJS.ProcessEnv = process.env,
): Promise<RootProvider> => {
  const known = readKeyProvider({ kind, ...settings })
  if (!known || kind === 'file') throw invalid(say('{kind} is no provider outside', { kind }))
  const minutes = settings['maxAgeMinutes']
  const lease = minutes === undefined ? {} : { maxAgeMs: Number(minutes) * 60_000 }
  return leasedProvider(await builders(settings, env)[kind as 'pkcs11' | 'vault' | 'aws' | 'aliyun'](), lease)
}

/** Makes the key of a token where there is none. Throws config-invalid for another kind. */
export const prepareProvider = async ({ kind, settings }: KeyProvider): Promise<void> => {
  if (kind !== 'pkcs11') throw invalid('only a token takes a key made from here')
  await createTokenKey(tokenSettings(settings, process.env))
}

const tokenSettings = (
  settings: Readonly<Record<string, string>>,
  env: NodeJS.ProcessEnv,
): Parameters<typeof tokenProvider>[0] => ({
  module: settings['module'] ?? '',
  token: settings['token'] ?? '',
  key: settings['key'] ?? '',
  pin: () => secretOf(settings['pinFile'], env['HOLDFAST_PKCS11_PIN'], 'pinFile or HOLDFAST_PKCS11_PIN'),
  ...(settings['timeoutMs'] === undefined ? {} : { timeoutMs: Number(settings['timeoutMs']) }),
})

const builders = (
  settings: Readonly<Record<string, string>>,
  env: NodeJS.ProcessEnv,
): Readonly<Record<'pkcs11' | 'vault' | 'aws' | 'aliyun', () => Promise<RootProvider>>> => {
  const text = (name: string): string => settings[name] ?? ''
  const some = (...names: readonly string[]): Record<string, string> =>
    Object.fromEntries(names.flatMap((name) => (settings[name] === undefined ? [] : [[name, settings[name]]])))
  const patience = async (
    provider: string,
  ): Promise<{ provider: string; ca?: string; timeoutMs?: number; retries?: number }> => ({
    provider,
    ...(settings['caFile'] === undefined ? {} : { ca: await textOf(settings['caFile'], 'caFile') }),
    ...(settings['timeoutMs'] === undefined ? {} : { timeoutMs: Number(settings['timeoutMs']) }),
    ...(settings['retries'] === undefined ? {} : { retries: Number(settings['retries']) }),
  })
  return {
    pkcs11: () => Promise.resolve(tokenProvider(tokenSettings(settings, env))),
    vault: async () =>
      transitProvider({
        ...(await patience('vault')),
        url: text('url'),
        key: text('key'),
        ...some('mount', 'namespace'),
        credentials: async () =>
          settings['roleId'] === undefined
            ? { token: await secretOf(settings['tokenFile'], env['VAULT_TOKEN'], 'tokenFile or VAULT_TOKEN') }
            : {
                roleId: settings['roleId'],
                secretId: await secretOf(settings['secretIdFile'], undefined, 'secretIdFile'),
              },
      }),
    aws: async () =>
      awsProvider({
        ...(await patience('aws')),
        region: text('region'),
        keyId: text('keyId'),
        ...some('endpoint'),
        credentials: async () =>
          (await credentialsOf(settings['credentialsFile'], {
            accessKeyId: env['AWS_ACCESS_KEY_ID'],
            secretAccessKey: env['AWS_SECRET_ACCESS_KEY'],
            sessionToken: env['AWS_SESSION_TOKEN'],
          })) as unknown as AwsCredentials,
      }),
    aliyun: async () =>
      aliyunProvider({
        ...(await patience('aliyun')),
        region: text('region'),
        keyId: text('keyId'),
        ...some('endpoint'),
        credentials: async () =>
          (await credentialsOf(settings['credentialsFile'], {
            accessKeyId: env['ALIBABA_CLOUD_ACCESS_KEY_ID'],
            accessKeySecret: env['ALIBABA_CLOUD_ACCESS_KEY_SECRET'],
            securityToken: env['ALIBABA_CLOUD_SECURITY_TOKEN'],
          })) as unknown as AliyunCredentials,
      }),
  }
}

/** The members of credentials, the first two of which must be there; the third only where it is. */
const credentialsOf = async (
  path: string | undefined,
  fromEnv: Readonly<Record<string, string | undefined>>,
): Promise<Readonly<Record<string, string>>> => {
  let given: Readonly<Record<string, unknown>> = fromEnv
  if (path !== undefined) {
    try {
      given = JSON.parse(await privateText(path, 'credentialsFile')) as Readonly<Record<string, unknown>>
    } catch (cause) {
      if (cause instanceof Fault) throw cause
      throw invalid(say('{name}: it is not JSON', { name: 'credentialsFile' }))
    }
  }
  const found: Record<string, string> = {}
  for (const [i, name] of Object.keys(fromEnv).entries()) {
    const value = given[name]
    if (typeof value === 'string' && value !== '') found[name] = value
    else if (i < 2) throw invalid(say('the credentials lack {name}; give credentialsFile or the environment', { name }))
  }
  return found
}

const secretOf = async (path: string | undefined, fromEnv: string | undefined, names: string): Promise<string> => {
  const secret = path === undefined ? fromEnv : (await privateText(path, names)).replace(/\r?\n$/u, '')
  if (secret === undefined || secret === '') throw invalid(say('{name} is needed', { name: names }))
  return secret
}

/** Text of a file that only its owner may read. */
const privateText = async (path: string, name: string): Promise<string> => {
  const found = await stat(path).catch(() => undefined)
  if (found && (found.mode & 0o077) !== 0) throw new Fault('keystore-unsafe', { path, mode: '0600' })
  return textOf(path, name)
}

const textOf = (path: string, name: string): Promise<string> =>
  readFile(path, 'utf8').catch((cause: unknown) => {
    throw new Fault(
      'config-invalid',
      { name: 'keyProvider', what: say('{name}: {path} does not exist or may not be read', { name, path }) },
      { cause },
    )
  })

const invalid = (what: Said): Fault => new Fault('config-invalid', { name: 'keyProvider', what })
