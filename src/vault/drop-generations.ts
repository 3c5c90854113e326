// Generations of data keys that nothing needs any more, destroyed one batch at a time. Keeps vault-75.
import type { Json, Uuid } from '#kernel'
import type { Job, JobStep } from '#store'
import type { House } from './house.ts'
import { tellKeys } from './key-entry.ts'
import { named, needsOfGenerations, type OldGeneration } from './key-needs.ts'

/** history: forget destroys the keys of earlier versions too; what they held is then shown to nobody any more. */
export interface DropWish {
  readonly history: 'keep' | 'forget'
}

interface At {
  readonly after: readonly [subject: Uuid, generation: number] | null
  readonly looked: number
  readonly dropped: number
  readonly total: number
}

const batch = 50

export const dropStep = async (house: House, job: Job, wish: DropWish, cursor: Json): Promise<JobStep> => {
  const { tenant } = house
  const at = (cursor as unknown as At | null) ?? { after: null, looked: 0, dropped: 0, total: -1 }
  return house.store.transaction({ tenant, principal: job.startedBy, house: true }, async (tx) => {
    const old = await tx.query<OldGeneration>({
      text: `select subject_id as subject, generation from keyring.subject_key where tenant_id = $1 and retired_at is not null
             ${at.after ? 'and (subject_id, generation) > ($2::uuid, $3::int)' : ''} order by subject_id, generation limit ${String(batch)} for update`,
      values: [tenant, ...(at.after ?? [])],
    })
    const last = old.at(-1)
    if (!last) {
      await tellKeys(house, tx, job.startedBy, 'key.subject-destroy', {
        generations: at.dropped,
        kept: at.looked - at.dropped,
        history: wish.history,
        remaining: 0,
      })
      return { cursor: { ...at }, done: at.looked, total: at.looked, finished: true }
    }
    const needs = await needsOfGenerations(tx, house.catalogue, tenant, old)
    const free = old.filter((one) => {
      const need = needs.get(named(one))
      return need?.live === 0 && (wish.history === 'forget' || need.journal === 0)
    })
    await tx.query({
      text: `delete from keyring.subject_key k using unnest($2::uuid[], $3::int[]) as g (subject, generation)
             where k.tenant_id = $1 and k.subject_id = g.subject and k.generation = g.generation`,
      values: [tenant, free.map((one) => one.subject), free.map((one) => one.generation)],
    })
    house.keyring.forget(free.map((one) => one.subject))
    const [count] =
      at.total >= 0
        ? [{ n: at.total }]
        : await tx.query<{ n: number }>({
            text: `select count(*)::int as n from keyring.subject_key where tenant_id = $1 and retired_at is not null`,
            values: [tenant],
          })
    const looked = at.looked + old.length
    const total = at.total >= 0 ? at.total : (count?.n ?? 0) + free.length
    const next: At = { after: [last.subject, last.generation], looked, dropped: at.dropped + free.length, total }
    return { cursor: { ...next }, done: looked, total, finished: false }
  })
}
