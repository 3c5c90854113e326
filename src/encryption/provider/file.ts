// The keys of an installation: a directory with the root key, or with where it lives, and named signers and secrets sealed under it.
// Keeps encryption-12, encryption-13, encryption-14, encryption-61: a root key is exchanged without a moment when one is missing.
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault, isFault, utf8 } from '#kernel'
import { derive, random } from '../digest.ts'
import { type SignatureSuite, signatureSuites, type Signer, signerOf } from '../signature.ts'
import { checkKeyDirectory, makeKeyDirectory, readKeyFile, sweepKeyFiles, writeKeyFile } from './keyfile.ts'
import {
  countShares,
  type Keystore,
  type OpenRoot,
  openKeystore,
  type Openers,
  parseKeystore,
  type StoredKey,
  storedKeyOf,
  type StoredProvider,
  writtenKeystore,
} from './keystore.ts'
import { type NamedKeys, namedKeys } from './named.ts'
import { type Ring, ringProvider } from './ring.ts'
import { fingerprintOf, type RootKey, rootKeyOf, type RootProvider, wrappedBy } from './root.ts'
import { combineShares, parseShares, type ShareSet, splitRoot } from './share.ts'
import { parseSheet, type RecoverySheet, sheetElsewhere, sheetOf } from './sheet.ts'

/** A root key and where it lives. */
export interface RootHome {
  readonly fingerprint: string
  /** file, or the kind of the provider outside. */
  readonly kind: string
  /** Of a file: how its root key is kept. */
  readonly protection: StoredKey['protection'] | 'provider'
  readonly created: string
  readonly shares?: Pick<ShareSet, 'set' | 'threshold' | 'of' | 'holders'>
}

/** How a root key in a file is kept. deliver gets the shares before the file changes: what it cannot keep must throw. */
export type Protection =
  | { readonly kind: 'machine' }
  | { readonly kind: 'passphrase'; readonly passphrase: string }
  | {
      readonly kind: 'shares'
      readonly threshold: number
      readonly of: number
      readonly holders?: readonly string[]
      deliver(texts: readonly string[]): Promise<void>
    }

export interface Keys {
  readonly provider: RootProvider
  readonly directory: string
  /** The signer of that name and suite, made on first use; each suite has a key of its own. */
  signer(name: string, suite?: SignatureSuite): Promise<Signer>
  /** The signers of that name that were made, of whatever suite: whoever verifies looks a key up among them. */
  signers(name: string): Promise<readonly Signer[]>
  /** The 32-byte secret of that name, made on first use; the caller owns the copy it gets. */
  secret(name: string): Promise<Uint8Array>
  /** The named keys as they lie, sealed: for the copies kept with the data. */
  readonly named: Pick<NamedKeys, 'list' | 'putBack' | 'rewrap' | 'watch'>
  /** Root keys this keystore opens with, the one that wraps first. More than one while a root key is being exchanged. */
  roots(): readonly RootHome[]
  /** A fresh root key that wraps from now on; those before still unwrap. Returns its fingerprint. */
  addRoot(protection: Protection | 'as-before'): Promise<string>
  /** A provider outside that wraps from now on. */
  addProvider(kind: string, settings: Readonly<Record<string, string>>): Promise<string>
  /** A root key out of its sheet that only unwraps: for data that an older backup brings back. */
  addOldRoot(sheetText: string): Promise<string>
  /** Lets go of every root key but the one that wraps. Throws wrong-use while a named key needs another. Returns what went. */
  dropRoots(): Promise<readonly string[]>
  /** Keeps the root key another way: the same key, another lock. */
  protect(protection: Protection): Promise<void>
  /** The recovery sheet of the primary root key, for showing it again. */
  sheet(): RecoverySheet
  /** Lets go of every key; what is asked afterwards is refused. */
  close(): void
}

/** Reaches a provider outside by what the keystore says of it. */
export type Connect = (kind: string, settings: Readonly<Record<string, string>>) => Promise<RootProvider>

