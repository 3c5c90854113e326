// holdfast backup browse BACKUP TYPE [ID] --identity FILE --as E [--changed]: what a backup held, as that person may see it today.
import { setTimeout as sleep } from 'node:timers/promises'
import { Fault, newId, typeOf } from '#kernel'
import { beginBrowsing } from '#server'
import type { Arguments } from './arguments.ts'
import { readIdentity } from './backup-identity.ts'
import { inHouse, personOf } from './house.ts'
import { print, progress } from './output.ts'

export const browse = async (args: Arguments): Promise<void> => {
  const [, backup, type, id] = args.words
  if (backup === undefined || type === undefined)
    throw new Fault('wrong-use', { what: 'backup browse takes a backup, a record type and perhaps the id of a record' })
  const identity = await readIdentity(args.need('identity'))
  const show = progress(args)
  await inHouse(args, async (house) => {
    if (type === 'user' || type === 'team' || !house.vault.catalogue.types.some((one) => one.name === type))
      throw new Fault('wrong-use', { what: 'there is no such record type' })
    const actor = await personOf(house, args)
    const onlooker = { user: actor.principal.id, session: newId() }
    const report = (error: unknown): Fault =>
      error instanceof Fault ? error : new Fault('internal', { id: newId() }, { cause: error })
    const { id: browsing } = await beginBrowsing(house, actor, { backup, identity, session: onlooker.session, report })
    for (;;) {
      const [now] = house.browsings.of(onlooker)
      if (now?.state !== 'opening') break
      show(`${(now.progress * 100).toFixed(0)} %`)
      await sleep(100)
    }
    show('')
    const look = await house.browsings.look(onlooker, browsing)
    const title = typeOf(house.vault.catalogue, type).title
    if (id !== undefined) {
      const seen = await look.get(actor, type, id)
      const values = Object.entries(seen.values).filter(([, value]) => value !== null)
      print(args, seen, [`${seen.id}  ${seen.since}`, ...values.map(([name, value]) => `${name}: ${String(value)}`)])
      return
    }
    const cursor = args.text('cursor')
    const page = await look.list(actor, type, {
      changed: args.flag('changed'),
      ...(cursor === undefined ? {} : { cursor }),
    })
    print(args, page, [
      ...page.items.map((one) => `${one.id}  ${one.since.padEnd(8)} ${String(one.values[title] ?? '')}`),
      ...(page.next === undefined ? [] : [`more: --cursor ${page.next}`]),
    ])
  })
}
