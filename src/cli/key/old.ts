// holdfast keys old [subjects F | destroyed F --on DAY --by NAME --how TEXT --witness NAME]: keys of old systems that imports read, and the
// record that each was destroyed.
import { Fault } from '#kernel'
import { oldKeys, recordDestruction, weakSubjects } from '#server'
import type { Arguments } from '../arguments.ts'
import { inHouse, personOf } from '../house.ts'
import { print } from '../output.ts'

export const run = (args: Arguments): Promise<void> => {
  const [, word, fingerprint] = args.words
  if (word !== undefined && ((word !== 'subjects' && word !== 'destroyed') || fingerprint === undefined))
    throw new Fault('wrong-use', { what: 'keys old takes: nothing, subjects FINGERPRINT, destroyed FINGERPRINT' })
  return inHouse(args, async (house) => {
    const actor = await personOf(house, args)
    await house.vault.demand(actor, word === 'destroyed' ? 'keys.rotate' : 'keys.view')
    if (word === 'subjects') {
      const items = await weakSubjects(house, actor, fingerprint ?? '')
      return print(args, { items }, [
        ...items.map(({ type, id }) => `${type} ${id}`),
        `${String(items.length)} records`,
      ])
    }
    if (word === 'destroyed') {
      const made = await recordDestruction(house, actor, fingerprint ?? '', {
        destroyedOn: args.need('on'),
        destroyedBy: args.need('by'),
        how: args.need('how'),
        witness: args.need('witness'),
      })
      return print(args, made, [`on record: ${fingerprint ?? ''} was destroyed on ${made.destroyedOn}`])
    }
    const items = await oldKeys(house, actor)
    print(args, { items }, [
      ...items.map(
        ({ fingerprint: name, ciphers, subjects, destruction }) =>
          `${name}  ${ciphers.join(', ')}  subjects ${String(subjects)}  ${destruction ? `destroyed ${destruction.destroyedOn}` : 'NOT ON RECORD AS DESTROYED'}`,
      ),
      `${String(items.length)} old keys`,
    ])
  })
}
