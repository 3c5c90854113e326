// holdfast keys rotate WHAT: exchanges a key while the house is at work, one file a kind of key.
import { Fault } from '#kernel'
import type { Arguments } from '../arguments.ts'
import type { Verb } from '../verbs.ts'

const kinds: Readonly<Record<string, () => Promise<{ readonly run: Verb }>>> = {
  root: () => import('./rotate-root.ts'),
  epoch: () => import('./rotate-epoch.ts'),
  subject: () => import('./rotate-subject.ts'),
  index: () => import('./rotate-index.ts'),
  'all-subjects': () => import('./rotate-subject.ts'),
}

export const run = async (args: Arguments): Promise<void> => {
  const [, kind = ''] = args.words
  const load = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined
  if (!load) throw new Fault('wrong-use', { what: `keys rotate takes: ${Object.keys(kinds).join(', ')}` })
  await (await load()).run(args)
}
