// The attacks that a thief of the database would try first, run on what is stored: matching by rank, and hashing all candidates. Pure. Keeps vault-64.
import { hmacSha256, sha256 } from '#encryption'
import { utf8 } from '#kernel'

/** What a thief holds of one record: its tokens of one index and kind; and the truth, to count how often the thief is right. */
export interface Stolen {
  readonly tokens: readonly bigint[]
  readonly truth: string
}

/** Shares of the records, 0…1. */
export interface Recovery {
  readonly records: number
  readonly recovered: number
  /** What always guessing the commonest value would get. */
  readonly guess: number
}

/**
 * Matching by rank: the thief knows how often each value occurs (here exactly, from the tenant's own data: nobody outside knows it that
 * well), takes the commonest token for the commonest value and so on, and of the tokens of a record believes the commonest.
 */
export const rankAttack = (stolen: readonly Stolen[], partitions: number): Recovery => {
  const records = stolen.length
  if (records === 0) return { records, recovered: 0, guess: 0 }
  const values = ranked(stolen.map(({ truth }) => truth))
  // Equal values are spread over so many tokens, and the thief knows over how many.
  const spread = values.flatMap(({ of }) => Array.from({ length: partitions }, () => of))
  const meaning = new Map(
    ranked(stolen.flatMap(({ tokens }) => tokens)).map(({ of }, rank) => [of, { rank, value: spread[rank] }] as const),
  )
  let right = 0
  for (const { tokens, truth } of stolen) {
    const best = tokens.flatMap((token) => meaning.get(token) ?? []).sort((a, b) => a.rank - b.rank)[0]
    if (best?.value === truth) right++
  }
  return { records, recovered: right / records, guess: (values[0]?.count ?? 0) / records }
}

/** Hashing every candidate in the ways a thief without the key can, and looking for the stored tokens. */
export const dictionaryAttack = (stolen: readonly Stolen[], candidates: Iterable<string>): Recovery =>
  dictionaryAttacks([stolen], candidates)[0] ?? { records: 0, recovered: 0, guess: 0 }

/** The same against several thefts at once: hashing the candidates is nearly all of the work. */
export const dictionaryAttacks = (
  thefts: readonly (readonly Stolen[])[],
  candidates: Iterable<string>,
): readonly Recovery[] => {
  const attacked = thefts.map((stolen) => ({ stolen, owners: ownersOf(stolen), known: new Set<string>() }))
  for (const candidate of candidates)
    for (const hash of unkeyed(candidate))
      for (const { owners, known } of attacked) if (owners.get(hash)?.includes(candidate)) known.add(candidate)
  return attacked.map(({ stolen, known }) => {
    const right = stolen.filter(({ truth }) => known.has(truth)).length
    return { records: stolen.length, recovered: stolen.length === 0 ? 0 : right / stolen.length, guess: 0 }
  })
}

const ownersOf = (stolen: readonly Stolen[]): ReadonlyMap<bigint, readonly string[]> => {
  const owners = new Map<bigint, string[]>()
  for (const { tokens, truth } of stolen)
    for (const token of tokens) {
      const found = owners.get(token & exactBits)
      if (found) found.push(truth)
      else owners.set(token & exactBits, [truth])
    }
  return owners
}

/** Reading a number digit by digit out of tokens of its prefixes, as works where they are hashes without a key. */
export const prefixAttack = (stolen: readonly Stolen[], alphabet = '0123456789'): Recovery => {
  const all = new Set(stolen.flatMap(({ tokens }) => tokens.map((token) => token & exactBits)))
  const stored = (text: string): boolean => unkeyed(text).some((hash) => all.has(hash))
  const known = new Set<string>()
  // Every prefix that is found is gone on with; the number of digits bounds it.
  let open = ['', '+']
  for (let length = 0; length < 16 && open.length > 0 && open.length < 100_000; length++) {
    open = open.flatMap((prefix) => Array.from(alphabet, (digit) => prefix + digit)).filter(stored)
    for (const text of open) known.add(text)
  }
  const right = stolen.filter(({ truth }) => known.has(truth)).length
  return { records: stolen.length, recovered: stolen.length === 0 ? 0 : right / stolen.length, guess: 0 }
}

/** The 44 bits that a token of a whole value ends with. */
export const exactBits = 0xfffffffffffn

/** Hashes of a text that need no key, as a thief would try them: bare, and keyed with nothing (RFC 2104: no key is a key of zeros). */
export const unkeyed = (text: string): readonly bigint[] => {
  const bytes = utf8(text)
  return [sha256(bytes), hmacSha256(noKey, bytes)].map(
    (hash) => new DataView(hash.buffer, hash.byteOffset).getBigUint64(0) >> 20n,
  )
}

const noKey = new Uint8Array(0)

// Of equally common ones the order tells nothing: each by itself, so that no value stands where its token does because their record came first.
const ranked = <T extends string | bigint>(
  items: readonly T[],
): readonly { readonly of: T; readonly count: number }[] => {
  const counts = new Map<T, number>()
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1)
  return [...counts].map(([of, count]) => ({ of, count })).sort((a, b) => b.count - a.count || (a.of < b.of ? -1 : 1))
}
