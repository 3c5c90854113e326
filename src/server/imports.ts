// Importing a file: kept in memory for half an hour, previewed, run with the rights of whoever uploaded it. Keeps server-7.
import { Fault, newId, type Uuid } from '#kernel'
import { type ImportResult, inspect, type Preview } from '#crm'
import { legacyCharsets, legacyCiphers, legacyEncodings, legacyModes, legacyPaddings } from '#encryption'
import type { ImportPreview, ImportRun, ImportState } from './contract.ts'
import type { LegacyColumns, PastImport } from './contract/imports.ts'
import type { House } from './house.ts'
import { type LegacyOrder, type LegacyTold, pastRuns, runImport } from './import-run.ts'
import { type Call, type GuardedRoute, idOf, Reply } from './route.ts'
import {
  answer,
  boolean,
  both,
  integer,
  list,
  mapOf,
  nullable,
  number,
  oneOf,
  orNull,
  request,
  string,
  text,
} from './schema.ts'
import { sentenceOf } from './sentence.ts'

const resource = 'account, contact, lead, deal, followup, task'

const legacyOut = orNull(
  answer({ ciphers: list(string), keyFingerprint: string, blocks: integer, pastBirthday: boolean }),
)

export const importRoutes: readonly GuardedRoute[] = [
  {
    method: 'GET',
    path: '/api/imports',
    summary: 'The imports of whoever asks, newest first',
    action: 'import',
    resource,
    out: answer({
      items: list(
        answer({
          id: string,
          type: string,
          state: oneOf('running', 'done', 'failed', 'cancelled', 'interrupted'),
          read: integer,
          created: integer,
          updated: integer,
          unchanged: integer,
          refused: integer,
          legacy: legacyOut,
          startedAt: string,
          finishedAt: nullable(string),
        }),
      ),
    }),
    handler: async ({ house, actor }): Promise<{ readonly items: readonly PastImport[] }> => {
      const abilities = await house.vault.abilities(actor)
      if (!Object.values(abilities).some((type) => type.import)) throw new Fault('denied', { action: 'import' })
      const runs = await pastRuns(house, actor)
      return {
        items: runs.map(({ counts, startedAt, finishedAt, ...run }) => ({
          ...run,
          ...none,
          ...counts,
          startedAt: startedAt.toISOString(),
          finishedAt: finishedAt?.toISOString() ?? null,
        })),
      }
    },
  },
  {
    method: 'POST',
    path: '/api/imports',
    summary: 'Upload a file and see what it seems to be',
    action: 'import',
    resource,
    multipart: true,
    out: answer({
      id: string,
      fileName: string,
      encoding: string,
      candidates: list(string),
      delimiter: string,
      preset: nullable(string),
      suggestedType: nullable(string),
      header: list(string),
      rows: list(list(string)),
      rowsEstimate: integer,
      columns: list(
        answer({
          index: integer,
          heading: string,
          suggestion: nullable(string),
          warning: orNull(both),
          'dateOrder?': string,
        }),
      ),
      problems: list(both),
    }),
    handler: upload,
  },
  {
    method: 'POST',
    path: '/api/imports/:id/run',
    summary: 'Store the rows; what cannot be stored comes back as a file',
    action: 'import',
    resource,
    body: request({
      type: text(64),
      encoding: text(32),
      delimiter: text(8),
      mapping: mapOf(nullable(text(64))),
      createAccounts: boolean,
      'dateOrders?': mapOf(oneOf('dmy', 'mdy')),
      'legacy?': request({
        key: text(512),
        keyEncoding: oneOf('hex', 'base64', 'text'),
        derive: oneOf('raw', 'mysql'),
        columns: mapOf(
          request({
            cipher: oneOf(...legacyCiphers),
            mode: oneOf(...legacyModes),
            iv: oneOf('none', 'zero', 'prefix', 'hex', 'column'),
            'ivHex?': text(32),
            'ivColumn?': integer,
            padding: oneOf(...legacyPaddings),
            encoding: oneOf(...legacyEncodings),
            charset: oneOf(...legacyCharsets),
          }),
        ),
      }),
    }),
    out: answer({ id: string }),
    status: 202,
    handler: (call) => Promise.resolve(run(call)),
  },
  {
    method: 'GET',
    path: '/api/imports/:id',
    summary: 'How far an import has come',
    action: 'import',
    resource,
    out: answer({
      id: string,
      state: oneOf('preview', 'running', 'done', 'failed', 'cancelled'),
      progress: number,
      read: integer,
      created: integer,
      updated: integer,
      unchanged: integer,
      refused: integer,
      hasRefusedFile: boolean,
      error: nullable(string),
      accountsCreated: integer,
      unknownOwners: list(string),
      warnings: list(answer({ line: integer, zh: string, en: string })),
      legacy: legacyOut,
    }),
    handler: (call) => Promise.resolve(stateOf(held(call))),
  },
  {
    method: 'GET',
    path: '/api/imports/:id/refused.csv',
    summary: 'The rows that were not stored, each with its line and the reason',
    action: 'import',
    resource,
    out: 'file',
    handler: (call) => {
      const csv = held(call).result?.refusedCsv
      if (csv === undefined || csv === null) throw new Fault('not-found', { what: 'file' })
      const content = new TextEncoder().encode(csv)
      return Promise.resolve(Reply.file({ name: 'refused.csv', type: 'text/csv; charset=utf-8', content }))
    },
  },
  {
    method: 'DELETE',
    path: '/api/imports/:id',
    summary: 'Stop an import, or forget an uploaded file',
    action: 'import',
    resource,
    out: null,
    handler: (call) => {
      const entry = held(call)
      if (entry.state === 'running') entry.abort.abort()
      else forget(call.house, entry.id)
      return Promise.resolve()
    },
  },
]

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
  legacy: LegacyTold | null
  error: string | null
}

