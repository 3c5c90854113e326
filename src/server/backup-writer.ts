// What writing backups needs: the public key, a signing key, a key for names of equal pieces. The private identity is made once and can be moved away.
import { access, open, readFile, rename } from 'node:fs/promises'
import { createBackupIdentity, fingerprint, pinVerifyKey, type WriterConfig } from '#backup'
import { type Keys, sameVerifyKey, type VerifyKey } from '#encryption'
import { base64url, Fault, fromBase64url } from '#kernel'
import type { Signers } from '#vault'
import type { Config } from './config.ts'

interface Stored {
  readonly version: 1
  readonly recipient: string
  readonly recipientId: string
}

/** The writer's configuration; at the very first start also KEYS/backup.identity (mode 0600), the private half. */
export const backupWriter = async (config: Config, keys: Keys, signers: Signers): Promise<WriterConfig> => {
  const signer = await signers.current('backup')
  const earlier = (await signers.all('backup')).filter((one) => !sameVerifyKey(one, signer))
  const path = `${config.keys}/backup.recipient.json`
  const stored = await readFile(path, 'utf8').then(parse, () => undefined)
  const { recipient, recipientId } = stored ?? (await make(config, path, signer))
  if (stored && earlier.length > 0) await pin(config, signer)
  const dedupKey = await keys.secret('backup-dedup')
  return { recipient: fromBase64url(recipient), recipientId, signer, earlier, dedupKey }
}

/** An identity that still lies here trusts the new key itself; one that was moved away follows the statement in the repository. */
const pin = async (config: Config, signer: VerifyKey): Promise<void> => {
  const path = `${config.keys}/backup.identity`
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) return
  const pinned = pinVerifyKey(text, signer)
  if (pinned !== text) await writeKeyText(path, pinned)
}

/** Fingerprint of the key that backups are sealed to; undefined where none was made yet. */
export const readRecipient = (config: Config): Promise<string | undefined> =>
  readFile(`${config.keys}/backup.recipient.json`, 'utf8').then(
    (text) => parse(text).recipientId,
    () => undefined,
  )

const parse = (text: string): Stored => {
  const raw = JSON.parse(text) as Partial<Stored>
  if (raw.version !== 1 || typeof raw.recipient !== 'string' || typeof raw.recipientId !== 'string') {
    throw new Fault('config-invalid', { name: 'backup.recipient.json', what: 'it is not of a known version' })
  }
  return { version: 1, recipient: raw.recipient, recipientId: raw.recipientId }
}

const make = async (config: Config, path: string, verifyKey: VerifyKey): Promise<Stored> => {
  const { identity, recipient } = createBackupIdentity({ verifyKey })
  const identityPath = `${config.keys}/backup.identity`
  const exists = await access(identityPath).then(
    () => true,
    () => false,
  )
  if (exists)
    throw new Fault('config-invalid', { name: 'backup.recipient.json', what: 'it is missing beside backup.identity' })
  await writeKeyText(identityPath, identity)
  const stored = storedRecipient(recipient)
  await writeKeyText(path, stored)
  return parse(stored)
}

/** Text of KEYS/backup.recipient.json: whom backups are sealed to. */
export const storedRecipient = (recipient: Uint8Array): string =>
  `${JSON.stringify({ version: 1, recipient: base64url(recipient), recipientId: fingerprint(recipient) } satisfies Stored)}\n`

/** Writes a file, mode 0600: the old one or the new one is there, whatever happens. */
export const writeKeyText = async (path: string, text: string): Promise<void> => {
  const file = await open(`${path}.partial`, 'w', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(`${path}.partial`, path)
}
