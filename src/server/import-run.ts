// One import as people can look back on it: a row of ops.import_run that moves with it. Page and verb both run imports through here.
// Keeps server-80, server-81.
import { createImport, type ImportCounts, type ImportOptions, type ImportResult } from '#crm'
import { sha256 } from '#encryption'
import { type Actor, hex, newId, scopeOf, type Uuid } from '#kernel'
import type { LegacyRead, PastImport } from './contract/imports.ts'
import type { House } from './house.ts'
import { type Legacy, markWeak } from './import-legacy.ts'

export interface Ran {
  readonly id: Uuid
  readonly result: ImportResult
  readonly legacy: LegacyRead | null
}

/** Runs an import, tells of it, and closes the decoder. Throws what the import throws, after the run was told as failed. */
export const runImport = async (house: House, actor: Actor, options: ImportOptions, legacy?: Legacy): Promise<Ran> => {
  const source = sha256(options.bytes)
  const id = newId()
  let told = Date.now()
  let telling: Promise<unknown> = Promise.resolve()
  try {
    await begin(house, actor, id, options.type, source, legacy?.told() ?? null)
    const result = await createImport(house.vault).run(actor, {
      ...options,
      ...(legacy ? { decoder: legacy.decoder, onStored: (ids) => markWeak(house, actor, id, options.type, ids) } : {}),
      onProgress: (done, total, counts) => {
        options.onProgress?.(done, total, counts)
        if (Date.now() - told < 1000) return
        told = Date.now()
        // How far it is may be lost; what it did is told at its end, with the journal entry.
        telling = telling.then(() => move(house, actor, id, 'running', counts)).catch(() => undefined)
      },
    })
    await telling
    const read = legacy?.told() ?? null
    await finish(house, actor, { id, type: options.type, source, result, legacy: read })
    return { id, result, legacy: read }
  } catch (error) {
    await telling
    await move(house, actor, id, 'failed', null).catch(() => undefined)
    throw error
  } finally {
    legacy?.decoder.close()
  }
}

// The old key's fingerprint from the first moment: an import that is killed has read with that key as well.
const begin = (
  house: House,
  actor: Actor,
  id: Uuid,
  type: string,
  source: Uint8Array,
  legacy: LegacyRead | null,
): Promise<unknown> =>
  house.store.transaction(scopeOf(actor), (tx) =>
    tx.query({
      text: `insert into ops.import_run (tenant_id, id, type, file_sha256, state, started_by, legacy) values ($1, $2, $3, $4, 'running', $5, $6)`,
      values: [house.tenant, id, type, Buffer.from(source), actor.principal.id, legacy && JSON.stringify(legacy)],
    }),
  )

const move = (
  house: House,
  actor: Actor,
  id: Uuid,
  state: 'running' | 'failed',
  counts: ImportCounts | null,
): Promise<unknown> =>
  house.store.transaction(scopeOf(actor), (tx) =>
    tx.query({
      text: `update ops.import_run set state = $3, counts = coalesce($4::jsonb, counts), seen_at = now(),
               finished_at = case when $3 = 'running' then null else now() end
             where tenant_id = $1 and id = $2`,
      values: [house.tenant, id, state, counts && JSON.stringify(counts)],
    }),
  )

interface Finished {
  readonly id: Uuid
  readonly type: string
  readonly source: Uint8Array
  readonly result: ImportResult
  readonly legacy: LegacyRead | null
}

/** The end of a run and its journal entry, together. */
const finish = (house: House, actor: Actor, { id, type, source, result, legacy }: Finished): Promise<void> =>
  house.store.transaction(scopeOf(actor), async (tx) => {
    const { read, created, updated, unchanged, refused, cancelled } = result
    const counts = { read, created, updated, unchanged, refused }
    await tx.query({
      text: `update ops.import_run set state = $3, counts = $4, legacy = $5, seen_at = now(), finished_at = now()
             where tenant_id = $1 and id = $2`,
      values: [
        house.tenant,
        id,
        cancelled ? 'cancelled' : 'done',
        JSON.stringify(counts),
        legacy && JSON.stringify(legacy),
      ],
    })
    await house.journal.append(tx, house.tenant, [
      {
        act: 'import.run',
        obj: type,
        actor: actor.principal.id,
        channel: actor.env.channel,
        decision: 'allow',
        ...(actor.env.ip === '' ? {} : { ip: actor.env.ip }),
        detail: {
          run: id,
          source: hex(source),
          ...counts,
          cancelled,
          ...(legacy ? { legacy: { ...legacy, ciphers: [...legacy.ciphers] } } : {}),
        },
      },
    ])
  })

/** Before the first row. */
export const noCounts: ImportCounts = { read: 0, created: 0, updated: 0, unchanged: 0, refused: 0 }

/** A run that has not moved for so long is told as interrupted. */
const stillMs = 60_000

interface Row {
  readonly id: Uuid
  readonly type: string
  readonly state: PastImport['state']
  readonly counts: Partial<ImportCounts>
  readonly legacy: LegacyRead | null
  readonly startedAt: Date
  readonly finishedAt: Date | null
}

/** The last fifty imports of a person, newest first. */
export const pastRuns = async (house: House, actor: Actor): Promise<readonly PastImport[]> => {
  const rows = await house.store.transaction(scopeOf(actor), (tx) =>
    tx.query<Row>({
      text: `select id, type, case when state = 'running' and seen_at < now() - $3 * interval '1 millisecond' then 'interrupted' else state end as state,
               counts, legacy, started_at as "startedAt", finished_at as "finishedAt"
             from ops.import_run where tenant_id = $1 and started_by = $2 order by started_at desc, id desc limit 50`,
      values: [house.tenant, actor.principal.id, stillMs],
    }),
  )
  return rows.map(({ counts, startedAt, finishedAt, ...run }) => ({
    ...run,
    ...noCounts,
    ...counts,
    startedAt: startedAt.toISOString(),
    finishedAt: finishedAt?.toISOString() ?? null,
  }))
}
