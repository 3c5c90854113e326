// A root key that lives outside this process: what every such home has in common. The bytes are docs/formats/provider.md. Keeps
// encryption-62: what was wrapped opens under its own key and its own context only, whatever the service itself binds.
import { concat, Fault, utf8 } from '#kernel'
import { equal, sha256 } from '../digest.ts'
import { fingerprintOf, outerHeadBytes, outerMagic, type RootProvider, wrappedBy } from './root.ts'

/** The service itself: encrypts and decrypts short texts under one key of its own. */
export interface Service {
  readonly kind: string
  /** What names the key for ever, wherever the service is reached: key name, ARN, token label. */
  readonly identity: string
  /** The context is bound as the service can. */
  encrypt(plain: Uint8Array, context: string): Promise<Uint8Array>
  /** Throws cell-does-not-open where the service says that these bytes were not encrypted by this key in this context. */
  decrypt(sealed: Uint8Array, context: string): Promise<Uint8Array>
  close?(): void
}

// C8 ‖ format ‖ id (10) ‖ what the service answered. Encrypted by the service: format ‖ SHA-256 of the context (32) ‖ key.
const format = 1
const bindingBytes = 33

/** Fingerprint of a key outside: of its kind and name. */
export const outerFingerprint = (kind: string, identity: string): string => fingerprintOf(idOf(kind, identity))

/** The provider over a service. */
export const outerProvider = (service: Service): RootProvider => {
  const { kind, identity } = service
  const id = idOf(kind, identity)
  const head = concat(new Uint8Array([outerMagic, format]), id)
  const fingerprint = fingerprintOf(id)
  const wrap = async (key: Uint8Array, context: string): Promise<Uint8Array> => {
    const plain = concat(bindingOf(context), key)
    try {
      return concat(head, await service.encrypt(plain, context))
    } finally {
      plain.fill(0)
    }
  }
  const unwrap = async (wrapped: Uint8Array, context: string): Promise<Uint8Array> => {
    const by = wrappedBy(wrapped)
    if (by === null || wrapped[0] !== outerMagic || wrapped[1] !== format) throw new Fault('cell-does-not-open')
    if (by !== fingerprint) throw new Fault('keystore-foreign', { fingerprint: by })
    const plain = await service.decrypt(wrapped.subarray(outerHeadBytes), context)
    if (plain.length <= bindingBytes || !equal(plain.subarray(0, bindingBytes), bindingOf(context)))
      throw new Fault('cell-does-not-open')
    // A copy: what the service answered is wiped.
    const key = new Uint8Array(plain.subarray(bindingBytes))
    plain.fill(0)
    return key
  }
  return {
    kind,
    fingerprint,
    wrap,
    unwrap,
    check: async () => {
      const probe = sha256(utf8('holdfast/provider/probe/1'))
      if (!equal(await unwrap(await wrap(probe, 'holdfast/probe/1'), 'holdfast/probe/1'), probe))
        throw new Fault('provider-refused', { provider: kind, what: 'it does not give back what it was given' })
    },
    close: () => service.close?.(),
  }
}

const bindingOf = (context: string): Uint8Array => concat(new Uint8Array([format]), sha256(utf8(context)))

const idOf = (kind: string, identity: string): Uint8Array =>
  sha256(concat(utf8('holdfast/provider/id/1'), utf8(`${kind}\0${identity}`))).slice(0, 10)
