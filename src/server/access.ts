// Who sees a group of a record and why, and why somebody may not do something with it. Keeps server-210.
import { Fault, fieldGroups, type FieldGroup } from '#kernel'
import type { SeenBy, Supposed } from '#vault'
import type { WhoSeesAnswer, WhyNotAnswer } from './contract/access.ts'
import { type Call, type GuardedRoute, numberOf } from './route.ts'
import { answer, boolean, both, id, integer, list, mapOf, nullable, oneOf, request, string, text } from './schema.ts'
import { namesOf } from './titles.ts'

const guard = { method: 'GET', action: 'policy.view', resource: 'system' } as const
const about = { type: text(64), id }
/** Surroundings of somebody who is not here: a second factor unless told otherwise, no known device, no address. */
const supposed = { 'mfa?': oneOf('0', '1'), 'device?': oneOf('0', '1'), 'ip?': text(45) }

/** Values that a condition looked at. */
const looked = list(answer({ path: string, value: nullable(string), state: oneOf('shown', 'withheld', 'absent') }))

export const accessRoutes: readonly GuardedRoute[] = [
  {
    ...guard,
    path: '/api/access/who',
    summary: 'Who sees a field group of a record, behind a mask or not, and which policies make it so',
    query: request({ ...about, group: oneOf(...fieldGroups), 'after?': id, 'limit?': text(3), ...supposed }),
    out: answer({
      group: string,
      version: integer,
      items: list(
        answer({
          person: string,
          name: string,
          role: string,
          teamId: nullable(string),
          sight: oneOf('plain', 'masked', 'hidden'),
          revealable: boolean,
          refused: nullable(string),
          permits: list(string),
          forbids: list(string),
          lent: list(
            answer({
              level: nullable(string),
              role: nullable(string),
              until: string,
              by: string,
              deputyFor: nullable(string),
            }),
          ),
        }),
      ),
      purposes: mapOf(both),
      'next?': string,
    }),
    handler: async (call): Promise<WhoSeesAnswer> => {
      const { house, actor, query } = call
      const { after } = query
      const found = await house.explainer.who(actor, typeOf(call), given(call, 'id'), group(call), {
        ...(after === undefined ? {} : { after }),
        limit: numberOf(call, 'limit', 1, 500) ?? 100,
        supposed: supposedOf(call),
      })
      const names = await namesOf(house, actor, found.items.flatMap(({ person, lent }) => [person, ...lent.flatMap(({ by, deputyFor }) => [by, ...(deputyFor === null ? [] : [deputyFor])])])) // prettier-ignore
      const lentOf = ({ lent }: SeenBy) =>
        lent.map((one) => ({
          ...one,
          by: names(one.by),
          deputyFor: one.deputyFor === null ? null : names(one.deputyFor),
        }))
      return { ...found, items: found.items.map(({ team, ...one }) => ({ ...one, lent: lentOf({ team, ...one }), name: names(one.person), teamId: team })) } // prettier-ignore
    },
  },
  {
    ...guard,
    path: '/api/access/why',
    summary: 'Why a person may or may not do something with a record: permits with what failed first, then forbids',
    query: request({ ...about, person: id, action: text(40), 'purpose?': text(500), 'rows?': text(7), ...supposed }),
    out: answer({
      allow: boolean,
      version: integer,
      reasons: list(string),
      permits: list(
        answer({
          policy: string,
          passed: integer,
          condition: string,
          outcome: oneOf('false', 'error'),
          values: looked,
        }),
      ),
      forbids: list(answer({ policy: string, erred: boolean, values: looked })),
      purposes: mapOf(both),
    }),
    handler: (call): Promise<WhyNotAnswer> => {
      const { house, actor, query } = call
      const [record, person] = [given(call, 'id'), given(call, 'person')]
      const rows = numberOf(call, 'rows', 0, 1_000_000)
      const supposed = { ...supposedOf(call), ...(rows === undefined ? {} : { rows }) }
      return house.explainer.why(actor, typeOf(call), record, person, query['action'] ?? '', supposed)
    },
  },
]

const typeOf = ({ house, query }: Call): string => {
  const type = house.vault.catalogue.types.find(({ name }) => name === query['type'])
  if (!type) throw new Fault('not-found', { what: 'record type' })
  return type.name
}

const given = ({ query }: Call, name: string): string => query[name] ?? ''

const group = (call: Call): FieldGroup => {
  const found = fieldGroups.find((one) => one === call.query['group'])
  if (!found) throw new Fault('bad-input', { what: 'there is no such field group' })
  return found
}

const supposedOf = ({ query }: Call): Supposed => ({
  mfa: query['mfa'] !== '0',
  deviceTrusted: query['device'] === '1',
  ip: query['ip'] ?? '',
  purpose: query['purpose']?.trim() ?? '',
})
