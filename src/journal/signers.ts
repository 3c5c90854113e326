// Who signs the checkpoints: one key at a time, and every key that ever did. Keeps journal-101.
import { type Checkpoint, openNote, parseCheckpoint, type Signer, suiteOf, type VerifierKey } from './checkpoint.ts'
import { type Verify, verifyEd25519 } from './note-suite.ts'

/** The keys of a log, as another room keeps them; what signs may change while the log goes on. */
export interface Signers {
  /** What signs from now on. */
  current(): Promise<Signer>
  /** Every key this log has signed with, the present one too. */
  all(): Promise<readonly Pick<Signer, 'suite' | 'publicKey'>[]>
  readonly verify: Verify
}

/** A log that has one Ed25519 key for ever. */
export const oneSigner = (signer: Signer): Signers => ({
  current: () => Promise.resolve(signer),
  all: () => Promise.resolve([signer]),
  verify: verifyEd25519,
})

/** What a checkpoint of this log is believed by, as its keys stand now. */
export interface Trust {
  readonly origin: string
  readonly keys: readonly VerifierKey[]
  readonly verify: Verify
}

/** The keys of a log under the name that it signs by, which is its origin. */
export const trustOf = async (signers: Signers, origin: string): Promise<Trust> => ({
  origin,
  keys: (await signers.all()).map((key) => verifierKey(origin, key)),
  verify: signers.verify,
})

export const verifierKey = (name: string, key: Pick<Signer, 'suite' | 'publicKey'>): VerifierKey => {
  const suite = suiteOf(key)
  return suite === 'Ed25519' ? { name, publicKey: key.publicKey } : { name, suite, publicKey: key.publicKey }
}

/** The checkpoint of a note signed by one of our keys, or null. */
export const signedCheckpoint = (note: string, { origin, keys, verify }: Trust): Checkpoint | null => {
  const text = openNote(note, keys, verify)
  const checkpoint = text === null ? null : parseCheckpoint(text)
  return checkpoint?.origin === origin ? checkpoint : null
}
