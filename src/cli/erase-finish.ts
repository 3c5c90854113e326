// holdfast erase finish: exchanges every key that older copies of the database files were under, so that nothing of an erased person opens
// from them any more. Run again where it was interrupted.
import { Fault, type Actor } from '#kernel'
import { finishErasures, type House, readKeyProvider } from '#server'
import type { Arguments } from './arguments.ts'
import { protectionOf } from './key/protection.ts'
import { print, progress } from './output.ts'

const steps = {
  epoch: 'a new key epoch wraps every data key',
  destroy: 'the old epochs are destroyed',
  index: 'the search index gets new keys',
  root: 'a new root key wraps everything',
  repositories: 'the backup repositories get the new keyring',
} as const

export const finish = async (args: Arguments, house: House, actor: Actor): Promise<void> => {
  const add = rootFrom(args, house)
  const show = progress(args)
  const done = await finishErasures({ house, actor, add, onStep: (what) => show(steps[what]) })
  show('')
  if (!done) {
    print(args, { ok: true, nothing: true }, ['every erasure is closed already'])
    return
  }
  if (!args.json) process.stderr.write(`${house.keys.sheet().text((await house.settings()).language)}\n`)
  const { closing, epochs, dropped, repositories } = done
  const { fingerprint, kind } = house.keys.provider
  print(args, { ok: true, ...closing, epochs, dropped, repositories, newRoot: fingerprint, provider: kind }, [
    `erasures up to number ${String(closing.upTo)} are closed: epochs ${epochs.join(', ')} destroyed, the root key is now ${fingerprint} (${kind})`,
    ...repositories
      .filter(({ deleted }) => deleted === null)
      .map(
        ({ repository }) =>
          `  ${repository}: not reached; make a backup to it, or it can be restored with the old sheet alone`,
      ),
    'destroy what still holds the old root key: its recovery sheet, its custody shares, copies of the key directory, its key with a provider',
    'restart a server that is running',
  ])
}

/** Where the new root key is to live, settled before anything is done: as the old one, or where the options say. */
const rootFrom = (args: Arguments, { keys }: House): (() => Promise<string>) => {
  const [home] = keys.roots()
  const to = args.text('to')
  if (to !== undefined) {
    const target = readKeyProvider(to)
    if (!target || target.kind === 'file')
      throw new Fault('wrong-use', { what: 'option --to takes a JSON file with a keyProvider' })
    return () => keys.addProvider(target.kind, target.settings)
  }
  // Its provider keeps the old key and would go on opening what it wrapped.
  if (home?.protection === 'provider')
    throw new Fault('wrong-use', {
      what: `the root key lives with ${home.kind}: make a new key there, name it with --to FILE, and delete the old one there afterwards`,
    })
  if (home?.protection !== 'shares') return () => keys.addRoot('as-before')
  const protection = protectionOf(args)
  return () => keys.addRoot(protection)
}
