// holdfast import: brings the rows of a CSV file in as records; a second run of the same file changes nothing.
import { readFile, writeFile } from 'node:fs/promises'
import { inspect } from '#crm'
import { Fault } from '#kernel'
import { type LegacyOrder, openLegacy, runImport } from '#server'
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
      ...preview.columns.map((column) => `  ${short(column.heading)} → ${column.suggestion ?? '(left out)'}`),
      'nothing was imported; run again with --yes',
    ])
    return
  }
  const order = await legacyOf(args)
  await inHouse(args, async (house) => {
    const actor = await personOf(house, args)
    const show = progress(args)
    const wanted = {
      bytes,
      ...options,
      mapping: Object.fromEntries(preview.columns.map((column) => [column.index, column.suggestion])),
      createAccounts: !args.flag('no-create-accounts'),
      onProgress: (done: number, total: number) => show(`${String(done)} of ${String(total)} rows`),
    }
    const legacy = order && (await openLegacy(house, wanted, order))
    const { result, legacy: told } = await runImport(house, actor, wanted, legacy)
    show('')
    let refusedFile: string | null = null
    if (result.refusedCsv !== null) {
      refusedFile = `${path.split('/').at(-1) ?? 'import'}.refused.csv`
      await writeFile(refusedFile, result.refusedCsv, { mode: 0o600 })
    }
    const { read, created, updated, unchanged, refused } = result
    const leftOut = preview.columns.flatMap(({ heading, suggestion }) => (suggestion === null ? [heading] : []))
    const summary = {
      read,
      created,
      updated,
      unchanged,
      refused,
      refusedFile,
      leftOut,
      ...(told ? { legacy: told } : {}),
    }
    print(args, summary, [
      `${String(read)} read, ${String(created)} created, ${String(updated)} updated, ${String(unchanged)} unchanged, ${String(refused)} refused`,
      ...(refusedFile === null ? [] : [`refused rows, with the reason: ${refusedFile}`]),
      ...(leftOut.length === 0 ? [] : [`columns left out: ${leftOut.map(short).join(', ')}`]),
      ...(told
        ? [`read under ${told.ciphers.join(', ')}, key ${told.keyFingerprint}: destroy the old key and every old copy`]
        : []),
      ...(told?.pastBirthday === true
        ? ['more than 2^20 blocks lie under one key of a 64-bit cipher: old copies may tell of themselves']
        : []),
    ])
  })
}

/** A heading as a line of people has room for it. */
const short = (heading: string): string => (heading.length > 60 ? `${heading.slice(0, 60)}…` : heading)

/** --legacy SPEC.json with --legacy-key-file FILE: columns that an old system sealed. The key is raw bytes, or hex with the prefix hex:. */
const legacyOf = async (args: Arguments): Promise<LegacyOrder | undefined> => {
  const path = args.text('legacy')
  if (path === undefined) {
    // A key that nothing would use: the ciphertext would come in as values.
    if (args.text('legacy-key-file') !== undefined) args.need('legacy')
    return undefined
  }
  const read = (file: string): Promise<Buffer> =>
    readFile(file).catch((cause: unknown) => {
      throw new Fault('file-unreadable', { what: 'a file of --legacy does not exist or may not be read' }, { cause })
    })
  const key = await read(args.need('legacy-key-file'))
  const text = key.toString('latin1').replace(/\r?\n$/, '')
  const hex = /^hex:([0-9a-f]{2})+$/i.test(text)
  // An editor's line end is no part of a key that was typed; of bytes that are no text nothing is taken away.
  const typed = /^[\x20-\x7e]+$/.test(text)
  try {
    const spec: unknown = JSON.parse((await read(path)).toString('utf8'))
    return {
      spec,
      columnsBy: 'heading',
      key: hex ? Buffer.from(text.slice(4), 'hex') : typed ? Buffer.from(text, 'latin1') : key,
    }
  } catch (cause) {
    if (cause instanceof Fault) throw cause
    throw new Fault('bad-input', { what: 'the specification of old ciphers is not JSON' }, { cause })
  }
}
