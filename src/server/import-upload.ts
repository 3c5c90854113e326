// Files on their way in: kept in memory for half an hour, previewed, run with the rights of whoever uploaded them. Keeps server-7.
import { type Actor, Fault, newId, sizeOf, type Uuid } from '#kernel'
import { type ImportResult, inspect, type Preview } from '#crm'
import type { ImportPreview, ImportRun, ImportState, LegacyRead } from './contract/imports.ts'
import type { House } from './house.ts'
import { openLegacy, orderOf } from './import-legacy.ts'
import { noCounts, runImport } from './import-run.ts'
import { type Call, idOf } from './route.ts'

/** Bytes of one upload: it is held in memory. */
const largestUpload = 64 * 1024 * 1024
const longestMs = 30 * 60_000
/** Bytes that all uploads together may hold. */
const room = 4 * largestUpload

interface Held {
  readonly id: Uuid
  readonly userId: Uuid
  readonly bytes: Uint8Array
  readonly abort: AbortController
  readonly timer: NodeJS.Timeout
  state: ImportState['state']
  progress: number
  counts: Pick<ImportState, 'read' | 'created' | 'updated' | 'unchanged' | 'refused'>
  result: ImportResult | null
  legacy: LegacyRead | null
  error: string | null
}

const uploads = new WeakMap<House, Map<Uuid, Held>>()

const of = (house: House): Map<Uuid, Held> => {
  const found = uploads.get(house) ?? new Map<Uuid, Held>()
  uploads.set(house, found)
  return found
}

const forget = (house: House, id: Uuid): void => {
  const entry = of(house).get(id)
  if (entry) clearTimeout(entry.timer)
  of(house).delete(id)
}

/** The upload of that id, where it is this person's own. Throws not-found. */
export const held = (call: Call): Held => {
  const entry = of(call.house).get(idOf(call, 'id', 'import'))
  if (entry?.userId !== call.who.user.id) throw new Fault('not-found', { what: 'import' })
  return entry
}

/** Throws denied where this person may import nothing at all. */
export const demandImport = async (house: House, actor: Actor): Promise<void> => {
  const abilities = await house.vault.abilities(actor)
  if (!Object.values(abilities).some((type) => type.import)) throw new Fault('denied', { action: 'import' })
}

export const upload = async (call: Call): Promise<ImportPreview> => {
  const { house, who } = call
  await demandImport(house, call.actor)
  const file = await call.upload(largestUpload)
  const { encoding, delimiter, type } = file.fields
  const preview = inspect(file.bytes, {
    ...(encoding === undefined || encoding === '' ? {} : { encoding }),
    ...(delimiter === undefined || delimiter === '' ? {} : { delimiter }),
    ...(type === undefined || type === '' ? {} : { type }),
  })
  // One upload waits per person: the next takes its place.
  for (const entry of [...of(house).values()])
    if (entry.userId === who.user.id && entry.state !== 'running') forget(house, entry.id)
  const used = [...of(house).values()].reduce((sum, entry) => sum + entry.bytes.length, 0)
  if (used + file.bytes.length > room)
    throw new Fault('too-large', { what: 'all uploads together', limit: sizeOf(room) })
  const id = newId()
  of(house).set(id, {
    id,
    userId: who.user.id,
    bytes: file.bytes,
    abort: new AbortController(),
    timer: expire(house, id),
    state: 'preview',
    progress: 0,
    counts: noCounts,
    result: null,
    legacy: null,
    error: null,
  })
  return { ...previewOf(preview), id, fileName: file.name }
}

/** A running import stays until it ends; everything else goes after half an hour. */
const expire = (house: House, id: Uuid): NodeJS.Timeout =>
  setInterval(() => {
    if (of(house).get(id)?.state !== 'running') forget(house, id)
  }, longestMs).unref()

/** Starts an import; its end is seen in its state. What is wrong with an old key or its description is said at once, and nothing began. */
export const run = async (call: Call): Promise<{ readonly id: string }> => {
  const { house, actor, language } = call
  const entry = held(call)
  if (entry.state !== 'preview') throw new Fault('conflict', { what: 'import' })
  const { legacy: wish, ...wanted } = call.body as ImportRun
  const options = {
    ...wanted,
    bytes: entry.bytes,
    language,
    signal: entry.abort.signal,
    onProgress: (done: number, total: number, counts: Held['counts']) => {
      entry.progress = total === 0 ? 0 : Math.min(1, done / total)
      entry.counts = counts
    },
  }
  entry.state = 'running'
  try {
    const legacy = wish && (await openLegacy(house, options, orderOf(wish)))
    void runImport(house, actor, options, legacy).then(
      ({ result, legacy: read }) => {
        const { read: rows, created, updated, unchanged, refused } = result
        Object.assign(entry, {
          result,
          legacy: read,
          counts: { read: rows, created, updated, unchanged, refused },
          progress: 1,
          state: result.cancelled ? 'cancelled' : 'done',
        })
      },
      (error: unknown) => {
        Object.assign(entry, {
          state: 'failed',
          error: call.report(error).in(language),
        })
      },
    )
  } catch (error) {
    entry.state = 'preview'
    throw error
  }
  return { id: entry.id }
}

/** Stops an import that runs; forgets a file that does not. */
export const stop = (call: Call): void => {
  const entry = held(call)
  if (entry.state === 'running') entry.abort.abort()
  else forget(call.house, entry.id)
}

export const stateOf = (entry: Held): ImportState => ({
  id: entry.id,
  state: entry.state,
  progress: entry.progress,
  ...entry.counts,
  hasRefusedFile: typeof entry.result?.refusedCsv === 'string',
  error: entry.error,
  accountsCreated: entry.result?.accountsCreated ?? 0,
  unknownOwners: entry.result?.unknownOwners ?? [],
  warnings: entry.result?.warnings ?? [],
  legacy: entry.legacy,
})

const previewOf = (preview: Preview): Omit<ImportPreview, 'id' | 'fileName'> => ({
  encoding: preview.encoding,
  candidates: preview.candidates,
  delimiter: preview.delimiter,
  preset: preview.preset,
  suggestedType: preview.suggestedType,
  header: preview.header,
  rows: preview.rows,
  rowsEstimate: preview.totalRowsEstimate,
  columns: preview.columns.map(({ index, heading, suggestion, sensitive, dateOrder }) => ({
    index,
    heading,
    suggestion,
    warning: sensitive ?? null,
    ...(dateOrder === undefined ? {} : { dateOrder }),
  })),
  problems: preview.problems,
})
