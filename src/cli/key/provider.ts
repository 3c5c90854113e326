// holdfast keys provider show|move|create-key: where the root key lives, and its way from one home to another.
import { Fault } from '#kernel'
import { prepareProvider, readKeyProvider } from '#server'
import type { Arguments } from '../arguments.ts'
import { configOf, inHouse } from '../house.ts'
import { print } from '../output.ts'
import { exchange } from './exchange.ts'

export const run = async (args: Arguments): Promise<void> => {
  const [, word] = args.words
  if (word === 'show') return show(args)
  if (word !== 'move' && word !== 'create-key')
    throw new Fault('wrong-use', { what: 'keys provider takes: show, move --to FILE, create-key --to FILE' })
  // "file", or the path of a JSON file with the settings of a keyProvider.
  const to = args.need('to')
  const target = readKeyProvider(to === 'file' ? { kind: 'file' } : to)
  if (!target) throw new Fault('wrong-use', { what: 'option --to takes file, or a JSON file with a keyProvider' })
  if (word === 'create-key') {
    await prepareProvider(target)
    print(args, { ok: true, kind: target.kind }, ['the key is in the token'])
    return
  }
  const { passphrase } = configOf(args)
  await exchange(args, (keys) =>
    target.kind === 'file'
      ? keys.addRoot(passphrase === undefined ? { kind: 'machine' } : { kind: 'passphrase', passphrase })
      : keys.addProvider(target.kind, target.settings),
  )
}

const show = (args: Arguments): Promise<void> =>
  inHouse(args, async ({ keys }) => {
    await keys.provider.check?.()
    const roots = keys.roots()
    print(
      args,
      { roots },
      roots.map(
        ({ fingerprint, kind, protection, created }, i) =>
          `${i === 0 ? 'wraps  ' : 'unwraps'} ${fingerprint} ${kind}${kind === 'file' ? ` (${protection})` : ''}, since ${created.slice(0, 10)}`,
      ),
    )
  })
