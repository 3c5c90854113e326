// Time-based one-time codes (RFC 6238, six digits, 30 seconds, HMAC-SHA-1 as every authenticator app speaks it). Keeps identity-6.
import { createHmac } from 'node:crypto'

const stepSeconds = 30
const digits = 6
/** Steps accepted before and after the present one: clocks of telephones are not exact (RFC 6238 section 5.2). */
const drift = 1

/** RFC 4226 section 5.3: the code of one step. */
export const totpCode = (secret: Uint8Array, step: bigint, length: number = digits): string => {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(step)
  const mac = createHmac('sha1', secret).update(counter).digest()
  const offset = mac.readUInt8(mac.length - 1) & 0x0f
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 10 ** length).padStart(length, '0')
}

export const totpStep = (now: Date): bigint => BigInt(Math.floor(now.getTime() / 1000 / stepSeconds))

/** The step a code belongs to, or null. Steps up to `used` are spent: a code works once. */
export const totpMatch = (secret: Uint8Array, code: string, now: Date, used: bigint | null): bigint | null => {
  if (!/^\d{6}$/.test(code)) return null
  const present = totpStep(now)
  let found: bigint | null = null
  for (let step = present - BigInt(drift); step <= present + BigInt(drift); step += 1n) {
    if (totpCode(secret, step) === code && (used === null || step > used)) found ??= step
  }
  return found
}

/** What the authenticator app reads from the QR code. The name shown there is chosen by us, so it holds no secret. */
export const totpUri = (secret: Uint8Array, issuer: string, account: string): string =>
  `otpauth://totp/${encodeURIComponent(issuer)}:${encodeURIComponent(account)}` +
  `?secret=${base32(secret)}&issuer=${encodeURIComponent(issuer)}&algorithm=SHA1&digits=${digits}&period=${stepSeconds}`

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** RFC 4648 section 6, without padding. */
export const base32 = (bytes: Uint8Array): string => {
  let out = ''
  let held = 0
  let bits = 0
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xfff
    bits += 8
    while (bits >= 5) {
      bits -= 5
      out += alphabet.charAt((held >> bits) & 31)
    }
  }
  return bits > 0 ? out + alphabet.charAt((held << (5 - bits)) & 31) : out
}
