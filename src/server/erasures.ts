// Erasure of persons and legal holds: preview, the act itself behind the password, certificates, the ledger. Keeps server-1.
import { snapshotDays } from '#backup'
import { certificatePdf } from '#compliance'
import { Fault, type Language } from '#kernel'
import { type ClosingState, readCertificate } from '#vault'
import type {
  ErasureClosing,
  ErasureDone,
  ErasurePreviewAnswer,
  ErasuresAnswer,
  ErasureSamePage,
  ErasureWish,
} from './contract/erasures.ts'
import { paperOf } from './erasure-paper.ts'
import { type Call, type GuardedRoute, idOf, Reply } from './route.ts'
import {
  answer,
  anything,
  boolean,
  id,
  integer,
  list,
  mapOf,
  nullable,
  oneOf,
  request,
  string,
  text,
} from './schema.ts'

const holdOut = answer(
  {
    id: string,
    subject: string,
    reason: string,
    placedBy: string,
    placedAt: string,
    liftedBy: nullable(string),
    liftedAt: nullable(string),
    liftReason: nullable(string),
  },
  'LegalHold',
)

const sameOut = (): ReturnType<typeof list> =>
  list(answer({ subject: string, why: list(oneOf('link', 'phone', 'email')), held: boolean, records: recordsOut }))

const recordsOut = list(answer({ type: string, count: integer, ids: list(string) }))

