// Files on records, by the guarded path: who may see the record's field group sees the file, every door is journalled, and what is
// stored is sealed in chunks. Keeps vault-17, vault-18.
import {
  type Actor,
  Fault,
  type FieldGroup,
  hex,
  inSentence,
  newId,
  type RecordType,
  sameBytes,
  scopeOf,
  typeOf,
  type Uuid,
} from '#kernel'
import {
  chunksOf,
  openCell,
  openStream,
  sealCell,
  sealStream,
  type StreamContext,
  type StreamOpener,
  type SubjectKey,
} from '#encryption'
import type { Tx } from '#store'
import { readChunks } from './chunks.ts'
import { endingOf, safeName } from './filename.ts'
import { letPass } from './flow.ts'
import type { Gate } from './gate.ts'
import type { House } from './house.ts'
import { entryOf, onBehalf } from './rows.ts'
import type { Row } from './row.ts'
import { countUnmask } from './unmask-limit.ts'
import { discardUpload, receive, type Received, settle } from './upload.ts'
import type { Attachment, FileOpened, FileOffered } from './vault.ts'
import { demand, findRow, guarded } from './write.ts'

/** Files of one record. */
const mostFiles = 200
/** Sealed chunks read in one transaction: 1 MiB. */
const batch = 16

/** A row of crm.attachment. */
export interface StoredFile {
  readonly id: Uuid
  readonly version: number
  readonly subject_id: Uuid
  readonly record_type: string
  readonly record_id: Uuid
  readonly field_group: FieldGroup
  readonly size: bigint
  readonly chunks: number
  readonly media_type: string
  readonly mismatch: boolean
  readonly header: Uint8Array
  readonly cell_file: Uint8Array | null
  readonly created_by: Uuid
  readonly created_at: Date
  readonly [column: string]: unknown
}

/** The files of a record, newest first; those of groups the principal may not see are absent. */
export const listFiles = (house: House, actor: Actor, typeName: string, record: Uuid): Promise<readonly Attachment[]> =>
  guarded(house, actor, typeName, record, async (tx, gate, type) => {
    const row = await findRow(house, tx, gate, demandFiles(type), record)
    const files = await tx.query<StoredFile>({
      name: 'attachments-of',
      text: `select ${fileColumns} from crm.attachment where tenant_id = $1 and record_type = $2 and record_id = $3 and deleted_at is null
             order by id desc limit ${String(mostFiles)}`,
      values: [house.tenant, type.name, record],
    })
    const keys = await house.keyring.open(tx, files)
    house.reads.add({
      ...entryOf(house, actor, 'attachment.list', type.name, record),
      detail: { files: files.length, ...onBehalf(house, actor, row.owner_id) },
    })
    return files.flatMap((file) => {
      const how = visibility(gate, type, row, file.field_group)
      const key = keys.get(file.subject_id)
      if (how === 'hidden' || !key || !file.cell_file) return []
      return [shown(type, file, key.of(file.cell_file), how)]
    })
  })

/** Takes in a file as it flows. Throws denied, too-large, file-refused; what was received by then is thrown away. */
export const addFile = async (
  house: House,
  actor: Actor,
  typeName: string,
  record: Uuid,
  file: FileOffered,
): Promise<Attachment> => {
  const type = demandFiles(typeOf(house.catalogue, typeName))
  const group = groupFor(type, file.group)
  const id = newId(house.clock.now().getTime())
  const context: StreamContext = { attachment: id, table: type.table, record }
  // In a short transaction of its own: a slow sender holds no row, no connection and not the journal's horizon.
  const key = await guarded(house, actor, typeName, record, async (tx, gate) => {
    const row = await findRow(house, tx, gate, type, record)
    demand(gate, `edit.${group}`, type, row)
    return (await keysOf(house, tx, row)).newest
  })
  const sealer = sealStream(key, context)
  const name = safeName(file.name)
  try {
    const received = await receive(house, actor, id, sealer, { ...file, name })
    return await guarded(house, actor, typeName, record, async (tx, gate) => {
      // Asked once more: rights, the record and its key may have changed while the file came in.
      const row = await findRow(house, tx, gate, type, record, 'for share')
      demand(gate, `edit.${group}`, type, row)
      const held = (await keysOf(house, tx, row)).newest
      if (held.generation !== key.generation) throw new Fault('conflict', { what: 'file' })
      await demandRoom(house, tx, type, record)
      const stored = fileOf(house, actor, { type, row, group, id, header: sealer.header, received })
      return store(house, tx, actor, type, stored, held, {
        name,
        declared: file.declared,
        received,
        owner: row.owner_id,
      })
    })
  } catch (error) {
    await discardUpload(house, actor, id)
    throw error
  }
}

