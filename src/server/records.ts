// Routes of every record type, generated from the catalogue. The vault decides; here is only what is asked and how it is answered. Keeps server-1, server-2.
import { Fault, fieldGroups, type FieldGroup, type RecordType } from '#kernel'
import { claimRecord, customerTypes, recordFollowup, releaseRecord } from '#crm'
import type { FieldValue, Seen } from '#vault'
import { attachmentRoutes } from './attachments.ts'
import { bulkRoutes } from './bulk.ts'
import { takeInCaptures } from './capture.ts'
import type { PageAnswer, RecordAnswer } from './contract.ts'
import { exportRoute } from './export.ts'
import { queryOf } from './list-query.ts'
import { type Call, type GuardedRoute, idOf, numberOf, withPurpose } from './route.ts'
import { convertRoute, stageRoute } from './sales.ts'
import {
  answer,
  anything,
  boolean,
  id,
  integer,
  list,
  listQuery,
  mapOf,
  nullable,
  oneOf,
  recordOut,
  request,
  string,
  text,
  valuesIn,
  valuesOut,
} from './schema.ts'
import { printRoute } from './print.ts'
import { recordProtectionRoute } from './protection.ts'
import { namesOf, titlesOf } from './titles.ts'

type Values = Readonly<Record<string, FieldValue>>

/** The rows of one record type. */
export const recordRoutes = (type: RecordType): readonly GuardedRoute[] => {
  const path = `/api/${type.plural}`
  const one = `${path}/:id`
  const out = recordOut(type)
  const label = type.label.en.toLowerCase()
  // Accounts come, go and come back: not at a desk that was left.
  const dangerous = type.name === 'user' ? ({ confirm: true } as const) : {}
  const verb = (
    name: string,
    action: string,
    summary: string,
    run: (call: Call, id: string) => Promise<Seen>,
    body?: GuardedRoute['body'],
  ): GuardedRoute => ({
    method: 'POST',
    path: `${one}/${name}`,
    ...dangerous,
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
        if (type.name === 'lead') await takeInCaptures(call)
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
      handler: async (call) => {
        if (type.name === 'lead') await takeInCaptures(call)
        return call.house.vault.count(call.actor, type.name, queryOf(call))
      },
    },
    {
      method: 'POST',
      path,
      ...dangerous,
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
        // What somebody may do hangs on all but these.
        if (type.name === 'user' && Object.keys(values).some((name) => name !== 'name' && name !== 'language'))
          await call.house.identity.demandFresh(call.who.session, call.origin)
        const after = await call.house.vault.update(call.actor, type.name, recordId, version, values)
        const rights = type.name === 'user' && ('active' in values || 'role' in values)
        if (rights) await call.house.identity.revokeAll(recordId, { actor: call.actor })
        return after
      },
    },
    {
      method: 'DELETE',
      path: one,
      ...dangerous,
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
            'onBehalfOf?': string,
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
          items.flatMap(({ actorId, onBehalfOf }) => [actorId, ...(onBehalfOf === undefined ? [] : [onBehalfOf])]),
        )
        return {
          items: items.map(({ onBehalfOf, ...item }) => ({
            ...item,
            actor: names(item.actorId),
            ...(onBehalfOf === undefined ? {} : { onBehalfOf: names(onBehalfOf) }),
          })),
        }
      },
    },
    ...(customerTypes.includes(type.name) ? [exportRoute(type), printRoute(type), ...bulkRoutes(type)] : []),
    ...attachmentRoutes(type),
    ...(type.fields.some(({ storage }) => storage === 'sealed') ? [recordProtectionRoute(type)] : []),
    ...(type.name === 'deal' ? [stageRoute] : []),
    ...(type.name === 'lead' ? [convertRoute] : []),
  ]
}
