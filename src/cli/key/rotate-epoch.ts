// holdfast keys rotate epoch: a new epoch of the tenant, every data key wrapped anew under it.
import type { Arguments } from '../arguments.ts'
import { runJob } from './job.ts'

export const run = (args: Arguments): Promise<void> => runJob(args, 'keys.epoch', {})
