// holdfast policy: the whole way of a change from files, for git: pull, check, dry-run, propose, approve or reject, activate, roll back, log.
// Every step is the person's named by --as, with the same rights as over the interface. Keeps server-225, server-226.
import { Fault, type Actor, type Uuid } from '#kernel'
import { type House, momentOf, reportOf, startDryRun } from '#server'
import type { Arguments } from './arguments.ts'
import { print, progress } from './output.ts'
import { readPolicies, writePolicies } from './policy-files.ts'
import { meant, needWord, runStep, type Step } from './steps.ts'

export const run = (args: Arguments): Promise<void> => runStep('policy', steps, args)

const pull: Step = async (args, house, actor, word) => {
  const folder = needWord(word, 'a folder')
  const { document, versions } = await house.policyControl.state(actor)
  const wanted = args.words[2]
  const inForce = versions.find(({ active }) => active)?.number ?? 0
  const number = wanted === undefined ? inForce : numberOf(wanted)
  const pulled = wanted === undefined ? document : await house.policyControl.version(actor, number)
  const files = await writePolicies(folder, pulled, number)
  print(args, { folder, number, files: files.length }, [`${folder}: version ${String(number)}, ${String(files.length)} files`])
} // prettier-ignore

const check: Step = async (args, house, actor, word) => {
  const { document } = await readPolicies(needWord(word, 'a folder'))
  const problems = await house.policyControl.problems(actor, document)
  const words = problems.map(({ severity, policy, line, column, words: said, original }) => {
    const place = [policy === null ? '' : `policies/${policy}.cedar`, line ?? '', column ?? ''].filter((part) => part !== '').join(':') // prettier-ignore
    const language = args.text('language') === 'zh' ? 'zh' : 'en'
    return `${severity.padEnd(7)} ${place === '' ? '' : `${place}: `}${said[language]}${original === null ? '' : `\n        ${original}`}`
  })
  if (problems.some(({ severity }) => severity === 'error')) {
    print(args, { ok: false, problems }, words)
    process.exitCode = 1
    return
  }
  const { digest, policies } = await house.policyControl.check(actor, document)
  print(args, { ok: true, digest, policies: policies.length, problems }, [
    ...words,
    `${String(policies.length)} policies hold, and so do the cases`,
    `digest ${digest}`,
  ])
}

const dryRun: Step = async (args, house, actor, word) => {
  const { document } = await readPolicies(needWord(word, 'a folder'))
  const wish = { document, from: momentOf(args.need('from'), 'from'), to: momentOf(args.text('to') ?? new Date().toISOString(), 'to') } // prettier-ignore
  const run = await startDryRun(house, actor, wish)
  if (run.job === null) throw new Fault('not-found', { what: 'job' })
  const say = progress(args)
  const job = await house.jobs.run(run.job, {
    onProgress: ({ done, total }) => say(`${String(total === null ? 0 : Math.floor((100 * done) / Math.max(1, total)))} %`),
  }) // prettier-ignore
  say('')
  if (job.state !== 'done') throw new Fault('job-failed', { kind: job.kind, code: job.errorCode ?? job.state })
  const report = await reportOf(house, actor, (await house.dryRuns.get(actor, run.id)).report)
  if (!report) throw new Fault('not-found', { what: 'dry run' })
  const { accesses, newlyDenied, newlyAllowed, undecidable, gone, drifted } = report
  print(args, { id: run.id, digest: run.digest, ...report }, [
    `${String(accesses)} accesses: ${String(newlyDenied)} newly denied, ${String(newlyAllowed)} newly allowed, ${String(undecidable)} undecidable`,
    `${String(gone)} about what is no longer there; ${String(drifted)} ended otherwise then`,
    ...report.roles.filter(changed).map((one) => line(one.role, one)),
    ...report.people.filter(changed).slice(0, 20).map((one) => line(`  ${one.name === '' ? one.person : one.name}`, one)),
    ...report.actions.map((one) => line(`  ${one.on} ${one.action}`, one)),
  ]) // prettier-ignore
}

interface Changes {
  readonly newlyDenied: number
  readonly newlyAllowed: number
}

