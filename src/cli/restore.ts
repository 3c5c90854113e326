// holdfast restore: brings a backup back into an empty data directory, with the same ids, and compares digests.
import { readFile } from 'node:fs/promises'
import { bringBack } from '#server'
import { Fault } from '#kernel'
import type { Arguments } from './arguments.ts'
import { readIdentity } from './backup-identity.ts'
import { configOf } from './house.ts'
import { print, progress } from './output.ts'

export const run = async (args: Arguments): Promise<void> => {
  args.need('repo')
  const identity = await readIdentity(args.need('identity'))
  const show = progress(args)
  const backup = args.text('backup')
  const sheetFile = args.text('sheet')
  const sheet =
    sheetFile === undefined
      ? undefined
      : await readFile(sheetFile, 'utf8').catch((cause: unknown) => {
          throw new Fault(
            'file-unreadable',
            { what: 'the recovery sheet does not exist or may not be read' },
            { cause },
          )
        })
  const restored = await bringBack(configOf(args), {
    identity,
    channel: 'cli',
    ...(backup === undefined ? {} : { backup }),
    ...(sheet === undefined ? {} : { sheet }),
    onProgress: (done) => show(`${(done * 100).toFixed(0)} %`),
  })
  show('')
  print(args, restored, [
    `restored backup ${restored.id}: ${String(restored.rows)} rows, ${restored.seconds.toFixed(1)} s; every table compares equal`,
    ...(restored.webhooks === 0
      ? []
      : [`${String(restored.webhooks)} webhooks are stopped and send nothing: holdfast webhooks resume --as E`]),
    ...(restored.mail
      ? ['the mail server is paused and no letter is sent: set it in use again under sign-in & mail']
      : []),
  ])
}
