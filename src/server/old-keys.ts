// Keys of old systems whose data was brought in: which there are, whose data they held, and the word that each was destroyed. Holdfast can
// destroy none of them; it keeps who says so, and the review asks for it. Keeps server-121.
import { sha256 } from '#encryption'
import {
  type Actor,
  canonical,
  Fault,
  type FormField,
  hex,
  houseScopeOf,
  newId,
  say,
  scopeOf,
  utf8,
  type Uuid,
} from '#kernel'
import type { KeyDestruction, OldKey, OldKeyDestruction, WeakSubject } from './contract/old-keys.ts'
import type { House } from './house.ts'
import type { Call, GuardedRoute } from './route.ts'
import { answer, integer, list, nullable, request, string, text } from './schema.ts'

const recordOut = answer(
  {
    destroyedOn: string,
    destroyedBy: string,
    how: string,
    witness: string,
    recordedBy: string,
    recordedAt: string,
  },
  'KeyDestruction',
)

export const oldKeyRoutes: readonly GuardedRoute[] = [
  {
    method: 'GET',
    path: '/api/old-keys',
    summary: 'Keys of old ciphers that imports read, and the records of their destruction',
    action: 'keys.view',
    resource: 'system',
    out: answer({
      items: list(
        answer({
          fingerprint: string,
          ciphers: list(string),
          imports: integer,
          firstImport: string,
          lastImport: string,
          subjects: integer,
          destruction: nullable(recordOut),
        }),
      ),
    }),
    handler: async ({ house, actor }) => {
      await house.vault.demand(actor, 'keys.view')
      return { items: await oldKeys(house, actor) }
    },
  },
  {
    method: 'GET',
    path: '/api/old-keys/:fingerprint/subjects',
    summary: 'Records whose data had lain under an old key; at most 500',
    action: 'keys.view',
    resource: 'system',
    out: answer({ items: list(answer({ type: string, id: string, subject: string })) }),
    handler: async (call) => {
      await call.house.vault.demand(call.actor, 'keys.view')
      return { items: await weakSubjects(call.house, call.actor, fingerprintOf(call)) }
    },
  },
  {
    method: 'POST',
    path: '/api/old-keys/:fingerprint/destroyed',
    summary: 'Record that an old key was destroyed: when, by whom, how, before whom',
    action: 'keys.rotate',
    resource: 'system',
    body: request({ destroyedOn: text(10), destroyedBy: text(100), how: text(500), witness: text(100) }),
    out: recordOut,
    status: 201,
    handler: async (call) => {
      await call.house.vault.demand(call.actor, 'keys.rotate')
      return recordDestruction(call.house, call.actor, fingerprintOf(call), call.body as OldKeyDestruction)
    },
  },
]

const fingerprintOf = ({ params }: Call): string => params['fingerprint'] ?? ''

/** Runs that brought something in from under an old key; a wrong key brings nothing in and need not be destroyed. */
const used = `legacy is not null and (coalesce((counts->>'created')::int, 0) + coalesce((counts->>'updated')::int, 0) + coalesce((counts->>'unchanged')::int, 0) > 0
  or exists (select from ops.formerly_weak w where w.tenant_id = r.tenant_id and w.run_id = r.id))`

interface StoredKey {
  readonly fingerprint: string
  readonly ciphers: readonly string[]
  readonly imports: number
  readonly first: Date
  readonly last: Date
  readonly subjects: number
}

interface StoredRecord {
  readonly fingerprint: string
  readonly destroyed_on: string
  readonly destroyed_by: string
  readonly how: string
  readonly witness: string
  readonly recorded_by: Uuid
  readonly recorded_at: Date
}

/** The old keys, those without a record first. */
export const oldKeys = (house: House, actor: Actor): Promise<readonly OldKey[]> =>
  house.store.transaction(
    scopeOf(actor),
    async (tx) => {
      const keys = await tx.query<StoredKey>({
        text: `with used as (
                 select id, started_at, legacy->'ciphers' as ciphers, legacy->>'keyFingerprint' as fingerprint
                 from ops.import_run r where tenant_id = $1 and ${used})
               select u.fingerprint, count(*)::int as imports, min(u.started_at) as first, max(u.started_at) as last,
                 (select array_agg(distinct c.value order by c.value) from used o, jsonb_array_elements_text(o.ciphers) c
                  where o.fingerprint = u.fingerprint) as ciphers,
                 (select count(distinct w.subject_id)::int from ops.formerly_weak w join used o on o.id = w.run_id
                  where w.tenant_id = $1 and o.fingerprint = u.fingerprint) as subjects
               from used u group by u.fingerprint order by 3`,
        values: [house.tenant],
      })
      const records = await tx.query<StoredRecord>({
        text: `select distinct on (fingerprint) fingerprint, destroyed_on::text, destroyed_by, how, witness, recorded_by, recorded_at
               from ops.key_destruction where tenant_id = $1 order by fingerprint, recorded_at desc, id desc`,
        values: [house.tenant],
      })
      return keys
        .map(({ first, last, ...key }): OldKey => {
          const record = records.find((one) => one.fingerprint === key.fingerprint)
          return {
            ...key,
            firstImport: first.toISOString(),
            lastImport: last.toISOString(),
            destruction: record ? shown(record) : null,
          }
        })
        .sort((a, b) => Number(a.destruction !== null) - Number(b.destruction !== null))
    },
    { readOnly: true },
  )

