// The file keystore: a directory with the root key and, sealed under it, named signers and secrets. One of the homes a root key
// may have; the others sit behind the same RootProvider. Keeps encryption-12, encryption-13, encryption-14.
import { join } from 'node:path'
import { base64url, Fault, fromBase64url, utf8 } from '#kernel'
import { privateKeyOf, rawPublic, type Signer, signerOf } from '../curve.ts'
import { derive, random } from '../digest.ts'
import { checkKeyDirectory, makeKeyDirectory, readKeyFile, writeKeyFile } from './keyfile.ts'
import { keystoreOf, openKeystore, type OpenRoot } from './keystore.ts'
import { type RootKey, rootKeyOf, type RootProvider, unwrapUnder, wrapUnder } from './root.ts'
import { parseSheet, type RecoverySheet, sheetOf } from './sheet.ts'

export interface Keys {
  readonly provider: RootProvider
  readonly directory: string
  /** The Ed25519 signer of that name, made on first use. */
  signer(name: string): Promise<Signer>
  /** The 32-byte secret of that name, made on first use; the caller owns the copy it gets. */
  secret(name: string): Promise<Uint8Array>
  /** The recovery sheet of the primary root key, for showing it again. */
  sheet(): RecoverySheet
  /** Lets go of every key; what is asked afterwards is refused. */
  close(): void
}

export interface KeysOptions {
  readonly passphrase?: string
}

const fileName = 'keystore.json'

/** Makes a keystore with a fresh root key; refuses a directory that has one. */
export const createKeys = async (
  directory: string,
  options: KeysOptions = {},
): Promise<{ readonly keys: Keys; readonly sheet: RecoverySheet }> => {
  const keys = await establish(directory, random(32), options)
  return { keys, sheet: keys.sheet() }
}

/** Opens a keystore. Faults: keystore-missing, keystore-unsafe, keystore-locked. */
export const openKeys = async (directory: string, options: KeysOptions = {}): Promise<Keys> => {
  await checkKeyDirectory(directory)
  const stored = await readKeyFile(join(directory, fileName))
  if (stored === undefined) throw new Fault('keystore-missing', { path: directory })
  return keysOf(directory, await openKeystore(stored, options.passphrase))
}

/** Makes a keystore out of a recovery sheet, in a directory that has none; signers and secrets come back with it. */
export const recoverKeys = (directory: string, sheetText: string, options: KeysOptions = {}): Promise<Keys> =>
  establish(directory, parseSheet(sheetText), options)

const establish = async (directory: string, raw: Uint8Array, options: KeysOptions): Promise<Keys> => {
  const created = new Date().toISOString()
  const store = await keystoreOf(raw, created, options.passphrase)
  await makeKeyDirectory(directory)
  await writeKeyFile(directory, fileName, store, true)
  return keysOf(directory, [{ id: store.primary, created, raw }])
}

const keysOf = (directory: string, opened: readonly OpenRoot[]): Keys => {
  const held = { roots: opened.map(({ raw }) => rootKeyOf(raw)) }
  const roots = (): readonly [RootKey, ...RootKey[]] => {
    const [first, ...rest] = held.roots
    if (!first) throw new Fault('keystore-locked')
    return [first, ...rest]
  }
  const primary = opened[0]
  opened.forEach(({ raw }) => raw.fill(0))
  const provider: RootProvider = {
    kind: 'file',
    fingerprint: primary?.id ?? '',
    // An async function, so that every refusal is a rejected promise.
    // eslint-disable-next-line @typescript-eslint/require-await
    wrap: async (key, context) => wrapUnder(roots()[0], key, context),
    // eslint-disable-next-line @typescript-eslint/require-await
    unwrap: async (wrapped, context) => unwrapUnder(roots(), wrapped, context),
  }
  const named = new Map<string, Promise<Uint8Array>>()
  const seed = async (kind: 'signer' | 'secret', name: string): Promise<Uint8Array> => {
    const id = `${kind}-${name}`
    const asked = named.get(id) ?? namedKey(provider, directory, kind, name, () => roots()[0])
    named.set(id, asked)
    asked.catch(() => named.delete(id))
    return new Uint8Array(await asked)
  }
  return {
    provider,
    directory,
    signer: async (name) => signerOf(name, await seed('signer', name)),
    secret: (name) => seed('secret', name),
    sheet: () => sheetOf(new Uint8Array(roots()[0].key.export()), primary?.created ?? ''),
    close: () => {
      held.roots = []
      named.clear()
    },
  }
}

// The first value of a named key is derived from the root key, so that the recovery sheet alone brings it back; it is stored
// all the same, sealed, so that it survives a change of the root key.
const namedKey = async (
  provider: RootProvider,
  directory: string,
  kind: 'signer' | 'secret',
  name: string,
  root: () => RootKey,
): Promise<Uint8Array> => {
  if (!/^[a-z][a-z0-9-]{0,39}$/.test(name)) throw new RangeError('the name of a key is of a-z, 0-9 and -')
  const context = `holdfast/${kind}/1/${name}`
  const file = `${kind}-${name}.json`
  const stored = await readKeyFile(join(directory, file))
  if (stored !== undefined) return await openNamed(provider, kind, name, context, stored)
  const seed = derive('sha256', root().key, utf8(context), 32)
  const sealed = base64url(await provider.wrap(seed, context))
  await writeKeyFile(
    directory,
    file,
    { format: 'holdfast-named-key', version: 1, kind, name, ...publicPart(kind, seed), sealed },
    false,
  )
  return seed
}

const openNamed = async (
  provider: RootProvider,
  kind: 'signer' | 'secret',
  name: string,
  context: string,
  stored: unknown,
): Promise<Uint8Array> => {
  const file = stored as Record<string, unknown> | null
  const known = file?.format === 'holdfast-named-key' && file.version === 1 && file.kind === kind && file.name === name
  if (!known || typeof file.sealed !== 'string') throw new Fault('keystore-locked')
  const seed = await provider.unwrap(bytesOf(file.sealed), context)
  const { publicKey } = publicPart(kind, seed)
  if (seed.length !== 32 || publicKey !== file.publicKey) throw new Fault('keystore-locked')
  return seed
}

const publicPart = (kind: 'signer' | 'secret', seed: Uint8Array): { readonly publicKey?: string } =>
  kind === 'signer' ? { publicKey: base64url(rawPublic(privateKeyOf('ed25519', seed))) } : {}

const bytesOf = (text: string): Uint8Array => {
  try {
    return fromBase64url(text)
  } catch {
    throw new Fault('keystore-locked')
  }
}
