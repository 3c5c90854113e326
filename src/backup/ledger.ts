// The ledger of erasures as it lies in a repository: one small signed object for each, sealed but for its number and its place in the
// chain, never deleted. It outlives snapshots: whoever is in it stays erased, whatever is brought back. Keeps backup-18.
import {
  base64url,
  canonical,
  Fault,
  fromBase64url,
  fromUtf8,
  isUuid,
  say,
  tlv,
  u32,
  utf8,
  type Uuid,
  uuidBytes,
} from '#kernel'
import {
  hpkeOpen,
  hpkeSeal,
  parseVerifyKey,
  printVerifyKey,
  type SignatureSuite,
  type Signer,
  verifiedBy,
  type VerifyKey,
} from '#encryption'
import type { Tx } from '#store'
import { list, put, read, within } from './folder.ts'
import type { LedgerHead } from './manifest.ts'
import type { Repository } from './repository.ts'

/** A row of ops.erasure. */
export interface LedgerRow {
  readonly number: number
  readonly id: Uuid
  readonly subject_id: Uuid
  readonly signed: string
  readonly signature: string
  readonly public_key: string
  /** Of key and signature; entries written before suites were told are of Ed25519. */
  readonly suite?: SignatureSuite
  readonly sha256: string
  readonly erased_by: Uuid
  readonly erased_at: string
}

/** An object of the ledger: what everybody may see of it. */
export interface LedgerEntry {
  readonly file: string
  readonly tenant: Uuid
  readonly number: number
  readonly sha256: string
  readonly sealed: Uint8Array
}

const format = 'holdfast-erasure-1'
const context = 'holdfast erasure entry v1\n'
const info = utf8('holdfast erasure entry v1')

const aadOf = (repo: Uuid, tenant: Uuid, number: number): Uint8Array =>
  tlv([
    [1, uuidBytes(repo)],
    [2, uuidBytes(tenant)],
    [3, u32(number)],
  ])

const nameOf = (tenant: Uuid, number: number): string => `${tenant}-${String(number).padStart(8, '0')}.erasure`

/** How far the ledger has come in the database. */
export const ledgerHead = async (tx: Tx, tenant: Uuid): Promise<LedgerHead> => {
  const [row] = await tx.query<LedgerHead>({
    text: `select number, encode(sha256, 'hex') as sha256 from ops.erasure where tenant_id = $1 order by number desc limit 1`,
    values: [tenant],
  })
  return row ?? { number: 0, sha256: '0'.repeat(64) }
}

/** Writes the entries that are not in the repository yet. */
export const keepLedger = async (
  tx: Tx,
  repository: Repository,
  o: { readonly tenant: Uuid; readonly writer: { readonly recipient: Uint8Array; readonly signer: Signer } },
): Promise<void> => {
  const there = new Set(await list(within(repository.folder, 'erasures')))
  const rows = await tx.query<LedgerRow>({
    text: `select number, id, subject_id, signed, encode(signature, 'hex') as signature, suite, encode(public_key, 'hex') as public_key,
        encode(sha256, 'hex') as sha256, erased_by, to_char(erased_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as erased_at
      from ops.erasure where tenant_id = $1 order by number`,
    values: [o.tenant],
  })
  for (const row of rows) {
    const name = nameOf(o.tenant, row.number)
    if (there.has(name)) continue
    const sealed = hpkeSeal(o.writer.recipient, info, aadOf(repository.id, o.tenant, row.number), utf8(canonical(row)))
    const entry = {
      format,
      repo: repository.id,
      tenant: o.tenant,
      number: row.number,
      sha256: row.sha256,
      sealed: base64url(sealed),
    }
    const value = o.writer.signer.sign(utf8(context + canonical(entry)))
    const signature = { key: printVerifyKey(o.writer.signer), value: base64url(value) }
    await put(within(repository.folder, 'erasures', name), utf8(canonical({ entry, signature })))
  }
}

/** The entries that carry a true signature of a trusted key, by number; the names of objects that are something else. */
export const readLedger = async (
  repository: Repository,
  keys: readonly VerifyKey[],
): Promise<{ readonly entries: readonly LedgerEntry[]; readonly damaged: readonly string[] }> => {
  const trusted = new Set(keys.map(printVerifyKey))
  const entries: LedgerEntry[] = []
  const damaged: string[] = []
  for (const file of (await list(within(repository.folder, 'erasures'))).filter((name) => name.endsWith('.erasure'))) {
    const bytes = await read(within(repository.folder, 'erasures', file))
    const entry = bytes && parse(file, bytes, repository.id, trusted)
    if (entry) entries.push(entry)
    else damaged.push(file)
  }
  return { entries: entries.sort((a, b) => a.number - b.number), damaged }
}

const parse = (file: string, bytes: Uint8Array, repo: Uuid, trusted: ReadonlySet<string>): LedgerEntry | null => {
  try {
    const text = fromUtf8(bytes)
    const value = JSON.parse(text) as { entry: Record<string, unknown>; signature: Record<string, string> }
    if (canonical(value) !== text) return null
    const { entry, signature } = value
    const { key = '', value: made = '' } = signature
    const { tenant, number, sha256, sealed } = entry
    if (entry['format'] !== format || entry['repo'] !== repo || !isUuid(tenant) || typeof number !== 'number')
      return null
    if (typeof sha256 !== 'string' || typeof sealed !== 'string' || file !== nameOf(tenant, number)) return null
    if (!trusted.has(key)) return null
    if (!verifiedBy(parseVerifyKey(key), utf8(context + canonical(entry)), fromBase64url(made))) return null
    return { file, tenant, number, sha256, sealed: fromBase64url(sealed) }
  } catch {
    return null
  }
}

/** The row of an entry, opened with the private key. Throws backup-damaged. */
export const openEntry = (repository: Repository, privateKey: Uint8Array, entry: LedgerEntry): LedgerRow => {
  try {
    const plain = hpkeOpen(privateKey, info, aadOf(repository.id, entry.tenant, entry.number), entry.sealed)
    const row = JSON.parse(fromUtf8(plain)) as LedgerRow
    if (row.number !== entry.number || row.sha256 !== entry.sha256) throw new TypeError('another row')
    return row
  } catch (cause) {
    throw new Fault(
      'backup-damaged',
      { what: say('erasure entry {file} does not open', { file: entry.file }) },
      { cause },
    )
  }
}

/** Numbers missing from 1 to head; head: the largest that anything signed speaks of. */
export const missingNumbers = (numbers: Iterable<number>, head: number): readonly number[] => {
  const there = new Set(numbers)
  return Array.from({ length: head }, (_, i) => i + 1).filter((number) => !there.has(number))
}
