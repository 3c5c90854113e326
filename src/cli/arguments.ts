// The command line read: one table of options, every verb takes --data, --keys and --json.
import { parseArgs } from 'node:util'
import { Fault } from '#kernel'

export interface Arguments {
  /** Words after the verb that are no options. */
  readonly words: readonly string[]
  readonly json: boolean
  /** Value of an option, or undefined. */
  text(name: string): string | undefined
  flag(name: string): boolean
  /** Value of an option that must be there. Throws wrong-use. */
  need(name: string): string
}

const texts = [
  'data',
  'keys',
  'config',
  'database-url',
  'repo',
  'port',
  'host',
  'admin-email',
  'admin-name',
  'organisation',
  'language',
  'type',
  'as',
  'out',
  'purpose',
  'identity',
  'sheet',
  'backup',
  'encoding',
  'delimiter',
  'limit',
  'cursor',
  'rows',
  'minutes',
  'seed',
  'partitions',
  'level',
  'lang',
  'pdf',
  'note',
  'reason',
  'scale',
  'legacy',
  'legacy-key-file',
  'shares',
  'threshold',
  'of',
  'holders',
  'to',
  'from',
  'at',
  'user',
  'label',
  'scope',
  'networks',
  'days',
  'name',
  'kind',
  'label-zh',
  'class',
  'group',
  'options',
  'profile',
  'role',
  'until',
  'also',
] as const
const flags = [
  'searched',
  'json',
  'preview',
  'demo',
  'yes',
  'changed',
  'password-stdin',
  'help',
  'version',
  'no-create-accounts',
  'add',
  'print',
  'forget-history',
  'later',
  'only',
] as const

/** Reads the arguments after the verb. Throws wrong-use naming what is not understood. */
export const readArguments = (argv: readonly string[]): Arguments => {
  const options: Record<string, { readonly type: 'string' | 'boolean' }> = {}
  for (const name of texts) options[name] = { type: 'string' }
  for (const name of flags) options[name] = { type: 'boolean' }
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true, strict: true })
    const given: Readonly<Record<string, unknown>> = values
    const text = (name: string): string | undefined => {
      const value = given[name]
      return typeof value === 'string' ? value : undefined
    }
    return {
      words: positionals,
      json: given['json'] === true,
      text,
      flag: (name) => given[name] === true,
      need: (name) => {
        const value = text(name)
        if (value === undefined || value === '') throw new Fault('wrong-use', { what: `option --${name} is needed` })
        return value
      },
    }
  } catch (cause) {
    if (cause instanceof Fault) throw cause
    const what = cause instanceof Error ? cause.message.split('\n')[0]?.split('. ')[0] : undefined
    throw new Fault('wrong-use', { what: what ?? 'the arguments are not understood' }, { cause })
  }
}
