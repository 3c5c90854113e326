// A record or a list for paper, under a mark that stands on every sheet and in the journal. Keeps server-253.
import type { RecordType } from '#kernel'
import type { Filter } from '#vault'
import type { PrintAnswer } from './contract/print.ts'
import { type GuardedRoute, withPurpose } from './route.ts'
import { answer, filters, id, list, mapOf, oneOf, recordOut, request, string, text } from './schema.ts'
import { titlesOf } from './titles.ts'

interface Wish {
  readonly id?: string
  readonly purpose?: string
  readonly filters?: readonly Filter[]
  readonly search?: string
  readonly sort?: string
  readonly dir?: 'asc' | 'desc'
}

export const printRoute = (type: RecordType): GuardedRoute => ({
  method: 'POST',
  path: `/api/${type.plural}/print`,
  summary: `A record, or what a list holds, for paper; more than 200 rows are an export (${type.label.en.toLowerCase()})`,
  action: 'list; over 200 rows export',
  resource: type.name,
  body: request({
    'id?': id,
    'purpose?': text(500),
    'filters?': filters,
    'search?': text(200),
    'sort?': text(64),
    'dir?': oneOf('asc', 'desc'),
  }),
  out: answer({ mark: string, at: string, items: list(recordOut(type)), titles: mapOf(string) }),
  handler: async (call): Promise<PrintAnswer> => {
    const { id: one, purpose = '', filters: wanted, search, sort, dir } = call.body as Wish
    const query = {
      ...(wanted === undefined ? {} : { filters: wanted }),
      ...(search === undefined ? {} : { search }),
      ...(sort === undefined ? {} : { sort }),
      ...(dir === undefined ? {} : { descending: dir === 'desc' }),
    }
    const actor = withPurpose(call.actor, purpose.trim())
    const of = one === undefined ? { query } : { id: one }
    const { mark, items } = await call.house.vault.print(actor, type.name, of)
    // Names of what records point to are no part of the purpose.
    const titles = await titlesOf(call.house, call.actor, items)
    return { mark, at: call.actor.env.now.toISOString(), items, titles }
  },
})