/**
 * Opens a file for reading. The journal has it before the first byte leaves; each chunk leaves only when it was found whole.
 * Throws denied where the group would come out masked: half a file cannot be masked; unmask-limit where a reason opens it and the day's
 * number is used up.
 */
export const openFile = (house: House, actor: Actor, typeName: string, record: Uuid, id: Uuid): Promise<FileOpened> =>
  guarded(house, actor, typeName, record, async (tx, gate, type) => {
    const row = await findRow(house, tx, gate, demandFiles(type), record)
    const file = await findFile(house, tx, type, record, id)
    const group = file.field_group
    demand(gate, `view.${group}`, type, row)
    demand(gate, `unmask.${group}`, type, row)
    // What only the reason opens is an unmasking, and counts as one.
    const unmasked = gate.unasked.can(`unmask.${group}`, type, row) ? [] : [group]
    if (unmasked.length > 0) await countUnmask(house, tx, actor)
    const key = (await house.keyring.open(tx, [file])).get(file.subject_id)
    if (!key || !file.cell_file) throw new Fault('key-destroyed')
    const attachment = shown(type, file, key.of(file.cell_file), 'plain')
    const opener = openStream(key.of(file.header), streamContext(type, file), file.header)
    await house.journal.append(tx, house.tenant, [
      {
        ...entryOf(house, actor, 'attachment.download', 'attachment', id, { type: type.name, record }),
        groups: [group],
        detail: { type: type.name, record, bytes: attachment.size, unmasked, ...onBehalf(house, actor, row.owner_id) },
      },
    ])
    house.watch.opened(actor, 'attachment.download', type.name, record)
    return { attachment, bytes: plainChunks(house, actor, type, file, opener) }
  })

/** Deletes a file for good: its chunks and its name go, a row without content stays. */
export const removeFile = (house: House, actor: Actor, typeName: string, record: Uuid, id: Uuid): Promise<void> =>
  guarded(house, actor, typeName, record, async (tx, gate, type) => {
    const seen = await findRow(house, tx, gate, demandFiles(type), record)
    // Asked before anything is locked: a guard rail locks no row that it lets nobody like this change, and says nothing why.
    demand(gate, `edit.${(await findFile(house, tx, type, record, id)).field_group}`, type, seen)
    const row = await findRow(house, tx, gate, type, record, 'for share')
    const file = await findFile(house, tx, type, record, id, 'for update')
    demand(gate, `edit.${file.field_group}`, type, row)
    await tx.query({
      text: `update crm.attachment set deleted_at = $3, cell_file = null, version = version + 1 where tenant_id = $1 and id = $2`,
      values: [house.tenant, id, house.clock.now()],
    })
    await tx.query({
      text: 'delete from crm.attachment_chunk where tenant_id = $1 and attachment_id = $2',
      values: [house.tenant, id],
    })
    await journalFile(house, tx, actor, 'attachment.delete', type, file, row.owner_id)
  })

/** The group a file goes under: the one asked for, else notes where the type has them, else basic. */
const groupFor = (type: RecordType, asked: FieldGroup | undefined): FieldGroup => {
  const groups = new Set(type.fields.map((field) => field.group))
  const group = asked ?? (groups.has('notes') ? 'notes' : 'basic')
  if (!groups.has(group)) throw new Fault('bad-value', { field: 'group', what: 'this type has no such field group' })
  return group
}

const demandFiles = (type: RecordType): RecordType => {
  if (type.name === 'user' || type.name === 'team') throw new Fault('not-found', { what: inSentence(type.label) })
  return type
}

