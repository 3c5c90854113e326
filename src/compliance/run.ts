// Rows of a review: the run, its results as canonical records, and the journal's entry that tells their digest.
import { type Channel, type CheckState, hex, fromHex, type Json, type Label, type Uuid } from '#kernel'
import type { Journal } from '#journal'
import type { Tx } from '#store'

/** The evidence record: exactly what is hashed. */
export interface EvidenceRecord {
  readonly control: string
  readonly checkVersion: number
  readonly productVersion: string
  readonly collectedAt: string
  readonly state: CheckState
  readonly observed: { readonly [name: string]: Json }
  readonly population: number
  readonly finding: Label
}

export interface StoredResult {
  readonly record: EvidenceRecord
  /** Hex, as it was stored. */
  readonly sha256: string
}

export interface Run {
  readonly id: Uuid
  readonly startedAt: Date
  readonly finishedAt: Date
  readonly startedBy: Uuid
}

export interface RunHead {
  readonly id: Uuid
  readonly at: string
  readonly startedBy: Uuid
  readonly pass: number
  readonly fail: number
  readonly error: number
}

/** Writes a finished run and tells the journal, all in the transaction given. */
export const writeRun = async (
  tx: Tx,
  journal: Journal,
  tenant: Uuid,
  run: Run & { readonly channel: Channel; readonly ip?: string },
  results: readonly StoredResult[],
  digest: string,
  summary: object,
): Promise<void> => {
  await tx.query({
    text: 'insert into ops.check_run (tenant_id, id, started_at, finished_at, started_by) values ($1, $2, $3, $4, $5)',
    values: [tenant, run.id, run.startedAt, run.finishedAt, run.startedBy],
  })
  await tx.query({
    text: `insert into ops.check_result (tenant_id, run_id, control_id, check_version, state, result, sha256, collected_at)
      select $1, $2, r.control, r.version, r.state, r.record::jsonb, r.sha256, r.at
      from unnest($3::text[], $4::int[], $5::text[], $6::text[], $7::bytea[], $8::text[]::timestamptz[])
        as r (control, version, state, record, sha256, at)`,
    values: [
      tenant,
      run.id,
      results.map((r) => r.record.control),
      results.map((r) => r.record.checkVersion),
      results.map((r) => r.record.state),
      results.map((r) => JSON.stringify(r.record)),
      results.map((r) => fromHex(r.sha256)),
      results.map((r) => r.record.collectedAt),
    ],
  })
  await journal.append(tx, tenant, [
    {
      act: 'review.run',
      obj: 'review',
      recordId: run.id,
      actor: run.startedBy,
      decision: 'allow',
      channel: run.channel,
      ...(run.ip === undefined ? {} : { ip: run.ip }),
      detail: { digest, results: results.length, ...summary },
    },
  ])
}

export interface Found {
  readonly run: Run
  readonly results: readonly StoredResult[]
  /** What the journal was told of the run; null where it knows nothing of it. */
  readonly told: { readonly digest: string; readonly entryId: string; readonly index: string | null } | null
}

/** A finished run with its results, or null. */
export const findRun = async (tx: Tx, journal: Journal, tenant: Uuid, id: Uuid): Promise<Found | null> => {
  const [run] = await tx.query<Run>({
    text: `select id, started_at as "startedAt", finished_at as "finishedAt", started_by as "startedBy"
      from ops.check_run where tenant_id = $1 and id = $2 and finished_at is not null`,
    values: [tenant, id],
  })
  if (!run) return null
  const rows = await tx.query<{ result: EvidenceRecord; sha256: Uint8Array }>({
    text: 'select result, sha256 from ops.check_result where tenant_id = $1 and run_id = $2 order by control_id',
    values: [tenant, id],
  })
  const { items } = await journal.list(tx, tenant, { act: 'review.run', obj: 'review', recordId: id, limit: 1 })
  const [entry] = items
  const detail: Json = entry?.detail ?? null
  const digest = typeof detail === 'object' && detail !== null && 'digest' in detail ? detail.digest : null
  return {
    run,
    results: rows.map((row) => ({ record: row.result, sha256: hex(row.sha256) })),
    told:
      entry && typeof digest === 'string'
        ? { digest, entryId: String(entry.id), index: entry.index === null ? null : String(entry.index) }
        : null,
  }
}

/** Id of the newest finished run. */
export const latestRun = async (tx: Tx, tenant: Uuid): Promise<Uuid | null> => {
  const [row] = await tx.query<{ id: Uuid }>({
    text: `select id from ops.check_run where tenant_id = $1 and finished_at is not null
      order by started_at desc, id desc limit 1`,
    values: [tenant],
  })
  return row?.id ?? null
}

export const listRuns = async (tx: Tx, tenant: Uuid, limit: number): Promise<readonly RunHead[]> => {
  const rows = await tx.query<Omit<RunHead, 'at'> & { at: Date }>({
    text: `select r.id, r.started_at as at, r.started_by as "startedBy", s.pass, s.fail, s.error
      from ops.check_run r cross join lateral (
        select count(*) filter (where state = 'pass')::int as pass, count(*) filter (where state = 'fail')::int as fail,
          count(*) filter (where state = 'error')::int as error
        from ops.check_result c where c.tenant_id = r.tenant_id and c.run_id = r.id) s
      where r.tenant_id = $1 and r.finished_at is not null order by r.started_at desc, r.id desc limit $2`,
    values: [tenant, Math.min(Math.max(Math.trunc(limit), 1), 500)],
  })
  return rows.map((row) => ({ ...row, at: row.at.toISOString() }))
}
