// The notices of the person who asks, each with what they may see of its record now. Keeps vault-270, vault-271.
import { type Actor, Fault, isUuid, scopeOf, services, type Uuid } from '#kernel'
import type { Tx } from '#store'
import type { House } from './house.ts'
import type { NoticeKind } from './notices.ts'
import { titlesIn } from './read.ts'
import { guarded } from './write.ts'

export interface ShownNotice {
  readonly id: Uuid
  readonly kind: NoticeKind
  /** Of how many records it tells. */
  readonly number: number
  /** Of which type the records are; null where it is of none, or of one that may no longer be seen. */
  readonly type: string | null
  /** The record, where it is of a single one. title: null where that may not be seen. */
  readonly record: { readonly id: Uuid; readonly title: string | null } | null
  /** Whether it is of a record that may no longer be seen. */
  readonly hidden: boolean
  readonly actorId: Uuid
  readonly createdAt: Date
  readonly readAt: Date | null
}

export interface Notifications {
  /** How many are unread; counted up to 100. */
  unread(actor: Actor): Promise<number>
  /** Newest first. */
  list(actor: Actor, page: { readonly cursor?: string | undefined; readonly limit: number }): Promise<NoticePage>
  /** Marks some as read, or all up to the newest that was shown. */
  read(actor: Actor, which: { readonly ids: readonly Uuid[] } | { readonly until: Date }): Promise<void>
  /** Drops what is older than 90 days, and of each person what is beyond the newest 500. */
  tidy(): Promise<void>
}

export interface NoticePage {
  readonly items: readonly ShownNotice[]
  readonly next?: string
}

const keptDays = 90
export const keptNotices = 500
const day = 86_400_000

interface NoticeRow {
  readonly id: Uuid
  readonly kind: NoticeKind
  readonly number: number
  readonly type: string | null
  readonly recordId: Uuid | null
  readonly actorId: Uuid
  readonly createdAt: Date
  readonly readAt: Date | null
}

export const createNotifications = (house: House): Notifications => ({
  unread: async (actor) => {
    const [row] = await own(house, actor, (tx) =>
      tx.query<{ count: number }>({
        text: `select count(*)::int as count from (select 1 from ops.notification
               where tenant_id = $1 and user_id = $2 and read_at is null and created_at <= $3 limit 100) found`,
        values: [house.tenant, actor.principal.id, house.clock.now()],
      }),
    )
    return row?.count ?? 0
  },
  list: async (actor, { cursor, limit }) => {
    const after = cursor === undefined ? undefined : placeOf(cursor)
    const rows = await own(house, actor, (tx) =>
      tx.query<NoticeRow>({
        text: `select id, kind, number, record_type as type, record_id as "recordId", actor_id as "actorId", created_at as "createdAt", read_at as "readAt"
               from ops.notification where tenant_id = $1 and user_id = $2 and created_at <= $3
                 and ($4::timestamptz is null or (created_at, id) < ($4::timestamptz, $5::uuid))
               order by created_at desc, id desc limit $6`,
        values: [house.tenant, actor.principal.id, house.clock.now(), after?.at ?? null, after?.id ?? null, limit + 1],
      }),
    )
    const page = rows.slice(0, limit)
    const last = page.at(-1)
    const titles = await titlesByType(house, actor, page)
    const items = page.map((row) => shown(row, titles))
    return rows.length > limit && last ? { items, next: `${last.createdAt.toISOString()}_${last.id}` } : { items }
  },
  read: async (actor, which) => {
    await own(house, actor, (tx) =>
      tx.query({
        text: `update ops.notification set read_at = $3 where tenant_id = $1 and user_id = $2 and read_at is null
                 and ${'ids' in which ? 'id = any($4::uuid[])' : 'created_at <= $4'} and created_at <= $3`,
        values: [house.tenant, actor.principal.id, house.clock.now(), 'ids' in which ? which.ids : which.until],
      }),
    )
  },
  tidy: async () => {
    await house.store.transaction({ tenant: house.tenant, principal: services.system }, (tx) =>
      tx.query({
        text: `delete from ops.notification n where n.tenant_id = $1 and (n.created_at < $2 or n.id in (
                 select id from (select id, row_number() over (partition by user_id order by created_at desc, id desc) as place
                   from ops.notification where tenant_id = $1) ranked where place > $3))`,
        values: [house.tenant, new Date(house.clock.now().getTime() - keptDays * day), keptNotices],
      }),
    )
  },
})

/** In a transaction of the person; a program with a key has no notices, whoever it acts for. */
const own = async <T>(house: House, actor: Actor, work: (tx: Tx) => Promise<T>): Promise<T> => {
  if (actor.principal.kind !== 'user' || actor.principal.bounds !== undefined)
    throw new Fault('denied', { action: 'notification.view' })
  return house.store.transaction(scopeOf(actor), work)
}

type Titles = ReadonlyMap<string, ReadonlyMap<string, string | null>>

/** What the person may see now of the records that these are of, by type. */
const titlesByType = async (house: House, actor: Actor, rows: readonly NoticeRow[]): Promise<Titles> => {
  const wanted = new Map<string, Uuid[]>()
  for (const { type, recordId } of rows)
    if (type !== null && recordId !== null) wanted.set(type, [...(wanted.get(type) ?? []), recordId])
  const found = new Map<string, ReadonlyMap<string, string | null>>()
  for (const [name, ids] of wanted)
    found.set(
      name,
      await guarded(house, actor, name, undefined, (tx, gate, type) => titlesIn(house, tx, actor, gate, type, ids)),
    )
  return found
}

const shown = ({ type, recordId, ...notice }: NoticeRow, titles: Titles): ShownNotice => {
  if (type === null || recordId === null) return { ...notice, type: null, record: null, hidden: false }
  const title = titles.get(type)?.get(recordId)
  if (title === undefined) return { ...notice, type: null, record: null, hidden: true }
  // Of many records the first one stands for none but itself; of a hand-over it is the colleague who left.
  const record = notice.number > 1 && notice.kind !== 'hand-over' ? null : { id: recordId, title }
  return { ...notice, type, record, hidden: false }
}

const placeOf = (cursor: string): { readonly at: Date; readonly id: Uuid } => {
  const [at = '', id = ''] = cursor.split('_')
  if (Number.isNaN(Date.parse(at)) || !isUuid(id))
    throw new Fault('bad-input', { what: 'the cursor is not one of ours' })
  return { at: new Date(at), id }
}
