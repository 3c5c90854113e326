// holdfast backup: create, list, verify and look into backups.
import { listBackups, type Verification, type VerifyInput, verifyRepository } from '#backup'
import { Fault, isFault } from '#kernel'
import type { Arguments } from './arguments.ts'
import { browse } from './backup-browse.ts'
import { readIdentity } from './backup-identity.ts'
import { configOf, inHouse } from './house.ts'
import { print, progress } from './output.ts'

const types = ['full', 'incremental', 'differential'] as const

export const run = async (args: Arguments): Promise<void> => {
  switch (args.words[0]) {
    case 'create':
      return create(args)
    case 'list':
      return list(args)
    case 'verify':
      return verify(args)
    case 'browse':
      return browse(args)
    default:
      throw new Fault('wrong-use', { what: 'backup takes: create, list, verify or browse' })
  }
}

const create = async (args: Arguments): Promise<void> => {
  const type = types.find((one) => one === args.need('type'))
  if (type === undefined)
    throw new Fault('wrong-use', { what: 'option --type takes full, incremental or differential' })
  await inHouse(args, async (house) => {
    const show = progress(args)
    const made = await house.backups.create({
      type,
      repo: house.config.repository,
      onProgress: (done) => show(`${(done * 100).toFixed(0)} %`),
    })
    show('')
    print(args, made, [
      `${made.type} backup ${made.id}: ${String(made.rows)} rows, ${String(made.bytes)} bytes, ${made.seconds.toFixed(1)} s`,
      `with it the snapshot of the keyring: ${String(made.keyring.rows)} rows, ${String(made.keyring.bytes)} bytes`,
    ])
  })
}

const list = async (args: Arguments): Promise<void> => {
  const items = await listBackups(configOf(args).repository)
  print(
    args,
    { backups: items },
    items.map(
      (item) =>
        `${item.id}  ${item.type.padEnd(12)} ${String(item.rows).padStart(9)} rows ${String(item.bytes).padStart(12)} bytes`,
    ),
  )
}

const verify = async (args: Arguments): Promise<void> => {
  const identity = args.text('identity')
  const report = await verified(args, {
    repo: configOf(args).repository,
    level: identity === undefined ? 1 : 2,
    ...(identity === undefined ? {} : { identity: await readIdentity(identity) }),
  })
  if (!report.ok) process.exitCode = 1
  print(args, report, [
    ...report.problems.map(
      (problem) => `${problem.severity}: ${problem.what} (${problem.object})\n  → ${problem.remedy}`,
    ),
    report.ok ? `intact at level L${String(report.level)}` : 'NOT intact',
  ])
}

/** With the installation at hand its memory of what it backed up counts too; the repository can be checked without it. */
const verified = async (args: Arguments, input: VerifyInput): Promise<Verification> => {
  try {
    return await inHouse(args, (house) => house.backups.verify(input))
  } catch (error) {
    if (!isFault(error, 'not-set-up') && !isFault(error, 'keystore-missing')) throw error
    return verifyRepository(input)
  }
}
