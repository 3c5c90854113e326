// What a list shows, as it stands in the address: search, filters, order, view. The address can be sent to a colleague.
import type { FieldInfo, Filter, TypeInfo, Value } from './contract.ts'

export type View = 'all' | 'mine' | 'pool' | 'deleted'

export interface ListState {
  readonly q: string
  readonly filters: readonly Filter[]
  readonly sort: string
  readonly dir: 'asc' | 'desc'
  readonly view: View
}

export const readState = (search: URLSearchParams): ListState => {
  const view = search.get('view')
  return {
    q: search.get('q') ?? '',
    filters: readFilters(search.get('filter')),
    sort: search.get('sort') ?? 'createdAt',
    dir: search.get('dir') === 'asc' ? 'asc' : 'desc',
    view: view === 'mine' || view === 'pool' || view === 'deleted' ? view : 'all',
  }
}

const readFilters = (text: string | null): readonly Filter[] => {
  try {
    const value: unknown = JSON.parse(text ?? '[]')
    return Array.isArray(value) ? value.filter(isFilter) : []
  } catch {
    return []
  }
}

const isFilter = (value: unknown): value is Filter =>
  typeof value === 'object' && value !== null && 'field' in value && 'op' in value

export const writeState = (state: ListState): URLSearchParams => {
  const search = new URLSearchParams()
  if (state.view !== 'all') search.set('view', state.view)
  if (state.q !== '') search.set('q', state.q)
  if (state.filters.length > 0) search.set('filter', JSON.stringify(state.filters))
  if (state.sort !== 'createdAt' || state.dir !== 'desc') {
    search.set('sort', state.sort)
    search.set('dir', state.dir)
  }
  return search
}

/** The filters the server is asked with: those chosen, and the one the view stands for. */
export const askedFilters = (state: ListState, me: string): readonly Filter[] => [
  ...state.filters,
  ...(state.view === 'mine' ? [{ field: 'owner', op: 'eq', value: me } as const] : []),
  ...(state.view === 'pool' ? [{ field: 'pool', op: 'eq', value: true } as const] : []),
]

/** The query string of GET /api/<type>s and its count. */
export const askList = (state: ListState, me: string, more: Readonly<Record<string, string>> = {}): string => {
  const search = new URLSearchParams()
  const filters = askedFilters(state, me)
  if (state.q.trim() !== '') search.set('q', state.q.trim())
  if (filters.length > 0) search.set('filter', JSON.stringify(filters))
  if (state.view === 'deleted') search.set('deleted', '1')
  search.set('sort', state.sort)
  search.set('dir', state.dir)
  for (const [name, value] of Object.entries(more)) search.set(name, value)
  return search.toString()
}

export type Op = Filter['op']

/** The comparisons that make sense for a field, and that the server can answer; none: it cannot filter. */
export const opsOf = (field: FieldInfo): readonly Op[] => {
  if (!field.filterable) return []
  if (field.sealed) {
    const exact: Op[] = field.search.includes('exact') ? ['eq'] : []
    return field.search.includes('ngram') ? ['contains', ...exact] : exact
  }
  switch (field.kind) {
    case 'choice':
      return ['in', 'empty', 'notEmpty']
    case 'boolean':
      return ['eq']
    case 'tags':
      return ['contains', 'empty', 'notEmpty']
    case 'link':
      return ['eq', 'empty', 'notEmpty']
    case 'money':
    case 'integer':
    case 'date':
    case 'datetime':
      return ['gte', 'lte', 'empty', 'notEmpty']
    case 'text':
      return ['contains', 'eq', 'empty', 'notEmpty']
    default:
      return ['eq', 'empty', 'notEmpty']
  }
}

/** Fields every record has besides those of the catalogue, as far as they filter. */
export const fixedFields = (type: TypeInfo): readonly FieldInfo[] => {
  const plain = {
    group: 'basic',
    dataClass: 'internal',
    sealed: false,
    search: [],
    required: false,
    maxLength: 0,
    inList: false,
    sortable: true,
    filterable: true,
  } as const
  return [
    ...(type.name === 'user' || type.name === 'team'
      ? []
      : [{ ...plain, name: 'owner', kind: 'link', to: 'user', label: { zh: '负责人', en: 'Owner' } }]),
    { ...plain, name: 'createdAt', kind: 'datetime', label: { zh: '创建时间', en: 'Created' } },
    { ...plain, name: 'updatedAt', kind: 'datetime', label: { zh: '更新时间', en: 'Updated' } },
  ]
}

/** Value of a column that may be one of the fixed ones. */
export const valueOf = (
  record: {
    readonly values: Readonly<Record<string, Value>>
    readonly ownerId: string | null
    readonly createdAt: string
    readonly updatedAt: string
  },
  name: string,
): Value | undefined => {
  switch (name) {
    case 'owner':
      return record.ownerId
    case 'createdAt':
      return record.createdAt
    case 'updatedAt':
      return record.updatedAt
    default:
      return record.values[name]
  }
}
