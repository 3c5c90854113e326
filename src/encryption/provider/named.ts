// Named keys: the 32-byte seeds of signers and secrets, each in a file of its own, sealed under the root key wherever that lives; and
// the copies of them kept with the data, so that they come back when the directory is lost. Keeps encryption-12, encryption-61.
import { join } from 'node:path'
import { base64url, Fault, fromBase64url, isFault } from '#kernel'
import { type SignatureSuite, signatureSuites, signerOf } from '../signature.ts'
import { readdir } from 'node:fs/promises'
import { readKeyFile, writeKeyFile } from './keyfile.ts'
import { type RootProvider, wrappedBy } from './root.ts'

export type NamedKind = 'signer' | 'secret'

/** A named key as it lies in the directory and, as a copy, in the database. */
export interface NamedKey {
  readonly kind: NamedKind
  readonly name: string
  /** Of a signer: its suite. */
  readonly suite: SignatureSuite | null
  /** Of a signer: its public key. */
  readonly publicKey: Uint8Array | null
  /** The seed, wrapped by the root key. */
  readonly sealed: Uint8Array
}

export interface NamedKeys {
  /** The seed of that name, made on first use; the caller owns the copy. suite: of a signer, without a word Ed25519. */
  seed(kind: NamedKind, name: string, suite?: SignatureSuite): Promise<Uint8Array>
  /** Whether a key of that name was made. */
  has(kind: NamedKind, name: string): Promise<boolean>
  list(): Promise<readonly NamedKey[]>
  /** Puts copies back whose key is missing here or does not open here. Returns the names of those. */
  putBack(copies: readonly NamedKey[]): Promise<readonly string[]>
  /** Wraps anew whatever another root key wrapped. Returns how many. */
  rewrap(): Promise<number>
  /** Calls this after a named key was made, before it is used. */
  watch(made: () => Promise<void>): void
  forget(): void
}

/** first: the first value of a name, by kind, name and context of its wrapping. */
export const namedKeys = (
  directory: string,
  provider: RootProvider,
  first: (context: string) => Uint8Array,
): NamedKeys => {
  const held = new Map<string, Promise<Uint8Array>>()
  const watcher = { made: (): Promise<void> => Promise.resolve() }
  const load = async (kind: NamedKind, name: string, suite: SignatureSuite | null): Promise<Uint8Array> => {
    const stored = await readNamed(directory, kind, name)
    // A key serves the suite it was made for and no other.
    if (stored && stored.suite !== suite) throw new Fault('keystore-locked')
    if (stored) return openNamed(provider, stored)
    const seed = first(contextOf(kind, name))
    await write(directory, provider, { kind, name, suite }, seed)
    await watcher.made()
    return seed
  }
  const list = async (): Promise<readonly NamedKey[]> => {
    const found: NamedKey[] = []
    for (const file of (await readdir(directory)).sort()) {
      const [, kind, name] = /^(signer|secret)-([a-z][a-z0-9-]{0,39})\.json$/.exec(file) ?? []
      const key = kind && name ? await readNamed(directory, kind as NamedKind, name) : undefined
      if (key) found.push(key)
    }
    return found
  }
  return {
    seed: async (kind, name, suite = 'Ed25519') => {
      if (!/^[a-z][a-z0-9-]{0,39}$/.test(name)) throw new RangeError('the name of a key is of a-z, 0-9 and -')
      const id = `${kind}-${name}`
      const asked = held.get(id) ?? load(kind, name, kind === 'signer' ? suite : null)
      held.set(id, asked)
      asked.catch(() => held.delete(id))
      return new Uint8Array(await asked)
    },
    has: async (kind, name) => (await readNamed(directory, kind, name)) !== undefined,
    list,
    putBack: async (copies) => {
      const put: string[] = []
      for (const copy of copies) {
        const here = await readNamed(directory, copy.kind, copy.name)
        if (here && (sameKey(here, copy) || (await opens(provider, here)))) continue
        const seed = await openNamed(provider, copy)
        seed.fill(0)
        await writeKeyFile(directory, fileOf(copy.kind, copy.name), fileFor(copy), false)
        put.push(`${copy.kind}-${copy.name}`)
      }
      return put
    },
    rewrap: async () => {
      const old = (await list()).filter(({ sealed }) => wrappedBy(sealed) !== provider.fingerprint)
      for (const key of old) await write(directory, provider, key, await openNamed(provider, key))
      return old.length
    },
    watch: (made) => {
      watcher.made = made
    },
    forget: () => {
      held.clear()
    },
  }
}

