// holdfast api-key: keys of programs listed, made and taken out of force; a new one is printed once.
import { Fault, type Use } from '#kernel'
import { apiKeyItems, makeApiKey } from '#server'
import type { Arguments } from './arguments.ts'
import { inHouse, personOf } from './house.ts'
import { print } from './output.ts'

export const run = async (args: Arguments): Promise<void> => {
  const [verb, id] = args.words
  await inHouse(args, async (house) => {
    const actor = await personOf(house, args)
    await house.vault.demand(actor, 'user.manage')
    switch (verb) {
      case 'list': {
        const items = await apiKeyItems(house, actor.env.now)
        return print(
          args,
          { items },
          items.map(
            (key) => `${key.id}  ${key.prefix}…  ${key.state.padEnd(10)}  ${key.expiresAt.slice(0, 10)}  ${key.label}`,
          ),
        )
      }
      case 'create': {
        const user = await house.staff.findByEmail(args.need('user'))
        if (!user) throw new Fault('not-found', { what: 'user' })
        const { key, made } = await makeApiKey(house, actor, {
          label: args.need('label'),
          userId: user.id,
          bounds: readBounds(args.need('scope')),
          networks: (args.text('networks') ?? '').split(',').filter((one) => one !== ''),
          perMinute: 600,
          days: daysOf(args.text('days') ?? '90'),
        })
        return print(args, { id: made.id, key }, [key, 'it is not shown again'])
      }
      case 'revoke':
        if (id === undefined) throw new Fault('wrong-use', { what: 'api-key revoke takes the id of a key' })
        await house.identity.apiKeys.revoke(id, { actor })
        return print(args, { ok: true, id }, [`${id} is out of force`])
      default:
        throw new Fault('wrong-use', { what: 'api-key takes: list, create or revoke' })
    }
  })
}

/** account:read+write,contact:read */
const readBounds = (text: string): Record<string, readonly Use[]> =>
  Object.fromEntries(
    text.split(',').map((one) => {
      const [type = '', allowed = ''] = one.split(':')
      return [type.trim(), allowed.split('+').filter((use) => use !== '') as Use[]]
    }),
  )

const daysOf = (text: string): number => {
  const days = Number(text)
  if (!Number.isInteger(days) || days < 1 || days > 730)
    throw new Fault('wrong-use', { what: '--days is a whole number from 1 to 730' })
  return days
}
