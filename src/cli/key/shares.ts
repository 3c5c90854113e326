// holdfast keys shares create|show|end: splits the root key among people, tells who holds what, and takes it back into the file.
import { keystoreHomes } from '#encryption'
import { Fault, services } from '#kernel'
import type { Arguments } from '../arguments.ts'
import { configOf, inHouse } from '../house.ts'
import { print } from '../output.ts'
import { protectionOf } from './protection.ts'

export const run = async (args: Arguments): Promise<void> => {
  const [, word] = args.words
  if (word === 'show') return show(args)
  if (word !== 'create' && word !== 'end')
    throw new Fault('wrong-use', {
      what: 'keys shares takes: create --threshold K --of N (--out DIR | --print), show, end',
    })
  const config = configOf(args)
  const { passphrase } = config
  const protection =
    word === 'create'
      ? protectionOf(args)
      : passphrase === undefined
        ? ({ kind: 'machine' } as const)
        : ({ kind: 'passphrase', passphrase } as const)
  await inHouse(args, async (house) => {
    const refreshed = house.keys.roots()[0]?.protection === 'shares'
    await house.keys.protect(protection)
    const [home] = house.keys.roots()
    const { set = '', threshold = 0, of = 0 } = home?.shares ?? {}
    await house.journal.record({ tenant: house.tenant, principal: services.system }, [
      {
        act: word === 'create' ? 'key.shares-create' : 'key.shares-end',
        obj: 'keys',
        actor: services.system,
        channel: 'cli',
        decision: 'allow',
        detail: { set, threshold, of, refreshed },
      },
    ])
    if (args.flag('print')) return
    print(
      args,
      { ok: true, protection: home?.protection, set, threshold, of, refreshed, out: args.text('out') ?? null },
      word === 'create'
        ? [
            `the root key lies in ${String(of)} shares (set ${set}); any ${String(threshold)} of them start Holdfast`,
            'hand each share to its holder and delete the files; the keystore holds no key any more',
          ]
        : [
            `the root key lies in the keystore again (${home?.protection ?? ''}); the shares are of no use to a start any more`,
          ],
    )
  })
}

const show = async (args: Arguments): Promise<void> => {
  const homes = (await keystoreHomes(configOf(args).keys)).filter(({ shares }) => shares)
  print(
    args,
    { shares: homes.map(({ fingerprint, created, shares }) => ({ fingerprint, created, ...shares })) },
    homes.length === 0
      ? ['the root key does not lie in shares']
      : homes.flatMap(({ fingerprint, shares }) => [
          `root key ${fingerprint}: ${String(shares?.threshold)} of ${String(shares?.of)} shares, set ${shares?.set ?? ''}`,
          ...(shares?.holders ?? []).map(
            (holder, i) => `  share ${String(i + 1)}: ${holder === '' ? '(no name)' : holder}`,
          ),
        ]),
  )
}
