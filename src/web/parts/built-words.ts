// Words of the condition builder, asked once: which attributes there are, what they hold, and what a fresh condition about one is.
import { useQuery } from '@tanstack/react-query'
import { createContext, useContext } from 'react'
import { get } from '../api.ts'
import type {
  BuiltAttribute,
  BuiltCompare,
  BuiltComparison,
  BuiltKnown,
  BuiltOperand,
  BuiltTest,
  PolicyWordsAnswer,
} from '../contract.ts'

export type Word = PolicyWordsAnswer['words'][number]

/** The words, narrowed to the record type the policy is about. */
export interface Words extends PolicyWordsAnswer {
  readonly entity: string | undefined
}

export const useWords = () =>
  useQuery({
    queryKey: ['policy-words'],
    queryFn: () => get<PolicyWordsAnswer>('/api/policies/words'),
    staleTime: 60_000,
  })

export const WordsContext = createContext<Words>({ words: [], actions: [], roles: [], types: [], entity: undefined })
export const useWordList = (): Words => useContext(WordsContext)

export const keyOf = ({ of, path }: Pick<BuiltAttribute, 'of' | 'path'>): string => [of, ...path].join('.')

/** What an attribute is; undefined where the schema has no such thing. */
export const wordOf = ({ words, types, entity }: Words, attribute: BuiltAttribute): Word | undefined => {
  const type = types.find((one) => one.entity === entity)?.name
  const same = words.filter((word) => keyOf(word) === keyOf(attribute))
  return same.find((word) => type !== undefined && word.types.includes(type)) ?? same[0]
}

/** One of each attribute that the records the policy is about can have. */
export const offered = ({ words, types, entity }: Words): readonly Word[] => {
  const type = types.find((one) => one.entity === entity)?.name
  const fitting = words.filter((word) => type === undefined || word.types.length === 0 || word.types.includes(type))
  return fitting.filter((word, i) => fitting.findIndex((other) => keyOf(other) === keyOf(word)) === i)
}

/** Asks first for every attribute that may be absent, so that nothing errs. */
export const guarded = (words: Words, { left, op, right }: BuiltCompare): BuiltCompare => {
  const optional = (side: BuiltOperand | undefined): boolean =>
    side?.is === 'attribute' && side.path.length > 0 && wordOf(words, side)?.optional !== false
  const [first, second] = [optional(left), optional(right)]
  const guard = first && second ? 'both' : first ? 'left' : second ? 'right' : undefined
  return { is: 'compare', left, op, ...(right ? { right } : {}), ...(guard ? { guard } : {}) }
}

export const self: BuiltAttribute = { is: 'attribute', of: 'principal', path: [] }

/** A first comparison about an attribute. */
export const firstCompare = (words: Words, word: Word): BuiltCompare => {
  const left: BuiltAttribute = { is: 'attribute', of: word.of, path: word.path }
  const made = (op: BuiltComparison, right?: BuiltOperand): BuiltCompare =>
    guarded(words, { is: 'compare', left, op, ...(right ? { right } : {}) })
  switch (word.kind) {
    case 'truth':
      return made('holds')
    case 'number':
    case 'money':
      return made('<=', { is: 'number', value: 0 })
    case 'text':
      return made('==', { is: 'text', value: word.options[0]?.value ?? '' })
    case 'moment':
      return made('<', { is: 'attribute', of: 'context', path: ['now'] })
    case 'person':
      return made('==', self)
    case 'team':
      return made('==', { is: 'attribute', of: 'principal', path: ['team'] })
    case 'texts':
      return made('contains', { is: 'text', value: '' })
    case 'people':
      return made('contains', self)
    case 'ip':
      return made('isInRange', { is: 'ip', value: '10.0.0.0/8' })
    case 'decimal':
      return made('lessThanOrEqual', { is: 'decimal', value: '0.0' })
  }
}

/** The comparisons that make sense for what an attribute holds; all of them where that is not known. */
export const comparisonsFor = (word: Word | undefined): readonly BuiltComparison[] => {
  switch (word?.kind) {
    case 'truth':
      return ['holds', '==', '!=']
    case 'number':
    case 'money':
    case 'moment':
      return ['==', '!=', '<', '<=', '>', '>=']
    case 'text':
      return ['==', '!=', 'like']
    case 'person':
    case 'team':
      return ['==', '!=', 'in']
    case 'texts':
    case 'people':
      return ['contains', 'containsAll', 'containsAny', 'isEmpty', '==', '!=']
    case 'ip':
      return ['isInRange', 'isIpv4', 'isIpv6', 'isLoopback', 'isMulticast', '==', '!=']
    case 'decimal':
      return ['lessThan', 'lessThanOrEqual', 'greaterThan', 'greaterThanOrEqual', '==', '!=']
    case undefined:
      return everyComparison
  }
}

export const unary: ReadonlySet<BuiltComparison> = new Set(['holds', 'isEmpty', 'isIpv4', 'isIpv6', 'isLoopback', 'isMulticast']) // prettier-ignore

const everyComparison: readonly BuiltComparison[] = [
  '==', '!=', '<', '<=', '>', '>=', 'in', 'contains', 'containsAll', 'containsAny', 'like', 'is', 'hasTag', 'isInRange',
  'lessThan', 'lessThanOrEqual', 'greaterThan', 'greaterThanOrEqual', 'isEmpty', 'isIpv4', 'isIpv6', 'isLoopback',
  'isMulticast', 'holds',
] // prettier-ignore

export const knownKinds = ['amount', 'region', 'hours', 'network', 'mfa', 'device', 'purpose', 'channel'] as const

export const firstKnown = (is: BuiltKnown['is']): BuiltTest => ({ is: 'known', condition: knownOf(is) })

const knownOf = (is: BuiltKnown['is']): BuiltKnown => {
  switch (is) {
    case 'amount':
      return { is, most: 10_000_000 }
    case 'region':
      return { is, in: 'own' }
    case 'hours':
      return { is, from: '09:00', to: '18:00', days: [1, 2, 3, 4, 5] }
    case 'network':
      return { is, ranges: ['10.0.0.0/8'] }
    case 'mfa':
      return { is, minutes: 15 }
    case 'device':
    case 'purpose':
      return { is }
    case 'channel':
      return { is, in: ['web'] }
  }
}
