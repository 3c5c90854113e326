// holdfast keys WORD: everything about keys, one file a word under ./key/.
import { Fault } from '#kernel'
import type { Arguments } from './arguments.ts'
import type { Verb } from './verbs.ts'

/** The words after `keys`, and where each lives. */
const words: Readonly<Record<string, () => Promise<{ readonly run: Verb }>>> = {
  show: () => import('./key/show.ts'),
  recover: () => import('./key/recover.ts'),
  shares: () => import('./key/shares.ts'),
  unlock: () => import('./key/unlock.ts'),
  provider: () => import('./key/provider.ts'),
  list: () => import('./key/list.ts'),
  rotate: () => import('./key/rotate.ts'),
  profile: () => import('./key/profile.ts'),
  'drop-generations': () => import('./key/drop-generations.ts'),
  'destroy-epoch': () => import('./key/destroy-epoch.ts'),
  jobs: () => import('./key/jobs.ts'),
  search: () => import('./key/search.ts'),
  leakage: () => import('./key/leakage.ts'),
  old: () => import('./key/old.ts'),
  'client-certificate': () => import('./key/client-certificate.ts'),
  cbom: () => import('./key/cbom.ts'),
}

export const run = async (args: Arguments): Promise<void> => {
  const [word = ''] = args.words
  const load = Object.hasOwn(words, word) ? words[word] : undefined
  if (!load) throw new Fault('wrong-use', { what: `keys takes: ${Object.keys(words).join(', ')}` })
  await (await load()).run(args)
}
