// Looking into a backup: opened with its identity by whoever may, read record by record as they were and as policies decide today, and
// closed again. Keeps server-270, server-271, server-272.
import { readFile } from 'node:fs/promises'
import { parseIdentity } from '#backup'
import { catalogue } from '#crm'
import { Fault, type RecordType } from '#kernel'
import type { BrowseAnswer, BrowsedAnswer, BrowsePage } from './contract.ts'
import { beginBrowsing, type Browsing, type Onlooker } from './browsings.ts'
import { type Call, type GuardedRoute, idOf, numberOf } from './route.ts'
import { answer, list, mapOf, nullable, number, oneOf, recordOut, request, string, text } from './schema.ts'
import { titlesOf } from './titles.ts'

const path = '/api/backups/browsings'
const guard = { action: 'backup.browse', resource: 'system' } as const

const out = answer({
  id: string,
  backup: string,
  at: string,
  state: oneOf('opening', 'open', 'failed'),
  progress: number,
  error: nullable(string),
  until: string,
})

/** Customers and what belongs to them: accounts of the house and its teams are not browsed. */
const browsed = catalogue.types.filter(({ name }) => name !== 'user' && name !== 'team')

const onlooker = ({ actor, who }: Call): Onlooker => ({ user: actor.principal.id, session: who.session.id })

const demand = ({ house, actor }: Call): Promise<void> => house.vault.demand(actor, 'backup.browse')

const told = ({ error, until, ...one }: Browsing, { language }: Call): BrowseAnswer => ({
  ...one,
  until: until.toISOString(),
  error: error && error.in(language),
})

/** The identity's text, from the request or from the server's disk; only what is an identity is taken. */
const identityOf = async ({ house }: Call, given: string | undefined): Promise<string> => {
  const found =
    given ??
    (await readFile(`${house.config.keys}/backup.identity`, 'utf8').catch((cause: unknown) => {
      throw new Fault('backup-wrong-identity', {}, { cause })
    }))
  parseIdentity(found)
  return found
}

const recordRoutes = (type: RecordType): readonly GuardedRoute[] => {
  const since = oneOf('same', 'changed', 'deleted', 'gone')
  const record = recordOut(type)
  const label = type.label.en.toLowerCase()
  return [
    {
      method: 'GET',
      path: `${path}/:browsing/${type.plural}`,
      summary: `One page of what a backup held (${label})`,
      ...guard,
      query: request({ 'limit?': text(4), 'cursor?': text(400), 'changed?': text(1) }),
      out: answer({ items: list(answer({ record, since })), 'next?': string, titles: mapOf(string) }),
      handler: async (call): Promise<BrowsePage> => {
        await demand(call)
        const look = await call.house.browsings.look(onlooker(call), idOf(call, 'browsing', 'browsing'))
        const limit = numberOf(call, 'limit', 1, 200)
        const { cursor, changed } = call.query
        const page = await look.list(call.actor, type.name, {
          changed: changed === '1',
          ...(limit === undefined ? {} : { limit }),
          ...(cursor === undefined ? {} : { cursor }),
        })
        return {
          items: page.items.map(({ since: became, ...seen }) => ({ record: seen, since: became })),
          titles: await titlesOf(call.house, call.actor, page.items),
          ...(page.next === undefined ? {} : { next: page.next }),
        }
      },
    },
    {
      method: 'GET',
      path: `${path}/:browsing/${type.plural}/:id`,
      summary: `One record as a backup held it (${label})`,
      ...guard,
      out: answer({ record, since, titles: mapOf(string) }),
      handler: async (call): Promise<BrowsedAnswer> => {
        await demand(call)
        const look = await call.house.browsings.look(onlooker(call), idOf(call, 'browsing', 'browsing'))
        const { since: became, ...seen } = await look.get(call.actor, type.name, idOf(call))
        return { record: seen, since: became, titles: await titlesOf(call.house, call.actor, [seen]) }
      },
    },
  ]
}

export const browseRoutes: readonly GuardedRoute[] = [
  {
    method: 'GET',
    path,
    summary: 'Backups that this person looks into',
    ...guard,
    out: answer({ items: list(out) }),
    handler: async (call) => {
      await demand(call)
      return { items: call.house.browsings.of(onlooker(call)).map((one) => told(one, call)) }
    },
  },
  {
    method: 'POST',
    path,
    summary: 'Begin to open a backup with its identity, to look into it',
    ...guard,
    confirm: true,
    body: request({ backup: text(40), 'identity?': text(20_000) }),
    out,
    status: 202,
    handler: async (call): Promise<BrowseAnswer> => {
      await demand(call)
      const { backup, identity } = call.body as { backup: string; identity?: string }
      const key = await identityOf(call, identity)
      const begun = await beginBrowsing(call.house, call.actor, { backup, identity: key, session: call.who.session.id, report: call.report }) // prettier-ignore
      return told(begun, call)
    },
  },
  {
    method: 'DELETE',
    path: `${path}/:browsing`,
    summary: 'Close a backup that was looked into; what was brought back is taken away',
    ...guard,
    out: null,
    handler: async (call) => {
      await demand(call)
      await call.house.browsings.close(onlooker(call), idOf(call, 'browsing', 'browsing'))
    },
  },
  ...browsed.flatMap(recordRoutes),
]
