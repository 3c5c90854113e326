// Exports: counted before the first row leaves, approved by a second person over a limit, each file on record by its digest. Keeps vault-194, vault-195.
import { createHash } from 'node:crypto'
import { type Actor, Fault, fromHex, hex, newId, rolesOf, scopeOf, typeOf, type Uuid } from '#kernel'
import { standsFor } from '#access'
import type { Tx } from '#store'
import { createGate } from './gate.ts'
import type { House } from './house.ts'
import { entryOf, journalDenial } from './rows.ts'

/** Rows one person may export in a day without asking: of all roles held, the most generous. */
export interface ExportLimits {
  readonly perDay: number
  readonly roles: Readonly<Record<string, number>>
}

const usual: ExportLimits = { perDay: 5000, roles: {} }
/** Counting stops here: whoever takes more has asked for "more than". */
export const countCap = 1_000_000
const approvedFor = 24 * 3_600_000

export const exportLimitsOf = async (tx: Tx, tenant: Uuid): Promise<ExportLimits> => {
  const [row] = await tx.query<{ value: Partial<ExportLimits> }>({
    text: `select value from ops.setting where tenant_id = $1 and name = 'exportLimits'`,
    values: [tenant],
  })
  return { ...usual, ...row?.value }
}

/** What is set for a role; a role of the house's own without an entry has that of the role it was copied from. */
const limitFor = (house: House, { roles }: ExportLimits, role: string): number | undefined => {
  const names = standsFor(house.rules.current.document, role)
  return names.flatMap((name) => (Object.hasOwn(roles, name) ? (roles[name] ?? []) : []))[0]
}

/** Lets an export of so many rows begin, or throws export-needs-approval. Two at once count together. */
export const beginExport = async (
  house: House,
  actor: Actor,
  typeName: string,
  id: Uuid,
  rows: number,
): Promise<void> => {
  // A day ends when it ends for the people who work, as the day of revealing does.
  const { zone } = await house.org.get({ tenant: house.tenant, principal: actor.principal.id })
  try {
    await house.store.transaction(scopeOf(actor), async (tx) => {
      const now = house.clock.now()
      const user = actor.principal.id
      const limits = await exportLimitsOf(tx, house.tenant)
      const named = rolesOf(actor.principal).flatMap((role) => limitFor(house, limits, role) ?? [])
      const limit = named.length === 0 ? limits.perDay : Math.max(...named)
      const [day] = await tx.query<{ rows: number }>({
        text: `insert into ops.export_count as c (tenant_id, user_id, day, rows) values ($1, $2, ($3::timestamptz at time zone $5)::date, $4)
               on conflict (tenant_id, user_id, day) do update set rows = c.rows + $4 returning rows`,
        values: [house.tenant, user, now, rows, zone],
      })
      let request: Uuid | null = null
      if (actor.principal.kind === 'user' && (day?.rows ?? rows) > limit) {
        request = await useRequest(tx, house, user, typeName, rows, now)
        if (request === null) throw new Fault('export-needs-approval', { rows, limit })
        // What was approved apart does not use the day up.
        await tx.query({
          text: `update ops.export_count set rows = rows - $4 where tenant_id = $1 and user_id = $2 and day = ($3::timestamptz at time zone $5)::date`,
          values: [house.tenant, user, now, rows, zone],
        })
      }
      await tx.query({
        text: `insert into ops.export (tenant_id, id, user_id, record_type, started_at, request_id) values ($1, $2, $3, $4, $5, $6)`,
        values: [house.tenant, id, user, typeName, now, request],
      })
      await house.journal.append(tx, house.tenant, [
        {
          ...entryOf(house, actor, 'export', typeName),
          detail: { export: id, rows, ...(request === null ? {} : { request }) },
        },
      ])
    })
  } catch (error) {
    if (error instanceof Fault && error.code === 'export-needs-approval')
      await journalDenial(house, actor, 'export-limit', typeName)
    throw error
  }
}

