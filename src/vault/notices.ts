// What people are told of what others did to their records: ids written with the act, shown as the policies allow when it is read. Keeps vault-269, vault-270, vault-271.
import { type Actor, newId, type RecordType, type Uuid } from '#kernel'
import { isCustomers } from '#access'
import type { Tx } from '#store'
import type { House } from './house.ts'
import type { Row } from './row.ts'

export type NoticeKind =
  'assigned' | 'shared' | 'lent' | 'role' | 'hand-over' | 'policy-failed' | 'break-glass' | 'webhooks-restored'

/** What a notice says where it is more than one change: everything of one act is one notice. */
export interface Notice {
  readonly act: Uuid
  /** Default: what the change is. */
  readonly kind?: NoticeKind
  /** Default: the actor. */
  readonly by?: Uuid
  /** Default: the record changed. */
  readonly about?: About
}

interface About {
  readonly type: string
  readonly record: Uuid
}

/** Tells whom a change of a record concerns: its new owner, and those it is newly shared with. before: absent of what is new. */
export const tell = async (
  house: House,
  tx: Tx,
  actor: Actor,
  type: RecordType,
  before: Row | undefined,
  after: Row,
  notice?: Notice,
): Promise<void> => {
  if (!isCustomers(type) || after.deleted_at !== null) return
  const owner = after.owner_id === (before?.owner_id ?? null) ? null : after.owner_id
  const shared = after.shared_with.filter((user) => before?.shared_with.includes(user) !== true && user !== owner)
  const wish = {
    act: notice?.act ?? null,
    by: notice?.by ?? actor.principal.id,
    about: notice?.about ?? { type: type.name, record: after.id },
    at: house.clock.now(),
  }
  await write(house, tx, notice?.kind ?? 'assigned', owner === null ? [] : [owner], wish)
  await write(house, tx, notice?.kind ?? 'shared', shared, wish)
}

interface Wish {
  readonly act: Uuid | null
  readonly by: Uuid
  readonly about: About | null
  /** From when on it is told. */
  readonly at: Date
}

/** Writes notices in the transaction of the act. More of the same act adds to the one there is, which is unread again. */
export const write = async (
  house: House,
  tx: Tx,
  kind: NoticeKind,
  users: readonly Uuid[],
  { act, by, about, at }: Wish,
): Promise<void> => {
  const told = users.filter((user) => user !== by).toSorted()
  if (told.length === 0) return
  await tx.query({
    text: `insert into ops.notification as n (tenant_id, id, user_id, kind, record_type, record_id, act_id, actor_id, created_at)
           select $1, one.id, one.user_id, $4, $5, $6, $7, $8, $9 from unnest($2::uuid[], $3::uuid[]) as one(id, user_id)
           on conflict (tenant_id, user_id, kind, act_id) where act_id is not null
           do update set number = n.number + 1, created_at = excluded.created_at, read_at = null`,
    values: [
      house.tenant,
      told.map(() => newId()),
      told,
      kind,
      about?.type ?? null,
      about?.record ?? null,
      act,
      by,
      at,
    ],
  })
}

/** Of grants that end before they began nobody is told. */
export const forgetUnbegun = async (house: House, tx: Tx, grants: readonly Uuid[]): Promise<void> => {
  await tx.query({
    text: 'delete from ops.notification where tenant_id = $1 and act_id = any($2::uuid[]) and created_at > $3',
    values: [house.tenant, grants, house.clock.now()],
  })
}
