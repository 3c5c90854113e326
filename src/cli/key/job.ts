// A job started by a verb and followed to its end, whoever runs it: this process, or the server that is up.
import { Fault, type Json, services } from '#kernel'
import type { House } from '#server'
import type { Arguments } from '../arguments.ts'
import { inHouse } from '../house.ts'
import { print, progress } from '../output.ts'

type Job = Awaited<ReturnType<House['jobs']['get']>>

/** Ctrl-C leaves the job where it is; the server, or `keys jobs resume`, goes on with it. */
export const runJob = (args: Arguments, kind: string, spec: Json): Promise<void> =>
  inHouse(args, async (house) => {
    const { id } = await house.jobs.start(kind, spec, services.system)
    const stop = new AbortController()
    process.once('SIGINT', () => stop.abort())
    const show = progress(args)
    const job = await house.jobs.run(id, { signal: stop.signal, onProgress: (now) => show(lineOf(now)) })
    show('')
    if (job.state === 'failed') throw new Fault('job-failed', { kind, code: job.errorCode ?? 'internal' })
    print(args, job, [lineOf(job)])
  })

export const lineOf = ({ id, kind, state, done, total, errorCode }: Job): string =>
  `${id} ${kind}: ${state}, ${String(done)}${total === null ? '' : ` of ${String(total)}`}${errorCode === null ? '' : `, ${errorCode}`}`