const changed = (one: Changes): boolean => one.newlyDenied + one.newlyAllowed > 0

const line = (name: string, { newlyDenied, newlyAllowed }: Changes): string =>
  `${name.padEnd(40)} ${`-${String(newlyDenied)}`.padStart(9)} ${`+${String(newlyAllowed)}`.padStart(9)}`

const propose: Step = async (args, house, actor, word) => {
  const { document, base } = await readPolicies(needWord(word, 'a folder'))
  const { digest } = await house.policyControl.check(actor, document)
  const id = await house.policyControl.propose(actor, args.need('reason'), document, base)
  print(args, { id, digest }, [`proposed: ${id}`, `digest ${digest}`, 'Somebody else approves it: holdfast policy approve'])
} // prettier-ignore

const approve: Step = async (args, house, actor, word) => {
  const id = await changeOf(house, actor, word)
  const when = args.flag('later') ? 'later' : momentIn(args)
  const number = await house.policyControl.decide(actor, id, true, args.text('reason') ?? '', when)
  tell(args, id, number, when === 'later' ? 'approved, not in force: holdfast policy activate' : undefined)
}

const reject: Step = async (args, house, actor, word) => {
  const id = await changeOf(house, actor, word)
  await house.policyControl.decide(actor, id, false, args.need('reason'))
  print(args, { id, state: 'rejected' }, [`${id}: rejected`])
}

const activate: Step = async (args, house, actor, word) => {
  const id = await changeOf(house, actor, word)
  tell(args, id, await house.policyControl.activate(actor, id, momentIn(args)))
}

const withdraw: Step = async (args, house, actor, word) => {
  const id = await changeOf(house, actor, word)
  await house.policyControl.withdraw(actor, id)
  print(args, { id, state: 'withdrawn' }, [`${id}: withdrawn`])
}

const rollback: Step = async (args, house, actor, word) => {
  const to = numberOf(needWord(word, 'the number of a version'))
  const number = await house.policyControl.rollBack(actor, to)
  print(args, { number, to }, [
    `the policies of version ${String(to)} are in force again, as version ${String(number)}`,
  ])
}

const log: Step = async (args, house, actor) => {
  const { versions, changes } = await house.policyControl.state(actor)
  print(args, { versions, changes }, [
    ...versions.map(({ number, active, origin, createdAt, digest }) => `${active ? '*' : ' '} ${String(number).padStart(4)}  ${createdAt.toISOString()}  ${origin.padEnd(7)}  ${digest.slice(0, 16)}`),
    ...changes.map(({ id, state, createdAt, title, number, activateAt, failure }) =>
      [id, createdAt.toISOString(), state.padEnd(9), number ?? activateAt?.toISOString() ?? failure ?? '', title].join('  '),
    ),
  ])
} // prettier-ignore

const steps: Readonly<Record<string, Step>> = {
  pull,
  check,
  'dry-run': dryRun,
  propose,
  approve,
  reject,
  activate,
  withdraw,
  rollback,
  log,
}

const tell = (args: Arguments, id: Uuid, number: number | null, waiting?: string): void => {
  const at = args.text('at')
  const said =
    number === null ? (waiting ?? `comes into force at ${at ?? ''}`) : `in force as version ${String(number)}`
  print(args, { id, number, ...(at === undefined ? {} : { at }) }, [`${id}: ${said}`])
}

const momentIn = (args: Arguments): Date | 'now' => {
  const at = args.text('at')
  return at === undefined ? 'now' : momentOf(at, 'at')
}

const numberOf = (word: string): number => {
  if (!/^[1-9]\d{0,8}$/u.test(word)) throw new Fault('not-found', { what: 'policy version' })
  return Number(word)
}

/** A change by its id or by a beginning that only one has. */
const changeOf = async (house: House, actor: Actor, word: string | undefined): Promise<Uuid> => {
  const given = needWord(word, 'the id of a change')
  const only = meant((await house.policyControl.state(actor)).changes, given)
  if (!only) throw new Fault('not-found', { what: 'proposed change' })
  return only.id
}
