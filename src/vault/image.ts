// The after-image of a changed row, as the journal keeps it: the row as stored, cells still sealed. Keeps vault-4.
import {
  canonical,
  cellColumn,
  type FieldGroup,
  fromUtf8,
  type RecordType,
  sealedGroups,
  utf8,
  type Uuid,
} from '#kernel'
import { plainValues, type Row, type Values } from './row.ts'

/** The act under which a record that was sealed anew, its content unchanged, stands in the journal. */
export const resealAct = 'record.reseal'

export interface Image {
  readonly version: number
  readonly subject: Uuid
  readonly owner: Uuid | null
  readonly team: Uuid | null
  readonly shared: readonly Uuid[]
  readonly deleted: string | null
  readonly plain: Values
  readonly cells: Readonly<Partial<Record<FieldGroup, Uint8Array>>>
}

/** Bytes of an image: canonical JSON, version 1, cells in base64. */
export const encodeImage = (type: RecordType, row: Row): Uint8Array => {
  const cells: Record<string, string> = {}
  for (const group of sealedGroups(type)) {
    const cell = row[cellColumn(group)]
    if (cell instanceof Uint8Array)
      cells[group] = Buffer.from(cell.buffer, cell.byteOffset, cell.length).toString('base64')
  }
  return utf8(
    canonical({
      v: 1,
      type: type.name,
      id: row.id,
      version: row.version,
      subject: row.subject_id,
      owner: row.owner_id,
      team: row.team_id,
      shared: [...row.shared_with],
      deleted: row.deleted_at?.toISOString() ?? null,
      plain: plainValues(type, row),
      cells,
    }),
  )
}

/** The image in bytes that encodeImage made; throws RangeError on another version. */
export const decodeImage = (bytes: Uint8Array): Image => {
  const raw = JSON.parse(fromUtf8(bytes)) as Omit<Image, 'cells'> & {
    readonly v: number
    readonly cells: Readonly<Record<string, string>>
  }
  if (raw.v !== 1) throw new RangeError('image of an unknown version')
  const cells = Object.fromEntries(
    Object.entries(raw.cells).map(([group, text]) => [group, new Uint8Array(Buffer.from(text, 'base64'))]),
  )
  return { ...raw, cells }
}
