// Finds the verb, runs it, and turns what went wrong into one sentence and an exit code: 1 refused, 2 wrong use.
import { Fault } from '#kernel'
import { type Arguments, readArguments } from './arguments.ts'

/** A verb: does its work and prints its result. */
export type Verb = (args: Arguments) => Promise<void>

const verbs: Readonly<Record<string, { readonly load: () => Promise<{ readonly run: Verb }>; readonly help: string }>> =
  {
    start: {
      load: () => import('./start.ts'),
      help: 'start [--port N] [--demo] [--profile P]   serve the product on https://localhost',
    },
    init: {
      load: () => import('./init.ts'),
      help: 'init --admin-email E --password-stdin [--profile international|post-quantum|gm]   set up without a browser',
    },
    import: {
      load: () => import('./import.ts'),
      help: 'import FILE --type T --as E [--yes]  bring records in from a CSV file',
    },
    export: {
      load: () => import('./export.ts'),
      help: 'export T --out FILE --purpose P --as E  write records to a CSV file',
    },
    search: { load: () => import('./search.ts'), help: 'search T TEXT --as E               find records' },
    digest: {
      load: () => import('./digest.ts'),
      help: 'digest                             content digests of every record type',
    },
    backup: {
      load: () => import('./backup.ts'),
      help: 'backup create|list|verify|browse --repo DIR   full, incremental and differential backups; look into one',
    },
    restore: {
      load: () => import('./restore.ts'),
      help: 'restore --repo DIR --identity FILE --data NEWDIR   bring a backup back',
    },
    erase: {
      load: () => import('./erase.ts'),
      help: 'erase SUBJECT | TYPE ID --as E [--yes --reason R] | list | verify FILE | finish | hold … | lift ID   erase a person',
    },
    review: {
      load: () => import('./review.ts'),
      help: 'review run|attest [--pdf FILE]     run the automatic controls; give your word on one',
    },
    audit: {
      load: () => import('./audit.ts'),
      help: 'audit verify | export FILE          recompute the journal and check its signatures; whose export a file is',
    },
    keys: {
      load: () => import('./keys.ts'),
      help: 'keys show|list|recover|rotate|shares|profile|…  keys and their states: bring back, exchange, rotate, split',
    },
    'api-key': {
      load: () => import('./api-key.ts'),
      help: 'api-key list|create|revoke --as E      keys by which programs ask',
    },
    fields: {
      load: () => import('./fields.ts'),
      help: 'fields list|add|retire|offer --as E   fields of your own on records',
    },
    policy: {
      load: () => import('./policy.ts'),
      help: 'policy pull|check|dry-run|propose DIR | approve|reject|activate|withdraw ID | rollback N | log --as E   change policies from files',
    },
    grants: {
      load: () => import('./grants.ts'),
      help: 'grants list | give TYPE ID --level read|write or --role R, --to E --until T --reason R | end ID --as E   what is lent for a while',
    },
    deputies: {
      load: () => import('./deputies.ts'),
      help: 'deputies list | appoint DEPUTY [--of E] --until T --reason R | end ID --as E   who stands in for whom',
    },
    recertify: {
      load: () => import('./recertify.ts'),
      help: 'recertify list | start | show [ID] | decide keep|revoke LINE… --reason R --as E   rights confirmed or taken back',
    },
    emergency: {
      load: () => import('./emergency.ts'),
      help: 'emergency list | review ID justified|unjustified --note N | end ID --as E   emergency accesses',
    },
    webhooks: {
      load: () => import('./webhooks.ts'),
      help: 'webhooks list | resume --as E          who is told of changes; go on after a restore',
    },
    doctor: {
      load: () => import('./doctor.ts'),
      help: 'doctor                             what this installation stands on',
    },
    bench: {
      load: () => import('./bench.ts'),
      help: 'bench NAME                         measure one thing against its peer',
    },
    fuzz: {
      load: () => import('./fuzz.ts'),
      help: 'fuzz NAME --minutes N [--seed S]    look for differences with random input',
    },
  }

const usage = `holdfast: a CRM that keeps its customers safe

  ${Object.values(verbs)
    .map((verb) => verb.help)
    .join('\n  ')}

Every verb takes --data DIR, --keys DIR and --json.`

/** Runs what a command line says, its first word the verb. Returns the exit code. */
export const holdfast = async (argv: readonly string[]): Promise<number> => {
  const [name, ...rest] = argv
  const json = argv.includes('--json')
  try {
    if (name === undefined || name === '--help' || name === 'help') {
      process.stdout.write(`${usage}\n`)
      return name === undefined ? 2 : 0
    }
    const verb = Object.hasOwn(verbs, name) ? verbs[name] : undefined
    if (!verb)
      throw new Fault('wrong-use', {
        what: `there is no verb ${name.replaceAll(/[^\w-]/gu, '?').slice(0, 40)}; see holdfast help`,
      })
    const { run } = await verb.load()
    await run(readArguments(rest))
    return typeof process.exitCode === 'number' ? process.exitCode : 0
  } catch (error) {
    return fail(error, json)
  }
}

const fail = (error: unknown, json: boolean): number => {
  const fault = error instanceof Fault ? error : new Fault('internal', { id: where(error) }, { cause: error })
  const message = fault.in('en')
  process.stderr.write(
    json ? `${JSON.stringify({ error: { code: fault.code, message } })}\n` : `holdfast: ${message}\n`,
  )
  if (process.env['HOLDFAST_TRACE'] !== undefined && error instanceof Error)
    process.stderr.write(`${error.stack ?? ''}\n${error.cause instanceof Error ? (error.cause.stack ?? '') : ''}\n`)
  return fault.code === 'wrong-use' ? 2 : 1
}

/** Name of an unexpected error and the place it came from: never its message, which may hold a value. */
const where = (error: unknown): string => {
  if (!(error instanceof Error)) return 'unknown'
  const place = /\/src\/([^\s):]+:\d+)/u.exec(error.stack ?? '')?.[1] ?? ''
  return `${error.name} ${place}`.trim()
}
