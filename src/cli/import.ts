// holdfast import: brings the rows of a CSV file in as records; a second run of the same file changes nothing.
import { readFile, writeFile } from 'node:fs/promises'
import { createImport, inspect } from '#crm'
import { Fault } from '#kernel'
import type { Arguments } from './arguments.ts'
import { inHouse, personOf } from './house.ts'
import { print, progress } from './output.ts'

export const run = async (args: Arguments): Promise<void> => {
  const [path] = args.words
  if (path === undefined) throw new Fault('wrong-use', { what: 'import takes a file' })
  const type = args.need('type')
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new Fault('file-unreadable', { what: 'it does not exist or may not be read' }, { cause })
  })
  const options = {
    ...(args.text('encoding') === undefined ? {} : { encoding: args.need('encoding') }),
    ...(args.text('delimiter') === undefined ? {} : { delimiter: args.need('delimiter') }),
    type,
  }
  const preview = inspect(bytes, options)
  if (!args.flag('yes')) {
    print(args, { preview: { ...preview, rows: preview.rows.length } }, [
      `encoding ${preview.encoding}, delimiter ${JSON.stringify(preview.delimiter)}, preset ${preview.preset ?? 'none'}`,
      ...preview.columns.map((column) => `  ${column.heading} → ${column.suggestion ?? '(left out)'}`),
      'nothing was imported; run again with --yes',
    ])
    return
  }
  await inHouse(args, async (house) => {
    const actor = await personOf(house, args)
    const show = progress(args)
    const result = await createImport(house.vault).run(actor, {
      bytes,
      ...options,
      mapping: Object.fromEntries(preview.columns.map((column) => [column.index, column.suggestion])),
      createAccounts: !args.flag('no-create-accounts'),
      onProgress: (done, total) => show(`${String(done)} of ${String(total)} rows`),
    })
    show('')
    let refusedFile: string | null = null
    if (result.refusedCsv !== null) {
      refusedFile = `${path.split('/').at(-1) ?? 'import'}.refused.csv`
      await writeFile(refusedFile, result.refusedCsv, { mode: 0o600 })
    }
    const { read, created, updated, unchanged, refused } = result
    print(args, { read, created, updated, unchanged, refused, refusedFile }, [
      `${String(read)} read, ${String(created)} created, ${String(updated)} updated, ${String(unchanged)} unchanged, ${String(refused)} refused`,
      ...(refusedFile === null ? [] : [`refused rows, with the reason: ${refusedFile}`]),
    ])
  })
}
