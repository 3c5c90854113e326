// A file coming in: looked at, counted, hashed and sealed as it flows; its chunks wait in memory while they are few, else in a
// staging table, until one transaction makes a file of them. Keeps vault-18.
import { createHash } from 'node:crypto'
import { type Actor, Fault, scopeOf, services, sizeOf, type Uuid, verbatim } from '#kernel'
import { sealChunks, type StreamSealer } from '#encryption'
import type { Tx } from '#store'
import { letPass } from './flow.ts'
import type { House } from './house.ts'
import { sniff, sniffBytes, type Sniffed } from './sniff.ts'

export interface Received {
  readonly size: number
  /** Of the plain bytes, hexadecimal. */
  readonly sha256: string
  readonly found: Sniffed
  /** Sealed chunks that are not in the staging table, from this number on. */
  readonly rest: readonly Uint8Array[]
  readonly restFrom: number
}

interface Incoming {
  readonly name: string
  readonly declared: string
  readonly limit: number
  readonly bytes: AsyncIterable<Uint8Array>
}

/** Sealed chunks in memory before they go to the staging table: 2 MiB. */
const inMemory = 32
/** Chunks written or moved in one statement. */
const inserted = 8
const moved = 256
/** An upload that nobody added to for so long was left behind by a process that is gone. */
const abandoned = '15 minutes'

/** Reads all of a file. Throws too-large, file-refused. */
export const receive = async (
  house: House,
  actor: Actor,
  upload: Uuid,
  sealer: StreamSealer,
  file: Incoming,
): Promise<Received> => {
  await sweepUploads(house)
  const looked = { size: 0, hash: createHash('sha256'), found: undefined as Sniffed | undefined }
  let waiting: Uint8Array[] = []
  let number = 0
  for await (const chunk of sealChunks(sealer, examined(file, looked), inMemory)) {
    waiting.push(chunk)
    if (waiting.length < inMemory) continue
    const full = waiting
    waiting = []
    await house.store.transaction(scopeOf(actor), (tx) => insertChunks(house, tx, 'upload_part', upload, full, number))
    number += full.length
  }
  return {
    size: looked.size,
    sha256: looked.hash.digest('hex'),
    found: looked.found ?? sniff(new Uint8Array(0), file.name, file.declared),
    rest: waiting,
    restFrom: number,
  }
}

/** Makes the received chunks those of the attachment, in the caller's transaction. */
export const settle = async (house: House, tx: Tx, id: Uuid, received: Received): Promise<void> => {
  for (let from = 0; from < received.restFrom; from += moved)
    await tx.query({
      name: 'upload-move',
      text: `insert into crm.attachment_chunk (tenant_id, attachment_id, number, bytes)
             select tenant_id, upload_id, number, bytes from crm.upload_part
             where tenant_id = $1 and upload_id = $2 and number between $3 and $4`,
      values: [house.tenant, id, from, Math.min(from + moved, received.restFrom) - 1],
    })
  await insertChunks(house, tx, 'attachment_chunk', id, received.rest, received.restFrom)
  if (received.restFrom === 0) return
  await dropParts(house, tx, id)
  const [row] = await tx.query<{ chunks: number }>({
    text: 'select count(*)::int as chunks from crm.attachment_chunk where tenant_id = $1 and attachment_id = $2',
    values: [house.tenant, id],
  })
  // The staging table is unlogged: after a crash of the database it is empty, and the upload has to be made again.
  if (row?.chunks !== received.restFrom + received.rest.length) throw new Fault('conflict', { what: 'file' })
}

/** Forgets what was received of an upload that failed. */
export const discardUpload = (house: House, actor: Actor, id: Uuid): Promise<void> =>
  house.store.transaction(scopeOf(actor), (tx) => dropParts(house, tx, id)).catch(() => undefined)

/** Removes what processes that were killed left of their uploads. */
export const sweepUploads = (house: House): Promise<void> =>
  house.store.transaction({ tenant: house.tenant, principal: services.system }, async (tx) => {
    await tx.query({
      name: 'upload-sweep',
      text: `delete from crm.upload_part where tenant_id = $1 and upload_id in (
               select upload_id from crm.upload_part where tenant_id = $1 group by upload_id
               having max(at) < clock_timestamp() - interval '${abandoned}')`,
      values: [house.tenant],
    })
  })

const dropParts = async (house: House, tx: Tx, id: Uuid): Promise<void> => {
  await tx.query({
    name: 'upload-drop',
    text: 'delete from crm.upload_part where tenant_id = $1 and upload_id = $2',
    values: [house.tenant, id],
  })
}

/** Writes sealed chunks, numbered from `from` on. */
export const insertChunks = async (
  house: House,
  tx: Tx,
  table: 'upload_part' | 'attachment_chunk',
  id: Uuid,
  chunks: readonly Uint8Array[],
  from: number,
): Promise<void> => {
  const column = table === 'upload_part' ? 'upload_id' : 'attachment_id'
  for (let at = 0; at < chunks.length; at += inserted) {
    const some = chunks.slice(at, at + inserted)
    // Bytes as parameters of their own travel in binary; an array of them would travel as hexadecimal text.
    const tuples = some.map((_, i) => `($1, $2, $${String(2 * i + 3)}, $${String(2 * i + 4)})`)
    await tx.query({
      name: `${table}-insert-${String(some.length)}`,
      text: `insert into crm.${table} (tenant_id, ${column}, number, bytes) values ${tuples.join(', ')}`,
      values: [house.tenant, id, ...some.flatMap((bytes, i) => [from + at + i, bytes])],
    })
  }
}

/** The bytes of the file, with an eye on them: what they are, how many, their digest. */
async function* examined(
  file: Incoming,
  looked: { size: number; readonly hash: ReturnType<typeof createHash>; found: Sniffed | undefined },
): AsyncGenerator<Uint8Array, void, undefined> {
  let head: Uint8Array[] = []
  let seen = 0
  const judge = (): void => {
    looked.found = sniff(Buffer.concat(head), file.name, file.declared)
    head = []
    if (looked.found.executable) throw new Fault('file-refused', { what: verbatim(looked.found.type) })
  }
  for await (const part of file.bytes) {
    looked.size += part.length
    if (looked.size > file.limit) throw new Fault('too-large', { what: 'the file', limit: sizeOf(file.limit) })
    looked.hash.update(part)
    letPass(part.length)
    if (looked.found === undefined) {
      head.push(part)
      seen += part.length
      if (seen >= sniffBytes) judge()
    }
    yield part
  }
  if (looked.found === undefined) judge()
}