const shown = (row: StoredRecord): KeyDestruction => ({
  destroyedOn: row.destroyed_on,
  destroyedBy: row.destroyed_by,
  how: row.how,
  witness: row.witness,
  recordedBy: row.recorded_by,
  recordedAt: row.recorded_at.toISOString(),
})

const mostSubjects = 500

/** Records of the subjects that an old key had protected. */
export const weakSubjects = (house: House, actor: Actor, fingerprint: string): Promise<readonly WeakSubject[]> =>
  house.store.transaction(
    houseScopeOf(actor),
    async (tx) => {
      const found: WeakSubject[] = []
      for (const type of house.vault.catalogue.types)
        found.push(
          ...(await tx.query<WeakSubject>({
            text: `select distinct $3::text as type, c.id, c.subject_id as subject from crm."${type.table}" c
                   join ops.formerly_weak w on w.tenant_id = c.tenant_id and w.subject_id = c.subject_id
                   join ops.import_run i on i.tenant_id = w.tenant_id and i.id = w.run_id and i.type = $3
                   where c.tenant_id = $1 and c.deleted_at is null and i.legacy->>'keyFingerprint' = $2 order by c.id limit ${String(mostSubjects)}`,
            values: [house.tenant, fingerprint, type.name],
          })),
        )
      return found.slice(0, mostSubjects)
    },
    { readOnly: true },
  )

/** Keeps the word that an old key was destroyed, with its journal entry. Throws not-found, bad-value. */
export const recordDestruction = async (
  house: House,
  actor: Actor,
  fingerprint: string,
  wish: OldKeyDestruction,
): Promise<KeyDestruction> => {
  const now = new Date()
  const said = {
    destroyedOn: dayOf(wish.destroyedOn, now),
    destroyedBy: wordsOf('destroyedBy', wish.destroyedBy, 100),
    how: wordsOf('how', wish.how, 500),
    witness: wordsOf('witness', wish.witness, 100),
  }
  if (said.witness.toLowerCase() === said.destroyedBy.toLowerCase())
    throw new Fault('bad-value', { field: 'witness', what: 'expected another person than the one who destroyed it' })
  if (!(await oldKeys(house, actor)).some((one) => one.fingerprint === fingerprint))
    throw new Fault('not-found', { what: 'old key' })
  await house.store.transaction(scopeOf(actor), async (tx) => {
    const id = newId(now.getTime())
    await tx.query({
      text: `insert into ops.key_destruction (tenant_id, id, fingerprint, destroyed_on, destroyed_by, how, witness, recorded_by, recorded_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
      values: [
        ...[house.tenant, id, fingerprint, said.destroyedOn, said.destroyedBy, said.how, said.witness],
        ...[actor.principal.id, now],
      ],
    })
    // Names stay in the row; the journal holds what proves that the row is the one of then.
    await house.journal.append(tx, house.tenant, [
      {
        act: 'key.old-destroyed',
        obj: 'keys',
        actor: actor.principal.id,
        channel: actor.env.channel,
        decision: 'allow',
        ...(actor.env.ip === '' ? {} : { ip: actor.env.ip }),
        detail: {
          record: id,
          fingerprint,
          destroyedOn: said.destroyedOn,
          sha256: hex(sha256(utf8(canonical({ id, fingerprint, ...said })))),
        },
      },
    ])
  })
  return { ...said, recordedBy: actor.principal.id, recordedAt: now.toISOString() }
}

const wordsOf = (field: FormField, given: string, most: number): string => {
  const said = given.trim()
  if (said === '' || said.length > most)
    throw new Fault('bad-value', { field, what: say('expected 1 to {most} characters', { most }) })
  return said
}

const dayOf = (given: string, now: Date): string => {
  const day = /^\d{4}-\d\d-\d\d$/.test(given) ? new Date(`${given}T00:00:00Z`) : new Date(NaN)
  // A day ahead of UTC somebody may be already.
  if (
    Number.isNaN(day.getTime()) ||
    day.toISOString().slice(0, 10) !== given ||
    day.getTime() > now.getTime() + 86_400_000
  )
    throw new Fault('bad-value', { field: 'destroyedOn', what: 'expected a day up to today, as 2026-01-31' })
  return given
}
