// What a lock beside a field says: what seals the group, under which key, and which roles may see it. Keeps server-112.
import { Fault, type RecordType } from '#kernel'
import { catalogue } from '#crm'
import type { GroupsProtection, RecordProtectionAnswer } from './contract/keys.ts'
import { suiteName } from './key-tree.ts'
import { type GuardedRoute, idOf } from './route.ts'
import { answer, integer, list, mapOf, nullable, request, string, text } from './schema.ts'

export const protectionRoutes: readonly GuardedRoute[] = [
  {
    method: 'GET',
    path: '/api/catalogue/protection',
    summary: 'What new values of a type are sealed with, and which roles may see each group',
    action: 'view',
    resource: 'catalogue',
    query: request({ type: text(64) }),
    out: answer({
      suite: string,
      epoch: integer,
      groups: mapOf(answer({ view: list(string), unmask: list(string) })),
    }),
    handler: async ({ house, query }): Promise<GroupsProtection> => {
      const type = catalogue.types.find(({ name }) => name === query['type'])
      if (!type) throw new Fault('not-found', { what: 'record type' })
      const active = (await house.epochs()).find(({ state }) => state === 'active')
      return {
        suite: suiteName(active?.suite ?? 0),
        epoch: active?.epoch ?? 0,
        groups: house.vault.whoMay(type.name),
      }
    },
  },
]

/** The row of one record type. */
export const recordProtectionRoute = (type: RecordType): GuardedRoute => ({
  method: 'GET',
  path: `/api/${type.plural}/:id/protection`,
  summary: `What protects the sealed groups of a record (${type.label.en.toLowerCase()})`,
  action: 'view',
  resource: type.name,
  out: answer({
    version: integer,
    groups: list(
      answer({ group: string, suite: string, generation: integer, epoch: nullable(integer), bytes: integer }),
    ),
  }),
  handler: async (call): Promise<RecordProtectionAnswer> => {
    const { version, groups } = await call.house.vault.protection(call.actor, type.name, idOf(call))
    return { version, groups: groups.map((one) => ({ ...one, suite: suiteName(one.suite) })) }
  },
})