const useRequest = async (
  tx: Tx,
  house: House,
  user: Uuid,
  typeName: string,
  rows: number,
  now: Date,
): Promise<Uuid | null> => {
  const [used] = await tx.query<{ id: Uuid }>({
    text: `update ops.export_request set used_at = $5 where tenant_id = $1 and id = (
             select id from ops.export_request where tenant_id = $1 and user_id = $2 and record_type = $3 and approved and used_at is null
               and expires_at > $5 and rows >= $4 order by rows limit 1 for update skip locked) returning id`,
    values: [house.tenant, user, typeName, rows, now],
  })
  return used?.id ?? null
}

export const endExport = async (
  house: House,
  actor: Actor,
  typeName: string,
  id: Uuid,
  rows: number,
): Promise<void> => {
  await house.store.transaction(scopeOf(actor), async (tx) => {
    await tx.query({
      text: 'update ops.export set rows = $3 where tenant_id = $1 and id = $2',
      values: [house.tenant, id, rows],
    })
    await house.journal.append(tx, house.tenant, [
      { ...entryOf(house, actor, 'export.done', typeName), detail: { export: id, rows } },
    ])
  })
}

/** Passes a file on and keeps its digest: on record before its last piece leaves. */
export const exportFile = async function* (
  house: House,
  actor: Actor,
  id: Uuid,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256')
  let bytes = 0
  let held: Uint8Array | undefined
  for await (const piece of pieces) {
    if (held) yield held
    hash.update(piece)
    bytes += piece.length
    held = piece
  }
  const digest = hash.digest()
  await house.store.transaction(scopeOf(actor), async (tx) => {
    await tx.query({
      text: 'update ops.export set sha256 = $3, finished_at = $4 where tenant_id = $1 and id = $2',
      values: [house.tenant, id, digest, house.clock.now()],
    })
    await house.journal.append(tx, house.tenant, [
      {
        ...entryOf(house, actor, 'export.file', 'export', id),
        detail: { sha256: hex(digest), bytes, recipient: actor.principal.id },
      },
    ])
  })
  if (held) yield held
}

export interface ExportRequest {
  readonly id: Uuid
  readonly userId: Uuid
  readonly type: string
  readonly rows: number
  readonly purpose: string
  readonly createdAt: Date
  readonly expiresAt: Date
  readonly decidedBy: Uuid | null
  readonly approved: boolean | null
  readonly reason: string | null
  readonly usedAt: Date | null
}

export interface ExportFound {
  readonly id: Uuid
  readonly userId: Uuid
  readonly type: string
  readonly rows: number | null
  readonly startedAt: Date
  /** Whether the file is the one that left, to the last byte. */
  readonly unchanged: boolean
  /** Whether the journal holds the same digest. */
  readonly journalled: boolean
}

export interface ExportControl {
  ask(actor: Actor, type: string, rows: number, purpose: string): Promise<{ readonly id: Uuid }>
  /** Throws not-found for one that is decided or over, denied to who asked for it. */
  decide(actor: Actor, id: Uuid, approved: boolean, reason: string): Promise<void>
  /** Newest first; of one person, or of all. */
  requests(of?: Uuid): Promise<readonly ExportRequest[]>
  /** Exports that a found file comes from, by its digest and by the marks in it. */
  find(sha256: string, marks: readonly Uuid[]): Promise<readonly ExportFound[]>
}

