// holdfast keys: shows the root key's fingerprint and the epochs; recovers the keystore from the recovery sheet.
import { recoverKeys } from '#encryption'
import { Fault } from '#kernel'
import type { Arguments } from './arguments.ts'
import { configOf, inHouse } from './house.ts'
import { print, readInput } from './output.ts'

export const run = async (args: Arguments): Promise<void> => {
  const [word] = args.words
  if (word === 'recover') {
    const config = configOf(args)
    const keys = await recoverKeys(
      config.keys,
      await readInput(),
      config.passphrase === undefined ? {} : { passphrase: config.passphrase },
    )
    const { fingerprint } = keys.provider
    keys.close()
    print(args, { ok: true, fingerprint }, [`the root key ${fingerprint} is back in ${config.keys}`])
    return
  }
  if (word !== 'show') throw new Fault('wrong-use', { what: 'keys takes: show or recover' })
  await inHouse(args, async (house) => {
    const epochs = await house.epochs()
    const { kind, fingerprint } = house.keys.provider
    print(args, { root: { provider: kind, fingerprint }, epochs }, [
      `root key: ${kind}, fingerprint ${fingerprint}`,
      ...epochs.map(
        (one) =>
          `epoch ${String(one.epoch)}: ${one.state}, suite ${String(one.suite)}, ${String(one.subjectKeys)} subject keys`,
      ),
    ])
  })
}
