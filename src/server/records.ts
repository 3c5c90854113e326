// Routes of every record type, generated from the catalogue. The vault decides; here is only what is asked and how it is answered. Keeps server-1, server-2.
import { Readable } from 'node:stream'
import { type Actor, Fault, fieldGroups, type FieldGroup, fieldOf, isFault, type RecordType, typeOf } from '#kernel'
import {
  catalogue,
  claimRecord,
  convertLead,
  customerTypes,
  exportCsv,
  moveDeal,
  recordFollowup,
  releaseRecord,
} from '#crm'
import type { FieldValue, Filter, ListQuery, Seen } from '#vault'
import type { PageAnswer, RecordAnswer } from './contract.ts'
import type { House } from './house.ts'
import { type Call, type GuardedRoute, idOf, numberOf, Reply, withPurpose } from './route.ts'
import {
  answer,
  anything,
  boolean,
  filters,
  id,
  integer,
  list,
  listQuery,
  mapOf,
  nullable,
  oneOf,
  orNull,
  recordOut,
  request,
  string,
  text,
  valuesIn,
  valuesOut,
} from './schema.ts'

type Values = Readonly<Record<string, FieldValue>>

/** The rows of one record type. */
export const recordRoutes = (type: RecordType): readonly GuardedRoute[] => {
  const path = `/api/${type.plural}`
  const one = `${path}/:id`
  const out = recordOut(type)
  const label = type.label.en.toLowerCase()
  const verb = (
    name: string,
    action: string,
    summary: string,
    run: (call: Call, id: string) => Promise<Seen>,
    body?: GuardedRoute['body'],
  ): GuardedRoute => ({
    method: 'POST',
    path: `${one}/${name}`,
    summary: `${summary} (${label})`,
    action,
    resource: type.name,
    ...(body === undefined ? {} : { body }),
    out,
    handler: (call) => run(call, idOf(call)),
  })
  return [
    {
      method: 'GET',
      path,
      summary: `One page of the list (${label})`,
      action: 'list',
      resource: type.name,
      query: listQuery,
      out: answer({ items: list(out), 'next?': string, titles: mapOf(string) }),
      handler: async (call): Promise<PageAnswer> => {
        const page = await call.house.vault.list(call.actor, type.name, queryOf(call))
        const titles = await titlesOf(call.house, call.actor, page.items)
        return { items: page.items, titles, ...(page.next === undefined ? {} : { next: page.next }) }
      },
    },
    {
      method: 'GET',
      path: `${path}/count`,
      summary: `How many a list holds, up to a limit (${label})`,
      action: 'list',
      resource: type.name,
      query: listQuery,
      out: answer({ count: integer, capped: boolean }),
      handler: (call) => call.house.vault.count(call.actor, type.name, queryOf(call)),
    },
    {
      method: 'POST',
      path,
      summary: `Create (${label})`,
      action: 'create',
      resource: type.name,
      body: request({ values: valuesIn(type), 'ownerId?': nullable(id) }),
      out,
      status: 201,
      handler: async (call): Promise<RecordAnswer> => {
        const { values, ownerId } = call.body as { values: Values; ownerId?: string | null }
        const { vault } = call.house
        // A follow-up also moves the date on its account.
        if (type.name === 'followup' && ownerId === undefined) return recordFollowup(vault, call.actor, values)
        return vault.create(call.actor, type.name, { values, ...(ownerId === undefined ? {} : { ownerId }) })
      },
    },
    {
      method: 'GET',
      path: one,
      summary: `One record (${label})`,
      action: 'view',
      resource: type.name,
      out,
      handler: (call): Promise<RecordAnswer> => call.house.vault.get(call.actor, type.name, idOf(call)),
    },
    {
      method: 'PATCH',
      path: one,
      summary: `Change some fields (${label})`,
      action: 'edit',
      resource: type.name,
      body: request({ version: integer, values: valuesIn(type) }),
      out,
      handler: async (call): Promise<RecordAnswer> => {
        const { version, values } = call.body as { version: number; values: Values }
        const recordId = idOf(call)
        const after = await call.house.vault.update(call.actor, type.name, recordId, version, values)
        const rights = type.name === 'user' && ('active' in values || 'role' in values)
        if (rights) await call.house.identity.revokeAll(recordId, { actor: call.actor })
        return after
      },
    },
    {
      method: 'DELETE',
      path: one,
      summary: `Delete; can be taken back (${label})`,
      action: 'delete',
      resource: type.name,
      query: request({ version: text(15) }),
      out: null,
      handler: async (call) => {
        const version = numberOf(call, 'version', 1, 2 ** 31 - 1)
        if (version === undefined) throw new Fault('bad-input', { what: 'the version of the record is needed' })
        await call.house.vault.remove(call.actor, type.name, idOf(call), version)
        if (type.name === 'user') await call.house.identity.revokeAll(idOf(call), { actor: call.actor })
      },
    },
    verb('recover', 'recover', 'Take a deleted record back', ({ house, actor }, recordId) =>
      house.vault.recover(actor, type.name, recordId),
    ),
    verb(
      'assign',
      'assign',
      'Give to an owner, or to the public pool',
      ({ house, actor, body }, recordId) =>
        house.vault.assign(actor, type.name, recordId, (body as { ownerId: string | null }).ownerId),
      request({ ownerId: nullable(id) }),
    ),
    verb(
      'share',
      'share',
      'Share with users',
      ({ house, actor, body }, recordId) =>
        house.vault.share(actor, type.name, recordId, (body as { userIds: readonly string[] }).userIds),
      request({ userIds: list(id, 100) }),
    ),
    ...(type.pool
      ? [
          verb('claim', 'claim', 'Take out of the public pool', ({ house, actor }, recordId) =>
            claimRecord(house.vault, actor, type.name, recordId),
          ),
          verb(
            'release',
            'assign',
            'Give back to the public pool',
            ({ house, actor, body }, recordId) =>
              releaseRecord(house.vault, actor, type.name, recordId, (body as { reason: string }).reason),
            request({ reason: text(500) }),
          ),
        ]
      : []),
    {
      method: 'POST',
      path: `${one}/unmask`,
      summary: `Show the plain values of a masked group, with a reason (${label})`,
      action: 'unmask',
      resource: type.name,
      body: request({ group: oneOf(...fieldGroups), reason: text(500) }),
      out: answer({ values: valuesOut(type) }),
      handler: async (call) => {
        const { group, reason } = call.body as { group: FieldGroup; reason: string }
        if (reason.trim() === '') throw new Fault('bad-value', { field: 'reason', what: 'a reason is needed' })
        return {
          values: await call.house.vault.unmask(withPurpose(call.actor, reason.trim()), type.name, idOf(call), group),
        }
      },
    },
    {
      method: 'GET',
      path: `${one}/history`,
      summary: `What became of a record (${label})`,
      action: 'history',
      resource: type.name,
      out: answer({
        items: list(
          answer({
            at: string,
            actorId: string,
            actor: string,
            act: string,
            version: integer,
            changes: list(answer({ field: string, before: anything, after: anything })),
          }),
        ),
      }),
      handler: async ({ house, actor, ...call }) => {
        const items = await house.vault.history(actor, type.name, idOf({ ...call, house }))
        const names = await namesOf(
          house,
          actor,
          items.map((item) => item.actorId),
        )
        return { items: items.map((item) => ({ ...item, actor: names(item.actorId) })) }
      },
    },
    ...(customerTypes.includes(type.name) ? [exportRoute(type)] : []),
    ...(type.name === 'deal' ? [stageRoute(out)] : []),
    ...(type.name === 'lead' ? [convertRoute] : []),
  ]
}

