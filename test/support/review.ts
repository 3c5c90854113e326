// For tests of compliance: a review over a fresh database and a journal with a key of its own.
import { generateKeyPairSync, sign } from 'node:crypto'
import { type Check, type CheckContext, type Clock, fromBase64url, services, systemClock } from '#kernel'
import { createJournal, type Journal } from '#journal'
import { openTestDatabase, type TestDatabase } from './index.ts'
import { createReview, type Review } from '#compliance'

export interface OpenReview {
  readonly db: TestDatabase
  readonly journal: Journal
  readonly review: Review
  /** A context as a review gives it to its checks. */
  readonly contextAt: (now: Date) => CheckContext
  readonly close: () => Promise<void>
}

export const openReview = async (
  checks: readonly Check[],
  { clock = systemClock, ...more }: { clock?: Clock; checkTimeoutMs?: number } = {},
): Promise<OpenReview> => {
  const db = await openTestDatabase()
  const pair = generateKeyPairSync('ed25519')
  const signer = {
    name: 'journal',
    publicKey: fromBase64url(pair.publicKey.export({ format: 'jwk' }).x ?? ''),
    sign: (bytes: Uint8Array) => new Uint8Array(sign(null, bytes, pair.privateKey)),
  }
  const { store, tenant } = db
  const journal = createJournal({ store, clock, signer, origin: 'holdfast.example/review' })
  const review = createReview({ store, journal, clock, tenant, checks, version: '0.0.0', ...more })
  const scope = { tenant, principal: services.compliance }
  return {
    db,
    journal,
    review,
    contextAt: (now) => ({
      tenant,
      now,
      query: (text, values = []) => store.transaction(scope, (tx) => tx.query({ text, values }), { readOnly: true }),
    }),
    close: () => db.close(),
  }
}
