// holdfast keys search: how each field is found; set TYPE.FIELD MODES and storage memory|database change it.
import { Fault, type Json } from '#kernel'
import type { House } from '#server'
import type { Arguments } from '../arguments.ts'
import { inHouse } from '../house.ts'
import { print } from '../output.ts'
import { runJob } from './job.ts'

export const run = async (args: Arguments): Promise<void> => {
  const [, word, ...rest] = args.words
  if (word === undefined) return show(args)
  if (word === 'storage') {
    const [storage] = rest
    if (storage !== 'memory' && storage !== 'database')
      throw new Fault('wrong-use', { what: 'storage: memory or database' })
    return runSearchJob(args, async ({ search }) =>
      search.rebuild({ keys: 'same', policy: { ...(await search.state()).policy, storage } }),
    )
  }
  if (word !== 'set')
    throw new Fault('wrong-use', { what: 'keys search takes: nothing, set TYPE.FIELD MODES, storage WHERE' })
  return set(args, rest)
}

/** Starts the job that changes the index, and follows it. */
export const runSearchJob = async (args: Arguments, spec: (house: House) => Promise<Json>): Promise<void> => {
  const wanted = await inHouse(args, spec)
  return runJob(args, 'search.rebuild', wanted)
}

const set = (args: Arguments, [name = '', modes = '']: readonly string[]): Promise<void> =>
  runSearchJob(args, async ({ search }) => {
    const { policy, fields } = await search.state()
    const field = fields.find((one) => `${one.type}.${one.field}` === name)
    if (!field || modes === '')
      throw new Fault('wrong-use', { what: 'set takes TYPE.FIELD and off, or modes with commas' })
    const chosen = {
      modes: (modes === 'off' ? [] : modes.split(',')) as typeof field.modes,
      partitions: Number(args.text('partitions') ?? field.partitions),
    }
    // Whatever this is not is refused before the job begins.
    return search.rebuild({
      keys: 'same',
      policy: { ...policy, fields: { ...policy.fields, [String(field.id)]: chosen } },
    })
  })

const show = (args: Arguments): Promise<void> =>
  inHouse(args, async ({ search }) => {
    const state = await search.state()
    print(args, state, [
      `generation ${String(state.generation)}${state.building === null ? '' : `, ${String(state.building)} being built`}, index kept in ${state.policy.storage === 'memory' ? 'memory' : 'the database'}`,
      ...state.fields.map(
        ({ type, field, modes, partitions, possible }) =>
          `${`${type}.${field}`.padEnd(24)} ${(modes.join(',') || 'off').padEnd(24)} partitions ${String(partitions).padEnd(3)} possible ${possible.join(',')}`,
      ),
    ])
  })
