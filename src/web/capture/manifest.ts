// The signed manifest: fetched, and believed only under the key that the embedding page has pinned. Keeps web-52.
import { concat, fromBase64url, utf8 } from './seal.ts'

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
  /** base64url of the Ed25519 key of signer "capture". */
  readonly key: string
}

export type Distrust = 'unsupported' | 'not-signed' | 'expired'

const label = utf8('holdfast/capture/manifest/1\n')

/** What the signed bytes say, or why they are not believed; now: milliseconds since 1970. */
export const believe = async (answer: unknown, pin: Pin, now: number): Promise<Manifest | Distrust> => {
  const { manifest, signature } = (answer ?? {}) as { readonly manifest?: unknown; readonly signature?: unknown }
  if (typeof manifest !== 'string' || typeof signature !== 'string') return 'not-signed'
  let key: CryptoKey
  try {
    key = await crypto.subtle.importKey('raw', fromBase64url(pin.key), { name: 'Ed25519' }, false, ['verify'])
  } catch {
    return 'unsupported'
  }
  try {
    const bytes = fromBase64url(manifest)
    const good = await crypto.subtle.verify('Ed25519', key, fromBase64url(signature), concat(label, bytes))
    if (!good) return 'not-signed'
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
