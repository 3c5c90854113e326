// holdfast keys leakage: what a thief of the database learns of each field, and what the built-in attacks recover from this tenant's data.
import type { Arguments } from '../arguments.ts'
import { inHouse } from '../house.ts'
import { print } from '../output.ts'

export const run = (args: Arguments): Promise<void> =>
  inHouse(args, async ({ search }) => {
    const leakage = await search.leakage()
    const percent = (share: number): string => `${(share * 100).toFixed(1)} %`
    print(args, leakage, [
      `generation ${String(leakage.generation)}, index kept in ${leakage.storage === 'memory' ? 'memory' : 'the database'}`,
      ...leakage.fields.flatMap((field) => [
        `${field.type}.${field.field} (${field.modes.join(', ')})`,
        ...field.tells.map(({ en }) => `  ${en}`),
        ...field.attacks.map(
          (one) =>
            `  ${one.attack} attack on ${one.target}: ${percent(one.recovered)} of ${String(one.records)} records` +
            (one.unkeyed === null
              ? ` (guessing the commonest: ${percent(one.guess)})`
              : ` (of hashes without a key: ${percent(one.unkeyed)})`),
        ),
      ]),
    ])
  })
