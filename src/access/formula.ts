// Conjunction and disjunction of predicates without what says nothing new, so that the database reads short conditions. Keeps access-7.
import { and as conjunction, cellsOf, never, or as disjunction, type Predicate } from '#kernel'

export const and = (...of: readonly Predicate[]): Predicate => {
  const joined = conjunction(...of)
  if (joined.kind !== 'and') return joined
  const parts = distinct(joined.of)
  const known = new Set(parts.flatMap((part) => (isPresence(part) ? [] : [...filled(part)])))
  if (parts.some((part) => part.kind === 'null' && !part.negated && known.has(part.column))) return never
  // `c is not null` beside an atom on c says nothing.
  return conjunction(...parts.filter((part) => !(isPresence(part) && known.has(part.column))))
}

export const or = (...of: readonly Predicate[]): Predicate => {
  const joined = disjunction(...of)
  return joined.kind === 'or' ? disjunction(...distinct(joined.of)) : joined
}

const isPresence = (part: Predicate): part is Extract<Predicate, { readonly kind: 'null' }> =>
  part.kind === 'null' && part.negated

/** Cells that cannot be NULL on a row where the predicate is true: columns, and members of JSON columns. */
export const filled = (predicate: Predicate): ReadonlySet<string> => {
  switch (predicate.kind) {
    case 'true':
    case 'false':
      return nothing
    case 'null':
      return predicate.negated ? new Set([predicate.column]) : nothing
    case 'and':
      return new Set(predicate.of.flatMap((part) => [...filled(part)]))
    case 'or': {
      const [first, ...rest] = predicate.of.map(filled)
      return rest.reduce((common, one) => common.intersection(one), first ?? nothing)
    }
    case 'relation':
      return new Set([...cellsOf(predicate.left), ...cellsOf(predicate.right)])
    case 'present':
      return predicate.negated ? nothing : new Set(cellsOf(predicate.of))
    default:
      return new Set([predicate.column])
  }
}

const nothing: ReadonlySet<string> = new Set()

const distinct = (parts: readonly Predicate[]): readonly Predicate[] => {
  const seen = new Set<string>()
  return parts.filter((part) => {
    const key = keyOf(part)
    return !seen.has(key) && seen.add(key)
  })
}

const keys = new WeakMap<Predicate, string>()

/** Equal predicates, equal texts. */
export const keyOf = (part: Predicate): string => {
  const known = keys.get(part)
  if (known !== undefined) return known
  const key = JSON.stringify(part, (_name, value: unknown) =>
    typeof value === 'bigint' ? { long: value.toString() } : value,
  )
  keys.set(part, key)
  return key
}
