// By which suites the cells of each group are sealed now: not the one of the active epoch, but what the bytes say, which is several while
// records are sealed anew. Keeps vault-294.
import { cellColumn, type FieldGroup, type RecordType, sealedGroups, services } from '#kernel'
import type { SuiteId } from '#encryption'
import { codeOf, type Tx } from '#store'
import type { House } from './house.ts'

export interface SuiteShare {
  readonly suite: SuiteId
  /** How many cells; null where they were not counted. */
  readonly cells: number | null
}

/** Suites of the cells of one group, the most frequent first. */
export type SuitesOf = (type: string, group: FieldGroup) => readonly SuiteShare[]

type Place = Pick<House, 'store' | 'tenant' | 'catalogue'>

/** What a page may be kept waiting for. */
const patienceMs = 3000

/**
 * Every cell is sealed by the suite of a data key, so where all data keys are of one suite nothing is counted. Where they are of several
 * the headers of the cells are; and where that takes longer than a page may wait, the suites of the data keys are what is said of all.
 */
export const cellSuites = async (house: Place, patience: number = patienceMs): Promise<SuitesOf> => {
  const keys = await read(house, 30_000, (tx) =>
    tx.query<{ suite: SuiteId }>({
      text: 'select suite from keyring.subject_key where tenant_id = $1 group by suite order by count(*) desc, suite',
      values: [house.tenant],
    }),
  )
  const all = keys.map(({ suite }): SuiteShare => ({ suite, cells: null }))
  const counted = keys.length < 2 ? null : await countedWithin(house, patience)
  return (type, group) => (counted ? (counted.get(`${type}/${group}`) ?? []) : all)
}

/** The cells of all types by type/group, or null where the time ran out. */
const countedWithin = async (
  house: Place,
  patience: number,
): Promise<ReadonlyMap<string, readonly SuiteShare[]> | null> => {
  const until = performance.now() + patience
  const counts = new Map<string, SuiteShare[]>()
  for (const type of house.catalogue.types.filter((one) => sealedGroups(one).length > 0)) {
    const left = Math.floor(until - performance.now())
    if (left < 1) return null
    try {
      for (const { group, suite, cells } of await read(house, left, (tx) => countType(tx, house, type))) {
        const name = `${type.name}/${group}`
        counts.set(name, [...(counts.get(name) ?? []), { suite, cells }])
      }
    } catch (error) {
      // PostgreSQL Appendix A: statement timeout.
      if (codeOf(error) === '57014') return null
      throw error
    }
  }
  return counts
}

interface Counted {
  readonly group: FieldGroup
  readonly suite: SuiteId
  readonly cells: number
}

// The table is read once for all its groups, and of each cell no more than its second byte (docs/formats/cell.md).
const countType = (tx: Tx, house: Place, type: RecordType): Promise<readonly Counted[]> => {
  const heads = sealedGroups(type).map((group) => `('${group}', substring(r."${cellColumn(group)}" from 2 for 1))`)
  return tx.query<Counted>({
    text: `select h.name as "group", get_byte(h.byte, 0) as suite, count(*)::int as cells
           from crm."${type.table}" r cross join lateral (values ${heads.join(', ')}) h (name, byte)
           where r.tenant_id = $1 and h.byte is not null group by 1, 2 order by 3 desc, 2`,
    values: [house.tenant],
  })
}

const read = <T>(house: Place, timeoutMs: number, work: (tx: Tx) => Promise<T>): Promise<T> =>
  house.store.transaction({ tenant: house.tenant, principal: services.system }, work, { readOnly: true, timeoutMs })