export interface KeysOptions extends Openers {
  readonly connect?: Connect
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

/** Makes a keystore whose root key lives with a provider outside. */
export const createOuterKeys = async (
  directory: string,
  kind: string,
  settings: Readonly<Record<string, string>>,
  options: KeysOptions,
): Promise<Keys> => {
  const provider = await connected(options, kind, settings)
  await provider.check?.()
  const stored = { id: provider.fingerprint, created: new Date().toISOString(), kind, settings }
  const store: Keystore = { format: 'holdfast-keystore', version: 2, primary: stored.id, keys: [], providers: [stored] }
  await makeKeyDirectory(directory)
  await writeKeyFile(directory, fileName, writtenKeystore(store), true)
  return openKeys(directory, options)
}

/** Opens a keystore. Faults: keystore-missing, keystore-unsafe, keystore-locked, those of shares and of providers. */
export const openKeys = async (directory: string, options: KeysOptions = {}): Promise<Keys> => {
  const store = await readKeystore(directory)
  return keysOf(directory, store, await openRing(store, options), options)
}

/** How the root key of a directory is kept, without opening it. Faults: keystore-missing, keystore-unsafe, keystore-locked. */
export const keystoreHomes = async (directory: string): Promise<readonly RootHome[]> =>
  homesOf(await readKeystore(directory))

/** How many good shares these are, of how many that are needed. Throws as openKeys does for one that is foreign, repeated or damaged. */
export const checkShares = async (
  directory: string,
  texts: readonly string[],
): Promise<{ readonly needed: number; readonly good: number }> => countShares(await readKeystore(directory), texts)

/** Where the root key lives now, where it is a provider outside. */
export const storedProvider = async (directory: string): Promise<StoredProvider | undefined> => {
  const store = await readKeystore(directory)
  return store.providers.find(({ id }) => id === store.primary)
}

/** Makes a keystore out of a recovery sheet, in a directory that has none; first values of signers and secrets come with it. */
export const recoverKeys = (directory: string, sheetText: string, options: KeysOptions = {}): Promise<Keys> =>
  establish(directory, parseSheet(sheetText), options)

/** Makes a keystore out of enough shares, in a directory that has none. It asks for the passphrase given, or nothing. */
export const recoverFromShares = async (
  directory: string,
  texts: readonly string[],
  options: KeysOptions = {},
): Promise<Keys> => establish(directory, await combineShares(parseShares(texts)), options)

const establish = async (directory: string, raw: Uint8Array, options: KeysOptions): Promise<Keys> => {
  const created = new Date().toISOString()
  const key = await storedKeyOf(raw, created, options.passphrase)
  const store: Keystore = { format: 'holdfast-keystore', version: 1, primary: key.id, keys: [key], providers: [] }
  await makeKeyDirectory(directory)
  await writeKeyFile(directory, fileName, writtenKeystore(store), true)
  return keysOf(
    directory,
    store,
    { roots: rootsOf([{ id: key.id, created, raw }]), outer: [], primary: key.id },
    options,
  )
}

const readKeystore = async (directory: string): Promise<Keystore> => {
  await checkKeyDirectory(directory)
  const stored = await readKeyFile(join(directory, fileName))
  if (stored === undefined) throw new Fault('keystore-missing', { path: directory })
  return parseKeystore(stored)
}

const openRing = async (store: Keystore, options: KeysOptions): Promise<Ring> => {
  const roots = rootsOf(await openKeystore(store, options))
  const outer: RootProvider[] = []
  for (const { id, kind, settings } of store.providers) {
    const provider = await connected(options, kind, settings)
    if (provider.fingerprint !== id) throw new Fault('keystore-foreign', { fingerprint: id })
    outer.push(provider)
  }
  return { roots, outer, primary: store.primary }
}

const connected = (
  { connect }: KeysOptions,
  kind: string,
  settings: Readonly<Record<string, string>>,
): Promise<RootProvider> => {
  if (!connect) throw new Fault('provider-refused', { provider: kind, what: 'nothing here can reach it' })
  return connect(kind, settings)
}

const rootsOf = (opened: readonly OpenRoot[]): readonly RootKey[] =>
  opened.map(({ raw }) => {
    const root = rootKeyOf(raw)
    raw.fill(0)
    return root
  })

const homesOf = ({ primary, keys, providers }: Keystore): readonly RootHome[] =>
  [
    ...keys.map((key): RootHome => {
      const { id: fingerprint, created, protection } = key
      if (key.protection !== 'shares') return { fingerprint, kind: 'file', protection, created }
      const { set, threshold, of, holders } = key
      return { fingerprint, kind: 'file', protection, created, shares: { set, threshold, of, holders } }
    }),
    ...providers.map(({ id, kind, created }): RootHome => ({ fingerprint: id, kind, protection: 'provider', created })),
  ].sort((a, b) => Number(b.fingerprint === primary) - Number(a.fingerprint === primary))

const keysOf = (directory: string, opened: Keystore, ring: Ring, options: KeysOptions): Keys => {
  const held = { store: opened, ring, closed: false, seen: '' }
  const now = (): Ring => {
    if (held.closed) throw new Fault('keystore-locked')
    return held.ring
  }
  // A root key exchanged by another process is met where it would matter: before wrapping, and when an unknown one wrapped.
  const renew = async (): Promise<boolean> => {
    now()
    const seen = await stampOf(directory)
    if (seen === held.seen) return false
    const store = await readKeystore(directory)
    const same = JSON.stringify(homesOf(store)) === JSON.stringify(homesOf(held.store))
    if (!same) {
      try {
        held.ring = await openRing(store, { ...options, shares: [] })
      } catch (cause) {
        throw isFault(cause, 'shares-missing') ? new Fault('root-changed', {}, { cause }) : cause
      }
    }
    held.store = store
    held.seen = seen
    return !same
  }
  const provider = ringProvider(now, renew, () => held.ring)
  const primaryRoot = (): RootKey | undefined => {
    const { roots, primary } = now()
    return roots.find((root) => fingerprintOf(root.id) === primary)
  }
  // In a file the first value is derived from the root key, so that the recovery sheet alone brings it back. It is stored all the
  // same, sealed, so that it survives a change of the root key. A root key elsewhere gives nothing away: there it is random.
  const named = namedKeys(directory, provider, (context) => {
    const root = primaryRoot()
    return root ? derive('sha256', root.key, utf8(context), 32) : random(32)
  })
  const signer = async (name: string, suite: SignatureSuite = 'Ed25519'): Promise<Signer> =>
    signerOf(name, await named.seed('signer', signerName(name, suite), suite), suite)
  const save = async (store: Keystore, next: Ring): Promise<void> => {
    await writeKeyFile(directory, fileName, writtenKeystore(store), false)
    await sweepKeyFiles(directory)
    Object.assign(held, { store, ring: next, seen: await stampOf(directory) })
  }
  const add = async (raw: Uint8Array, protection: Protection, primary: boolean): Promise<string> => {
    const root = rootKeyOf(raw)
    const key = await storedUnder(raw, new Date().toISOString(), protection)
    raw.fill(0)
    const { store } = held
    if (store.keys.some(({ id }) => id === key.id))
      throw new Fault('already-exists', { what: { zh: `根密钥 ${key.id}`, en: `root key ${key.id}` } })
    await save(
      { ...store, primary: primary ? key.id : store.primary, keys: [...store.keys, key] },
      { ...now(), roots: [...now().roots, root], primary: primary ? key.id : store.primary },
    )
    return key.id
  }
  const asBefore = (): Protection => {
    const before = held.store.keys.find(({ id }) => id === held.store.primary) ?? held.store.keys[0]
    if (before?.protection === 'shares')
      throw new Fault('wrong-use', { what: 'the root key lies in shares: say how many the new one is to have' })
    const { passphrase } = options
    return passphrase === undefined || before?.protection === 'machine'
      ? { kind: 'machine' }
      : { kind: 'passphrase', passphrase }
  }
  return {
    provider,
    directory,
    signer,
    signers: async (name) => {
      const made: Signer[] = []
      for (const suite of signatureSuites)
        if (await named.has('signer', signerName(name, suite))) made.push(await signer(name, suite))
      return made
    },
    secret: (name) => named.seed('secret', name),
    named,
    roots: () => homesOf(held.store),
    addRoot: async (protection) => {
      await renew()
      return add(random(32), protection === 'as-before' ? asBefore() : protection, true)
    },
    addOldRoot: async (sheetText) => {
      await renew()
      return add(parseSheet(sheetText), asBefore(), false)
    },
    addProvider: async (kind, settings) => {
      await renew()
      const outer = await connected(options, kind, settings)
      await outer.check?.()
      const { store } = held
      const stored = { id: outer.fingerprint, created: new Date().toISOString(), kind, settings }
      const others = store.providers.filter(({ id }) => id !== stored.id)
      await save(
        { ...store, primary: stored.id, providers: [...others, stored] },
        { ...now(), outer: [...now().outer, outer], primary: stored.id },
      )
      return stored.id
    },
    dropRoots: async () => {
      await renew()
      if ((await named.list()).some(({ sealed }) => wrappedBy(sealed) !== now().primary))
        throw new Fault('wrong-use', { what: 'a named key still needs an older root key' })
      const { store } = held
      const isPrimary = ({ id }: { readonly id: string }): boolean => id === store.primary
      const gone = [...store.keys, ...store.providers].filter((one) => !isPrimary(one)).map(({ id }) => id)
      const { roots, outer, primary } = now()
      await save(
        { ...store, keys: store.keys.filter(isPrimary), providers: store.providers.filter(isPrimary) },
        {
          roots: roots.filter((root) => fingerprintOf(root.id) === primary),
          outer: outer.filter(({ fingerprint }) => fingerprint === primary),
          primary,
        },
      )
      return gone
    },
    protect: async (protection) => {
      await renew()
      const [only, ...others] = held.store.keys
      const root = primaryRoot()
      if (!only || !root || others.length > 0 || held.store.providers.length > 0)
        throw new Fault('wrong-use', { what: 'only a single root key in a file can be kept another way' })
      const raw = new Uint8Array(root.key.export())
      const key = await storedUnder(raw, only.created, protection)
      raw.fill(0)
      await save({ ...held.store, keys: [key] }, now())
    },
    sheet: () => {
      const [home] = homesOf(held.store)
      const root = primaryRoot()
      if (!home) throw new Fault('keystore-locked')
      if (!root || home.protection === 'shares') return sheetElsewhere(home)
      return sheetOf(new Uint8Array(root.key.export()), home.created)
    },
    close: () => {
      for (const outer of held.ring.outer) outer.close?.()
      held.closed = true
      held.ring = { roots: [], outer: [], primary: '' }
      named.forget()
    },
  }
}

/** A key signs by one suite, so the suite is a part of its name; Ed25519, which was there first, is not. */
const signerName = (name: string, suite: SignatureSuite): string =>
  suite === 'Ed25519' ? name : `${name}-${suite.toLowerCase()}`

const storedUnder = async (raw: Uint8Array, created: string, protection: Protection): Promise<StoredKey> => {
  if (protection.kind === 'machine') return storedKeyOf(raw, created)
  if (protection.kind === 'passphrase') return storedKeyOf(raw, created, protection.passphrase)
  const { set, texts } = await splitRoot(raw, protection.threshold, protection.of, protection.holders)
  await protection.deliver(texts)
  return { id: fingerprintOf(rootKeyOf(raw).id), created, protection: 'shares', ...set }
}

const stampOf = async (directory: string): Promise<string> => {
  const { mtimeMs, ino, size } = await stat(join(directory, fileName))
  return `${mtimeMs} ${ino} ${size}`
}
