// Who reads what no reason leads to, or faster than a person reads: told as an alarm within a second. Keeps vault-192, vault-193.
import { type Actor, type Clock, type Json, newId, type Scope, services, type Uuid } from '#kernel'
import type { Journal } from '#journal'
import type { Store, Tx } from '#store'
import { countedDays, limitsOf } from './reading-limits.ts'

export type AlarmKind = 'canary' | 'pace' | 'break-glass'

export interface Watch {
  /** A record was opened, revealed, its history or a file of it read. Told by the next flush. */
  opened(actor: Actor, act: string, type: string, id: Uuid): void
  listed(actor: Actor, rows: number): void
  /** Raises an alarm where one of these is a canary; before the rows leave. */
  exporting(actor: Actor, type: string, ids: readonly Uuid[], exportId: Uuid): Promise<void>
  /** What happens to who reads too fast, where the setting says so. */
  onExcess(act: (user: Uuid) => Promise<void>): void
  /** Drops counts that nothing asks for any more. */
  tidy(): Promise<void>
  flush(): Promise<void>
}

interface Read {
  readonly actor: Actor
  readonly act: string
  readonly type: string
  readonly id: Uuid
}

export const createWatch = (store: Store, journal: Journal, tenant: Uuid, clock: Clock, everyMs = 500): Watch => {
  const scope: Scope = { tenant, principal: services.system }
  let reads: Read[] = []
  let counts = new Map<Uuid, { actor: Actor; opened: number; listed: number }>()
  let excess: (user: Uuid) => Promise<void> = () => Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> = Promise.resolve()

  const write = (): Promise<void> => {
    clearTimeout(timer)
    timer = undefined
    const [seen, counted] = [reads, counts]
    reads = []
    counts = new Map()
    if (counted.size === 0) return writing
    writing = writing.then(async () => {
      try {
        const fast = await store.transaction(scope, async (tx) => {
          await tellCanaries(tx, journal, tenant, clock, seen)
          return tellPace(tx, journal, tenant, clock, [...counted.values()])
        })
        for (const user of fast) await excess(user)
      } catch {
        // The database is away: nobody reads either; what was counted is told with the next.
        reads = [...seen, ...reads].slice(0, 5000)
        for (const [user, one] of counted) add(user, one)
      }
    })
    return writing
  }
  const add = (user: Uuid, more: { actor: Actor; opened: number; listed: number }): void => {
    const known = counts.get(user)
    counts.set(user, {
      actor: more.actor,
      opened: (known?.opened ?? 0) + more.opened,
      listed: (known?.listed ?? 0) + more.listed,
    })
  }
  const soon = (): void => {
    timer ??= setTimeout(() => void write(), everyMs).unref()
  }
  const note = (actor: Actor, opened: number, listed: number): void => {
    // Programs come with keys, whose rate is limited where they sign in.
    add(
      actor.principal.id,
      actor.principal.bounds === undefined ? { actor, opened, listed } : { actor, opened: 0, listed: 0 },
    )
    soon()
  }
  return {
    opened: (actor, act, type, id) => {
      if (actor.principal.kind !== 'user' || type === 'user' || type === 'team') return
      reads.push({ actor, act, type, id })
      note(actor, 1, 0)
    },
    listed: (actor, rows) => {
      if (actor.principal.kind === 'user' && rows > 0) note(actor, 0, rows)
    },
    exporting: (actor, type, ids, exportId) =>
      store.transaction(scope, async (tx) => {
        for (const id of await canariesAmong(tx, tenant, type, ids))
          await raise(tx, journal, tenant, clock, actor, 'canary', { type, id }, { act: 'export', export: exportId })
      }),
    onExcess: (act) => {
      excess = act
    },
    tidy: async () => {
      await store.transaction(scope, (tx) =>
        tx.query({
          text: 'delete from ops.read_count where tenant_id = $1 and minute < $2',
          values: [tenant, new Date(clock.now().getTime() - countedDays * 86_400_000)],
        }),
      )
    },
    flush: write,
  }
}

const canariesAmong = async (tx: Tx, tenant: Uuid, type: string, ids: readonly Uuid[]): Promise<readonly Uuid[]> => {
  if (ids.length === 0) return []
  const rows = await tx.query<{ id: Uuid }>({
    name: 'canaries-among',
    text: 'select record_id as id from ops.canary where tenant_id = $1 and record_type = $2 and record_id = any($3::uuid[])',
    values: [tenant, type, ids],
  })
  return rows.map(({ id }) => id)
}

