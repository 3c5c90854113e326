// A sealed stream: a file of any length as chunks of 64 KiB, each with its own tag, in an order that cannot be changed. The bytes
// are docs/formats/attachment.md; never edit a version, add one. Keeps encryption-18, encryption-19.
//
// The STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár: Online Authenticated-Encryption and its Nonce-Reuse
// Misuse-Resistance, CRYPTO 2015), with the chunk size and nonces of the age format (age-encryption.org/v1, Payload).
import type { KeyObject } from 'node:crypto'
import { concat, Fault, tlv, type Uuid, utf8, uuidBytes } from '#kernel'
import { derive, keep, random } from './digest.ts'
import { type SubjectKey, stateOf } from './subject.ts'
import { letGo, nonceBytes, openBytes, sealInto, suiteOf, tagBytes } from './suite.ts'

/** What a stream belongs to: its key is derived from all of it. */
export interface StreamContext {
  readonly attachment: Uuid
  /** Table and id of the record the file hangs on. */
  readonly table: string
  readonly record: Uuid
}

/** Plain bytes of every chunk but the last, which may have fewer, and none only where the whole stream is empty. */
export const streamChunkBytes = 65_536
/** Bytes of a sealed chunk that is not the last. */
export const sealedChunkBytes = streamChunkBytes + tagBytes

// 0xC6 ‖ suite ‖ epoch (2, a hint) ‖ version of the format ‖ generation (4) ‖ salt (16): suite and generation stand where a cell
// has them, so one query finds what a key is needed for.
const magic = 0xc6
const version = 1
const saltAt = 9
const saltBytes = 16
export const streamHeaderBytes = saltAt + saltBytes

/** Seals the chunks of one stream, one after another. */
export interface StreamSealer {
  readonly header: Uint8Array
  /** The next chunk sealed, at the beginning of `into` where it is given (it may hold the plain bytes); after the last there is no other. */
  seal(plain: Uint8Array, last: boolean, into?: Uint8Array): Uint8Array
}

/** Opens the chunks of one stream, one after another. */
export interface StreamOpener {
  /**
   * The next chunk, at the beginning of `into` where it is given, which may be the sealed chunk itself: nothing is written there before its
   * tag was found right. Whatever is wrong with key, place, order or bytes: the one Fault cell-does-not-open.
   */
  open(sealed: Uint8Array, last: boolean, into?: Uint8Array): Uint8Array
}

/** A new stream under the subject's key. */
export const sealStream = (key: SubjectKey, context: StreamContext): StreamSealer => {
  const header = Buffer.alloc(streamHeaderBytes)
  header[0] = magic
  header[1] = key.suite
  header.writeUInt16BE(key.epoch, 2)
  header[4] = version
  header.writeUInt32BE(key.generation, 5)
  header.set(random(saltBytes), saltAt)
  return sealerUnder(key, context, header)
}

/** The sealer of a given header: for sealStream and the golden file. One header is good for one stream. */
export const sealerUnder = (key: SubjectKey, context: StreamContext, header: Uint8Array): StreamSealer => {
  const { cipher, key: streamKey } = keyOf(key, context, header)
  return { header, seal: chunkSealer(cipher, streamKey) }
}

/** Opens the stream of that header, from a chunk on. Throws cell-does-not-open. */
export const openStream = (key: SubjectKey, context: StreamContext, header: Uint8Array, from = 0): StreamOpener => {
  const read = readStreamHeader(header)
  if (read?.suite !== key.suite || read.generation !== key.generation) throw new Fault('cell-does-not-open')
  const { cipher, key: streamKey } = keyOf(key, context, header)
  return { open: chunkOpener(cipher, streamKey, from) }
}

/** Suite and generation in a header, or null where the bytes are none of this version. */
export const readStreamHeader = (
  header: Uint8Array,
): { readonly suite: number; readonly generation: number } | null => {
  if (header.length !== streamHeaderBytes || header[0] !== magic || header[4] !== version) return null
  const view = new DataView(header.buffer, header.byteOffset, header.length)
  return { suite: view.getUint8(1), generation: view.getUint32(5) }
}

/**
 * Cuts bytes as they come into the chunks of a stream. The whole of it is never in memory. With `reuse`, a chunk is good until that many
 * more were taken: memory touched for the first time costs more than sealing what is put there.
 */
