// Names of linked records: learnt from every list that passes, asked for one by one where none did.
import { useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query'
import { get } from './api.ts'
import type { RecordAnswer, TypeInfo } from './contract.ts'
import { useCatalogue, useDirectory } from './session.ts'

/** The name a record goes by, as far as the person may see it. */
export const titleOf = (type: TypeInfo, record: RecordAnswer): string => {
  const value = record.values[type.title]
  return typeof value === 'string' && value !== '' ? value : `…${record.id.slice(-6)}`
}

export const learnTitles = (client: QueryClient, titles: Readonly<Record<string, string>>): void => {
  for (const [id, title] of Object.entries(titles)) client.setQueryData(['title', id], title)
}

/** The title of a linked record: undefined while unknown, null where it may not be seen. */
export const useTitle = (typeName: string, id: string): string | null | undefined => {
  const client = useQueryClient()
  const types = useCatalogue()
  const directory = useDirectory()
  const known =
    typeName === 'user'
      ? directory.users.find((user) => user.id === id)?.name
      : typeName === 'team'
        ? directory.teams.find((team) => team.id === id)?.name
        : undefined
  const type = types.find((each) => each.name === typeName)
  const asked = useQuery({
    queryKey: ['title', id],
    queryFn: async () => {
      if (!type) return null
      try {
        const record = await get<RecordAnswer>(`/api/${type.plural}/${id}`)
        client.setQueryData(['record', typeName, id], record)
        return titleOf(type, record)
      } catch {
        return null
      }
    },
    enabled: known === undefined && type !== undefined && typeName !== 'user' && typeName !== 'team' && id !== '',
    staleTime: 300_000,
    retry: false,
  })
  return known ?? asked.data
}
