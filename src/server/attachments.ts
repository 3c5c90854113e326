// Routes of files on records: they flow through, in and out, under the rights of the record. Keeps server-1, server-14.
import { Readable } from 'node:stream'
import { Fault, type FieldGroup, fieldGroups, type RecordType } from '#kernel'
import type { Attachment } from '#vault'
import type { House } from './house.ts'
import { type Call, type GuardedRoute, idOf, Reply, withPurpose } from './route.ts'
import { answer, boolean, integer, list, oneOf, request, type Schema, string, text } from './schema.ts'
import { namesOf } from './titles.ts'

const fileOut: Schema = answer(
  {
    id: string,
    name: string,
    size: integer,
    type: string,
    group: oneOf(...fieldGroups),
    visibility: oneOf('plain', 'masked'),
    mismatch: boolean,
    createdAt: string,
    createdBy: string,
    creator: string,
  },
  'Attachment',
)

/** The rows of files on records of one type. */
export const attachmentRoutes = (type: RecordType): readonly GuardedRoute[] => {
  if (type.name === 'user' || type.name === 'team') return []
  const path = `/api/${type.plural}/:id/attachments`
  const label = type.label.en.toLowerCase()
  return [
    {
      method: 'GET',
      path,
      summary: `Files on a record (${label})`,
      action: 'view of the field group',
      resource: type.name,
      out: answer({ items: list(fileOut), limit: integer }),
      handler: async (call) => {
        const items = await call.house.vault.attachments.list(call.actor, type.name, idOf(call))
        return { items: await named(call, items), limit: call.house.config.attachmentLimit }
      },
    },
    {
      method: 'POST',
      path,
      summary: `Add a file: multipart/form-data with field group (may be absent) before the part file (${label})`,
      action: 'edit of the field group',
      resource: type.name,
      multipart: true,
      out: fileOut,
      status: 201,
      handler: (call) => add(call, type),
    },
    {
      method: 'GET',
      path: `${path}/:file/content`,
      summary: `The bytes of a file, whole: ranges are not served, since a part could not be proven (${label})`,
      action: 'view and unmask of the field group',
      resource: type.name,
      query: request({ 'reason?': text(500) }),
      out: 'file',
      handler: (call) => content(call, type),
    },
    {
      method: 'DELETE',
      path: `${path}/:file`,
      summary: `Delete a file for good (${label})`,
      action: 'edit of the field group',
      resource: type.name,
      out: null,
      handler: (call) =>
        call.house.vault.attachments.remove(call.actor, type.name, idOf(call), idOf(call, 'file', 'file')),
    },
  ]
}

/** Uploads of one process at a time: each holds some MiB and a connection now and then. */
const mostUploads = 8
const uploads = new WeakMap<House, number>()

const add = async (call: Call, type: RecordType): Promise<unknown> => {
  const { house, actor } = call
  const record = idOf(call)
  // Whoever may not even see the record is told so before a byte of the file is read.
  await house.vault.attachments.list(actor, type.name, record)
  const running = uploads.get(house) ?? 0
  if (running >= mostUploads) throw new Fault('too-many-uploads')
  uploads.set(house, running + 1)
  try {
    const limit = house.config.attachmentLimit
    const file = await call.uploadStream(limit)
    const group = fieldGroups.find((one) => one === file.fields['group'])
    if (group === undefined && (file.fields['group'] ?? '') !== '')
      throw new Fault('bad-value', { field: 'group', what: 'there is no such field group' })
    const made = await house.vault.attachments.add(actor, type.name, record, {
      name: file.name,
      declared: file.declared,
      limit,
      bytes: file.bytes,
      ...(group === undefined ? {} : { group: group satisfies FieldGroup }),
    })
    return (await named(call, [made]))[0]
  } finally {
    uploads.set(house, (uploads.get(house) ?? 1) - 1)
  }
}

// What a browser might run if it were shown: handed out as bytes.
const active = new Set(['text/html', 'image/svg+xml'])

const content = async (call: Call, type: RecordType): Promise<Reply> => {
  const actor = withPurpose(call.actor, (call.query['reason'] ?? '').trim())
  const { attachment, bytes } = await call.house.vault.attachments.open(
    actor,
    type.name,
    idOf(call),
    idOf(call, 'file', 'file'),
  )
  // The first piece is proven before the answer begins: what does not open is still an error then, not an empty file.
  const pieces = bytes[Symbol.asyncIterator]()
  const first = await pieces.next()
  const all = async function* (): AsyncGenerator<Uint8Array> {
    if (first.done !== true) yield first.value
    for (let next = await pieces.next(); next.done !== true; next = await pieces.next()) yield next.value
  }
  return Reply.file({
    name: attachment.name,
    type: active.has(attachment.type) ? 'application/octet-stream' : attachment.type,
    content: Readable.from(all(), { objectMode: false }),
    size: attachment.size,
    sandboxed: true,
  })
}

const named = async (
  call: Call,
  items: readonly Attachment[],
): Promise<readonly (Attachment & { readonly creator: string })[]> => {
  const names = await namesOf(
    call.house,
    call.actor,
    items.map((item) => item.createdBy),
  )
  return items.map((item) => ({ ...item, creator: names(item.createdBy) }))
}
