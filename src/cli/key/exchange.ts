// What the verbs that exchange the root key have in common: the work, its progress, and the new recovery sheet.
import { type Keys } from '#encryption'
import { Fault, services } from '#kernel'
import { exchangeRoot } from '#vault'
import type { Arguments } from '../arguments.ts'
import { inHouse } from '../house.ts'
import { print, progress } from '../output.ts'

export const exchange = (args: Arguments, add: (keys: Keys) => Promise<string>, intoFile = false): Promise<void> =>
  inHouse(args, async (house) => {
    const [home] = house.keys.roots()
    if (home?.protection === 'provider' && args.words[1] === 'root' && !intoFile)
      throw new Fault('wrong-use', {
        what: `the root key lives with the key provider ${home.kind}: rotate it there, or move it with keys provider move`,
      })
    const show = progress(args)
    const done = await exchangeRoot({
      store: house.store,
      journal: house.journal,
      keys: house.keys,
      scope: { tenant: house.tenant, principal: services.system },
      channel: 'cli',
      add: () => add(house.keys),
      onProgress: (at, of) => show(`epoch ${String(at)} of ${String(of)}`),
    })
    show('')
    const { kind } = house.keys.provider
    // The old sheet opens nothing made from now on: the new one is shown at once, and never in what a script stores.
    if (!args.json) process.stderr.write(`${house.keys.sheet().text((await house.settings()).language)}\n`)
    print(args, { ok: true, provider: kind, ...done }, [
      `the root key is now ${done.fingerprint} (${kind}); ${String(done.epochs)} epochs and ${String(done.namedKeys)} named keys were wrapped anew${done.resumed ? ', taking up an exchange that had been interrupted' : ''}`,
      `no longer here: ${done.dropped.join(', ')}`,
      'keep the old recovery sheet as long as backups made before are kept; restart a server that is running',
    ])
  })
