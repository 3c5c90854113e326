// What waits for a decision of mine: asked for every two minutes, for the number in the rail and for its page.
import { useQuery } from '@tanstack/react-query'
import { get } from '../api.ts'
import type { InboxAnswer } from '../contract.ts'

export const useInbox = () =>
  useQuery({
    queryKey: ['inbox'],
    queryFn: () => get<InboxAnswer>('/api/inbox'),
    refetchInterval: 120_000,
    staleTime: 5_000,
  })
