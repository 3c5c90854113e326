// holdfast fields: what an organisation added to its records; adding a field, no longer offering one.
import { Fault } from '#kernel'
import { addField, changeField } from '#server'
import type { Arguments } from './arguments.ts'
import { inHouse, personOf } from './house.ts'
import { print } from './output.ts'

export const run = (args: Arguments): Promise<void> =>
  inHouse(args, async (house) => {
    const actor = await personOf(house, args)
    const [word = 'list', id = ''] = args.words
    switch (word) {
      case 'list': {
        await house.vault.demand(actor, 'settings.edit')
        const { custom } = house.store.known
        return print(
          args,
          { items: custom.map(({ type, field }) => ({ type, ...field })) },
          custom.length === 0 ? ['no fields were added'] : custom.map(lineOf),
        )
      }
      case 'add': {
        const label = { zh: args.text('label-zh') ?? '', en: args.text('label') ?? '' }
        const purpose = args.need('purpose')
        const made = await addField(house, actor, {
          type: args.need('type'),
          name: args.need('name'),
          kind: args.text('kind') ?? 'text',
          label,
          dataClass: args.text('class') ?? 'internal',
          group: args.text('group') ?? 'custom',
          inList: true,
          searched: args.flag('searched'),
          options: (args.text('options') ?? '')
            .split(',')
            .filter(Boolean)
            .map((value) => ({ value, label: { zh: value, en: value } })),
          purpose: { zh: purpose, en: purpose },
        })
        return print(args, { type: made.type, ...made.field }, [lineOf(made)])
      }
      case 'retire':
      case 'offer': {
        if (!/^\d{5}$/.test(id)) throw new Fault('wrong-use', { what: `fields ${word} takes the number of a field` })
        const made = await changeField(house, actor, Number(id), { retired: word === 'retire' })
        return print(args, { type: made.type, ...made.field }, [lineOf(made)])
      }
      default:
        throw new Fault('wrong-use', { what: 'fields takes: list, add, retire ID, offer ID' })
    }
  })

const lineOf = ({ type, field }: Awaited<ReturnType<typeof addField>>): string =>
  `${String(field.id)}  ${type}.${field.name}  ${field.kind}, ${field.dataClass}, ${field.storage}${field.retired === true ? ', no longer offered' : ''}  ${field.label.en}`
