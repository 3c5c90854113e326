// Files sealed anew under the next generation of their subject's key: header, chunks and name, in the transaction that makes the key.
// Keeps vault-19.
import { typeOf, type Uuid } from '#kernel'
import { openStream, sealStream, type SubjectKey } from '#encryption'
import type { Tx } from '#store'
import { fileColumns, resealNames, type StoredFile, streamContext } from './attachment.ts'
import { readChunks } from './chunks.ts'
import type { House } from './house.ts'
import { resealAct } from './image.ts'
import { insertChunks } from './upload.ts'

/** Chunks in memory at a time: 1 MiB. */
const batch = 16

/** Seals every file of the subjects anew. A large file takes its time: every byte of it is read and written. */
export const resealFiles = async (
  house: House,
  tx: Tx,
  by: Uuid,
  subjects: readonly Uuid[],
  next: ReadonlyMap<Uuid, SubjectKey>,
): Promise<void> => {
  const files = await tx.query<StoredFile>({
    text: `select ${fileColumns} from crm.attachment
           where tenant_id = $1 and subject_id = any($2::uuid[]) and deleted_at is null order by id for update`,
    values: [house.tenant, subjects],
  })
  const keys = await house.keyring.open(tx, files)
  for (const file of files) {
    const [held, to] = [keys.get(file.subject_id), next.get(file.subject_id)]
    if (!held || !to || !file.cell_file) continue
    const header = await resealChunks(house, tx, file, held.of(file.header), to)
    const type = typeOf(house.catalogue, file.record_type)
    const cell = resealNames(type, file, held.of(file.cell_file), { ...file, header }, to)
    await tx.query({
      text: 'update crm.attachment set header = $3, cell_file = $4 where tenant_id = $1 and id = $2',
      values: [house.tenant, file.id, Buffer.from(header), Buffer.from(cell)],
    })
    // The entry makes the next backup take the file along as it is now.
    await house.journal.append(tx, house.tenant, [
      { act: resealAct, obj: 'attachment', recordId: file.id, actor: by, channel: 'job', decision: 'allow' },
    ])
  }
}

const resealChunks = async (
  house: House,
  tx: Tx,
  file: StoredFile,
  from: SubjectKey,
  to: SubjectKey,
): Promise<Uint8Array> => {
  const context = streamContext(typeOf(house.catalogue, file.record_type), file)
  const opener = openStream(from, context, file.header)
  const sealer = sealStream(to, context)
  for (let at = 0; at < file.chunks; at += batch) {
    const end = Math.min(at + batch, file.chunks) - 1
    const sealed = await readChunks(tx, { tenant: house.tenant, id: file.id, from: at, to: end })
    const fresh = sealed.map((chunk, i) => {
      const last = at + i === file.chunks - 1
      return sealer.seal(opener.open(chunk, last, chunk), last, chunk)
    })
    await tx.query({
      text: 'delete from crm.attachment_chunk where tenant_id = $1 and attachment_id = $2 and number between $3 and $4',
      values: [house.tenant, file.id, at, end],
    })
    await insertChunks(house, tx, 'attachment_chunk', file.id, fresh, at)
  }
  return sealer.header
}
