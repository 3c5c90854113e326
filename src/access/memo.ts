// What was worked out for a principal in an organisation, kept for the same surroundings: planning a page's condition takes longer than
// deciding its rows. Keeps access-197.
import { equal, RecordValue } from './value.ts'

interface Entry<T> {
  readonly around: RecordValue
  readonly made: T
}

export interface Memo<T> {
  /** The same as `make` gives: made anew where the organisation, the table, the key or the surroundings differ. */
  of(organisation: object, table: object, key: string, around: RecordValue, make: () => T): T
}

// Purposes of reading and of searching, and a few places somebody asks from.
const mostKept = 8

/** Forgets an organisation with the last who holds it. */
export const createMemo = <T>(): Memo<T> => {
  const known = new WeakMap<object, WeakMap<object, Map<string, readonly Entry<T>[]>>>()
  return {
    of: (organisation, table, key, around, make) => {
      const tables = known.get(organisation) ?? new WeakMap<object, Map<string, readonly Entry<T>[]>>()
      known.set(organisation, tables)
      const entries = tables.get(table) ?? new Map<string, readonly Entry<T>[]>()
      tables.set(table, entries)
      const before = entries.get(key) ?? []
      const found = before.find((entry) => equal(entry.around, around))
      if (found) return found.made
      const made = make()
      entries.set(key, [{ around, made }, ...before.slice(0, mostKept - 1)])
      return made
    },
  }
}

/** The fields of surroundings that are looked at; `*`: all of them. */
export const partOf = (context: RecordValue, names: ReadonlySet<string>): RecordValue =>
  names.has('*') ? context : new RecordValue(new Map([...context.fields].filter(([name]) => names.has(name))))
