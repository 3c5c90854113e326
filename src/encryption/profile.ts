// The three profiles a tenant chooses from: which suite seals its cells, which carries its keys, which signs. Keeps encryption-32.
import { Fault } from '#kernel'
import type { EnvelopeSuiteId } from './envelope.ts'
import type { SignatureSuite } from './signature.ts'
import type { SuiteId } from './suite.ts'

export type ProfileName = 'international' | 'post-quantum' | 'gm'

export interface Profile {
  readonly cell: SuiteId
  readonly envelope: EnvelopeSuiteId
  readonly signature: SignatureSuite
}

/** gm is 国密: SM4, SM3 and SM2 throughout. Cells may be of suite 2 or 4 beside the first two. */
export const profiles: Readonly<Record<ProfileName, Profile>> = {
  international: { cell: 1, envelope: 17, signature: 'Ed25519' },
  'post-quantum': { cell: 1, envelope: 18, signature: 'ML-DSA-65' },
  gm: { cell: 3, envelope: 20, signature: 'SM2' },
}

/** The profile of that name; Fault wrong-use where there is none. */
export const profileOf = (name: string): Profile => {
  if (!Object.hasOwn(profiles, name))
    throw new Fault('wrong-use', { what: `a profile is one of ${Object.keys(profiles).join(', ')}` })
  return profiles[name as ProfileName]
}

/** What a tenant signs by whose epoch is of these suites: by its profile; where they were chosen one by one, by Ed25519. */
export const signatureSuiteOf = (cell: SuiteId, envelope: EnvelopeSuiteId): SignatureSuite => {
  const name = profileNameOf(cell, envelope)
  return name === null ? 'Ed25519' : profiles[name].signature
}

/** The profile an epoch follows, or null where its suites were chosen one by one. */
export const profileNameOf = (cell: SuiteId, envelope: EnvelopeSuiteId): ProfileName | null => {
  const names = Object.keys(profiles) as ProfileName[]
  return names.find((name) => profiles[name].cell === cell && profiles[name].envelope === envelope) ?? null
}
