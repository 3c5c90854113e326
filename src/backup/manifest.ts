// The manifest: the signed statement of what a backup consists of. Table names, counts and digests; never a value.
// Keeps backup-5 and backup-6.
import { base64url, canonical, Fault, fromBase64url, fromUtf8, hex, isUuid, say, utf8, type Uuid } from '#kernel'
import { parseVerifyKey, printVerifyKey, sha256, type Signer, verifiedBy, type VerifyKey } from '#encryption'

export type BackupType = 'full' | 'incremental' | 'differential'
export type Mode = 'record' | 'subject' | 'index' | 'append' | 'whole'

/** A stretch of rows of one table, sealed: where it lies. */
export interface SegmentRef {
  /** Keyed hash of its rows: the same rows at the same place need not be stored again. */
  readonly id: string
  readonly pack: Uuid
  /** Number within its pack, which its nonce and its context are made of. */
  readonly index: number
  readonly offset: number
  readonly length: number
  /** Bytes before compression. */
  readonly raw: number
  readonly rows: number
}

export interface Stream {
  readonly rows: number
  /** Sum of the rows' SHA-256 modulo 2^256. */
  readonly digest: string
  readonly segments: readonly SegmentRef[]
}

export interface TableState {
  /** schema.table */
  readonly name: string
  readonly mode: Mode
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  /** Column by which an increment replaces rows; empty for append and whole. */
  readonly key: string
  /** SHA-256 of name and columns. */
  readonly shape: string
  readonly rows: Stream
  /** Keys that were touched and have no row any more. */
  readonly gone: Stream
  /** The whole table at the snapshot, whatever part of it this backup holds. */
  readonly total: { readonly rows: number; readonly versions: number }
  /** Largest key of an append-only table at the snapshot; -1 for none. */
  readonly mark: string
}

export interface PackRef {
  readonly id: Uuid
  readonly bytes: number
  readonly sha256: string
}

/** How far the ledger of erasures had come: number of its last entry, and the SHA-256 that this carries; 0 and zeros for none. */
export interface LedgerHead {
  readonly number: number
  readonly sha256: string
}

/** backup-1: subjects' keys in the backup itself. backup-2: apart from it, in the snapshot named. keyring-1: such a snapshot. */
export type Format = 'holdfast-backup-1' | 'holdfast-backup-2' | 'holdfast-keyring-1'

export interface Manifest {
  readonly format: Format
  readonly repo: Uuid
  readonly id: Uuid
  readonly type: BackupType
  readonly createdAt: string
  readonly parent: { readonly id: Uuid; readonly sha256: string } | null
  readonly tenant: Uuid
  readonly installation: Uuid
  /** Life of the database between restores: transaction numbers mean something only within one. */
  readonly incarnation: number
  /** Which physical database: two restores of one backup have the same incarnation and differ here. */
  readonly database: string
  readonly schema: number
  readonly server: string
  readonly snapshot: string
  readonly journal: { readonly size: string; readonly root: string }
  /** Fingerprint of the public key the packs are sealed to. */
  readonly recipient: string
  /** Not in format backup-1. */
  readonly erasures?: LedgerHead
  /** Format backup-2: the snapshot of the keyring made with it. A newer one takes its place. */
  readonly keyring?: { readonly id: Uuid; readonly sha256: string }
  readonly tables: readonly TableState[]
  readonly packs: readonly PackRef[]
}

/** A manifest as it lies in the repository, its signature not yet looked at. */
export interface Envelope {
  readonly manifest: Manifest
  /** SHA-256 of what is signed: what children name their parent by. */
  readonly sha256: string
  /** With the suite that it names: the only one its signature is looked at by. */
  readonly signer: VerifyKey
  readonly signature: Uint8Array
}

const context = 'holdfast backup manifest v1\n'

/** The bytes of a manifest file. */
export const signManifest = (manifest: Manifest, signer: Signer): { file: Uint8Array; sha256: Uint8Array } => {
  const body = signed(manifest)
  const file = canonical({
    manifest,
    signature: { key: printVerifyKey(signer), value: base64url(signer.sign(body)) },
  })
  return { file: utf8(file), sha256: sha256(body) }
}

/** Parses the bytes of a manifest file; Fault backup-damaged unless they are exactly what signManifest writes. */
export const parseManifest = (file: Uint8Array, name: string): Envelope => {
  try {
    const text = fromUtf8(file)
    const value: unknown = JSON.parse(text)
    if (canonical(value) !== text) throw new TypeError('not canonical')
    const { manifest, signature } = object(value)
    const { key, value: bytes } = object(signature)
    const parsed = toManifest(manifest)
    return {
      manifest: parsed,
      sha256: hex(sha256(signed(parsed))),
      signer: parseVerifyKey(string(key)),
      signature: fromBase64url(string(bytes)),
    }
  } catch (cause) {
    throw new Fault('backup-damaged', { what: say('{file} is not a manifest', { file: name }) }, { cause })
  }
}

/** Whether the manifest carries a true signature of the key it names. */
export const signatureHolds = (envelope: Envelope): boolean => {
  try {
    return verifiedBy(envelope.signer, signed(envelope.manifest), envelope.signature)
  } catch {
    return false
  }
}

