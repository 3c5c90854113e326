// A pack: one stored object that holds many segments, its key sealed to the recipient, a sealed table of contents at its end.
// The host that writes it cannot open it again: the key is forgotten when the pack is finished. Keeps backup-1 and backup-7.
import { createHash, randomBytes } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import {
  canonical,
  concat,
  Fault,
  fromUtf8,
  hex,
  newId,
  type Phrase,
  say,
  tlv,
  u32,
  utf8,
  type Uuid,
  uuidBytes,
  uuidFromBytes,
} from '#kernel'
import { hpkeOpen, hpkeSeal } from '#encryption'
import type { PackRef, SegmentRef } from './manifest.ts'
import { openNumbered, openSegment, type Place, sealNumbered, sealSegment } from './segment.ts'
import { begin, isErrno, within, type Writing } from './folder.ts'

/** Format and version; a reader that does not know the number stops. */
const magic = utf8('HFPACK\0\x01')
const info = utf8('holdfast backup pack v1')
/** Number of the table of contents as a sealed part: no segment has it. */
const contentsNumber = 0xffff_ffff_ffff_ffffn
/** Magic, pack id, 32 bytes HPKE share, 32 bytes key, 16 bytes tag. */
const headerLength = magic.length + 16 + 80

export const packPath = (repo: string, id: Uuid): string => within(repo, 'packs', id.slice(-2), `${id}.pack`)

export interface PackWriter {
  readonly id: Uuid
  /** Bytes written so far. */
  readonly size: number
  add(o: {
    id: string
    stream: string
    shape: string
    raw: number
    rows: number
    compressed: Uint8Array
  }): Promise<SegmentRef>
  finish(): Promise<PackRef>
  abandon(): Promise<void>
}

export const writePack = async (folder: string, repo: Uuid, recipient: Uint8Array): Promise<PackWriter> => {
  const id = newId()
  const key = randomBytes(32)
  const writing: Writing = await begin(packPath(folder, id))
  const hasher = createHash('sha256')
  const contents: (SegmentRef & { readonly stream: string; readonly shape: string })[] = []
  let size = 0
  const write = async (bytes: Uint8Array): Promise<void> => {
    hasher.update(bytes)
    size += bytes.length
    await writing.write(bytes)
  }
  await write(concat(magic, uuidBytes(id), hpkeSeal(recipient, info, aadOf(repo, id), key)))
  return {
    id,
    get size() {
      return size
    },
    async add({ stream, shape, compressed, ...about }) {
      const index = contents.length
      const sealed = sealSegment(key, { repo, pack: id, index, stream, shape }, compressed)
      const ref: SegmentRef = { ...about, pack: id, index, offset: size, length: sealed.length }
      await write(sealed)
      contents.push({ ...ref, stream, shape })
      return ref
    },
    async finish() {
      const sealed = sealNumbered(key, contentsNumber, aadOf(repo, id), utf8(canonical({ contents })))
      key.fill(0)
      await write(concat(sealed, u32(sealed.length), magic))
      await writing.finish()
      return { id, bytes: size, sha256: hasher.digest('hex') }
    },
    async abandon() {
      key.fill(0)
      await writing.abandon()
    },
  }
}

export interface PackReader {
  /** The rows of a segment of this pack. */
  segment(ref: SegmentRef, stream: string, shape: string): Promise<Uint8Array>
  /** The table of contents, as sealed with the pack. */
  contents(): Promise<readonly SegmentRef[]>
  close(): Promise<void>
}

/** Opens a pack with the private key; Fault backup-damaged where it is not the pack it is named as, or the key does not fit. */
export const readPack = async (folder: string, repo: Uuid, id: Uuid, privateKey: Uint8Array): Promise<PackReader> => {
  const handle = await openHandle(packPath(folder, id), id)
  try {
    const header = await readAt(handle, 0, headerLength, id)
    if (!magic.every((byte, i) => byte === header[i])) throw damaged(id, 'pack {id} is not a pack')
    if (uuidFromBytes(header.subarray(magic.length, magic.length + 16)) !== id)
      throw damaged(id, 'pack {id} is another pack')
    const key = openKey(privateKey, repo, id, header.subarray(magic.length + 16))
    return {
      async segment(ref, stream, shape) {
        const place: Place = { repo, pack: id, index: ref.index, stream, shape }
        return openSegment(key, place, await readAt(handle, ref.offset, ref.length, id), ref.raw)
      },
      async contents() {
        const { size } = await handle.stat()
        const end = await readAt(handle, size - magic.length - 4, 4 + magic.length, id)
        const length = Buffer.from(end).readUInt32BE(0)
        if (length > size) throw damaged(id, 'pack {id} has no table of contents')
        const sealed = await readAt(handle, size - end.length - length, length, id)
        const plain = openNumbered(key, contentsNumber, aadOf(repo, id), sealed)
        if (!plain) throw damaged(id, 'pack {id} has no table of contents')
        return (JSON.parse(fromUtf8(plain)) as { contents: readonly SegmentRef[] }).contents
      },
      async close() {
        key.fill(0)
        await handle.close()
      },
    }
  } catch (error) {
    await handle.close()
    throw error
  }
}

/** SHA-256 and size of a pack as it lies there, read once; null where it is missing. */
export const hashPack = async (folder: string, id: Uuid): Promise<{ sha256: string; bytes: number } | null> => {
  let handle: FileHandle
  try {
    handle = await open(packPath(folder, id))
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null
    throw error
  }
  try {
    const hasher = createHash('sha256')
    const buffer = Buffer.alloc(1 << 20)
    let bytes = 0
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, bytes)
      if (bytesRead === 0) return { sha256: hex(hasher.digest()), bytes }
      hasher.update(buffer.subarray(0, bytesRead))
      bytes += bytesRead
    }
  } finally {
    await handle.close()
  }
}

const openHandle = async (path: string, id: Uuid): Promise<FileHandle> => {
  try {
    return await open(path)
  } catch (error) {
    throw isErrno(error, 'ENOENT') ? damaged(id, 'pack {id} is missing') : error
  }
}

const readAt = async (handle: FileHandle, offset: number, length: number, id: Uuid): Promise<Uint8Array> => {
  if (offset < 0 || length > 1 << 30) throw damaged(id, 'pack {id} is shorter than it should be')
  const buffer = Buffer.alloc(length)
  const { bytesRead } = await handle.read(buffer, 0, length, offset)
  if (bytesRead !== length) throw damaged(id, 'pack {id} is shorter than it should be')
  return buffer
}

const openKey = (privateKey: Uint8Array, repo: Uuid, id: Uuid, sealed: Uint8Array): Uint8Array => {
  try {
    return hpkeOpen(privateKey, info, aadOf(repo, id), sealed)
  } catch (cause) {
    throw new Fault(
      'backup-damaged',
      { what: say('the key of pack {id} does not open with this identity', { id }) },
      { cause },
    )
  }
}

const aadOf = (repo: Uuid, pack: Uuid): Uint8Array =>
  tlv([
    [1, uuidBytes(repo)],
    [2, uuidBytes(pack)],
  ])

type Damage = Extract<Phrase, `pack {id} ${string}`>

const damaged = (id: Uuid, phrase: Exclude<Damage, `${string}{backup}${string}`>): Fault =>
  new Fault('backup-damaged', { what: say(phrase, { id }) })
