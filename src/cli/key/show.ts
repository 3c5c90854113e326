// holdfast keys show: the root key's provider and fingerprint, and the epochs of the tenant.
import type { Arguments } from '../arguments.ts'
import { inHouse } from '../house.ts'
import { print } from '../output.ts'

export const run = (args: Arguments): Promise<void> =>
  inHouse(args, async (house) => {
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