/** Name of a manifest's file: time, type, id. */
export const manifestName = (manifest: Manifest): string =>
  manifest.format === 'holdfast-keyring-1'
    ? `${manifest.createdAt.replaceAll(/[-:.]/g, '')}-${manifest.id}.keyring`
    : `${manifest.createdAt.replaceAll(/[-:.]/g, '')}-${manifest.type}-${manifest.id}.manifest`

/** SHA-256 of what rows of a table look like. */
export const shapeOf = (name: string, columns: TableState['columns']): string =>
  hex(sha256(utf8(canonical({ name, columns: columns.map((column) => [column.name, column.type]) }))))

const signed = (manifest: Manifest): Uint8Array => utf8(context + canonical(manifest))

const toManifest = (value: unknown): Manifest => {
  const m = object(value)
  const format = oneOf(m['format'], ['holdfast-backup-1', 'holdfast-backup-2', 'holdfast-keyring-1'])
  const first = format === 'holdfast-backup-1'
  const parent = m['parent'] === null ? null : object(m['parent'])
  const journal = object(m['journal'])
  const manifest: Manifest = {
    format,
    repo: uuid(m['repo']),
    id: uuid(m['id']),
    type: oneOf(m['type'], ['full', 'incremental', 'differential']),
    createdAt: matching(m['createdAt'], /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    parent: parent && { id: uuid(parent['id']), sha256: digest(parent['sha256']) },
    tenant: uuid(m['tenant']),
    installation: uuid(m['installation']),
    incarnation: count(m['incarnation']),
    database: matching(m['database'], /^\d+\/\d+$/),
    schema: count(m['schema']),
    server: string(m['server']),
    snapshot: matching(m['snapshot'], /^\d+:\d+:[\d,]*$/),
    journal: { size: string(journal['size']), root: string(journal['root']) },
    recipient: string(m['recipient']),
    ...(first ? {} : { erasures: toHead(m['erasures']) }),
    ...(format === 'holdfast-backup-2' ? { keyring: toLink(m['keyring']) } : {}),
    tables: array(m['tables']).map(toTable),
    packs: array(m['packs']).map((item) => {
      const pack = object(item)
      return { id: uuid(pack['id']), bytes: count(pack['bytes']), sha256: digest(pack['sha256']) }
    }),
  }
  if (canonical(manifest) !== canonical(value)) throw new TypeError('unknown members')
  return manifest
}

const toHead = (value: unknown): LedgerHead => {
  const head = object(value)
  return { number: count(head['number']), sha256: digest(head['sha256']) }
}

const toLink = (value: unknown): { readonly id: Uuid; readonly sha256: string } => {
  const link = object(value)
  return { id: uuid(link['id']), sha256: digest(link['sha256']) }
}

const toTable = (value: unknown): TableState => {
  const t = object(value)
  const total = object(t['total'])
  return {
    name: matching(t['name'], /^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$/),
    mode: oneOf(t['mode'], ['record', 'subject', 'index', 'append', 'whole']),
    columns: array(t['columns']).map((item) => {
      const column = object(item)
      return { name: matching(column['name'], /^[a-z][a-z0-9_]*$/), type: string(column['type']) }
    }),
    key: string(t['key']),
    shape: digest(t['shape']),
    rows: toStream(t['rows']),
    gone: toStream(t['gone']),
    total: { rows: count(total['rows']), versions: count(total['versions']) },
    mark: matching(t['mark'], /^-?\d+$/),
  }
}

const toStream = (value: unknown): Stream => {
  const s = object(value)
  return {
    rows: count(s['rows']),
    digest: digest(s['digest']),
    segments: array(s['segments']).map((item) => {
      const segment = object(item)
      return {
        id: digest(segment['id']),
        pack: uuid(segment['pack']),
        index: count(segment['index']),
        offset: count(segment['offset']),
        length: count(segment['length']),
        raw: count(segment['raw']),
        rows: count(segment['rows']),
      }
    }),
  }
}

const object = (value: unknown): Readonly<Record<string, unknown>> => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError('not an object')
  return value as Readonly<Record<string, unknown>>
}
const array = (value: unknown): readonly unknown[] => {
  if (!Array.isArray(value)) throw new TypeError('not a list')
  return value as readonly unknown[]
}
const string = (value: unknown): string => {
  if (typeof value !== 'string') throw new TypeError('not a text')
  return value
}
const matching = (value: unknown, shape: RegExp): string => {
  const text = string(value)
  if (!shape.test(text)) throw new TypeError('not of the expected form')
  return text
}
const digest = (value: unknown): string => matching(value, /^[0-9a-f]{64}$/)
const uuid = (value: unknown): Uuid => {
  if (!isUuid(value)) throw new TypeError('not an id')
  return value
}
const count = (value: unknown): number => {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw new TypeError('not a count')
  return value
}
const oneOf = <const T extends string>(value: unknown, choices: readonly T[]): T => {
  const found = choices.find((choice) => choice === value)
  if (found === undefined) throw new TypeError('not one of the choices')
  return found
}
