// holdfast keys recover: makes the keystore anew out of the recovery sheet (standard input) or of shares (--shares); with --add, puts an
// older root key beside the present one, to open what an older backup brings back.
import { type Keys, recoverFromShares, recoverKeys } from '#encryption'
import { Fault } from '#kernel'
import { keyOptions } from '#server'
import type { Arguments } from '../arguments.ts'
import { configOf, inHouse } from '../house.ts'
import { print, readInput } from '../output.ts'

export const run = async (args: Arguments): Promise<void> => {
  if (args.flag('add')) return addOld(args)
  const config = configOf(args)
  const { shares = [], ...options } = await keyOptions(config)
  const keys: Keys =
    shares.length > 0
      ? await recoverFromShares(config.keys, shares, options)
      : await recoverKeys(config.keys, await readInput(), options)
  const { fingerprint } = keys.provider
  keys.close()
  print(args, { ok: true, fingerprint }, [`the root key ${fingerprint} is back in ${config.keys}`])
}

const addOld = (args: Arguments): Promise<void> =>
  inHouse(args, async ({ keys }) => {
    if (keys.roots().length > 1) throw new Fault('wrong-use', { what: 'an older root key is there already' })
    const fingerprint = await keys.addOldRoot(await readInput())
    print(args, { ok: true, fingerprint }, [
      `the older root key ${fingerprint} opens what it wrapped; run holdfast keys rotate root to end that`,
    ])
  })
