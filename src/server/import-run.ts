// One import as people can look back on it: a row of ops.import_run that moves with it, and, where an old system had sealed columns,
// what was read under which cipher. Page and verb both run imports through here. Keeps server-80, server-81.
import { createImport, type ImportCounts, type ImportOptions, type ImportResult, openSource } from '#crm'
import {
  hmacSha256,
  type LegacyDecoder,
  openLegacyDecoder,
  parseLegacySpec,
  pastBirthday,
  sha256,
  type LegacySpec,
} from '#encryption'
import { type Actor, hex, newId, scopeOf, typeOf, type Uuid } from '#kernel'
import type { House } from './house.ts'

/** Columns that an old system sealed, as the customer describes them, and its key: held for this run alone. */
export interface LegacyOrder {
  readonly spec: unknown
  readonly key: Uint8Array
}

export interface LegacyTold {
  /** Such as aes-128-ecb. */
  readonly ciphers: readonly string[]
  /** Keyed, so that the old key cannot be searched for from it. */
  readonly keyFingerprint: string
  readonly blocks: number
  /** More blocks under one key of a 64-bit cipher than are safe (Sweet32): an old copy may tell of itself. */
  readonly pastBirthday: boolean
}

export interface Ran {
  readonly id: Uuid
  readonly result: ImportResult
  readonly legacy: LegacyTold | null
}

/** Runs an import and tells of it. Throws what the import throws, after the run was told as failed. */
export const runImport = async (
  house: House,
  actor: Actor,
  options: ImportOptions,
  order?: LegacyOrder,
): Promise<Ran> => {
  const legacy = order && (await openLegacy(house, options, order))
  const source = sha256(options.bytes)
  const id = newId()
  let told = Date.now()
  let telling: Promise<unknown> = Promise.resolve()
  try {
    await begin(house, actor, id, options.type, source)
    const result = await createImport(house.vault).run(actor, {
      ...options,
      ...(legacy ? { decoder: legacy.decoder, onStored: (ids) => markWeak(house, actor, id, options.type, ids) } : {}),
      onProgress: (done, total, counts) => {
        options.onProgress?.(done, total, counts)
        if (Date.now() - told < 1000) return
        told = Date.now()
        telling = telling.then(() => move(house, actor, id, 'running', counts, null)).catch(() => undefined)
      },
    })
    await telling
    const found = legacy ? toldOf(legacy) : null
    await finish(house, actor, { id, type: options.type, source, result, legacy: found })
    return { id, result, legacy: found }
  } catch (error) {
    await telling
    await move(house, actor, id, 'failed', null, null).catch(() => undefined)
    throw error
  } finally {
    legacy?.decoder.close()
  }
}

interface Legacy {
  readonly spec: LegacySpec
  readonly decoder: LegacyDecoder
  readonly fingerprint: string
}

const openLegacy = async (house: House, options: ImportOptions, order: LegacyOrder): Promise<Legacy> => {
  const { header } = openSource(house.vault.catalogue, options.bytes, options, 'refuse')
  const spec = parseLegacySpec(order.spec, header)
  // A plain hash of a DES key would be a way to search for it: 2^56 tries.
  const fingerprint = hex(hmacSha256(await house.keys.secret('legacy-key'), order.key).subarray(0, 10))
  return { spec, decoder: await openLegacyDecoder(spec, order.key), fingerprint }
}

const toldOf = ({ spec, decoder, fingerprint }: Legacy): LegacyTold => ({
  ciphers: [...new Set(spec.columns.map(({ cipher, mode }) => `${cipher}-${mode}`))].sort(),
  keyFingerprint: fingerprint,
  blocks: decoder.blocks(),
  pastBirthday: pastBirthday(spec, decoder.blocks()),
})

const begin = (house: House, actor: Actor, id: Uuid, type: string, source: Uint8Array): Promise<unknown> =>
  house.store.transaction(scopeOf(actor), (tx) =>
    tx.query({
      text: `insert into ops.import_run (tenant_id, id, type, file_sha256, state, started_by) values ($1, $2, $3, $4, 'running', $5)`,
      values: [house.tenant, id, type, Buffer.from(source), actor.principal.id],
    }),
  )

const move = (
  house: House,
  actor: Actor,
  id: Uuid,
  state: 'running' | 'failed',
  counts: ImportCounts | null,
  finished: Date | null,
): Promise<unknown> =>
  house.store.transaction(scopeOf(actor), (tx) =>
    tx.query({
      text: `update ops.import_run set state = $3, counts = coalesce($4::jsonb, counts), seen_at = now(),
               finished_at = case when $3 = 'running' then null else coalesce($5, now()) end
             where tenant_id = $1 and id = $2`,
      values: [house.tenant, id, state, counts && JSON.stringify(counts), finished],
    }),
  )

interface Finished {
  readonly id: Uuid
  readonly type: string
  readonly source: Uint8Array
  readonly result: ImportResult
  readonly legacy: LegacyTold | null
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

/** The subjects of records that were just stored: an old copy of their data lies under a cipher that protects no longer. */
const markWeak = (house: House, actor: Actor, run: Uuid, type: string, ids: readonly Uuid[]): Promise<void> =>
  house.store.transaction(scopeOf(actor), async (tx) => {
    await tx.query({
      text: `insert into ops.formerly_weak (tenant_id, subject_id, run_id)
             select distinct tenant_id, subject_id, $2::uuid from crm."${typeOf(house.vault.catalogue, type).table}"
             where tenant_id = $1 and id = any($3::uuid[]) on conflict do nothing`,
      values: [house.tenant, run, ids],
    })
  })

/** A run that has not moved for so long is told as interrupted. */
const stillMs = 60_000

export interface PastRun {
  readonly id: Uuid
  readonly type: string
  readonly state: 'running' | 'done' | 'failed' | 'cancelled' | 'interrupted'
  readonly counts: Partial<ImportCounts>
  readonly legacy: LegacyTold | null
  readonly startedAt: Date
  readonly finishedAt: Date | null
}

/** The last fifty imports of a person, newest first. */
export const pastRuns = (house: House, actor: Actor): Promise<readonly PastRun[]> =>
  house.store.transaction(scopeOf(actor), (tx) =>
    tx.query<PastRun>({
      text: `select id, type, case when state = 'running' and seen_at < now() - $3 * interval '1 millisecond' then 'interrupted' else state end as state,
               counts, legacy, started_at as "startedAt", finished_at as "finishedAt"
             from ops.import_run where tenant_id = $1 and started_by = $2 order by started_at desc, id desc limit 50`,
      values: [house.tenant, actor.principal.id, stillMs],
    }),
  )
