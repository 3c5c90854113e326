// Seals what a visitor wrote to the tenant's capture key, by WebCrypto: HPKE base mode (RFC 9180) over X25519, or over X-Wing by a library; or
// by SM2 and SM4 (gm.ts). The bytes are those of docs/formats/capture.md and envelope.md. Keeps web-51.
import { ml_kem768_x25519 } from '@noble/post-quantum/hybrid.js'
import { concat, utf8 } from './bytes.ts'
import { sealGm } from './gm.ts'

export interface Place {
  readonly tenant: string
  readonly form: string
  readonly epoch: number
  readonly suite: number
  /** Milliseconds since 1970. */
  readonly at: number
}

type Bytes = Uint8Array<ArrayBuffer>

const info = utf8('holdfast/capture/1')
const step = 256
/** SM2 with SM4-GCM: no HPKE, and of a library alone. */
const gm = 20

/** Whether this browser can seal to a key of that suite. A weaker suite than the signed one is never taken in its place. */
export const canSeal = async (suite: number): Promise<boolean> => {
  if (!globalThis.isSecureContext && typeof window !== 'undefined') return false
  const kem = kems[suite]
  if (!kem) return suite === gm
  try {
    await kem.probe()
    return true
  } catch {
    return false
  }
}

/** The envelope of a content: C5 ‖ suite ‖ enc ‖ ciphertext ‖ tag. */
export const seal = async (publicKey: Bytes, place: Place, content: unknown): Promise<Bytes> => {
  const kem = kems[place.suite]
  if (!kem && place.suite !== gm) throw new TypeError('this suite cannot be sealed to here')
  const text = utf8(JSON.stringify(content))
  const plain = new Uint8Array(Math.ceil(text.length / step) * step).fill(0x20)
  plain.set(text)
  const head = new Uint8Array([0xc5, place.suite])
  if (!kem) return concat(head, sealGm(publicKey, info, aadOf(place), plain))
  const { shared, enc } = await kem.encapsulate(publicKey)
  const { key, nonce } = await schedule(kem.id, shared, info)
  const aes = await crypto.subtle.importKey('raw', key, 'AES-GCM', false, ['encrypt'])
  const body = await crypto.subtle.encrypt({ name: 'AES-GCM', iv: nonce, additionalData: aadOf(place) }, aes, plain)
  return concat(head, enc, new Uint8Array(body))
}

interface Kem {
  /** RFC 9180 section 7.1; X-Wing: draft-connolly-cfrg-xwing-kem section 5.7. */
  readonly id: number
  /** Fails where the browser lacks a part of it. */
  probe(): Promise<unknown>
  encapsulate(publicKey: Bytes): Promise<{ readonly shared: Bytes; readonly enc: Bytes }>
}

const exchange = async (publicKey: Bytes): Promise<{ readonly secret: Bytes; readonly sent: Bytes }> => {
  const theirs = await crypto.subtle.importKey('raw', publicKey, { name: 'X25519' }, true, [])
  const pair = await crypto.subtle.generateKey({ name: 'X25519' }, true, ['deriveBits'])
  const secret = new Uint8Array(
    await crypto.subtle.deriveBits({ name: 'X25519', public: theirs }, pair.privateKey, 256),
  )
  return { secret, sent: new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey)) }
}

const x25519: Kem = {
  id: 0x0020,
  probe: () => crypto.subtle.generateKey({ name: 'X25519' }, false, ['deriveBits']),
  encapsulate: async (publicKey) => {
    const { secret, sent } = await exchange(publicKey)
    // RFC 9180 section 4.1: ExtractAndExpand(dh, enc ‖ pkR).
    const suite = concat(utf8('KEM'), u16(0x0020))
    const prk = await extract(suite, empty, 'eae_prk', secret)
    return { shared: await expand(suite, prk, 'shared_secret', concat(sent, publicKey), 32), enc: sent }
  },
}

// No browser offers ML-KEM yet (Chromium 153, looked at on 2026-11-24), so this one suite is of a library, bundled into the script.
const xwing: Kem = {
  id: 0x647a,
  probe: () => Promise.resolve(true),
  encapsulate: (publicKey) => {
    const { cipherText, sharedSecret } = ml_kem768_x25519.encapsulate(publicKey)
    return Promise.resolve({ shared: new Uint8Array(sharedSecret), enc: new Uint8Array(cipherText) })
  },
}

const kems: Readonly<Record<number, Kem | undefined>> = { 17: x25519, 18: xwing }

const empty: Bytes = new Uint8Array(0)
const u16 = (n: number): Bytes => new Uint8Array([n >> 8, n & 255])
const u32 = (n: number): Bytes => new Uint8Array([n >>> 24, (n >> 16) & 255, (n >> 8) & 255, n & 255])
const u64 = (n: number): Bytes => concat(u32(Math.floor(n / 2 ** 32)), u32(n >>> 0))

const aadOf = ({ tenant, form, epoch, suite, at }: Place): Bytes => {
  const uuid = Uint8Array.from(tenant.replaceAll('-', '').match(/../g) ?? [], (two) => parseInt(two, 16))
  const parts = [uuid, utf8(form), u16(epoch), new Uint8Array([suite]), u64(at)]
  return concat(...parts.flatMap((bytes, i) => [u16(i + 1), u32(bytes.length), bytes]))
}

/** KeySchedule of RFC 9180 section 5.1: mode base, HKDF-SHA256, AES-256-GCM. */
const schedule = async (
  kem: number,
  shared: Bytes,
  about: Bytes,
): Promise<{ readonly key: Bytes; readonly nonce: Bytes }> => {
  const suite = concat(utf8('HPKE'), u16(kem), u16(1), u16(2))
  const context = concat(
    new Uint8Array([0]),
    await extract(suite, empty, 'psk_id_hash', empty),
    await extract(suite, empty, 'info_hash', about),
  )
  const secret = await extract(suite, shared, 'secret', empty)
  return {
    key: await expand(suite, secret, 'key', context, 32),
    nonce: await expand(suite, secret, 'base_nonce', context, 12),
  }
}

const hmac = async (key: Bytes, message: Bytes): Promise<Bytes> => {
  // WebCrypto takes no empty key; HMAC fills one up with zeros, so a block of zeros is the same key (RFC 2104).
  const raw = key.length === 0 ? new Uint8Array(64) : key
  const made = await crypto.subtle.importKey('raw', raw, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  return new Uint8Array(await crypto.subtle.sign('HMAC', made, message))
}

const version = utf8('HPKE-v1')

const extract = (suite: Bytes, salt: Bytes, label: string, ikm: Bytes): Promise<Bytes> =>
  hmac(salt, concat(version, suite, utf8(label), ikm))

// At most 32 bytes are wanted, which is one block: T(1) = HMAC(prk, info ‖ 01).
const expand = async (suite: Bytes, prk: Bytes, label: string, about: Bytes, length: number): Promise<Bytes> =>
  (await hmac(prk, concat(u16(length), version, suite, utf8(label), about, new Uint8Array([1])))).slice(0, length)
