// Rights for a while over HTTP: one record to somebody, a role to somebody, ended early, and how long they may last. Keeps server-1, server-240.
import { customerTypes } from '#crm'
import { type Actor, Fault } from '#kernel'
import type { LendingLimits, LentGrant } from '#vault'
import type { GrantItem, GrantRequest, RoleGrantRequest } from './contract/grants.ts'
import type { House } from './house.ts'
import { type GuardedRoute, idOf } from './route.ts'
import { answer, boolean, id, integer, list, nullable, oneOf, request, string, text } from './schema.ts'

const path = '/api/grants'

const grantOut = answer(
  {
    id: string,
    kind: oneOf('record', 'role'),
    userId: string,
    role: nullable(string),
    type: nullable(string),
    recordId: nullable(string),
    level: nullable(string),
    reason: string,
    startsAt: string,
    expiresAt: string,
    givenBy: string,
    passedTo: nullable(string),
    createdAt: string,
    endedBy: nullable(string),
    endedAt: nullable(string),
  },
  'Grant',
)
const limits = { grantDays: integer, deputyDays: integer, recertifyDays: integer }
const days = { type: 'integer', minimum: 1, maximum: 366 }
const span = { to: id, 'from?': text(40), until: text(40), reason: text(500) }

export const grantRoutes: readonly GuardedRoute[] = [
  {
    method: 'GET',
    path,
    summary: 'Rights lent for a while: those one holds or gave; all of them for whoever manages grants',
    action: 'grant.view',
    resource: 'own grants',
    out: answer({ all: boolean, limits: answer(limits), items: list(grantOut) }),
    handler: async ({ house, actor }) => {
      const { all, items } = await grantsFor(house, actor)
      return { all, limits: await house.lending.limits(), items: items.map(shown) }
    },
  },
  {
    method: 'GET',
    path: `${path}/record`,
    summary: 'To whom a record is lent now or will be, for whoever may share it',
    action: 'share',
    resource: 'record',
    query: request({ type: text(64), id }),
    out: answer({ limits: answer(limits), items: list(grantOut) }),
    handler: async ({ house, actor, query }) => {
      const type = customerTypes.find((name) => name === query['type'])
      if (type === undefined) throw new Fault('not-found', { what: 'record type' })
      const items = await house.grants.onRecord(actor, type, query['id'] ?? '')
      return { limits: await house.lending.limits(), items: items.map(shown) }
    },
  },
  {
    method: 'POST',
    path: `${path}/record`,
    summary: 'Let somebody read or write one record for a while; nobody gives more than they hold for good',
    action: 'share',
    resource: 'record',
    body: request({ ...span, type: oneOf(...customerTypes), record: id, level: oneOf('read', 'write') }),
    out: grantOut,
    status: 201,
    handler: async ({ house, actor, body }): Promise<GrantItem> => {
      const wish = body as GrantRequest
      return shown(await house.grants.giveRecord(actor, { ...wish, ...spanOf(wish) }))
    },
  },
  {
    method: 'POST',
    path: `${path}/role`,
    summary: 'Give somebody a role for a while; never oneself, never two offices to one person',
    action: 'grant.manage',
    resource: 'system',
    confirm: true,
    body: request({ ...span, role: text(64) }),
    out: grantOut,
    status: 201,
    handler: async ({ house, actor, body }): Promise<GrantItem> => {
      const wish = body as RoleGrantRequest
      return shown(await house.grants.giveRole(actor, { ...wish, ...spanOf(wish) }))
    },
  },
  {
    method: 'POST',
    path: `${path}/:id/end`,
    summary: 'End what was lent before its time: who gave it, who may share the record, or who manages grants',
    action: 'grant.end',
    resource: 'own grants',
    out: null,
    handler: (call) => call.house.grants.end(call.actor, idOf(call, 'id', 'grant')),
  },
  {
    method: 'PUT',
    path: `${path}/limits`,
    summary: 'Set how long rights may be lent, and how often all of them are confirmed anew',
    action: 'grant.manage',
    resource: 'system',
    body: request({ grantDays: days, deputyDays: days, recertifyDays: days }),
    out: null,
    handler: async ({ house, actor, body }) => {
      await house.vault.demand(actor, 'grant.manage')
      await house.lending.setLimits(actor, body as LendingLimits)
    },
  },
]

/** Those that one holds or answers for; all of them for whoever manages grants. */
export const grantsFor = async (
  house: House,
  actor: Actor,
): Promise<{ readonly all: boolean; readonly items: readonly LentGrant[] }> => {
  const all = await house.vault.may(actor, 'grant.manage')
  return { all, items: await house.grants.list(all ? undefined : actor.principal.id) }
}

/** The times of a wish; malformed ones are bad values. */
export const spanOf = ({ from, until }: { readonly from?: string; readonly until: string }) => ({
  from: from === undefined ? new Date(0) : new Date(from),
  until: new Date(until),
})

const shown = (grant: LentGrant): GrantItem => ({
  ...grant,
  startsAt: grant.startsAt.toISOString(),
  expiresAt: grant.expiresAt.toISOString(),
  createdAt: grant.createdAt.toISOString(),
  endedAt: grant.endedAt?.toISOString() ?? null,
})