const none = { read: 0, created: 0, updated: 0, unchanged: 0, refused: 0 }

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

/** The upload of that id, where it is this person's own. */
const held = (call: Call): Held => {
  const entry = of(call.house).get(idOf(call, 'id', 'import'))
  if (entry?.userId !== call.who.user.id) throw new Fault('not-found', { what: 'import' })
  return entry
}

async function upload(call: Call): Promise<ImportPreview> {
  const { house, who } = call
  const abilities = await house.vault.abilities(call.actor)
  if (!Object.values(abilities).some((type) => type.import)) throw new Fault('denied', { action: 'import' })
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
  if (used + file.bytes.length > room) throw new Fault('too-large', { what: 'all uploads together', limit: room })
  const id = newId()
  of(house).set(id, {
    id,
    userId: who.user.id,
    bytes: file.bytes,
    abort: new AbortController(),
    timer: expire(house, id),
    state: 'preview',
    progress: 0,
    counts: none,
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

const run = (call: Call): { readonly id: string } => {
  const entry = held(call)
  if (entry.state !== 'preview') throw new Fault('conflict', { what: 'import' })
  const { legacy, ...wanted } = call.body as ImportRun & {
    readonly dateOrders?: Readonly<Record<string, 'dmy' | 'mdy'>>
    readonly legacy?: LegacyColumns
  }
  entry.state = 'running'
  runImport(
    call.house,
    call.actor,
    {
      ...wanted,
      bytes: entry.bytes,
      language: call.language,
      signal: entry.abort.signal,
      onProgress: (done, total, counts) => {
        entry.progress = total === 0 ? 0 : Math.min(1, done / total)
        entry.counts = counts
      },
    },
    legacy && orderOf(legacy),
  ).then(
    ({ result, legacy: told }) => {
      const { read, created, updated, unchanged, refused } = result
      Object.assign(entry, {
        result,
        legacy: told,
        counts: { read, created, updated, unchanged, refused },
        progress: 1,
        state: result.cancelled ? 'cancelled' : 'done',
      })
    },
    (error: unknown) => {
      Object.assign(entry, { state: 'failed', error: sentenceOf(call.report(error), call.language) })
    },
  )
  return { id: entry.id }
}

/** The specification as the decoder reads it; the key is let go of with the run. */
const orderOf = ({ key, keyEncoding, derive, columns }: LegacyColumns): LegacyOrder => ({
  key: keyEncoding === 'text' ? new TextEncoder().encode(key) : bytesOf(key, keyEncoding),
  spec: {
    derive,
    columns: Object.fromEntries(
      Object.entries(columns).map(([index, { iv, ivHex, ivColumn, ...column }]) => [
        index,
        { ...column, iv: iv === 'hex' ? { hex: ivHex ?? '' } : iv === 'column' ? { column: ivColumn ?? -1 } : iv },
      ]),
    ),
  },
})

const bytesOf = (key: string, encoding: 'hex' | 'base64'): Uint8Array => {
  const shape = encoding === 'hex' ? /^([0-9a-f]{2})+$/i : /^[A-Za-z0-9+/]+={0,2}$/
  if (!shape.test(key)) throw new Fault('bad-input', { what: `the old key is not written in ${encoding}` })
  return new Uint8Array(Buffer.from(key, encoding))
}

const stateOf = (entry: Held): ImportState & Record<string, unknown> => ({
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
