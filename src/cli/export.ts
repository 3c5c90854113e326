// holdfast export: writes what a person may export to a CSV file, masked as that person sees it, journalled with its purpose.
import { open, rename, rm } from 'node:fs/promises'
import { exportCsv } from '#crm'
import { Fault } from '#kernel'
import type { Arguments } from './arguments.ts'
import { inHouse, personOf } from './house.ts'
import { print } from './output.ts'

export const run = async (args: Arguments): Promise<void> => {
  const [type] = args.words
  if (type === undefined) throw new Fault('wrong-use', { what: 'export takes a record type' })
  const out = args.need('out')
  args.need('purpose')
  const language = args.text('language') === 'en' ? 'en' : 'zh'
  await inHouse(args, async (house) => {
    const actor = await personOf(house, args)
    // Written beside and renamed at the end: half an export never looks like a whole one.
    const partial = `${out}.partial`
    const file = await open(partial, 'w', 0o600)
    let bytes = 0
    try {
      for await (const piece of exportCsv(house.vault, actor, type, { language })) {
        bytes += (await file.write(piece)).bytesWritten
      }
      await file.sync()
    } catch (error) {
      await file.close()
      await rm(partial, { force: true })
      throw error
    }
    await file.close()
    await rename(partial, out)
    print(args, { file: out, bytes }, [`${out}: ${String(bytes)} bytes`])
  })
}
