// The signed manifest: fetched, and believed only under the key that the embedding page has pinned. Keeps web-52.
import { ml_dsa65 } from '@noble/post-quantum/ml-dsa.js'
import { concat, fromBase64url, utf8 } from './bytes.ts'
import { verifyGm } from './gm.ts'

export interface Both {
  readonly zh: string
  readonly en: string
}

export interface Field {
  readonly name: string
  readonly kind: string
  readonly label: Both
  readonly required: boolean
  readonly maxLength: number
  readonly options?: readonly { readonly value: string; readonly label: Both }[]
}

export interface Definition {
  readonly title: Both
  readonly intro: Both
  readonly notice: Both
  readonly submit: Both
  readonly thanks: Both
  readonly fields: readonly Field[]
}

export interface Manifest {
  readonly tenant: string
  readonly form: string
  readonly epoch: number
  readonly suite: number
  readonly publicKey: Uint8Array<ArrayBuffer>
  readonly issuedAt: number
  readonly notAfter: number
  readonly definition: Definition
}

/** What an embedding page has pinned. */
export interface Pin {
  readonly tenant: string
  readonly form: string
  /** The key of signer "capture": base64url of Ed25519, of another suite behind its name and a colon. */
  readonly key: string
}

export type Distrust = 'unsupported' | 'not-signed' | 'expired'

const label = utf8('holdfast/capture/manifest/1\n')

/** What the signed bytes say, or why they are not believed; now: milliseconds since 1970. */
export const believe = async (answer: unknown, pin: Pin, now: number): Promise<Manifest | Distrust> => {
  const { manifest, signature } = (answer ?? {}) as { readonly manifest?: unknown; readonly signature?: unknown }
  if (typeof manifest !== 'string' || typeof signature !== 'string') return 'not-signed'
  let verify: Verify
  try {
    verify = await verifierOf(pin.key)
  } catch {
    return 'unsupported'
  }
  try {
    const bytes = fromBase64url(manifest)
    if (!(await verify(concat(label, bytes), fromBase64url(signature)))) return 'not-signed'
    const said = JSON.parse(new TextDecoder().decode(bytes)) as Omit<
      Manifest,
      'publicKey' | 'issuedAt' | 'notAfter'
    > & {
      readonly v: number
      readonly publicKey: string
      readonly issuedAt: string
      readonly notAfter: string
    }
    if (said.v !== 1 || said.tenant !== pin.tenant || said.form !== pin.form) return 'not-signed'
    const notAfter = Date.parse(said.notAfter)
    if (!(now <= notAfter)) return 'expired'
    return { ...said, publicKey: fromBase64url(said.publicKey), issuedAt: Date.parse(said.issuedAt), notAfter }
  } catch {
    return 'not-signed'
  }
}

/** The suite a pin names; undefined for Ed25519, which it does not name. */
export const suiteOf = (pinned: string): string | undefined =>
  pinned.includes(':') ? pinned.slice(0, pinned.indexOf(':')) : undefined

type Bytes = Uint8Array<ArrayBuffer>
type Verify = (message: Bytes, signature: Bytes) => boolean | Promise<boolean>

/** By the suite that was pinned and no other; throws for a suite or a key that this browser cannot check. */
const verifierOf = async (pinned: string): Promise<Verify> => {
  const suite = suiteOf(pinned)
  const raw = fromBase64url(pinned.slice(pinned.indexOf(':') + 1))
  if (suite === undefined) {
    const key = await crypto.subtle.importKey('raw', raw, { name: 'Ed25519' }, false, ['verify'])
    return (message, signature) => crypto.subtle.verify('Ed25519', key, signature, message)
  }
  if (suite === 'ML-DSA-65' && raw.length === 1952)
    return (message, signature) => signature.length === 3309 && ml_dsa65.verify(signature, message, raw)
  if (suite === 'SM2' && raw.length === 65) return (message, signature) => verifyGm(raw, message, signature)
  throw new TypeError('a key of another suite')
}
