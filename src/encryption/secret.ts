// Small secrets of a tenant (a TOTP key, a webhook token), sealed under the epoch and bound to a label. Keeps encryption-8.
import { concat, Fault, tlv, u16, utf8, uuidBytes } from '#kernel'
import { demandActive, type Epoch, keysOf } from './epoch.ts'
import { nonceInto } from './nonce.ts'
import { nonceBytes, openBytes, sealInto, suiteOf, tagBytes } from './suite.ts'

// 0xC4 ‖ suite ‖ epoch (2) ‖ nonce (12) ‖ ciphertext ‖ tag (16).
const magic = 0xc4
const headBytes = 4
const bodyAt = headBytes + nonceBytes

/** Seals a secret under a label that says whose and what it is. */
export const sealSecret = (epoch: Epoch, label: string, plain: Uint8Array): Uint8Array => {
  demandActive(epoch)
  const out = new Uint8Array(bodyAt + plain.length + tagBytes)
  out.set(concat(new Uint8Array([magic, epoch.suite]), u16(epoch.epoch)))
  nonceInto(out, headBytes)
  const nonce = out.subarray(headBytes, bodyAt)
  sealInto(suiteOf(epoch.suite).cipher, keysOf(epoch).secrets, nonce, aadOf(epoch, label, out), plain, out, bodyAt)
  return out
}

/** Opens it under the same label; every failure is the one Fault cell-does-not-open. */
export const openSecret = (epoch: Epoch, label: string, sealed: Uint8Array): Uint8Array => {
  if (sealed.length < bodyAt + tagBytes || sealed[1] !== epoch.suite || secretEpoch(sealed) !== epoch.epoch) {
    throw new Fault('cell-does-not-open')
  }
  const nonce = sealed.subarray(headBytes, bodyAt)
  const { cipher } = suiteOf(epoch.suite)
  const plain = openBytes(cipher, keysOf(epoch).secrets, nonce, aadOf(epoch, label, sealed), sealed.subarray(bodyAt))
  if (!plain) throw new Fault('cell-does-not-open')
  return new Uint8Array(plain)
}

/** The epoch a secret was sealed under, or null where the bytes are no secret. */
export const secretEpoch = (sealed: Uint8Array): number | null => {
  const [first, , high = 0, low = 0] = sealed
  return first === magic ? high * 256 + low : null
}

const aadOf = (epoch: Epoch, label: string, sealed: Uint8Array): Uint8Array =>
  tlv([
    [1, sealed.subarray(0, headBytes)],
    [2, uuidBytes(epoch.tenant)],
    [3, utf8(label)],
  ])
