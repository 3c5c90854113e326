// holdfast keys profile NAME: changes the suites of the tenant, under the house at work.
import { profileOf } from '#encryption'
import type { Arguments } from '../arguments.ts'
import { runJob } from './job.ts'

export const run = (args: Arguments): Promise<void> => {
  const [, profile = ''] = args.words
  profileOf(profile)
  return runJob(args, 'keys.profile', { profile })
}