const keysOf = async (house: House, tx: Tx, row: Row): Promise<{ readonly newest: SubjectKey }> => {
  const keys = (await house.keyring.hold(tx, [row.subject_id])).get(row.subject_id)
  if (!keys) throw new Fault('key-destroyed')
  return keys
}

const demandRoom = async (house: House, tx: Tx, type: RecordType, record: Uuid): Promise<void> => {
  const [row] = await tx.query<{ files: number }>({
    text: `select count(*)::int as files from crm.attachment where tenant_id = $1 and record_type = $2 and record_id = $3 and deleted_at is null`,
    values: [house.tenant, type.name, record],
  })
  if ((row?.files ?? 0) >= mostFiles) throw new Fault('too-large', { what: 'the list of files', limit: mostFiles })
}

/** Columns of a file, without its tenant. */
export const fileColumns =
  'id, version, subject_id, record_type, record_id, field_group, size, chunks, media_type, mismatch, header, cell_file, created_by, created_at'

const findFile = async (
  house: House,
  tx: Tx,
  type: RecordType,
  record: Uuid,
  id: Uuid,
  lock = '',
): Promise<StoredFile> => {
  const [file] = await tx.query<StoredFile>({
    text: `select ${fileColumns} from crm.attachment
           where tenant_id = $1 and id = $2 and record_type = $3 and record_id = $4 and deleted_at is null ${lock}`,
    values: [house.tenant, id, type.name, record],
  })
  if (!file) throw new Fault('not-found', { what: 'file' })
  return file
}

const visibility = (gate: Gate, type: RecordType, row: Row, group: FieldGroup): 'plain' | 'masked' | 'hidden' =>
  !gate.can(`view.${group}`, type, row) ? 'hidden' : gate.can(`unmask.${group}`, type, row) ? 'plain' : 'masked'

/** A file as the principal may see it: the name of a masked one keeps its ending alone. */
const shown = (type: RecordType, file: StoredFile, key: SubjectKey, how: 'plain' | 'masked'): Attachment => {
  const { name } = openNames(type, file, key)
  const ending = endingOf(name)
  return {
    id: file.id,
    name: how === 'plain' ? name : `•••${ending === '' ? '' : `.${ending}`}`,
    size: Number(file.size),
    type: file.media_type,
    group: file.field_group,
    visibility: how,
    mismatch: file.mismatch,
    createdAt: file.created_at.toISOString(),
    createdBy: file.created_by,
  }
}

interface Names {
  readonly name: string
  readonly declared: string
  /** Of the plain bytes, hexadecimal. */
  readonly sha256: string
}

const openNames = (type: RecordType, file: StoredFile, key: SubjectKey): Names => {
  if (!file.cell_file) throw new Fault('cell-does-not-open')
  const values = openCell(key, fileContext(type, file), file.cell_file)
  const text = (name: keyof Names): string => {
    const value = values[name]
    return typeof value === 'string' ? value : ''
  }
  return { name: text('name'), declared: text('declared'), sha256: text('sha256') }
}

/** The cell of a file under another key, bound to the file as it will be. */
export const resealNames = (
  type: RecordType,
  file: StoredFile,
  from: SubjectKey,
  after: StoredFile,
  to: SubjectKey,
): Uint8Array => sealCell(to, fileContext(type, after), { ...openNames(type, file, from) })

/** What the cell of a file is bound to: its place, its group and the very stream it speaks of. */
const fileContext = (
  type: RecordType,
  file: Pick<StoredFile, 'id' | 'version' | 'field_group' | 'header' | 'record_id' | 'size'>,
): Parameters<typeof sealCell>[1] => ({
  table: 'attachment',
  record: file.id,
  group: 'file',
  version: file.version,
  attributes: {
    group: file.field_group,
    header: hex(file.header),
    record: file.record_id,
    size: String(file.size),
    table: type.table,
  },
})

export const streamContext = (type: RecordType, file: Pick<StoredFile, 'id' | 'record_id'>): StreamContext => ({
  attachment: file.id,
  table: type.table,
  record: file.record_id,
})

