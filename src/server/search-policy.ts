// How the tenant searches: shown and changed from a page, with what it tells a thief, measured. Keeps server-1, server-62.
import { catalogue } from '#crm'
import { suites } from '#encryption'
import { Fault, fieldOf } from '#kernel'
import { measuredBy, measureJobKind, type SearchPolicy } from '#vault'
import type { JobAnswer } from './contract/jobs.ts'
import type { LeakageAnswer, MeasuredAnswer, SearchAnswer } from './contract/search.ts'
import { jobOut, shownJob } from './jobs.ts'
import type { GuardedRoute } from './route.ts'
import { answer, both, integer, list, nullable, number, oneOf, orNull, request, string, text } from './schema.ts'

interface Wish {
  readonly storage: 'database' | 'memory'
  readonly fields: readonly {
    readonly type: string
    readonly field: string
    readonly modes: readonly string[]
    readonly partitions: number
  }[]
  readonly password?: string
}

const leakageOut = answer({
  generation: integer,
  storage: oneOf('database', 'memory'),
  fields: list(
    answer({
      type: string,
      field: string,
      label: both,
      group: string,
      dataClass: string,
      modes: list(string),
      partitions: integer,
      learns: oneOf('everything', 'index', 'shape'),
      tells: list(both),
      attacks: list(
        answer({
          attack: oneOf('rank', 'dictionary', 'prefix'),
          mode: string,
          target: string,
          records: integer,
          recovered: number,
          guess: number,
          unkeyed: nullable(number),
        }),
      ),
    }),
  ),
})

export const searchRoutes: readonly GuardedRoute[] = [
  {
    method: 'GET',
    path: '/api/keys/search',
    summary: 'How each field is found, and which generation of the index is read',
    action: 'keys.view',
    resource: 'system',
    out: answer({
      generation: integer,
      building: nullable(integer),
      hash: string,
      createdAt: string,
      storage: oneOf('database', 'memory'),
      fields: list(
        answer({ type: string, field: string, modes: list(string), possible: list(string), partitions: integer }),
      ),
    }),
    handler: async ({ house, actor }): Promise<SearchAnswer> => {
      await house.vault.demand(actor, 'keys.view')
      const { generation, building, suite, createdAt, policy, fields } = await house.search.state()
      return {
        generation,
        building,
        hash: suites.find((one) => one.id === suite)?.hash ?? '',
        createdAt: createdAt.toISOString(),
        storage: policy.storage,
        fields: fields.map(({ type, field, modes, possible, partitions }) => ({
          type,
          field,
          modes,
          possible,
          partitions,
        })),
      }
    },
  },
  {
    method: 'PATCH',
    path: '/api/keys/search',
    summary: 'Change how fields are found: the index is built anew beside the old one and then read instead',
    action: 'keys.rotate',
    resource: 'system',
    body: request({
      storage: oneOf('database', 'memory'),
      fields: list(
        request({
          type: text(64),
          field: text(64),
          modes: list(oneOf('exact', 'suffix', 'ngram', 'pinyin')),
          partitions: integer,
        }),
      ),
      'password?': text(1000),
    }),
    out: jobOut,
    status: 202,
    handler: async ({ house, actor, who, origin, body }): Promise<JobAnswer> => {
      const wish = body as Wish
      await house.vault.demand(actor, 'keys.rotate')
      await house.identity.demandFresh(who.session, origin, wish.password)
      const { policy } = await house.search.state()
      const spec = await house.search.rebuild({ keys: 'same', policy: changed(policy, wish) })
      return shownJob(await house.jobs.start(house.search.job.kind, spec, actor.principal.id))
    },
  },
  {
    method: 'GET',
    path: '/api/keys/leakage',
    summary: 'What a thief of the database learns of each field, and what the built-in attacks recover',
    action: 'keys.view',
    resource: 'system',
    out: leakageOut,
    handler: async ({ house, actor }): Promise<LeakageAnswer> => {
      await house.vault.demand(actor, 'keys.view')
      return house.search.leakage()
    },
  },
  {
    method: 'POST',
    path: '/api/keys/leakage/measure',
    summary: 'Measure the leakage of every field as a job that can be watched',
    action: 'keys.view',
    resource: 'system',
    body: request({}),
    out: jobOut,
    status: 202,
    handler: async ({ house, actor }): Promise<JobAnswer> => {
      await house.vault.demand(actor, 'keys.view')
      return shownJob(await house.jobs.start(measureJobKind, {}, actor.principal.id))
    },
  },
  {
    method: 'GET',
    path: '/api/keys/leakage/last',
    summary: 'What was measured last, and when; null before the first time',
    action: 'keys.view',
    resource: 'system',
    out: orNull(answer({ at: string, leakage: leakageOut })),
    handler: async ({ house, actor }): Promise<MeasuredAnswer | null> => {
      await house.vault.demand(actor, 'keys.view')
      const job = await house.jobs.last(measureJobKind)
      const leakage = job && measuredBy(job)
      return leakage && job.finishedAt ? { at: job.finishedAt.toISOString(), leakage } : null
    },
  },
]

/** The policy with the fields named changed; the others stay. */
const changed = (policy: SearchPolicy, wish: Wish): SearchPolicy => ({
  storage: wish.storage,
  fields: {
    ...policy.fields,
    ...Object.fromEntries(
      wish.fields.map(({ type, field, modes, partitions }) => {
        const found = catalogue.types.find((one) => one.name === type)
        const known = found && fieldOf(found, field)
        if (!known) throw new Fault('bad-input', { what: 'there is no such field' })
        return [String(known.id), { modes: modes as SearchPolicy['fields'][string]['modes'], partitions }] as const
      }),
    ),
  },
})
