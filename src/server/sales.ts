// What only deals and leads can do: move to another stage, become an account.
import { Fault, fieldOf, typeOf } from '#kernel'
import { catalogue, convertLead, moveDeal } from '#crm'
import { type GuardedRoute, idOf } from './route.ts'
import { answer, id, integer, nullable, oneOf, orNull, recordOut, request, string, text } from './schema.ts'

const stages = (fieldOf(typeOf(catalogue, 'deal'), 'stage')?.options ?? []).map((option) => option.value)

export const stageRoute: GuardedRoute = {
  method: 'POST',
  path: '/api/deals/:id/stage',
  summary: 'Move a deal to another stage',
  action: 'edit',
  resource: 'deal',
  body: request({ stage: oneOf(...stages), version: integer, 'reason?': text(500), 'closeDate?': text(10) }),
  out: recordOut(typeOf(catalogue, 'deal')),
  handler: (call) =>
    moveDeal(
      call.house.vault,
      call.actor,
      idOf(call),
      call.body as { stage: string; version: number; reason?: string },
    ),
}

const briefOut = answer({ id: string, type: string, version: integer })

export const convertRoute: GuardedRoute = {
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
