// holdfast keys recover: makes the keystore anew out of the recovery sheet, read from standard input.
import { recoverKeys } from '#encryption'
import type { Arguments } from '../arguments.ts'
import { configOf } from '../house.ts'
import { print, readInput } from '../output.ts'

export const run = async (args: Arguments): Promise<void> => {
  const config = configOf(args)
  const keys = await recoverKeys(
    config.keys,
    await readInput(),
    config.passphrase === undefined ? {} : { passphrase: config.passphrase },
  )
  const { fingerprint } = keys.provider
  keys.close()
  print(args, { ok: true, fingerprint }, [`the root key ${fingerprint} is back in ${config.keys}`])
}
