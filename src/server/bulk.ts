// One change for many records of a list: what would become of them, and the change itself, batch by batch. Keeps server-252.
import type { RecordType } from '#kernel'
import { type BulkEdit, editMany, previewEdits } from '#crm'
import { bulkBatch, bulkLimit, type BulkRecord, type BulkRefusal, type Filter } from '#vault'
import type { BulkAnswer, BulkPreviewAnswer, BulkRefused } from './contract/bulk.ts'
import type { Call, GuardedRoute } from './route.ts'
import { answer, boolean, filters, id, integer, list, nullable, request, string, text, valuesIn } from './schema.ts'

const versioned = request({ id, version: integer })
const refusedOut = list(
  answer({ reason: string, count: integer, records: list(answer({ id: string, title: string })) }, 'BulkRefused'),
)

/** The rows of one record type. */
export const bulkRoutes = (type: RecordType): readonly GuardedRoute[] => {
  const path = `/api/${type.plural}/bulk`
  const label = type.label.en.toLowerCase()
  const edit = { values: valuesIn(type), 'ownerId?': nullable(id), 'reason?': text(500) }
  return [
    {
      method: 'POST',
      path: `${path}/preview`,
      summary: `How many records a change would reach, and why not the others; nothing is written (${label})`,
      action: 'edit',
      resource: type.name,
      body: request({
        ...edit,
        'records?': list(versioned, bulkLimit),
        'filters?': filters,
        'search?': text(200),
      }),
      out: answer({
        total: integer,
        capped: boolean,
        records: list(answer({ id: string, version: integer })),
        unchanged: integer,
        refused: refusedOut,
      }),
      handler: async (call): Promise<BulkPreviewAnswer> => {
        const { records, filters: wanted, search, ...rest } = call.body as Preview
        const of =
          records === undefined
            ? {
                query: {
                  ...(wanted === undefined ? {} : { filters: wanted }),
                  ...(search === undefined ? {} : { search }),
                },
              }
            : { records }
        const found = await previewEdits(call.house.vault, call.actor, type.name, of, rest)
        return { ...found, refused: await told(call, type, found.refused) }
      },
    },
    {
      method: 'POST',
      path,
      summary: `Change records as they were seen, each for itself; what changed meanwhile is left alone (${label})`,
      action: 'edit',
      resource: type.name,
      body: request({ ...edit, act: id, records: list(versioned, bulkBatch) }),
      out: answer({ changed: integer, unchanged: integer, refused: refusedOut }),
      handler: async (call): Promise<BulkAnswer> => {
        const { act, records, ...rest } = call.body as BulkEdit & { act: string; records: readonly BulkRecord[] }
        const done = await editMany(call.house.vault, call.actor, type.name, act, records, rest)
        return {
          changed: done.changed.length,
          unchanged: done.unchanged,
          refused: await told(call, type, done.refused),
        }
      },
    },
  ]
}

type Preview = BulkEdit & {
  readonly records?: readonly BulkRecord[]
  readonly filters?: readonly Filter[]
  readonly search?: string
}

/** Records named for each reason. */
const shown = 20

/** Why not, in words, with the names of the first records, as the person may see them. */
const told = async (
  { house, actor, language }: Call,
  type: RecordType,
  refused: readonly BulkRefusal[],
): Promise<readonly BulkRefused[]> => {
  const ids = refused.flatMap((one) => one.ids.slice(0, shown))
  const titles = ids.length === 0 ? {} : await house.vault.titles(actor, type.name, ids)
  return refused.map(({ why, ids: of }) => ({
    reason: why.in(language),
    count: of.length,
    records: of.slice(0, shown).map((one) => ({ id: one, title: titles[one] ?? '' })),
  }))
}
