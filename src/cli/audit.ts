// holdfast audit: verify recomputes the journal's tree from the stored bytes and checks the signed checkpoints.
import { readFile } from 'node:fs/promises'
import { Fault, fromUtf8, hex, verbatim } from '#kernel'
import { sha256 } from '#encryption'
import type { Arguments } from './arguments.ts'
import { inHouse } from './house.ts'
import { print } from './output.ts'

export const run = async (args: Arguments): Promise<void> => {
  if (args.words[0] === 'export') return findExport(args)
  if (args.words[0] !== 'verify') throw new Fault('wrong-use', { what: 'audit takes: verify or export FILE' })
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

/** Whose export a found file is: by its digest, and by the marks in its rows. */
const findExport = async (args: Arguments): Promise<void> => {
  const [, name] = args.words
  if (name === undefined) throw new Fault('wrong-use', { what: 'audit export takes a file' })
  const bytes = await readFile(name).catch((cause: unknown) => {
    throw new Fault('file-unreadable', { what: verbatim(name) }, { cause })
  })
  const marks = [...new Set(fromUtf8(bytes).match(/(?<=HF-)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/gu) ?? [])]
  await inHouse(args, async (house) => {
    const found = await house.exports.find(hex(sha256(bytes)), marks.slice(0, 50))
    if (found.length === 0) process.exitCode = 1
    print(
      args,
      found,
      found.length === 0
        ? ['no export on record left this file']
        : found.map(
            (one) =>
              `export ${one.id} of ${one.type}, ${String(one.rows ?? 0)} rows, by ${one.userId} at ${one.startedAt.toISOString()}: ` +
              `${one.unchanged ? 'the file as it left' : 'the file was changed'}${one.journalled ? ', digest in the journal' : ''}`,
          ),
    )
  })
}
