// The root of a blind index: one generation of it, wrapped by the root key of the house, with rotation of its own. Keeps encryption-10.
import type { KeyObject } from 'node:crypto'
import { concat, Fault, type Uuid, utf8, uuidBytes } from '#kernel'
import { derive, keep, random } from './digest.ts'
import { type Epoch, keysOf } from './epoch.ts'
import { type RootProvider, wrappedBy } from './provider/root.ts'
import { type Suite, type SuiteId, suiteOf } from './suite.ts'

/** The keys of a row of keyring.search_generation. */
export interface IndexRootRow {
  readonly tenant: Uuid
  readonly generation: number
  /** Names the hash that tokens are made with. */
  readonly suite: SuiteId
  readonly wrapped: Uint8Array
  /** Names the hash that import keys are made with. */
  readonly importSuite: SuiteId
  readonly importWrapped: Uint8Array
}

/** An opened root. Its keys are held beside it, out of reach of anything that prints or copies it. */
export interface IndexRoot {
  readonly tenant: Uuid
  readonly generation: number
  readonly suite: SuiteId
}

/** What a root holds; for this room only. */
export interface IndexKeys {
  readonly index: KeyObject
  readonly hash: Suite['hash']
  readonly import: KeyObject
  readonly importSuite: SuiteId
  readonly derived: Map<string, KeyObject>
}

const held = new WeakMap<IndexRoot, IndexKeys>()

/** The keys of a root that openIndexRoot made. */
export const indexKeysOf = (root: IndexRoot): IndexKeys => {
  const keys = held.get(root)
  if (!keys) throw new TypeError('not an index root that was opened here')
  return keys
}

/**
 * Makes the keys of a new generation of the index. importOf: whose import keys go on; they cannot be made anew, since the text
 * that names a source row is kept nowhere. indexOf: an older generation whose tokens stay the same.
 */
export const createIndexRoot = async (
  provider: RootProvider,
  generation: number,
  suite: SuiteId,
  importOf: Epoch | IndexRoot,
  indexOf?: IndexRoot,
): Promise<IndexRootRow> => {
  const { tenant } = importOf
  if (indexOf && (indexOf.tenant !== tenant || suiteOf(indexOf.suite).hash !== suiteOf(suite).hash))
    throw new Fault('wrong-use', { what: 'a blind-index root stays with its tenant and its hash' })
  const [importKey, importSuite] = importKeyOf(importOf)
  const index = indexOf ? new Uint8Array(indexKeysOf(indexOf).index.export()) : random(32)
  return {
    tenant,
    generation,
    suite,
    wrapped: await provider.wrap(index, contextOf(tenant, generation, suite, 'index')),
    importSuite,
    importWrapped: await provider.wrap(importKey, contextOf(tenant, generation, importSuite, 'import')),
  }
}

/** Opens a generation. Faults: suite-unknown, keystore-foreign, cell-does-not-open. */
export const openIndexRoot = async (provider: RootProvider, row: IndexRootRow): Promise<IndexRoot> => {
  const { tenant, generation, suite, importSuite } = row
  const { hash } = suiteOf(suite)
  suiteOf(importSuite)
  const index = await provider.unwrap(row.wrapped, contextOf(tenant, generation, suite, 'index'))
  const own = await provider.unwrap(row.importWrapped, contextOf(tenant, generation, importSuite, 'import'))
  if (index.length !== 32 || own.length !== 32) throw new Fault('cell-does-not-open')
  const root: IndexRoot = Object.freeze({ tenant, generation, suite })
  held.set(root, { index: keep(index), hash, import: keep(own), importSuite, derived: new Map() })
  return root
}

/** The same keys under the root key that wraps now; null where it wraps them already. */
export const rewrapIndexRoot = async (provider: RootProvider, row: IndexRootRow): Promise<IndexRootRow | null> => {
  if ([row.wrapped, row.importWrapped].every((wrapped) => wrappedBy(wrapped) === provider.fingerprint)) return null
  const again = async (wrapped: Uint8Array, context: string): Promise<Uint8Array> => {
    const key = await provider.unwrap(wrapped, context)
    try {
      return await provider.wrap(key, context)
    } finally {
      key.fill(0)
    }
  }
  const { tenant, generation, suite, importSuite } = row
  return {
    ...row,
    wrapped: await again(row.wrapped, contextOf(tenant, generation, suite, 'index')),
    importWrapped: await again(row.importWrapped, contextOf(tenant, generation, importSuite, 'import')),
  }
}

const contextOf = (tenant: Uuid, generation: number, suite: SuiteId, part: 'index' | 'import'): string =>
  `holdfast/index/1/${tenant}/${String(generation)}/${String(suite)}/${part}`

// Import keys of the first installations hang on the epoch's own index root, so theirs is derived as it always was.
const importKeyOf = (of: Epoch | IndexRoot): readonly [Uint8Array, SuiteId] => {
  if (!('epoch' in of)) {
    const keys = indexKeysOf(of)
    return [new Uint8Array(keys.import.export()), keys.importSuite]
  }
  const info = concat(utf8('crm/import/1'), uuidBytes(of.tenant))
  return [derive(suiteOf(of.suite).hash, keysOf(of).index, info, 32), of.suite]
}
