// For tests: an authenticator in software (WebAuthn level 3, sections 6 and 8.7) that can also answer wrongly on purpose.
import { createHash, createSign, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto'

export interface Wrong {
  /** The page that asks, as the browser says it. */
  readonly origin?: string
  /** The relying party whose hash stands in the answer. */
  readonly rpId?: string
  readonly challenge?: string
  /** The person was not verified. */
  readonly unverified?: boolean
  /** Nobody touched it. */
  readonly absent?: boolean
  readonly type?: string
  /** Counter to answer with. */
  readonly counter?: number
  /** Sign with another key. */
  readonly key?: KeyObject
  readonly userHandle?: string
}

interface Options {
  readonly challenge: string
}

export interface Authenticator {
  readonly create: (options: unknown, wrong?: Wrong) => unknown
  readonly get: (options: unknown, wrong?: Wrong) => unknown
}

/** One with one key, at a page of this origin. */
export const authenticator = (origin: string): Authenticator => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const id = randomBytes(16)
  let counter = 0
  let handle = ''
  const clientData = (type: string, challenge: string, wrong: Wrong): Buffer =>
    Buffer.from(
      JSON.stringify({
        type: wrong.type ?? type,
        challenge: wrong.challenge ?? challenge,
        origin: wrong.origin ?? origin,
        crossOrigin: false,
      }),
    )
  const head = (wrong: Wrong, attested: boolean): Buffer => {
    counter += 1
    // Bits: user present, user verified, may be backed up, is backed up, attested data.
    const flags =
      (wrong.absent === true ? 0 : 0x01) | (wrong.unverified === true ? 0 : 0x04) | 0x18 | (attested ? 0x40 : 0)
    const number = Buffer.alloc(4)
    number.writeUInt32BE(wrong.counter ?? counter)
    return Buffer.concat([sha256(wrong.rpId ?? new URL(origin).hostname), Buffer.from([flags]), number])
  }
  return {
    create: (given, wrong = {}) => {
      const options = given as Options & { user: { id: string } }
      handle = options.user.id
      const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
      const cose = map([
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, Buffer.from(x, 'base64url')],
        [-3, Buffer.from(y, 'base64url')],
      ])
      const data = Buffer.concat([head(wrong, true), Buffer.alloc(16), Buffer.from([0, id.length]), id, cose.encoded])
      const attestation = map([
        ['fmt', 'none'],
        ['attStmt', map([])],
        ['authData', data],
      ])
      return {
        id: id.toString('base64url'),
        rawId: id.toString('base64url'),
        type: 'public-key',
        clientExtensionResults: {},
        response: {
          clientDataJSON: clientData('webauthn.create', options.challenge, wrong).toString('base64url'),
          attestationObject: attestation.encoded.toString('base64url'),
          transports: ['internal'],
        },
      }
    },
    get: (given, wrong = {}) => {
      const client = clientData('webauthn.get', (given as Options).challenge, wrong)
      const data = head(wrong, false)
      const signature = createSign('sha256')
        .update(Buffer.concat([data, sha256(client)]))
        .sign(wrong.key ?? privateKey)
      return {
        id: id.toString('base64url'),
        rawId: id.toString('base64url'),
        type: 'public-key',
        clientExtensionResults: {},
        response: {
          clientDataJSON: client.toString('base64url'),
          authenticatorData: data.toString('base64url'),
          signature: signature.toString('base64url'),
          userHandle: wrong.userHandle ?? handle,
        },
      }
    },
  }
}

const sha256 = (data: Buffer | string): Buffer => createHash('sha256').update(data).digest()

interface Encoded {
  readonly encoded: Buffer
}
type Value = number | string | Buffer | Encoded

/** The little CBOR that is needed (RFC 8949): maps of integers, texts, bytes and further maps. */
const map = (pairs: readonly (readonly [Value, Value])[]): Encoded => ({
  encoded: Buffer.concat([header(5, pairs.length), ...pairs.flatMap(([key, value]) => [item(key), item(value)])]),
})

const item = (value: Value): Buffer => {
  if (typeof value === 'number') return value >= 0 ? header(0, value) : header(1, -1 - value)
  if (typeof value === 'string') return Buffer.concat([header(3, Buffer.byteLength(value)), Buffer.from(value)])
  return Buffer.isBuffer(value) ? Buffer.concat([header(2, value.length), value]) : value.encoded
}

const header = (major: number, count: number): Buffer =>
  count < 24
    ? Buffer.from([(major << 5) | count])
    : count < 256
      ? Buffer.from([(major << 5) | 24, count])
      : Buffer.from([(major << 5) | 25, count >> 8, count & 255])
