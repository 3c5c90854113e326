// holdfast keys leakage: what a thief of the database learns of every field of every record type, and what the built-in attacks recover from this tenant's data.
import { everyRecordTells, type FieldLeakage } from '#vault'
import type { Arguments } from '../arguments.ts'
import { inHouse } from '../house.ts'
import { print } from '../output.ts'

const howKept = ({ learns, modes }: FieldLeakage): string =>
  learns === 'everything'
    ? 'plain'
    : modes.length === 0
      ? 'sealed, not searched'
      : `sealed, searched by ${modes.join(', ')}`

export const run = (args: Arguments): Promise<void> =>
  inHouse(args, async ({ search }) => {
    const leakage = await search.leakage()
    const percent = (share: number): string => `${(share * 100).toFixed(1)} %`
    print(args, leakage, [
      `generation ${String(leakage.generation)}, index kept in ${leakage.storage === 'memory' ? 'memory' : 'the database'}`,
      everyRecordTells.en,
      ...leakage.fields.flatMap((field) => [
        `${field.type}.${field.field} (${howKept(field)}): ${field.learns}`,
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
