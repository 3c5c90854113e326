// Stored chunks read as they lie: PostgreSQL's binary COPY, since the driver's usual way makes hexadecimal text of them twice as long.
// Keeps vault-18.
import { concat, Fault, isUuid, type Uuid } from '#kernel'
import type { Tx } from '#store'

/** The chunks of a file from one number to another, in order; whatever is missing or unreadable is cell-does-not-open. */
export const readChunks = async (
  tx: Tx,
  of: { readonly tenant: Uuid; readonly id: Uuid; readonly from: number; readonly to: number },
): Promise<readonly Uint8Array[]> => {
  const { tenant, id, from, to } = of
  // COPY takes no parameters: ids and numbers alone stand in the text.
  if (!isUuid(tenant) || !isUuid(id) || !Number.isSafeInteger(from) || !Number.isSafeInteger(to))
    throw new Fault('wrong-use', { what: 'not the place of a chunk' })
  const text = `copy (select bytes from crm.attachment_chunk where tenant_id = '${tenant}' and attachment_id = '${id}'
    and number between ${String(from)} and ${String(to)} order by number) to stdout (format binary)`
  const parts: Uint8Array[] = []
  for await (const part of tx.copyOut(text)) parts.push(part)
  const chunks = oneColumn(concat(...parts))
  if (chunks?.length !== to - from + 1) throw new Fault('cell-does-not-open')
  return chunks
}

// PostgreSQL, "COPY", Binary Format: signature (11), flags (4), length of extension (4) and extension; per row number of fields (2),
// per field length (4) and bytes; -1 (2) at the end.
const signature = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1')

/** The values of rows with one column, or null where the bytes are not that. */
export const oneColumn = (bytes: Uint8Array): readonly Uint8Array[] | null => {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  if (all.length < 19 || !all.subarray(0, signature.length).equals(signature)) return null
  const rows: Uint8Array[] = []
  for (let at = 19 + all.readUInt32BE(15); at + 2 <= all.length;) {
    const fields = all.readInt16BE(at)
    at += 2
    if (fields === -1) return at === all.length ? rows : null
    if (fields !== 1 || at + 4 > all.length) return null
    const length = all.readInt32BE(at)
    at += 4
    if (length < 0 || at + length > all.length) return null
    rows.push(all.subarray(at, at + length))
    at += length
  }
  return null
}
