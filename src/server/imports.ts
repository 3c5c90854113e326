// Importing a file, as routes. Keeps server-7, server-80, server-81.
import { Fault } from '#kernel'
import { legacyCharsets, legacyCiphers, legacyEncodings, legacyModes, legacyPaddings } from '#encryption'
import type { PastImport } from './contract/imports.ts'
import { pastRuns } from './import-run.ts'
import { demandImport, held, run, stateOf, stop, upload } from './import-upload.ts'
import { type GuardedRoute, Reply } from './route.ts'
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
      await demandImport(house, actor)
      return { items: await pastRuns(house, actor) }
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
    handler: run,
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
    handler: (call) => Promise.resolve(stop(call)),
  },
]
