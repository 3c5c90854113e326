// The export of a record type: a CSV file as a stream, refused before its first byte.
import { Readable } from 'node:stream'
import type { RecordType } from '#kernel'
import { exportCsv } from '#crm'
import type { Filter } from '#vault'
import { type GuardedRoute, Reply, withPurpose } from './route.ts'
import { boolean, filters, oneOf, request, text } from './schema.ts'

export const exportRoute = (type: RecordType): GuardedRoute => ({
  method: 'POST',
  path: `/api/${type.plural}/export`,
  summary: `A CSV file of what the principal may see (${type.label.en.toLowerCase()})`,
  action: 'export',
  resource: type.name,
  body: request({
    purpose: text(500),
    'filters?': filters,
    'search?': text(200),
    'deleted?': boolean,
    'language?': oneOf('zh', 'en'),
  }),
  out: 'file',
  handler: async (call) => {
    const wanted = call.body as {
      purpose: string
      filters?: Filter[]
      search?: string
      deleted?: boolean
      language?: 'zh' | 'en'
    }
    const pieces = exportCsv(call.house.vault, withPurpose(call.actor, wanted.purpose.trim()), type.name, {
      language: wanted.language ?? call.language,
      ...(wanted.filters === undefined ? {} : { filters: wanted.filters }),
      ...(wanted.search === undefined ? {} : { search: wanted.search }),
      ...(wanted.deleted === undefined ? {} : { deleted: wanted.deleted }),
    })
    // The first piece is fetched before the answer begins: a refusal is still a refusal then.
    const first = await pieces.next()
    const rest = async function* (): AsyncGenerator<Uint8Array> {
      if (first.done !== true) yield first.value
      yield* pieces
    }
    const name = `${type.plural}-${call.actor.env.now.toISOString().slice(0, 10)}.csv`
    return Reply.file({ name, type: 'text/csv; charset=utf-8', content: Readable.from(rest(), { objectMode: false }) })
  },
})
