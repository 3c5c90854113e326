// A person's word on a control that no machine can decide alone: an entry in the journal, which ages like any evidence. Keeps compliance-8.
import { type Channel, type CheckContext, Fault, type Scope, services, type Uuid } from '#kernel'
import { type Journal, readBody } from '#journal'
import type { Store } from '#store'
import { controls } from './catalogue.ts'

export interface Attestation {
  readonly control: string
  /** Who says so. */
  readonly actor: Uuid
  /** What was looked at and found; no personal value. */
  readonly note: string
  readonly channel: Channel
  readonly ip?: string
}

const act = 'review.attest'

/** Puts a person's word on record. */
export const attest = async (
  journal: Journal,
  tenant: Uuid,
  { control, actor, note, channel, ip }: Attestation,
): Promise<void> => {
  if (!controls.some((each) => each.id === control)) throw new Fault('not-found', { what: 'control' })
  if (note.trim() === '')
    throw new Fault('bad-value', {
      field: 'note',
      label: { zh: '审查说明', en: 'note' },
      what: 'expected what was reviewed',
    })
  const scope: Scope = { tenant, principal: services.compliance }
  await journal.record(scope, [
    { act, obj: control, actor, purpose: note.trim(), decision: 'allow', channel, ...(ip === undefined ? {} : { ip }) },
  ])
}

/** When a person last gave their word on the control, or null. */
export const attestationOf = async (context: CheckContext, control: string): Promise<Date | null> => {
  const [row] = await context.query<{ at: Date | null }>(
    'select max(at) as at from journal.entry where tenant_id = $1 and act = $2 and obj = $3',
    [context.tenant, act, control],
  )
  return row?.at ?? null
}

/** Controls where a person's word is asked for: those that no machine decides alone, and the records of processing. */
export const takesWord = (control: string): boolean =>
  control === 'PRI-11' || controls.some((each) => each.id === control && each.mode === 'semi')

export interface Word {
  readonly control: string
  readonly at: Date
  readonly actor: Uuid
  readonly note: string
}

/** The last word on each control that has one. */
export const lastWords = async (store: Store, tenant: Uuid): Promise<readonly Word[]> => {
  const rows = await store.transaction(
    { tenant, principal: services.compliance },
    (tx) =>
      tx.query<Omit<Word, 'note'> & { readonly body: Uint8Array }>({
        text: `select distinct on (obj) obj as control, at, actor, body from journal.entry
               where tenant_id = $1 and act = $2 order by obj, id desc`,
        values: [tenant, act],
      }),
    { readOnly: true },
  )
  return rows.map(({ body, ...word }) => ({ ...word, note: readBody(body)?.purpose ?? '' }))
}
