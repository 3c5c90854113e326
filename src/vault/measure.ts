// The leakage measured as a job, type by type, so that a page can watch it; what came out stays in the job's row. Keeps vault-111.
import type { Json } from '#kernel'
import type { Job, JobKind } from '#store'
import type { House } from './house.ts'
import { type FieldLeakage, type Leakage, measureType } from './leakage.ts'
import type { Learns } from './tells.ts'

export const measureJobKind = 'search.measure'

/** Shares and names of fields alone: nothing in it is a value of anybody's. */
interface At extends Leakage {
  readonly types: number
}

/** The kind of job. Where the index changed under it, it begins again. */
export const measureJob = (house: House): JobKind => ({
  kind: measureJobKind,
  exclusive: measureJobKind,
  step: async (job) => {
    await house.search.reload()
    const { active } = house.search
    const total = house.catalogue.types.length
    const before = job.cursor as unknown as At | null
    const at: At =
      before?.generation === active.number
        ? before
        : { generation: active.number, storage: active.policy.storage, fields: [], types: 0 }
    const type = house.catalogue.types[at.types]
    const found: readonly FieldLeakage[] = type ? await measureType(house, type) : []
    const types = at.types + 1
    const cursor = { ...at, fields: [...at.fields, ...found], types } satisfies At as unknown as Json
    return { cursor, done: types, total, finished: types >= total }
  },
})

/** What a job that is done has measured. */
export const measuredBy = ({ state, cursor }: Job): Leakage | null => {
  if (state !== 'done' || cursor === null) return null
  const { generation, storage, fields } = cursor as unknown as At
  // Before all fields were listed, a measure held those alone that are searched, and did not say what is learnt of them.
  const then: Learns = storage === 'memory' ? 'shape' : 'index'
  const said = fields as readonly (Omit<FieldLeakage, 'learns'> & { readonly learns?: Learns })[]
  return { generation, storage, fields: said.map((field) => ({ ...field, learns: field.learns ?? then })) }
}