const contextOf = (kind: NamedKind, name: string): string => `holdfast/${kind}/1/${name}`
const fileOf = (kind: NamedKind, name: string): string => `${kind}-${name}.json`

const sameKey = (a: NamedKey, b: NamedKey): boolean => Buffer.compare(a.sealed, b.sealed) === 0

// A provider that is away says nothing about the key; only a root key that is not here, or a seal that fails, does.
const opens = async (provider: RootProvider, key: NamedKey): Promise<boolean> => {
  try {
    ;(await openNamed(provider, key)).fill(0)
    return true
  } catch (error) {
    if (isFault(error, 'keystore-foreign') || isFault(error, 'cell-does-not-open') || isFault(error, 'keystore-locked'))
      return false
    throw error
  }
}

const readNamed = async (directory: string, kind: NamedKind, name: string): Promise<NamedKey | undefined> => {
  const stored = await readKeyFile(join(directory, fileOf(kind, name)))
  if (stored === undefined) return undefined
  const file = stored as Record<string, unknown> | null
  const known = file?.format === 'holdfast-named-key' && file.kind === kind && file.name === name
  if (!known || typeof file.sealed !== 'string') throw new Fault('keystore-locked')
  const publicKey = typeof file.publicKey === 'string' ? bytesOf(file.publicKey) : null
  return { kind, name, suite: suiteOf(kind, file), publicKey, sealed: bytesOf(file.sealed) }
}

// Version 1 knows signers of Ed25519 alone and does not name it; version 2 names any other suite.
const suiteOf = (kind: NamedKind, { version, suite }: Record<string, unknown>): SignatureSuite | null => {
  if (version === 1 && suite === undefined) return kind === 'signer' ? 'Ed25519' : null
  const named = signatureSuites.find((one) => one === suite && one !== 'Ed25519')
  if (version !== 2 || kind !== 'signer' || !named) throw new Fault('keystore-locked')
  return named
}

const openNamed = async (provider: RootProvider, key: NamedKey): Promise<Uint8Array> => {
  const seed = await provider.unwrap(key.sealed, contextOf(key.kind, key.name))
  const expected = seed.length === 32 ? publicPart(key.suite, seed) : undefined
  const same =
    expected === null
      ? key.publicKey === null
      : expected && Buffer.compare(expected, key.publicKey ?? new Uint8Array()) === 0
  if (!same) throw new Fault('keystore-locked')
  return seed
}

const write = async (
  directory: string,
  provider: RootProvider,
  { kind, name, suite }: Pick<NamedKey, 'kind' | 'name' | 'suite'>,
  seed: Uint8Array,
): Promise<void> => {
  const sealed = await provider.wrap(seed, contextOf(kind, name))
  const publicKey = publicPart(suite, seed)
  await writeKeyFile(directory, fileOf(kind, name), fileFor({ kind, name, suite, publicKey, sealed }), false)
}

const fileFor = ({ kind, name, suite, publicKey, sealed }: NamedKey): unknown => ({
  format: 'holdfast-named-key',
  ...(suite === null || suite === 'Ed25519' ? { version: 1, kind, name } : { version: 2, kind, name, suite }),
  ...(publicKey ? { publicKey: base64url(publicKey) } : {}),
  sealed: base64url(sealed),
})

const publicPart = (suite: SignatureSuite | null, seed: Uint8Array): Uint8Array | null =>
  suite === null ? null : signerOf('', new Uint8Array(seed), suite).publicKey

const bytesOf = (text: string): Uint8Array => {
  try {
    return fromBase64url(text)
  } catch {
    throw new Fault('keystore-locked')
  }
}