export const createExportControl = (house: House, system: Uuid): ExportControl => {
  const scope = { tenant: house.tenant, principal: system }
  return {
    ask: async (actor, type, rows, purpose) => {
      if (purpose === '')
        throw new Fault('bad-value', {
          field: 'purpose',
          label: { zh: '导出目的', en: 'purpose' },
          what: 'an export needs a purpose',
        })
      const wanted = typeOf(house.catalogue, type)
      if (!(await createGate(house, actor)).search.could('export', wanted)) {
        await journalDenial(house, actor, 'export', type)
        throw new Fault('denied', { action: 'export' })
      }
      // Nobody can approve what policies refuse for its size.
      if (!(await createGate(house, actor, rows)).search.could('export', wanted)) {
        await journalDenial(house, actor, 'export', type, undefined, { rows })
        throw new Fault('export-too-many', { rows })
      }
      const id = newId()
      const now = house.clock.now()
      await house.store.transaction(scopeOf(actor), async (tx) => {
        await tx.query({
          text: `insert into ops.export_request (tenant_id, id, user_id, record_type, rows, purpose, created_at, expires_at)
                 values ($1, $2, $3, $4, $5, $6, $7, $8)`,
          values: [
            house.tenant,
            id,
            actor.principal.id,
            type,
            rows,
            purpose,
            now,
            new Date(now.getTime() + approvedFor),
          ],
        })
        await house.journal.append(tx, house.tenant, [
          { ...entryOf(house, actor, 'export.ask', type), purpose, detail: { request: id, rows } },
        ])
      })
      return { id }
    },
    decide: async (actor, id, approved, reason) => {
      await house.store.transaction(scopeOf(actor), async (tx) => {
        const now = house.clock.now()
        const [open] = await tx.query<{ user_id: Uuid; record_type: string; rows: number }>({
          text: `select user_id, record_type, rows from ops.export_request where tenant_id = $1 and id = $2 and decided_by is null
                   and expires_at > $3 for update`,
          values: [house.tenant, id, now],
        })
        if (!open) throw new Fault('not-found', { what: 'request' })
        if (open.user_id === actor.principal.id) throw new Fault('denied', { action: 'export.approve' })
        await tx.query({
          text: `update ops.export_request set decided_by = $3, decided_at = $4, approved = $5, reason = $6, expires_at = $7
                 where tenant_id = $1 and id = $2`,
          values: [house.tenant, id, actor.principal.id, now, approved, reason, new Date(now.getTime() + approvedFor)],
        })
        await house.journal.append(tx, house.tenant, [
          {
            ...entryOf(house, actor, approved ? 'export.approve' : 'export.refuse', open.record_type),
            detail: { request: id, rows: open.rows, for: open.user_id },
          },
        ])
      })
    },
    requests: (of) =>
      house.store.transaction(scope, (tx) =>
        tx.query<ExportRequest>({
          text: `select id, user_id as "userId", record_type as type, rows, purpose, created_at as "createdAt", expires_at as "expiresAt",
                   decided_by as "decidedBy", approved, reason, used_at as "usedAt"
                 from ops.export_request where tenant_id = $1 and ($2::uuid is null or user_id = $2::uuid) order by created_at desc limit 200`,
          values: [house.tenant, of ?? null],
        }),
      ),
    find: (sha256, marks) =>
      house.store.transaction(scope, async (tx) => {
        const rows = await tx.query<Omit<ExportFound, 'unchanged' | 'journalled'> & { sha256: Uint8Array | null }>({
          text: `select id, user_id as "userId", record_type as type, rows, started_at as "startedAt", sha256 from ops.export
                 where tenant_id = $1 and (sha256 = $2 or id = any($3::uuid[])) order by started_at desc limit 50`,
          values: [house.tenant, Buffer.from(fromHex(sha256)), marks],
        })
        const found: ExportFound[] = []
        for (const { sha256: stored, ...row } of rows) {
          const { items } = await house.journal.list(tx, house.tenant, {
            act: 'export.file',
            recordId: row.id,
            limit: 2,
          })
          const told = items[0]?.detail as { sha256?: unknown } | undefined
          const digest = stored === null ? null : hex(stored)
          found.push({ ...row, unchanged: digest === sha256, journalled: digest !== null && told?.sha256 === digest })
        }
        return found
      }),
  }
}