const exportRoute = (type: RecordType): GuardedRoute => ({
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

const stages = (fieldOf(typeOf(catalogue, 'deal'), 'stage')?.options ?? []).map((option) => option.value)

const stageRoute = (out: GuardedRoute['out']): GuardedRoute => ({
  method: 'POST',
  path: '/api/deals/:id/stage',
  summary: 'Move a deal to another stage',
  action: 'edit',
  resource: 'deal',
  body: request({ stage: oneOf(...stages), version: integer, 'reason?': text(500), 'closeDate?': text(10) }),
  out,
  handler: (call) =>
    moveDeal(
      call.house.vault,
      call.actor,
      idOf(call),
      call.body as { stage: string; version: number; reason?: string },
    ),
})

const briefOut = answer({ id: string, type: string, version: integer })

const convertRoute: GuardedRoute = {
  method: 'POST',
  path: '/api/leads/:id/convert',
  summary: 'Make an account, a contact and, if wished, a deal of a lead',
  action: 'edit',
  resource: 'lead',
  body: request({
    'version?': integer,
    'accountName?': text(500),
    'accountId?': id,
    'deal?': { ...request({ name: text(500), 'amount?': nullable(integer), 'closeDate?': nullable(text(10)) }) },
  }),
  out: answer({ lead: briefOut, account: briefOut, contact: briefOut, deal: orNull(briefOut) }),
  handler: async (call) => {
    const { version, deal, ...wish } = call.body as {
      version?: number
      accountName?: string
      accountId?: string
      deal?: { name: string; amount?: number | null; closeDate?: string | null }
    }
    const { vault } = call.house
    const lead = await vault.get(call.actor, 'lead', idOf(call))
    if (version !== undefined && version !== lead.version) throw new Fault('conflict', { what: 'record' })
    const wanted = deal && {
      name: deal.name,
      ...(typeof deal.amount === 'number' ? { amount: deal.amount } : {}),
      ...(typeof deal.closeDate === 'string' ? { closeDate: deal.closeDate } : {}),
    }
    return convertLead(vault, call.actor, lead.id, { ...wish, ...(wanted ? { deal: wanted } : {}) })
  },
}

/** What a list is asked for, from the query string. */
const queryOf = (call: Call): ListQuery => {
  const { q, filter, sort, dir, cursor, deleted } = call.query
  const limit = numberOf(call, 'limit', 1, 200)
  return {
    ...(q === undefined || q === '' ? {} : { search: q }),
    ...(filter === undefined ? {} : { filters: readFilters(filter) }),
    ...(sort === undefined ? {} : { sort }),
    ...(dir === undefined ? {} : { descending: dir === 'desc' }),
    ...(limit === undefined ? {} : { limit }),
    ...(cursor === undefined ? {} : { cursor }),
    ...(deleted === '1' ? { deleted: true } : {}),
  }
}

const operators = new Set<unknown>(['eq', 'ne', 'lt', 'lte', 'gt', 'gte', 'in', 'empty', 'notEmpty', 'contains'])

const readFilters = (json: string): readonly Filter[] => {
  try {
    const raw: unknown = JSON.parse(json)
    if (Array.isArray(raw) && raw.length <= 20 && raw.every(isFilter)) return raw
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  throw new Fault('bad-input', { what: 'filter is a JSON array of at most 20 {field, op, value}' })
}

const isFilter = (raw: unknown): raw is Filter => {
  if (typeof raw !== 'object' || raw === null || !('field' in raw) || !('op' in raw)) return false
  const value = 'value' in raw ? raw.value : null
  const plain = (one: unknown): boolean => one === null || ['string', 'number', 'boolean'].includes(typeof one)
  return (
    typeof raw.field === 'string' &&
    operators.has(raw.op) &&
    (plain(value) || (Array.isArray(value) && value.every(plain)))
  )
}

/** Names of the records, users and teams that occur in these, as the principal may see them. */
export const titlesOf = async (
  house: House,
  actor: Actor,
  items: readonly Seen[],
): Promise<Readonly<Record<string, string>>> => {
  const wanted = new Map<string, Set<string>>()
  const want = (type: string, value: unknown): void => {
    if (typeof value === 'string') wanted.set(type, (wanted.get(type) ?? new Set()).add(value))
  }
  for (const item of items) {
    want('user', item.ownerId)
    want('team', item.teamId)
    for (const user of item.sharedWith) want('user', user)
    const type = house.vault.catalogue.types.find(({ name }) => name === item.type)
    for (const field of type?.fields ?? []) if (field.to !== undefined) want(field.to, item.values[field.name])
  }
  const found = await Promise.all(
    [...wanted].map(([type, ids]) =>
      house.vault.titles(actor, type, [...ids]).catch((error: unknown) => {
        // A type the principal may not list at all has no names for it.
        if (isFault(error, 'denied') || isFault(error, 'not-found')) return {}
        throw error
      }),
    ),
  )
  return Object.assign({}, ...found) as Readonly<Record<string, string>>
}

/** Names of users; services have none. */
export const namesOf = async (house: House, actor: Actor, ids: readonly string[]): Promise<(id: string) => string> => {
  const names = await house.vault.titles(actor, 'user', [...new Set(ids)])
  return (userId) => names[userId] ?? ''
}
