// holdfast digest: content digests of every record type.
import type { Arguments } from './arguments.ts'
import { inHouse } from './house.ts'
import { print } from './output.ts'

export const run = (args: Arguments): Promise<void> =>
  inHouse(args, async (house) => {
    const types = await house.vault.digest(house.tenant)
    print(
      args,
      { types },
      Object.entries(types).map(
        ([name, { rows, digest }]) => `${name.padEnd(10)} ${String(rows).padStart(8)}  ${digest}`,
      ),
    )
  })
