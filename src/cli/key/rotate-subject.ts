// holdfast keys rotate subject ID, keys rotate all-subjects: the next generation of data keys, all records sealed anew.
import { Fault, isUuid } from '#kernel'
import type { Arguments } from '../arguments.ts'
import { runJob } from './job.ts'

export const run = (args: Arguments): Promise<void> => {
  const [, what, subject] = args.words
  if (what === 'all-subjects') return runJob(args, 'keys.subjects', {})
  if (!isUuid(subject)) throw new Fault('wrong-use', { what: 'keys rotate subject takes the id of a subject' })
  return runJob(args, 'keys.subjects', { subject })
}
