// Alarms: what should not happen, told in the journal at once and never twice in a row. Keeps vault-154.
import { type Actor, type Clock, type Json, scopeOf } from '#kernel'
import type { PolicySet, Request } from '#access'
import type { Journal } from '#journal'

export interface Alarms {
  /** Asked after a refusal: whether a forbid refused because it could not be evaluated. */
  refused(policies: PolicySet, request: Request, actor: Actor): void
  /** Writes an alarm. what: the thing it is about, so that the same one is not told again for a while. */
  raise(actor: Actor, act: AlarmAct, what: string, detail: Json): Promise<void>
  /** Waits for what is being written. */
  flush(): Promise<void>
}

export const alarmActs = ['alarm.policy-error', 'alarm.unmask-limit'] as const
export type AlarmAct = (typeof alarmActs)[number]

// Refusals are common (every mask is one), so each kind of question is looked into only now and then.
const lookEvery = 5_000
const tellEvery = 60_000

/** keep: writes it down for the page of alarms as well. */
export const createAlarms = (
  journal: Journal,
  clock: Clock,
  keep: (actor: Actor, act: AlarmAct, detail: Json) => Promise<void> = () => Promise.resolve(),
): Alarms => {
  const looked = new Map<string, number>()
  const told = new Map<string, number>()
  let writing: Promise<unknown> = Promise.resolve()
  const due = (known: Map<string, number>, key: string, every: number): boolean => {
    const now = clock.now().getTime()
    const last = known.get(key)
    if (last !== undefined && now >= last && now - last < every) return false
    if (known.size > 10_000) known.clear()
    known.set(key, now)
    return true
  }
  const raise: Alarms['raise'] = async (actor, act, what, detail) => {
    if (!due(told, `${act} ${what}`, tellEvery)) return
    await journal.record(scopeOf(actor), [
      {
        act,
        obj: 'policy',
        actor: actor.principal.id,
        decision: 'deny',
        channel: actor.env.channel,
        ...(actor.env.ip === '' ? {} : { ip: actor.env.ip }),
        detail,
      },
    ])
    await keep(actor, act, detail)
  }
  return {
    raise,
    refused: (policies, request, actor) => {
      if (!due(looked, `${request.action} ${request.resource.type}`, lookEvery)) return
      const erring = policies.explain(request).forbids.filter(({ error }) => error !== undefined)
      if (erring.length === 0) return
      const names = erring.map(({ policy }) => policy)
      const detail = { policies: names, action: request.action, type: request.resource.type }
      writing = writing
        .then(() => raise(actor, 'alarm.policy-error', names.join(), detail))
        .catch(() => {
          // It was not told: the next one tries again.
          told.delete(`alarm.policy-error ${names.join()}`)
        })
    },
    flush: async () => {
      await writing
    },
  }
}