export async function* sealChunks(
  sealer: StreamSealer,
  source: AsyncIterable<Uint8Array>,
  reuse = 0,
): AsyncGenerator<Uint8Array, void, undefined> {
  const outs: Buffer[] = []
  let turn = 0
  const seal = (plain: Uint8Array, last: boolean): Uint8Array => {
    if (reuse === 0) return sealer.seal(plain, last)
    const out = (outs[turn] ??= Buffer.allocUnsafeSlow(sealedChunkBytes))
    turn = (turn + 1) % (reuse + 1)
    return sealer.seal(plain, last, out)
  }
  const chunk = Buffer.allocUnsafe(streamChunkBytes)
  let filled = 0
  for await (const part of source) {
    for (let at = 0; at < part.length;) {
      // A full chunk waits until there is more: only then is it known not to be the last.
      if (filled === streamChunkBytes) {
        yield seal(chunk, false)
        filled = 0
      }
      // What stands in one piece, with more behind it, is sealed where it stands.
      if (filled === 0 && part.length - at > streamChunkBytes) {
        yield seal(part.subarray(at, at + streamChunkBytes), false)
        at += streamChunkBytes
        continue
      }
      const taken = part.subarray(at, at + streamChunkBytes - filled)
      chunk.set(taken, filled)
      filled += taken.length
      at += taken.length
    }
  }
  yield seal(chunk.subarray(0, filled), true)
  chunk.fill(0)
}

/** The plain bytes of sealed chunks; each leaves only when its tag was found right. `chunks` says how many there must be. */
export async function* openChunks(
  opener: StreamOpener,
  source: AsyncIterable<Uint8Array>,
  chunks: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let seen = 0
  for await (const sealed of source) yield opener.open(sealed, ++seen === chunks)
  if (seen !== chunks || chunks < 1) throw new Fault('cell-does-not-open')
}

/** How many chunks plain bytes of that number make. */
export const chunksOf = (size: number): number => Math.max(1, Math.ceil(size / streamChunkBytes))

const nothing = new Uint8Array(0)

// The nonce of each chunk in turn: 11 bytes counter, 1 byte that is 1 for the last. Gives null where a chunk of that length must
// not stand there, so that a stream has one form only; after the last there is no other.
const turns = (from = 0): ((length: number, last: boolean) => Uint8Array | null) => {
  const nonce = Buffer.alloc(nonceBytes)
  let count = from
  let ended = false
  return (length, last) => {
    const fits = last ? length <= streamChunkBytes && (length > 0 || count === 0) : length === streamChunkBytes
    if (ended || !fits) return null
    // 2^48 chunks of 64 KiB are more than anything holds; the upper bytes stay 0.
    nonce.writeUIntBE(count++, nonceBytes - 7, 6)
    nonce[nonceBytes - 1] = last ? 1 : 0
    ended = last
    return nonce
  }
}

/** Seals the chunks of one stream under a key that is used for nothing else; for this room and the vectors of age. */
export const chunkSealer = (cipher: string, key: KeyObject): StreamSealer['seal'] => {
  const turn = turns()
  return (plain, last, into) => {
    const nonce = turn(plain.length, last)
    if (!nonce) throw new Fault('wrong-use', { what: 'a chunk of a stream has 65,536 bytes, the last one fewer' })
    const out = (into ?? Buffer.allocUnsafe(plain.length + tagBytes)).subarray(0, plain.length + tagBytes)
    sealInto(cipher, key, nonce, nothing, plain, out, 0)
    return out
  }
}

/** Opens what chunkSealer made, from a chunk on; for this room and the vectors of age. */
export const chunkOpener = (cipher: string, key: KeyObject, from = 0): StreamOpener['open'] => {
  const turn = turns(from)
  return (sealed, last, into) => {
    const nonce = turn(sealed.length - tagBytes, last)
    const plain = nonce && openBytes(cipher, key, nonce, nothing, sealed)
    if (!plain) throw new Fault('cell-does-not-open')
    if (!into) return plain
    const out = into.subarray(0, plain.length)
    out.set(plain)
    letGo(plain)
    return out
  }
}

const keyOf = (
  key: SubjectKey,
  context: StreamContext,
  header: Uint8Array,
): { readonly cipher: string; readonly key: KeyObject } => {
  const { cipher, hash, keyBytes } = suiteOf(key.suite)
  const place = tlv([
    [1, header],
    [2, uuidBytes(key.tenant)],
    [3, uuidBytes(key.subject)],
    [4, uuidBytes(context.attachment)],
    [5, utf8(context.table)],
    [6, uuidBytes(context.record)],
  ])
  return { cipher, key: keep(derive(hash, stateOf(key).dek, concat(utf8('crm/stream/1'), place), keyBytes)) }
}
