// The policies in force: loaded from the store through a port, compiled once a version, looked after at most every second. Keeps access-156.
import { type Catalogue, Fault } from '#kernel'
import { deputyPolicies } from './deputy.ts'
import { grantPolicies } from './grant.ts'
import { type PolicyDocument } from './document.ts'
import { policyDigest, type PolicyText } from './official.ts'
import { compilePolicies, type PolicySet } from './policyset.ts'
import { accessSchema } from './schema.ts'
import { policiesOf, shippedDocument } from './shipped.ts'

/** A version as it is stored: its document is authentic, the port has seen to that. */
export interface StoredVersion {
  readonly number: number
  readonly document: PolicyDocument
}

/** Where the policies in force are kept. */
export interface PolicyStore {
  /** Number of the version in force. */
  active(): Promise<number>
  load(number: number): Promise<StoredVersion>
}

export interface Version {
  readonly number: number
  readonly document: PolicyDocument
  readonly policies: readonly PolicyText[]
  readonly digest: string
  readonly set: PolicySet
}

/** Every policy that a document puts in force in a house with this catalogue. */
export const housePolicies = (catalogue: Catalogue, document: PolicyDocument): readonly PolicyText[] =>
  [...policiesOf(document), ...grantPolicies(catalogue), ...deputyPolicies(document)].toSorted((a, b) =>
    a.id < b.id ? -1 : 1,
  )

/** Compiles a document. Throws policy-invalid. */
export const compileVersion = (catalogue: Catalogue, { number, document }: StoredVersion): Version => {
  const policies = housePolicies(catalogue, document)
  const set = compilePolicies(accessSchema(catalogue), policies)
  return { number, document, policies, digest: policyDigest(policies), set }
}

export interface InForce {
  readonly current: Version
  /** Another process may have put a newer version in force: looks at most every second. */
  refresh(): Promise<void>
  /** Looks now. */
  reload(): Promise<void>
}

// A newer version is noticed within two seconds: a look is due after one, and a request brings it about.
const every = 1000

export const openInForce = async (store: PolicyStore, catalogue: Catalogue, now: () => number): Promise<InForce> => {
  let current = compileVersion(catalogue, await store.load(await store.active()))
  let looked = now()
  let looking: Promise<void> | undefined
  const look = async (): Promise<void> => {
    const number = await store.active()
    if (number !== current.number) {
      const loaded = compileVersion(catalogue, await store.load(number))
      if (loaded.number !== number) throw new Fault('policy-invalid', { what: 'a version bears another number' })
      current = loaded
    }
    looked = now()
  }
  // One look at a time; whoever comes meanwhile waits for it. A look that fails leaves nobody deciding by what may be outdated.
  const reload = (): Promise<void> =>
    (looking ??= look().finally(() => {
      looking = undefined
    }))
  return {
    get current() {
      return current
    },
    refresh: () => (now() - looked < every && now() >= looked ? Promise.resolve() : reload()),
    reload,
  }
}

/** Policies that stay as they are. */
export const alwaysInForce = (catalogue: Catalogue, policies: readonly PolicyText[]): InForce => {
  const set = compilePolicies(accessSchema(catalogue), policies)
  const current: Version = { number: 0, document: shippedDocument, policies, digest: policyDigest(policies), set }
  const nothing = (): Promise<void> => Promise.resolve()
  return { current, refresh: nothing, reload: nothing }
}