const tellCanaries = async (
  tx: Tx,
  journal: Journal,
  tenant: Uuid,
  clock: Clock,
  reads: readonly Read[],
): Promise<void> => {
  for (const [type, of] of Map.groupBy(reads, (read) => read.type)) {
    const found = new Set(await canariesAmong(tx, tenant, type, [...new Set(of.map(({ id }) => id))]))
    for (const { actor, act, id } of of)
      if (found.has(id)) await raise(tx, journal, tenant, clock, actor, 'canary', { type, id }, { act })
  }
}

interface Counted {
  readonly actor: Actor
  readonly opened: number
  readonly listed: number
}

/** Counts what was read, and tells who is over a limit; once an hour for each limit. */
const tellPace = async (
  tx: Tx,
  journal: Journal,
  tenant: Uuid,
  clock: Clock,
  counted: readonly Counted[],
): Promise<readonly Uuid[]> => {
  const limits = await limitsOf(tx, tenant)
  const now = clock.now()
  const fast: Uuid[] = []
  // In one order, so that processes that count the same people do not wait for each other in a circle.
  for (const { actor, opened, listed } of counted.toSorted((a, b) =>
    a.actor.principal.id < b.actor.principal.id ? -1 : 1,
  )) {
    if (opened + listed === 0) continue
    const user = actor.principal.id
    await tx.query({
      name: 'count-reads',
      text: `insert into ops.read_count as c (tenant_id, user_id, minute, opened, listed)
             values ($1, $2, date_trunc('minute', $3::timestamptz), $4, $5)
             on conflict (tenant_id, user_id, minute) do update set opened = c.opened + $4, listed = c.listed + $5`,
      values: [tenant, user, now, opened, listed],
    })
    const [sum] = await tx.query<Record<'minute' | 'hour' | 'listed' | 'day', bigint | null>>({
      name: 'sum-reads',
      text: `select sum(opened) filter (where minute = date_trunc('minute', $3::timestamptz)) as minute,
               sum(opened) filter (where minute > $3::timestamptz - interval '1 hour') as hour,
               sum(listed) filter (where minute > $3::timestamptz - interval '1 hour') as listed, sum(opened + listed) as day
             from ops.read_count where tenant_id = $1 and user_id = $2 and minute > $3::timestamptz - interval '24 hours'`,
      values: [tenant, user, now],
    })
    const over = (
      [
        ['openedPerMinute', Number(sum?.minute ?? 0)],
        ['openedPerHour', Number(sum?.hour ?? 0)],
        ['listedPerHour', Number(sum?.listed ?? 0)],
        ['readPerDay', Number(sum?.day ?? 0)],
      ] as const
    ).filter(([name, count]) => count > limits[name])
    for (const [name, count] of over) {
      const [told] = await tx.query({
        text: `select 1 from ops.alarm where tenant_id = $1 and kind = 'pace' and user_id = $2 and detail->>'limit' = $3
                 and created_at > $4::timestamptz - interval '1 hour'`,
        values: [tenant, user, name, now],
      })
      if (!told)
        await raise(tx, journal, tenant, clock, actor, 'pace', null, { limit: name, allowed: limits[name], count })
    }
    if (over.length > 0 && limits.endSession) fast.push(user)
  }
  return fast
}

/** An alarm that the journal has already, for the page. */
export const keepAlarm = async (
  store: Store,
  tenant: Uuid,
  clock: Clock,
  actor: Actor,
  act: string,
  detail: Json,
): Promise<void> => {
  await store.transaction({ tenant, principal: services.system }, (tx) =>
    tx.query({
      text: 'insert into ops.alarm (tenant_id, id, kind, user_id, detail, created_at) values ($1, $2, $3, $4, $5, $6)',
      values: [tenant, newId(), act.replace(/^alarm\./u, ''), actor.principal.id, JSON.stringify(detail), clock.now()],
    }),
  )
}

/** Writes an alarm, for the page and for the journal. */
export const raise = async (
  tx: Tx,
  journal: Journal,
  tenant: Uuid,
  clock: Clock,
  actor: Actor,
  kind: AlarmKind,
  record: { readonly type: string; readonly id: Uuid } | null,
  detail: Readonly<Record<string, Json>>,
): Promise<void> => {
  await tx.query({
    text: `insert into ops.alarm (tenant_id, id, kind, user_id, record_type, record_id, detail, created_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    values: [
      tenant,
      newId(),
      kind,
      actor.principal.id,
      record?.type ?? null,
      record?.id ?? null,
      JSON.stringify(detail),
      clock.now(),
    ],
  })
  await journal.append(tx, tenant, [
    {
      act: `alarm.${kind}`,
      obj: record?.type ?? 'user',
      recordId: record?.id ?? actor.principal.id,
      actor: actor.principal.id,
      channel: actor.env.channel,
      ...(actor.env.ip === '' ? {} : { ip: actor.env.ip }),
      detail,
    },
  ])
}
