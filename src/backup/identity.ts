// The backup identity: the one file that can read backups. It is made at set-up, lies apart from data and repository, and pins
// the key that manifests are signed with. Keeps backup-2.
import { base64url, Fault, fromBase64url, hex } from '#kernel'
import { hpkeKeyPair, parseVerifyKey, printVerifyKey, sameVerifyKey, sha256, type VerifyKey } from '#encryption'

export interface BackupIdentity {
  readonly recipient: Uint8Array
  readonly privateKey: Uint8Array
  /** Signing keys that are trusted; empty: whatever the repository names. */
  readonly pinned: readonly VerifyKey[]
}

const title = 'holdfast backup identity v1'

/** A fresh identity. verifyKey: the public half of the key that signs this installation's manifests. */
export const createBackupIdentity = (
  o: { verifyKey?: VerifyKey } = {},
): { identity: string; recipient: Uint8Array } => {
  const pair = hpkeKeyPair()
  const identity: BackupIdentity = {
    recipient: pair.publicKey,
    privateKey: pair.privateKey,
    pinned: o.verifyKey ? [o.verifyKey] : [],
  }
  return { identity: printIdentity(identity), recipient: pair.publicKey }
}

/** The same identity, trusting one more signing key. */
export const pinVerifyKey = (text: string, verifyKey: VerifyKey): string => {
  const identity = parseIdentity(text)
  if (identity.pinned.some((key) => sameVerifyKey(key, verifyKey))) return text
  return printIdentity({ ...identity, pinned: [...identity.pinned, verifyKey] })
}

/** Reads an identity file; anything else is Fault backup-wrong-identity. */
export const parseIdentity = (text: string): BackupIdentity => {
  const lines = text.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#'))
  try {
    if (lines[0] !== title) throw new RangeError('not an identity')
    const values = lines.slice(1).map((line): readonly [string, VerifyKey] => {
      const at = line.indexOf(': ')
      const [name, text] = [line.slice(0, at), line.slice(at + 2)]
      // A line cut short must not pass for one that is not there: a pin less is trust more.
      if (!['recipient', 'private', 'verify'].includes(name)) throw new RangeError('a line is damaged')
      return [name, name === 'verify' ? parseVerifyKey(text) : { suite: 'Ed25519', publicKey: raw(text) }]
    })
    const only = (name: string): Uint8Array => {
      const [found, ...more] = values.filter(([key]) => key === name)
      if (!found || more.length > 0) throw new RangeError(`needs one ${name}`)
      return found[1].publicKey
    }
    const pinned = values.filter(([key]) => key === 'verify').map(([, key]) => key)
    return { recipient: only('recipient'), privateKey: only('private'), pinned }
  } catch (cause) {
    throw new Fault('backup-wrong-identity', {}, { cause })
  }
}

const raw = (text: string): Uint8Array => {
  const bytes = fromBase64url(text)
  if (bytes.length !== 32) throw new RangeError('a line is damaged')
  return bytes
}

/** Short name of a recipient or signing key. */
export const fingerprint = (publicKey: Uint8Array): string => hex(sha256(publicKey)).slice(0, 16)

const printIdentity = (identity: BackupIdentity): string =>
  [
    '# Whoever holds this file can read every backup sealed to it; without it no backup can be read.',
    '# Keep a copy apart from the backups and from the data.',
    '# 持有此文件者可读取所有以其加密的备份；没有它，任何备份都无法读取。请与备份及数据分开保存。',
    title,
    `recipient: ${base64url(identity.recipient)}`,
    `private: ${base64url(identity.privateKey)}`,
    ...identity.pinned.map((key) => `verify: ${printVerifyKey(key)}`),
    '',
  ].join('\n')
