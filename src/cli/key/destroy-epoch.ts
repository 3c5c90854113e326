// holdfast keys destroy-epoch N: wipes the keys of an epoch once the database has shown that nothing needs them.
import { Fault } from '#kernel'
import type { Arguments } from '../arguments.ts'
import { inHouse } from '../house.ts'
import { print } from '../output.ts'

export const run = (args: Arguments): Promise<void> => {
  const [, text = ''] = args.words
  const epoch = Number(text)
  if (!/^\d{1,5}$/.test(text)) throw new Fault('wrong-use', { what: 'keys destroy-epoch takes the number of an epoch' })
  return inHouse(args, async (house) => {
    const actor = { ...house.system, env: { ...house.system.env, channel: 'cli' as const } }
    const remaining = await house.rotation.destroyEpoch(actor, epoch)
    print(args, { epoch, state: 'destroyed', remaining }, [
      `epoch ${String(epoch)} is destroyed; nothing needed it: ${Object.keys(remaining).join(', ')}`,
    ])
  })
}