export const erasureRoutes: readonly GuardedRoute[] = [
  {
    method: 'GET',
    path: '/api/erasures',
    summary: 'The ledger of persons erased, and legal holds',
    action: 'erasure.view',
    resource: 'system',
    out: answer({
      items: list(
        answer({
          number: integer,
          id: string,
          subject: string,
          at: string,
          by: string,
          reason: string,
          records: mapOf(integer),
          sha256: string,
        }),
      ),
      holds: list(holdOut),
      backupDays: integer,
      closing: answer({
        erased: integer,
        closed: integer,
        done: list(answer({ upTo: integer, at: string })),
        begun: nullable(string),
      }),
    }),
    handler: async ({ house, actor }): Promise<ErasuresAnswer> => ({
      items: await house.erasures.list(actor),
      holds: await house.erasures.holds(actor),
      backupDays: snapshotDays,
      closing: shownClosing(await house.erasures.closing(actor)),
    }),
  },
  {
    method: 'GET',
    path: '/api/erasures/preview',
    summary: 'Everything that is linked to the person of a record, and who else is the same person',
    action: 'erasure.view',
    resource: 'system',
    query: request({ 'type?': text(40), 'id?': text(40), 'subject?': text(40) }),
    out: answer({
      subject: string,
      records: recordsOut,
      same: sameOut(),
      nextSame: nullable(string),
      unread: integer,
      unsearched: list(answer({ type: string, fields: list(string), subjects: integer })),
      attachments: integer,
      captures: integer,
      keys: integer,
      tokens: integer,
      images: integer,
      backups: integer,
      holds: list(holdOut),
      erased: nullable(integer),
      code: string,
      backupDays: integer,
    }),
    handler: async (call): Promise<ErasurePreviewAnswer> => {
      const { house, actor } = call
      return { ...(await house.erasures.preview(actor, await subjectOf(call))), backupDays: snapshotDays }
    },
  },
  {
    method: 'GET',
    path: '/api/erasures/same',
    summary:
      'The next of those who are the same person: those found by the search index, then those found by opening records of fields without one',
    action: 'erasure.view',
    resource: 'system',
    query: request({ subject: id, after: text(120) }),
    out: answer({ same: sameOut(), next: nullable(string), opened: integer, unread: integer }),
    handler: async ({ house, actor, query }): Promise<ErasureSamePage> =>
      house.erasures.same(actor, String(query['subject']), String(query['after'])),
  },
  {
    method: 'POST',
    path: '/api/erasures',
    summary:
      'Erase a person, and what the preview names as the same person; asks for a fresh confirmation and the code of the preview',
    action: 'erasure.run',
    resource: 'system',
    body: request({ subject: id, 'also?': list(id), reason: text(200), code: text(20), 'password?': text(1000) }),
    out: answer({
      id: string,
      number: integer,
      sha256: string,
      also: list(answer({ subject: string, id: string, number: integer })),
      repositories: list(answer({ repository: string, deleted: nullable(integer), holding: integer })),
    }),
    status: 201,
    handler: async ({ house, actor, who, origin, body }): Promise<ErasureDone> => {
      const { password, ...wanted } = body as Omit<ErasureWish, 'password'> & { readonly password?: string }
      await house.vault.demand(actor, 'erasure.run')
      await house.identity.demandFresh(who.session, origin, password)
      const { facts, sha256, also } = await house.erasures.erase(actor, wanted)
      return {
        id: facts.id,
        number: facts.number,
        sha256,
        also: also.map(({ facts: { subject, id: of, number } }) => ({ subject, id: of, number })),
        repositories: await house.backups.shred(actor.principal.id),
      }
    },
  },
  {
    method: 'GET',
    path: '/api/erasures/:id/certificate.json',
    summary: 'The certificate of an erasure, to be checked with openssl',
    action: 'erasure.view',
    resource: 'system',
    out: 'file',
    handler: async (call) => {
      const file = await call.house.erasures.certificate(call.actor, idOf(call, 'id', 'certificate'))
      const { number } = readCertificate(file).facts
      const content = new TextEncoder().encode(file)
      return Reply.file({ name: `holdfast-erasure-${String(number)}.json`, type: 'application/json', content })
    },
  },
  {
    method: 'GET',
    path: '/api/erasures/:id/certificate.pdf',
    summary: 'The certificate of an erasure as a document',
    action: 'erasure.view',
    resource: 'system',
    query: request({ 'lang?': oneOf('zh', 'en') }),
    out: 'file',
    handler: async (call) => {
      const certificate = readCertificate(
        await call.house.erasures.certificate(call.actor, idOf(call, 'id', 'certificate')),
      )
      const language: Language = call.query['lang'] === 'zh' ? 'zh' : call.query['lang'] === 'en' ? 'en' : call.language
      const { organisation } = await call.house.settings()
      const { closings } = await call.house.erasures.closing(call.actor)
      const closed = closings.filter(({ upTo }) => upTo >= certificate.facts.number).at(-1)?.doneAt ?? null
      const content = await certificatePdf(
        paperOf(certificate, { language, organisation, closed, catalogue: call.house.vault.catalogue }),
      )
      const name = `holdfast-erasure-${String(certificate.facts.number)}-${language}.pdf`
      return Reply.file({ name, type: 'application/pdf', content })
    },
  },
  {
    method: 'POST',
    path: '/api/erasures/verify',
    summary: 'Check a certificate against this installation',
    action: 'erasure.view',
    resource: 'system',
    body: request({ text: text(100_000) }),
    out: answer({
      ok: boolean,
      signed: boolean,
      known: boolean,
      gone: boolean,
      closed: boolean,
      certificate: anything,
    }),
    handler: ({ house, actor, body }) => house.erasures.verify(actor, (body as { text: string }).text),
  },
  {
    method: 'POST',
    path: '/api/holds',
    summary: 'Place a legal hold on a person',
    action: 'hold.manage',
    resource: 'system',
    body: request({ subject: id, reason: text(200) }),
    out: holdOut,
    status: 201,
    handler: ({ house, actor, body }) => {
      const { subject, reason } = body as { subject: string; reason: string }
      return house.erasures.hold(actor, subject, reason)
    },
  },
  {
    method: 'POST',
    path: '/api/holds/:id/lift',
    summary: 'Lift a legal hold',
    action: 'hold.manage',
    resource: 'system',
    body: request({ reason: text(200) }),
    out: holdOut,
    handler: (call) =>
      call.house.erasures.lift(call.actor, idOf(call, 'id', 'legal hold'), (call.body as { reason: string }).reason),
  },
]

const shownClosing = ({ erased, closed, closings, open }: ClosingState): ErasureClosing => ({
  erased,
  closed,
  done: closings.map(({ upTo, doneAt }) => ({ upTo, at: doneAt ?? '' })),
  begun: open?.startedAt ?? null,
})

/** The subject that is asked about: named itself, or by one of its records. */
const subjectOf = async ({ house, actor, query }: Call): Promise<string> => {
  const { type, id: record, subject } = query
  const shape = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/
  if (subject !== undefined && shape.test(subject)) return subject
  const known = house.vault.catalogue.types.some((one) => one.name === type)
  if (type === undefined || record === undefined || !known || !shape.test(record))
    throw new Fault('bad-input', { what: 'name a subject, or type and id of a record' })
  return house.erasures.subjectOf(actor, type, record)
}
