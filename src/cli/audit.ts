// holdfast audit verify: recomputes the journal's tree from the stored bytes and checks the signed checkpoints.
import { Fault } from '#kernel'
import type { Arguments } from './arguments.ts'
import { inHouse } from './house.ts'
import { print } from './output.ts'

export const run = async (args: Arguments): Promise<void> => {
  if (args.words[0] !== 'verify') throw new Fault('wrong-use', { what: 'audit takes: verify' })
  await inHouse(args, async (house) => {
    // A sealer that refuses to sign over an altered history must not hide what verify would name.
    await house.journal.sealUp(house.tenant).catch(() => undefined)
    const report = await house.journal.verify(house.tenant)
    if (!report.ok) process.exitCode = 1
    const bad = report.firstBad
    print(args, report, [
      `${String(report.entries)} entries, root ${report.root}`,
      report.ok
        ? 'every entry is as it was written, every checkpoint is signed'
        : `NOT intact: entry ${bad?.entry ?? '?'} at index ${String(bad?.index ?? -1)}: ${bad?.what ?? ''}`,
    ])
  })
}
