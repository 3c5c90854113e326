// Keys rotated and destroyed from a page: each start asks for the password once more. Keeps server-1, server-20.
import { Fault, type Json } from '#kernel'
import { envelopeSuites, profiles, suites } from '#encryption'
import { demandOwnRoot, rootJobKind } from '#vault'
import type { JobAnswer, KeyStatesAnswer } from './contract/jobs.ts'
import { jobOut, shownJob } from './jobs.ts'
import type { GuardedRoute } from './route.ts'
import { answer, id, integer, list, mapOf, nullable, oneOf, request, string, text } from './schema.ts'

interface Wish {
  readonly what: keyof typeof kinds | 'index'
  readonly subject?: string
  readonly profile?: string
  readonly history?: string
  readonly password?: string
}

const kinds = {
  root: rootJobKind,
  epoch: 'keys.epoch',
  subject: 'keys.subjects',
  'all-subjects': 'keys.subjects',
  profile: 'keys.profile',
  'drop-generations': 'keys.drop-generations',
} as const

export const rotationRoutes: readonly GuardedRoute[] = [
  {
    method: 'GET',
    path: '/api/keys/states',
    summary: 'Epochs with their ages and suites, and how many data keys there are',
    action: 'keys.view',
    resource: 'system',
    out: answer({
      epochs: list(
        answer({
          epoch: integer,
          state: oneOf('active', 'decrypt-only', 'destroyed'),
          suite: string,
          captureSuite: string,
          profile: nullable(string),
          createdAt: string,
          retiredAt: nullable(string),
          destroyedAt: nullable(string),
          subjectKeys: integer,
        }),
      ),
      subjects: integer,
      olderGenerations: integer,
    }),
    handler: async ({ house, actor }): Promise<KeyStatesAnswer> => {
      await house.vault.demand(actor, 'keys.view')
      const { epochs, ...counts } = await house.rotation.states()
      return {
        ...counts,
        epochs: epochs.map((one) => ({
          ...one,
          suite: suites.find(({ id: suite }) => suite === one.suite)?.name ?? String(one.suite),
          captureSuite:
            envelopeSuites.find(({ id: suite }) => suite === one.captureSuite)?.name ?? String(one.captureSuite),
          createdAt: one.createdAt.toISOString(),
          retiredAt: one.retiredAt?.toISOString() ?? null,
          destroyedAt: one.destroyedAt?.toISOString() ?? null,
        })),
      }
    },
  },
  {
    method: 'POST',
    path: '/api/keys/rotations',
    summary:
      'Start a rotation: of the root key, of the epoch, of data keys, of the keys of the search index, to another profile; or drop older generations',
    action: 'keys.rotate',
    resource: 'system',
    body: request({
      what: oneOf(...Object.keys(kinds), 'index'),
      'subject?': id,
      'profile?': oneOf(...Object.keys(profiles)),
      'history?': oneOf('keep', 'forget'),
      'password?': text(1000),
    }),
    out: jobOut,
    status: 202,
    handler: async ({ house, actor, who, origin, body }): Promise<JobAnswer> => {
      const wish = body as Wish
      await house.vault.demand(actor, 'keys.rotate')
      await house.identity.demandFresh(who.session, origin, wish.password)
      if (wish.what === 'root') demandOwnRoot(house.keys)
      const [kind, spec] =
        wish.what === 'index'
          ? [house.search.job.kind, await house.search.rebuild({ keys: 'new' })]
          : [kinds[wish.what], specOf(wish)]
      return shownJob(await house.jobs.start(kind, spec, actor.principal.id))
    },
  },
  {
    method: 'POST',
    path: '/api/keys/epochs/destroy',
    summary: 'Destroy an epoch that nothing needs any more',
    action: 'keys.rotate',
    resource: 'system',
    body: request({ epoch: integer, 'password?': text(1000) }),
    out: answer({ epoch: integer, remaining: mapOf(integer) }),
    handler: async ({ house, actor, who, origin, body }) => {
      const { epoch, password } = body as { epoch: number; password?: string }
      await house.vault.demand(actor, 'keys.rotate')
      await house.identity.demandFresh(who.session, origin, password)
      return { epoch, remaining: await house.rotation.destroyEpoch(actor, epoch) }
    },
  },
]

const specOf = ({ what, subject, profile, history }: Wish): Json => {
  if (what === 'subject') {
    if (subject === undefined) throw new Fault('bad-input', { what: 'name the subject' })
    return { subject }
  }
  if (what === 'profile') {
    if (profile === undefined) throw new Fault('bad-input', { what: 'name the profile' })
    return { profile }
  }
  return what === 'drop-generations' ? { history: history ?? 'keep' } : {}
}
