// The review page: run every check, show what was found, hand out the report.
import { Fault, type Language } from '#kernel'
import { type ReviewResult, takesWord } from '#compliance'
import type { ReviewAnswer } from './contract.ts'
import type { House } from './house.ts'
import { type Call, type GuardedRoute, Reply } from './route.ts'
import {
  answer,
  anything,
  boolean,
  both,
  integer,
  list,
  mapOf,
  oneOf,
  orNull,
  request,
  string,
  text,
} from './schema.ts'

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
        takesWord: boolean,
        word: orNull(answer({ at: string, by: string, note: string })),
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
      return shown(house, await house.review.run(actor.principal.id, { channel, ip }))
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
      const review = await house.review.latest()
      return review && (await shown(house, review))
    },
  },
  {
    method: 'POST',
    path: '/api/review/attest',
    summary: 'Give one’s word on a control that no machine decides alone',
    action: 'review.run',
    resource: 'system',
    body: request({ control: text(20), note: text(2000) }),
    out: reviewOut,
    handler: async (call): Promise<ReviewAnswer> => {
      const { house, actor } = call
      await house.vault.demand(actor, 'review.run')
      const { control, note } = call.body as { control: string; note: string }
      if (!takesWord(control)) throw new Fault('not-found', { what: 'control' })
      const { channel, ip } = actor.env
      await house.review.attest({ control, note, actor: actor.principal.id, channel, ip })
      return shown(house, await latest(call))
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

/** A review as the page shows it: each control with the last word a person gave on it. */
const shown = async (house: House, review: ReviewResult): Promise<ReviewAnswer> => {
  const words = await house.review.words()
  const told = await Promise.all(
    words.map(async ({ control, at, actor, note }) => {
      const by = (await house.staff.get(actor))?.name ?? ''
      return [control, { at: at.toISOString(), by, note }] as const
    }),
  )
  const byControl = new Map(told)
  return {
    ...review,
    controls: review.controls.map((control) => ({
      ...control,
      takesWord: takesWord(control.id),
      word: byControl.get(control.id) ?? null,
    })),
  }
}

const latest = async ({ house, actor }: Call): Promise<ReviewResult> => {
  await house.vault.demand(actor, 'review.view')
  const review = await house.review.latest()
  if (!review) throw new Fault('not-found', { what: 'review' })
  return review
}
