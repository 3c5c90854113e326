// The keystore at start: opened where it is, made where everything is new, refused where data exists without its keys. Keeps server-30.
import { access, readFile } from 'node:fs/promises'
import {
  createKeys,
  createOuterKeys,
  type Keys,
  type KeysOptions,
  openKeys,
  shareTexts,
  storedProvider,
} from '#encryption'
import { Fault, isFault, say } from '#kernel'
import type { Config } from './config.ts'
import { connectProvider } from './key-provider.ts'

/** Opens the keys. Throws keystore-missing where data lies there already: new keys would open none of it. */
export const openOrCreateKeys = async (config: Config, create: boolean): Promise<Keys> => {
  const options = await keyOptions(config)
  try {
    await demandConfigured(config)
    const keys = await openKeys(config.keys, options)
    // A start without the provider would only fail later and in a worse place.
    await keys.provider.check?.()
    return keys
  } catch (error) {
    if (!create || !isFault(error, 'keystore-missing') || (await exists(`${config.data}/database.json`))) throw error
    const { keyProvider } = config
    return keyProvider === undefined || keyProvider.kind === 'file'
      ? (await createKeys(config.keys, options)).keys
      : await createOuterKeys(config.keys, keyProvider.kind, keyProvider.settings, options)
  }
}

/** Refuses a configuration that names another home of the root key than the keystore: neither is right by itself. */
const demandConfigured = async (config: Config): Promise<void> => {
  const { keyProvider } = config
  if (keyProvider === undefined) return
  const stored = await storedProvider(config.keys)
  const is = stored?.kind ?? 'file'
  if (keyProvider.kind === is) return
  throw new Fault('config-invalid', {
    name: 'keyProvider',
    what: say(
      'it says {said}, but the root key lives with {kept}; correct it, or move the key with holdfast keys provider move',
      { said: keyProvider.kind, kept: is },
    ),
  })
}

/** What opens the keys, as the configuration says. Throws file-unreadable naming a file of shares that is not there. */
export const keyOptions = async (config: Config): Promise<KeysOptions> => ({
  ...(config.passphrase === undefined ? {} : { passphrase: config.passphrase }),
  ...(config.shares === undefined ? {} : { shares: await sharesFrom(config.shares) }),
  // The keystore knows which key it is; how it is reached now, the configuration may say better.
  connect: (kind, settings) =>
    connectProvider(
      kind,
      config.keyProvider?.kind === kind ? { ...settings, ...config.keyProvider.settings } : settings,
    ),
})

/** Files by comma, - for standard input, or texts of shares as they are. */
const sharesFrom = async (said: string): Promise<readonly string[]> => {
  const texts = shareTexts(said)
  if (texts.length > 0) return texts
  const found: string[] = []
  for (const path of said.split(',').map((part) => part.trim())) {
    const text = path === '-' ? await standardInput() : await fileText(path)
    const shares = shareTexts(text)
    // A file without a single block is still a share given: it is named as not being one.
    found.push(...(shares.length > 0 ? shares : [text]))
  }
  return found
}

const fileText = (path: string): Promise<string> =>
  readFile(path, 'utf8').catch((cause: unknown) => {
    throw new Fault(
      'file-unreadable',
      { what: say('{path}: no such file of a custody share, or it may not be read', { path }) },
      { cause },
    )
  })

const standardInput = async (): Promise<string> => {
  const parts: Buffer[] = []
  for await (const part of process.stdin) parts.push(part as Buffer)
  return Buffer.concat(parts).toString('utf8')
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )
