// holdfast keys drop-generations [--forget-history]: destroys older generations of data keys that nothing needs.
import type { Arguments } from '../arguments.ts'
import { runJob } from './job.ts'

export const run = (args: Arguments): Promise<void> =>
  runJob(args, 'keys.drop-generations', { history: args.flag('forget-history') ? 'forget' : 'keep' })
