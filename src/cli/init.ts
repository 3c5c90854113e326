// holdfast init: sets an installation up without a browser.
import { readdir } from 'node:fs/promises'
import { openHouse } from '#server'
import { Fault } from '#kernel'
import type { Arguments } from './arguments.ts'
import { configOf, profileIn } from './house.ts'
import { print, readInput } from './output.ts'

export const run = async (args: Arguments): Promise<void> => {
  const email = args.need('admin-email')
  if (!args.flag('password-stdin'))
    throw new Fault('wrong-use', {
      what: 'option --password-stdin is needed: the password is read from standard input',
    })
  const language = args.text('language') ?? 'zh'
  if (language !== 'zh' && language !== 'en') throw new Fault('wrong-use', { what: 'option --language takes zh or en' })
  const profile = profileIn(args)
  const config = configOf(args)
  const password = await readInput()
  const house = await openHouse(config, { create: true, ...profile })
  try {
    const organisation = args.text('organisation') ?? 'Holdfast'
    const name = args.text('admin-name') ?? email.split('@')[0] ?? email
    const { userId } = await house.setUp({
      name,
      email,
      role: 'administrator',
      teamId: null,
      language,
      password,
      organisation,
    })
    const sheet = await house.recoverySheet()
    if (!args.json) process.stderr.write(`${sheet.text(language)}\n`)
    const keys = (await readdir(config.keys)).sort()
    print(
      args,
      {
        ok: true,
        tenant: house.tenant,
        userId,
        profile: profile.profile ?? 'international',
        fingerprint: sheet.fingerprint,
        data: config.data,
        keys: config.keys,
        files: keys,
      },
      [
        `set up: ${config.data} (keys: ${config.keys}, fingerprint ${sheet.fingerprint}, profile ${profile.profile ?? 'international'})`,
        `the backup identity is ${config.keys}/backup.identity: move it to another place`,
      ],
    )
  } finally {
    await house.close()
  }
}
