// holdfast search: finds records as a person would.
import { Fault, typeOf } from '#kernel'
import type { Arguments } from './arguments.ts'
import { inHouse, personOf } from './house.ts'
import { print } from './output.ts'

export const run = async (args: Arguments): Promise<void> => {
  const [type, ...words] = args.words
  const text = words.join(' ')
  if (type === undefined || text === '') throw new Fault('wrong-use', { what: 'search takes a record type and a text' })
  await inHouse(args, async (house) => {
    if (!house.vault.catalogue.types.some((one) => one.name === type))
      throw new Fault('wrong-use', { what: 'there is no such record type' })
    const actor = await personOf(house, args)
    const page = await house.vault.list(actor, type, { search: text, limit: Number(args.text('limit') ?? 50) })
    const title = typeOf(house.vault.catalogue, type).title
    print(args, { items: page.items, ...(page.next === undefined ? {} : { next: page.next }) }, [
      ...page.items.map((item) => `${item.id}  ${String(item.values[title] ?? '')}`),
      `${String(page.items.length)} found`,
    ])
  })
}
