// The alarms raised and what was said to each, the canaries, and the limits of reading and exporting. Keeps vault-192, vault-193.
import { type Actor, Fault, houseScopeOf, inSentence, type Json, scopeOf, typeOf, type Uuid } from '#kernel'
import { type ExportLimits, exportLimitsOf } from './export-control.ts'
import type { House } from './house.ts'
import { entryOf } from './rows.ts'
import { type Limits, limitsOf } from './reading-limits.ts'

export interface Alarm {
  readonly id: Uuid
  readonly kind: string
  readonly userId: Uuid
  readonly type: string | null
  readonly recordId: Uuid | null
  readonly detail: Json
  readonly createdAt: Date
  readonly settledBy: Uuid | null
  readonly settledAt: Date | null
  readonly note: string | null
}

export interface Canary {
  readonly type: string
  readonly recordId: Uuid
  readonly note: string
  readonly markedBy: Uuid
  readonly markedAt: Date
}

export interface WatchLimits {
  readonly reading: Limits
  readonly exporting: ExportLimits
  /** Values one person may reveal with a reason. */
  readonly revealing: { readonly perDay: number }
}

export interface AlarmBook {
  list(): Promise<readonly Alarm[]>
  /** Says what came of an alarm; once, and not by the one it is about. */
  settle(actor: Actor, id: Uuid, note: string): Promise<void>
  canaries(): Promise<readonly Canary[]>
  /** Throws not-found where there is no such record. */
  mark(actor: Actor, type: string, id: Uuid, note: string): Promise<void>
  unmark(actor: Actor, type: string, id: Uuid): Promise<void>
  limits(): Promise<WatchLimits>
  setLimits(actor: Actor, limits: WatchLimits): Promise<void>
  /** Drops counts of reading that nothing asks for any more. */
  tidy(): Promise<void>
}

export const createAlarmBook = (house: House, system: Uuid): AlarmBook => {
  const scope = { tenant: house.tenant, principal: system }
  return {
    list: () =>
      house.store.transaction(scope, (tx) =>
        tx.query<Alarm>({
          text: `select id, kind, user_id as "userId", record_type as type, record_id as "recordId", detail, created_at as "createdAt",
                   settled_by as "settledBy", settled_at as "settledAt", note
                 from ops.alarm where tenant_id = $1 order by settled_at is not null, created_at desc, id desc limit 200`,
          values: [house.tenant],
        }),
      ),
    settle: async (actor, id, note) => {
      await house.store.transaction(scopeOf(actor), async (tx) => {
        const [alarm] = await tx.query<{ kind: string; user_id: Uuid }>({
          text: 'select kind, user_id from ops.alarm where tenant_id = $1 and id = $2 and settled_at is null for update',
          values: [house.tenant, id],
        })
        if (!alarm) throw new Fault('not-found', { what: 'alarm' })
        if (alarm.user_id === actor.principal.id) throw new Fault('denied', { action: 'alarm.manage' })
        await tx.query({
          text: 'update ops.alarm set settled_by = $3, settled_at = $4, note = $5 where tenant_id = $1 and id = $2',
          values: [house.tenant, id, actor.principal.id, house.clock.now(), note],
        })
        await house.journal.append(tx, house.tenant, [
          { ...entryOf(house, actor, 'alarm.settle', 'alarm', id), detail: { kind: alarm.kind } },
        ])
      })
    },
    canaries: () =>
      house.store.transaction(scope, (tx) =>
        tx.query<Canary>({
          text: `select record_type as type, record_id as "recordId", note, marked_by as "markedBy", marked_at as "markedAt"
                 from ops.canary where tenant_id = $1 order by marked_at desc limit 500`,
          values: [house.tenant],
        }),
      ),
    mark: async (actor, name, id, note) => {
      const type = typeOf(house.catalogue, name)
      await house.store.transaction(houseScopeOf(actor), async (tx) => {
        const [there] = await tx.query({
          text: `select 1 from crm."${type.table}" where tenant_id = $1 and id = $2 and deleted_at is null`,
          values: [house.tenant, id],
        })
        if (!there) throw new Fault('not-found', { what: inSentence(type.label) })
        await tx.query({
          text: `insert into ops.canary (tenant_id, record_type, record_id, note, marked_by, marked_at) values ($1, $2, $3, $4, $5, $6)
                 on conflict (tenant_id, record_type, record_id) do update set note = excluded.note`,
          values: [house.tenant, name, id, note, actor.principal.id, house.clock.now()],
        })
        await house.journal.append(tx, house.tenant, [entryOf(house, actor, 'canary.mark', name, id)])
      })
    },
    unmark: async (actor, name, id) => {
      await house.store.transaction(scopeOf(actor), async (tx) => {
        const gone = await tx.query({
          text: 'delete from ops.canary where tenant_id = $1 and record_type = $2 and record_id = $3 returning 1',
          values: [house.tenant, name, id],
        })
        if (gone.length === 0) throw new Fault('not-found', { what: 'canary' })
        await house.journal.append(tx, house.tenant, [entryOf(house, actor, 'canary.unmark', name, id)])
      })
    },
    tidy: () => house.watch.tidy(),
    limits: () =>
      house.store.transaction(scope, async (tx) => ({
        reading: await limitsOf(tx, house.tenant),
        exporting: await exportLimitsOf(tx, house.tenant),
        revealing: { perDay: (await house.org.read(tx)).unmaskPerDay },
      })),
    setLimits: async (actor, { reading, exporting, revealing }) => {
      await house.store.transaction(scopeOf(actor), async (tx) => {
        for (const [name, value] of [
          ['readingLimits', reading],
          ['exportLimits', exporting],
          ['unmaskPerDay', revealing.perDay],
        ] as const)
          await tx.query({
            text: `insert into ops.setting (tenant_id, name, value, updated_at) values ($1, $2, $3, $4)
                   on conflict (tenant_id, name) do update set value = excluded.value, updated_at = excluded.updated_at`,
            values: [house.tenant, name, JSON.stringify(value), house.clock.now()],
          })
        await house.journal.append(tx, house.tenant, [
          {
            ...entryOf(house, actor, 'limits.change', 'setting'),
            detail: {
              reading: { ...reading },
              exporting: { perDay: exporting.perDay, roles: exporting.roles },
              revealing: { ...revealing },
            },
          },
        ])
      })
      house.org.forget()
    },
  }
}
