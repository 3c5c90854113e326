// The journal page: who did what, when, from where; and recomputing the tree.
import { Fault, isUuid, say } from '#kernel'
import type { JournalQuery } from '#journal'
import type { JournalAnswer, JournalVerified } from './contract.ts'
import { namesOf } from './titles.ts'
import { type Call, type GuardedRoute, numberOf } from './route.ts'
import { answer, anything, boolean, integer, list, nullable, oneOf, orNull, request, string, text } from './schema.ts'

export const journalRoutes: readonly GuardedRoute[] = [
  {
    method: 'GET',
    path: '/api/journal',
    summary: 'A page of entries, the newest first',
    action: 'journal.view',
    resource: 'system',
    query: request({
      'before?': text(20),
      'limit?': text(4),
      'actor?': text(36),
      'act?': text(64),
      'obj?': text(64),
      'recordId?': text(36),
    }),
    out: answer({
      items: list(
        answer({
          id: string,
          index: nullable(integer),
          at: string,
          act: string,
          obj: string,
          recordId: nullable(string),
          actorId: string,
          actor: string,
          onBehalfOf: list(string),
          channel: string,
          ip: string,
          decision: oneOf('allow', 'deny'),
          purpose: string,
          groups: list(string),
          detail: anything,
        }),
      ),
      'next?': string,
      checkpoint: orNull(answer({ size: integer, root: string, at: string, note: string })),
    }),
    handler: page,
  },
  {
    method: 'POST',
    path: '/api/journal/verify',
    summary: 'Recompute the tree from the stored bytes and check the signed checkpoints',
    action: 'journal.verify',
    resource: 'system',
    out: answer({
      ok: boolean,
      entries: integer,
      root: string,
      'firstBad?': answer({ index: integer, entry: string, what: string }),
    }),
    handler: async ({ house, actor }): Promise<JournalVerified> => {
      await house.vault.demand(actor, 'journal.verify')
      const { ok, entries, root, firstBad } = await house.journal.verify(house.tenant)
      await house.journal.record(scopeOf(house, actor), [
        { act: 'journal.verify', obj: 'journal', actor: actor.principal.id, ...from(actor), detail: { ok, entries } },
      ])
      return { ok, entries, root, ...(firstBad ? { firstBad } : {}) }
    },
  },
]

async function page(call: Call): Promise<JournalAnswer> {
  const { house, actor, query } = call
  await house.vault.demand(actor, 'journal.view')
  const limit = numberOf(call, 'limit', 1, 500) ?? 50
  const before = numberOf(call, 'before', 0, Number.MAX_SAFE_INTEGER)
  const asked: JournalQuery = {
    limit,
    ...(before === undefined ? {} : { before: BigInt(before) }),
    ...idIn(query, 'actor'),
    ...idIn(query, 'recordId'),
    ...(query['act'] === undefined ? {} : { act: query['act'] }),
    ...(query['obj'] === undefined ? {} : { obj: query['obj'] }),
  }
  const scope = scopeOf(house, actor)
  // Looking at the trail leaves a trail too; once, not for every page that is turned.
  if (before === undefined) {
    await house.journal.record(scope, [
      { act: 'journal.view', obj: 'journal', actor: actor.principal.id, ...from(actor) },
    ])
  }
  const { found, checkpoint } = await house.store.transaction(
    scope,
    async (tx) => ({
      found: await house.journal.list(tx, house.tenant, asked),
      checkpoint: (
        await tx.query<{ size: bigint; root: string; note: string; created_at: Date }>({
          text: `select size, encode(root, 'hex') as root, note, created_at from journal.checkpoint
            where tenant_id = $1 order by size desc limit 1`,
          values: [house.tenant],
        })
      )[0],
    }),
    { readOnly: true },
  )
  const names = await namesOf(
    house,
    actor,
    found.items.flatMap((item) => [item.actor, ...behalfOf(item.detail)]),
  )
  return {
    items: found.items.map((item) => ({
      id: String(item.id),
      index: item.index === null ? null : Number(item.index),
      at: item.at.toISOString(),
      act: item.act,
      obj: item.obj,
      recordId: item.recordId,
      actorId: item.actor,
      actor: names(item.actor),
      onBehalfOf: behalfOf(item.detail).map(names),
      channel: item.channel,
      ip: item.ip,
      decision: item.decision === 'deny' ? 'deny' : 'allow',
      purpose: item.purpose,
      groups: item.groups,
      detail: item.detail,
    })),
    ...(found.next === undefined ? {} : { next: found.next }),
    checkpoint: checkpoint
      ? {
          size: Number(checkpoint.size),
          root: checkpoint.root,
          at: checkpoint.created_at.toISOString(),
          note: checkpoint.note,
        }
      : null,
  }
}

/** Whom a deputy acted for, by an entry's detail: one, or several where one act met records of several. */
const behalfOf = (detail: unknown): readonly string[] => {
  if (typeof detail !== 'object' || detail === null || !('onBehalfOf' in detail)) return []
  const { onBehalfOf } = detail
  return (Array.isArray(onBehalfOf) ? onBehalfOf : [onBehalfOf]).filter((id) => typeof id === 'string')
}

const idIn = (query: Call['query'], name: 'actor' | 'recordId'): Partial<Record<typeof name, string>> => {
  const value = query[name]
  if (value === undefined) return {}
  if (!isUuid(value)) throw new Fault('bad-input', { what: say('{name} is an id', { name }) })
  return { [name]: value }
}

const scopeOf = (house: Call['house'], actor: Call['actor']) => ({
  tenant: house.tenant,
  principal: actor.principal.id,
})
const from = ({ env }: Call['actor']) => ({ channel: env.channel, ip: env.ip, decision: 'allow' as const })
