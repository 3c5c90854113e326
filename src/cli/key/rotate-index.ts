// holdfast keys rotate index: new keys for the search index, built beside the old one and then read instead.
import type { Arguments } from '../arguments.ts'
import { runSearchJob } from './search.ts'

export const run = (args: Arguments): Promise<void> =>
  runSearchJob(args, ({ search }) => search.rebuild({ keys: 'new' }))
