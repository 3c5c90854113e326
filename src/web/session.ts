// Who is signed in, what they may do, and the catalogue: three questions asked once and kept.
import { useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query'
import { carryCsrf, get, isProblem } from './api.ts'
import type { CatalogueAnswer, Health, Me, TypeAbilities, TypeInfo } from './contract.ts'

export const useHealth = () => useQuery({ queryKey: ['health'], queryFn: () => get<Health>('/api/health') })

const askMe = async (): Promise<Me | null> => {
  try {
    const me = await get<Me>('/api/me')
    carryCsrf(me.csrf)
    return me
  } catch (error) {
    if (isProblem(error) && error.status === 401) return null
    throw error
  }
}

/** The session as the server sees it: undefined while asking, null when nobody is signed in. */
export const useSession = () => useQuery({ queryKey: ['me'], queryFn: askMe, staleTime: Infinity })

/** Puts a fresh session (or none) in place and forgets what another person may have seen. */
export const enter = (client: QueryClient, me: Me | null): void => {
  carryCsrf(me?.csrf ?? '')
  client.removeQueries({ predicate: (query) => query.queryKey[0] !== 'me' && query.queryKey[0] !== 'health' })
  client.setQueryData(['me'], me)
}

/** Asks again who is signed in: after a change of password or factor the session is a new one. */
export const refreshMe = async (client: QueryClient): Promise<void> => {
  client.setQueryData(['me'], await askMe())
  void client.invalidateQueries({ queryKey: ['home'] })
}

/** The person signed in; only for pages behind the sign-in. */
export const useMe = (): Me => {
  const me = useQueryClient().getQueryData<Me | null>(['me'])
  const watched = useSession()
  const found = watched.data ?? me
  if (!found) throw new Error('a page for people who are signed in was shown to nobody')
  return found
}

export const useMay = (): ((action: string) => boolean) => {
  const { may } = useMe()
  return (action) => may.includes(action)
}

const nothing: TypeAbilities = {
  create: false,
  import: false,
  export: false,
  delete: false,
  share: false,
  assign: false,
  groups: {},
}

export const useAbilities = (type: string): TypeAbilities => useMe().abilities[type] ?? nothing

export const useCatalogue = (): readonly TypeInfo[] => {
  const answer = useQuery({
    queryKey: ['catalogue'],
    queryFn: () => get<CatalogueAnswer>('/api/catalogue'),
    staleTime: Infinity,
  })
  return answer.data?.types ?? []
}

/** Records of customers that the role has to do with at all. */
export const useWorkedWith = (): readonly TypeInfo[] => {
  const { abilities } = useMe()
  return useCatalogue().filter(
    ({ name }) =>
      name !== 'user' && name !== 'team' && Object.values(abilities[name]?.groups ?? {}).some(({ view }) => view),
  )
}

export const useType = (name: string): TypeInfo | undefined =>
  useCatalogue().find((type) => type.name === name || type.plural === name)

export interface Directory {
  readonly users: readonly {
    readonly id: string
    readonly name: string
    readonly teamId: string | null
    readonly active: boolean
  }[]
  readonly teams: readonly { readonly id: string; readonly name: string; readonly parentId: string | null }[]
}

/** Names of colleagues and teams, for pickers and owner columns. */
export const useDirectory = (): Directory => {
  const answer = useQuery({
    queryKey: ['directory'],
    queryFn: () => get<Directory>('/api/directory'),
    staleTime: 60_000,
  })
  return answer.data ?? { users: [], teams: [] }
}
