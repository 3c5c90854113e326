// The exchange of a root key kept in a file, as a job: what it is asked from a page is what keys rotate root does. Keeps vault-110.
import { Fault, type Json, type Uuid } from '#kernel'
import type { Keys } from '#encryption'
import type { Journal } from '#journal'
import type { Job, JobKind, JobStep, Store } from '#store'
import { exchangeRoot } from './rewrap-root.ts'

/** What the exchange stands on. */
export interface RootParts {
  readonly store: Store
  readonly journal: Journal
  readonly keys: Keys
  readonly tenant: Uuid
}

export const rootJobKind = 'keys.root'

/** The kind of job that exchanges the root key; no other rotation runs beside it. */
export const rootJob = (parts: RootParts): JobKind => ({
  kind: rootJobKind,
  exclusive: 'keys',
  step: (job) => step(parts, job),
})

/** Throws bad-input where the root key cannot be exchanged without its holders or its provider. */
export const demandOwnRoot = (keys: Keys): void => {
  const [home] = keys.roots()
  if (home?.protection === 'machine' || home?.protection === 'passphrase') return
  throw new Fault('bad-input', {
    what:
      home?.protection === 'shares'
        ? 'the root key lies in custody shares: new shares go to their holders by command, keys rotate root'
        : 'the root key lives with a key provider: rotate it there, or move it with keys provider move',
  })
}

/** Which root key wrapped when the job began, and how many there were: so that one that died at its end is not done twice. */
interface At {
  readonly from: string
  readonly roots: number
}

const step = async ({ store, journal, keys, tenant }: RootParts, job: Job): Promise<JobStep> => {
  demandOwnRoot(keys)
  const at = job.cursor as unknown as At | null
  const roots = keys.roots().length
  if (at === null) {
    const cursor = { from: keys.provider.fingerprint, roots } satisfies At as unknown as Json
    return { cursor, done: 0, total: null, finished: false }
  }
  const done = (pieces: number): JobStep => ({ cursor: job.cursor, done: pieces, total: pieces, finished: true })
  if (roots === 1 && (keys.provider.fingerprint !== at.from || at.roots > 1)) return done(job.done)
  const { epochs, namedKeys } = await exchangeRoot({
    store,
    journal,
    keys,
    scope: { tenant, principal: job.startedBy },
    channel: 'job',
    add: () => keys.addRoot('as-before'),
  })
  return done(epochs + namedKeys)
}