const fileOf = (
  house: House,
  actor: Actor,
  of: {
    readonly type: RecordType
    readonly row: Row
    readonly group: FieldGroup
    readonly id: Uuid
    readonly header: Uint8Array
    readonly received: Received
  },
): StoredFile => ({
  id: of.id,
  version: 1,
  subject_id: of.row.subject_id,
  record_type: of.type.name,
  record_id: of.row.id,
  field_group: of.group,
  size: BigInt(of.received.size),
  chunks: chunksOf(of.received.size),
  media_type: of.received.found.type,
  mismatch: of.received.found.mismatch,
  header: of.header,
  cell_file: null,
  created_by: actor.principal.id,
  created_at: house.clock.now(),
})

const store = async (
  house: House,
  tx: Tx,
  actor: Actor,
  type: RecordType,
  file: StoredFile,
  key: SubjectKey,
  of: { readonly name: string; readonly declared: string; readonly received: Received; readonly owner: Uuid | null },
): Promise<Attachment> => {
  const names = { name: of.name, declared: of.declared.slice(0, 100), sha256: of.received.sha256 }
  const stored: StoredFile = { ...file, cell_file: sealCell(key, fileContext(type, file), names) }
  await tx.query({
    text: `insert into crm.attachment (tenant_id, ${fileColumns}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
    values: [house.tenant, ...fileColumns.split(', ').map((column) => bytesOf(stored[column]))],
  })
  await settle(house, tx, file.id, of.received)
  await journalFile(house, tx, actor, 'attachment.create', type, stored, of.owner)
  return shown(type, stored, key, 'plain')
}

const bytesOf = (value: unknown): unknown =>
  value instanceof Uint8Array && !Buffer.isBuffer(value) ? Buffer.from(value) : value

/** Named by the file's id, which is how an increment of a backup finds its rows; the record stands beside it. */
const journalFile = (
  house: House,
  tx: Tx,
  actor: Actor,
  act: string,
  type: RecordType,
  file: StoredFile,
  owner: Uuid | null,
): Promise<unknown> =>
  house.journal.append(tx, house.tenant, [
    {
      ...entryOf(house, actor, act, 'attachment', file.id),
      groups: [file.field_group],
      detail: {
        type: type.name,
        record: file.record_id,
        bytes: Number(file.size),
        kind: file.media_type,
        ...onBehalf(house, actor, owner),
      },
    },
  ])

/** Plain bytes, batch by batch in short transactions: a slow reader holds none open. */
async function* plainChunks(
  house: House,
  actor: Actor,
  type: RecordType,
  first: StoredFile,
  firstOpener: StreamOpener,
): AsyncGenerator<Uint8Array, void, undefined> {
  let [file, opener] = [first, firstOpener]
  for (let from = 0; from < file.chunks; from += batch) {
    const to = Math.min(from + batch, file.chunks) - 1
    const read = await house.store.transaction(
      scopeOf(actor),
      async (tx) => {
        const now = await headerOf(house, tx, file)
        const chunks = await readChunks(tx, { tenant: house.tenant, id: file.id, from, to })
        if (now === undefined || sameBytes(now, file.header)) return { chunks }
        // Sealed anew since the batch before: the same bytes, under the subject's next key.
        const moved = { ...file, header: now }
        const key = (await house.keyring.open(tx, [file.subject_id])).get(file.subject_id)
        if (!key) throw new Fault('key-destroyed')
        return { chunks, moved, opener: openStream(key.of(now), streamContext(type, moved), now, from) }
      },
      // Header and chunks of one moment.
      { readOnly: true, isolation: 'repeatable read' },
    )
    if (read.moved) [file, opener] = [read.moved, read.opener]
    // Opened where it lies: the chunks read are nobody else's.
    for (const [i, sealed] of read.chunks.entries()) {
      letPass(sealed.length)
      yield opener.open(sealed, from + i === file.chunks - 1, sealed)
    }
  }
}

const headerOf = async (house: House, tx: Tx, file: StoredFile): Promise<Uint8Array | undefined> => {
  const [row] = await tx.query<{ header: Uint8Array }>({
    name: 'attachment-header',
    text: 'select header from crm.attachment where tenant_id = $1 and id = $2 and deleted_at is null',
    values: [house.tenant, file.id],
  })
  return row?.header
}
