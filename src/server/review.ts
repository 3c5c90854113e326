// The review page: run every check, show what was found, hand out the report.
import { Fault, type Language } from '#kernel'
import type { ReviewResult } from '#compliance'
import type { ReviewAnswer } from './contract.ts'
import { type Call, type GuardedRoute, Reply } from './route.ts'
import { answer, anything, both, integer, list, mapOf, oneOf, orNull, request, string } from './schema.ts'

const reviewOut = answer(
  {
    id: string,
    at: string,
    summary: answer({ pass: integer, fail: integer, error: integer, notAssessed: integer, notApplicable: integer }),
    controls: list(
      answer({
        id: string,
        group: string,
        severity: string,
        state: oneOf('pass', 'fail', 'error', 'not-assessed', 'not-applicable'),
        title: both,
        requirement: both,
        finding: both,
        remedy: both,
        evidence: anything,
        maps: mapOf(list(string)),
      }),
    ),
  },
  'Review',
)

export const reviewRoutes: readonly GuardedRoute[] = [
  {
    method: 'POST',
    path: '/api/review',
    summary: 'Run every check now',
    action: 'review.run',
    resource: 'system',
    out: reviewOut,
    handler: async ({ house, actor }): Promise<ReviewAnswer> => {
      await house.vault.demand(actor, 'review.run')
      const { channel, ip } = actor.env
      return house.review.run(actor.principal.id, { channel, ip })
    },
  },
  {
    method: 'GET',
    path: '/api/review',
    summary: 'The latest review',
    action: 'review.view',
    resource: 'system',
    out: orNull(reviewOut),
    handler: async ({ house, actor }): Promise<ReviewAnswer | null> => {
      await house.vault.demand(actor, 'review.view')
      return house.review.latest()
    },
  },
  {
    method: 'GET',
    path: '/api/review/report.pdf',
    summary: 'The latest review as a document',
    action: 'review.view',
    resource: 'system',
    query: request({ 'lang?': oneOf('zh', 'en') }),
    out: 'file',
    handler: async (call) => {
      const review = await latest(call)
      const language: Language = call.query['lang'] === 'zh' ? 'zh' : call.query['lang'] === 'en' ? 'en' : call.language
      const { organisation } = await call.house.settings()
      const content = await call.house.review.pdf(review, language, organisation)
      return Reply.file({
        name: `holdfast-review-${review.at.slice(0, 10)}-${language}.pdf`,
        type: 'application/pdf',
        content,
      })
    },
  },
  {
    method: 'GET',
    path: '/api/review/report.json',
    summary: 'The latest review for machines, with the journal’s proof of it',
    action: 'review.view',
    resource: 'system',
    out: 'file',
    handler: async (call) => {
      const review = await latest(call)
      const { organisation } = await call.house.settings()
      const report = await call.house.review.json(review, organisation)
      const content = new TextEncoder().encode(`${JSON.stringify(report, null, 2)}\n`)
      return Reply.file({ name: `holdfast-review-${review.at.slice(0, 10)}.json`, type: 'application/json', content })
    },
  },
]

const latest = async ({ house, actor }: Call): Promise<ReviewResult> => {
  await house.vault.demand(actor, 'review.view')
  const review = await house.review.latest()
  if (!review) throw new Fault('not-found', { what: 'review' })
  return review
}
