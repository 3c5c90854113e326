// Checkpoints: the signed size and root of the tree, as C2SP signed notes that any tool of that family can read. Keeps journal-6.
import { concat, hex, utf8 } from '#kernel'
import { isNoteSuite, type NoteSuite, noteTypes, type Verify, verifyEd25519 } from './note-suite.ts'
import { digest } from './tree.ts'

/** What signs, wherever its key lives; without a word on its suite Ed25519. */
export interface Signer {
  readonly name: string
  readonly suite?: string
  /** As note-suite.ts says for its suite. */
  readonly publicKey: Uint8Array
  sign(bytes: Uint8Array): Uint8Array
}

export interface Checkpoint {
  readonly origin: string
  readonly size: bigint
  readonly root: Uint8Array
}

/** The note of a checkpoint, signed by the log's key under the name of its origin, as C2SP tlog-checkpoint wants. */
export const signCheckpoint = (checkpoint: Checkpoint, signer: Signer): string =>
  signNote(checkpointText(checkpoint), checkpoint.origin, signer)

/** C2SP tlog-checkpoint: origin, size, root; no extension lines, for nobody could audit them. */
export const checkpointText = ({ origin, size, root }: Checkpoint): string =>
  `${origin}\n${String(size)}\n${base64(root)}\n`

/** The checkpoint a note's text says, or null where it is not one. */
export const parseCheckpoint = (text: string): Checkpoint | null => {
  const [origin, size, root, ...rest] = text.split('\n')
  if (!origin || size === undefined || root === undefined || rest.at(-1) !== '') return null
  if (rest.slice(0, -1).includes('') || !/^(0|[1-9][0-9]{0,18})$/.test(size)) return null
  const bytes = fromBase64(root)
  return bytes?.length === 32 ? { origin, size: BigInt(size), root: bytes } : null
}

/** A text signed as a C2SP signed note, of the signature type of the signer's suite. The text ends with a newline. */
export const signNote = (text: string, name: string, signer: Signer): string => {
  if (!text.endsWith('\n') || !isKeyName(name))
    throw new RangeError('a note ends with a newline and its key has a plain name')
  const id = keyId({ name, suite: suiteOf(signer), publicKey: signer.publicKey })
  const line = base64(concat(id, signer.sign(utf8(text))))
  return `${text}\n— ${name} ${line}\n`
}

export interface Note {
  readonly text: string
  readonly signatures: readonly { readonly name: string; readonly keyId: Uint8Array; readonly signature: Uint8Array }[]
}

/** The parts of a signed note, or null where it is not one. */
export const parseNote = (note: string): Note | null => {
  // C2SP signed-note: valid UTF-8 and no ASCII control character but the newline.
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (!note.isWellFormed() || /[\u0000-\u0009\u000b-\u001f]/.test(note)) return null
  const cut = note.lastIndexOf('\n\n')
  if (cut < 0 || !note.endsWith('\n')) return null
  const lines = note.slice(cut + 2, -1).split('\n')
  const signatures: { name: string; keyId: Uint8Array; signature: Uint8Array }[] = []
  for (const line of lines) {
    const [dash, name, code, ...rest] = line.split(' ')
    const bytes = code === undefined ? null : fromBase64(code)
    if (dash !== '—' || name === undefined || !isKeyName(name) || rest.length > 0 || !bytes || bytes.length < 5)
      return null
    signatures.push({ name, keyId: bytes.subarray(0, 4), signature: bytes.subarray(4) })
  }
  return { text: note.slice(0, cut + 1), signatures }
}

/** A key that is trusted to sign notes, by its suite alone; without a word on it Ed25519. */
export interface VerifierKey {
  readonly name: string
  readonly suite?: NoteSuite
  readonly publicKey: Uint8Array
}

/** The text of a note that at least one of the keys signed; null where none did or one of theirs is wrong. */
export const openNote = (note: string, keys: readonly VerifierKey[], verify: Verify = verifyEd25519): string | null => {
  const parsed = parseNote(note)
  if (!parsed) return null
  let good = false
  for (const { name, keyId: id, signature } of parsed.signatures) {
    const key = keys.find((k) => k.name === name && hex(keyId(k)) === hex(id))
    if (!key) continue
    if (!verify(key.suite ?? 'Ed25519', key.publicKey, utf8(parsed.text), signature)) return null
    good = true
  }
  return good ? parsed.text : null
}

/** The line by which others know the key: name, key id, type and public key (C2SP vkey). */
export const verifierKeyLine = (key: VerifierKey): string =>
  `${key.name}+${hex(keyId(key))}+${base64(concat(noteTypes[key.suite ?? 'Ed25519'].type, key.publicKey))}`

/** The key of such a line, or null where name, id and key do not belong together. */
export const parseVerifierKey = (line: string): VerifierKey | null => {
  const [name, id, ...rest] = line.split('+')
  const bytes = fromBase64(rest.join('+'))
  if (!name || !isKeyName(name) || id === undefined || !bytes) return null
  for (const suite of Object.keys(noteTypes).filter(isNoteSuite)) {
    const { type, publicBytes } = noteTypes[suite]
    if (bytes.length !== type.length + publicBytes || hex(bytes.subarray(0, type.length)) !== hex(type)) continue
    const publicKey = bytes.subarray(type.length)
    const key: VerifierKey = suite === 'Ed25519' ? { name, publicKey } : { name, suite, publicKey }
    return hex(keyId(key)) === id ? key : null
  }
  return null
}

/** The suite of a signer; RangeError where notes have no signature type for it. */
export const suiteOf = ({ suite = 'Ed25519' }: Pick<Signer, 'suite'>): NoteSuite => {
  if (!isNoteSuite(suite)) throw new RangeError('notes are not signed by this suite')
  return suite
}

// C2SP signed-note, "Signatures": the type of the signature is part of the id, so a key never passes for one of another suite.
const keyId = ({ name, suite = 'Ed25519', publicKey }: VerifierKey): Uint8Array =>
  digest(concat(utf8(`${name}\n`), noteTypes[suite].type, publicKey)).subarray(0, 4)

const isKeyName = (name: string): boolean => name.length > 0 && !/[\s+\p{Zs}]/u.test(name)

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

const fromBase64 = (text: string): Uint8Array | null => {
  const bytes = new Uint8Array(Buffer.from(text, 'base64'))
  return base64(bytes) === text ? bytes : null
}
