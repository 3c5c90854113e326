// holdfast keys jobs [resume|cancel ID|retry ID]: long work, newest first.
import { Fault, isUuid } from '#kernel'
import type { Arguments } from '../arguments.ts'
import { inHouse } from '../house.ts'
import { print } from '../output.ts'
import { lineOf } from './job.ts'

export const run = (args: Arguments): Promise<void> => {
  const [, act, id] = args.words
  if (act !== undefined && !['resume', 'cancel', 'retry'].includes(act))
    throw new Fault('wrong-use', { what: 'keys jobs takes: nothing, resume, cancel ID or retry ID' })
  return inHouse(args, async (house) => {
    if (act === 'resume') await house.jobs.resume()
    else if (act !== undefined) {
      if (!isUuid(id)) throw new Fault('wrong-use', { what: `keys jobs ${act} takes the id of a job` })
      const job = act === 'cancel' ? await house.jobs.cancel(id) : await house.jobs.retry(id)
      return print(args, job, [lineOf(job)])
    }
    const items = await house.jobs.list()
    return print(args, { items }, items.map(lineOf))
  })
}
