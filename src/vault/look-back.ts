// What a backup held, read through the one guarded path: by the policies, people and rights of today, on each record as it was and, where
// there still is one, as it is. Nothing is written to it, nothing in it is unmasked, and whose keys are gone today stays unread.
// Keeps vault-290, vault-291.
import { type Actor, Fault, type FieldGroup, inSentence, type RecordType, services, typeOf, type Uuid } from '#kernel'
import type { Keys } from '#encryption'
import type { Store } from '#store'
import { createGate, type Gate, type Sight } from './gate.ts'
import type { House } from './house.ts'
import { openKeyring } from './keyring.ts'
import { listRows } from './list.ts'
import { showAll } from './open.ts'
import { entryOf, onBehalf } from './rows.ts'
import { type Row, selectList } from './row.ts'
import type { Seen } from './vault.ts'
import { findRow, guarded } from './write.ts'

/** What has become of a record since. gone: there is none of its id any more. */
export type Since = 'same' | 'changed' | 'deleted' | 'gone'

export interface SeenBack extends Seen {
  readonly since: Since
}

export interface LookBackQuery {
  readonly limit?: number
  readonly cursor?: string
  /** Those alone that were changed or deleted since. */
  readonly changed?: boolean
}

/** A backup that was brought back beside the house. */
export interface LookBack {
  /** A page of a type, the newest first. Throws denied. */
  list(
    actor: Actor,
    type: string,
    query: LookBackQuery,
  ): Promise<{ readonly items: readonly SeenBack[]; readonly next?: string }>
  /** One record. Throws not-found for one that is not there, or that the actor may not see as it was or as it is. */
  get(actor: Actor, type: string, id: Uuid): Promise<SeenBack>
}

/** Over a store that holds what the backup held; backup: its id, which the journal is told. */
export const createLookBack = async (house: House, keys: Keys, store: Store, backup: Uuid): Promise<LookBack> => {
  const { tenant } = house
  const past: House = {
    ...house,
    store,
    keyring: await openKeyring(store, keys, tenant, { tenant, principal: services.system }),
    catalogue: store.known.catalogue,
    catalogueNumber: store.known.number,
    // Spreading would keep those of this moment.
    get policies() {
      return house.policies
    },
    get policyName() {
      return house.policyName
    },
  }
  return {
    list: (actor, typeName, query) =>
      guarded(past, bare(actor), typeName, undefined, async (tx, gate, type) => {
        const limit = Math.min(Math.max(Math.trunc(query.limit ?? 50), 1), 200)
        const items: SeenBack[] = []
        let next = query.cursor
        // Where little was changed the page is filled from many; a look ends somewhere, and the cursor goes on from there.
        for (let looks = 0; looks < mostLooks; looks++) {
          const page = await listRows(past, tx, gate, type, { limit, ...(next === undefined ? {} : { cursor: next }) })
          const today = await readToday(house, actor, type, page.rows)
          const shown = await showAll(past, tx, bothTimes(gate, type, today), type, page.rows.filter((row) => today.open(row))) // prettier-ignore
          const told = shown.map((seen): SeenBack => ({ ...seen, since: today.since(seen) }))
          items.push(...(query.changed === true ? told.filter(({ since }) => since !== 'same') : told))
          next = page.next
          if (next === undefined || items.length >= limit || query.changed !== true) break
        }
        if (type.name !== 'user' && type.name !== 'team') house.watch.listed(actor, items.length)
        house.reads.add({
          ...entryOf(house, actor, 'record.list', type.name),
          detail: { backup, rows: items.length, ...onBehalf(house, actor, ...items.map(({ ownerId }) => ownerId)) },
        })
        return next === undefined ? { items } : { items, next }
      }),
    get: (actor, typeName, id) =>
      guarded(past, bare(actor), typeName, id, async (tx, gate, type) => {
        const row = await findRow(past, tx, gate, type, id)
        const today = await readToday(house, actor, type, [row])
        if (!today.open(row)) throw new Fault('not-found', { what: inSentence(type.label) })
        const [seen] = await showAll(past, tx, bothTimes(gate, type, today), type, [row])
        if (!seen) throw new Fault('not-found', { what: inSentence(type.label) })
        house.watch.opened(actor, 'record.view', type.name, id)
        house.reads.add({
          ...entryOf(house, actor, 'record.view', type.name, id),
          groups: Object.entries(seen.groups).flatMap(([group, how]) => (how === 'plain' ? [group] : [])),
          detail: { backup, ...onBehalf(house, actor, row.owner_id) },
        })
        return { ...seen, since: today.since(seen) }
      }),
  }
}

const mostLooks = 20

/** A reason to unmask is given for a record of today, and counted there. */
const bare = (actor: Actor): Actor => ({ ...actor, env: { ...actor.env, purpose: '' } })

interface Today {
  /** Whether the person's key is still there, and the record, where there is one, may be listed. */
  open(row: Row): boolean
  since(seen: Pick<Seen, 'id' | 'version'>): Since
  /** How the record of this id comes out today; undefined where there is none. */
  sight(id: Uuid): Sight | undefined
}

const readToday = async (house: House, actor: Actor, type: RecordType, rows: readonly Row[]): Promise<Today> => {
  const now = typeOf(house.catalogue, type.name)
  const gate = await createGate(house, bare(actor))
  const scope = { tenant: house.tenant, principal: services.system, house: true } as const
  const [found, keyed] = await house.store.transaction(
    scope,
    async (tx) => [
      await tx.query<Row>({
        text: `select ${selectList(now, 'r')} from crm."${now.table}" r where r.tenant_id = $1 and r.id = any($2::uuid[])`,
        values: [house.tenant, rows.map(({ id }) => id)],
      }),
      await tx.query<{ subject_id: Uuid }>({
        text: 'select distinct subject_id from keyring.subject_key where tenant_id = $1 and subject_id = any($2::uuid[])',
        values: [house.tenant, rows.map((row) => row.subject_id)],
      }),
    ],
    { readOnly: true },
  )
  const byId = new Map(found.map((row) => [row.id, row]))
  const alive = new Set(keyed.map((row) => row.subject_id))
  return {
    open: (row) => {
      const current = byId.get(row.id)
      return alive.has(row.subject_id) && (current === undefined || gate.can('list', now, current))
    },
    since: ({ id, version }) => {
      const current = byId.get(id)
      if (!current) return 'gone'
      if (current.deleted_at !== null) return 'deleted'
      return current.version === version ? 'same' : 'changed'
    },
    sight: (id) => {
      const current = byId.get(id)
      return current && gate.sight(now)(current)
    },
  }
}

const order = ['hidden', 'masked', 'plain'] as const

/** Of what is seen then and what is seen today, the less. */
const bothTimes = (gate: Gate, of: RecordType, today: Today): Pick<Gate, 'sight'> => ({
  sight: (type) => (row) => {
    const then = gate.sight(type)(row)
    const now = type === of ? today.sight(row.id) : undefined
    if (!now) return then
    const less = (group: FieldGroup): Sight[FieldGroup] =>
      order[Math.min(order.indexOf(then[group]), order.indexOf(now[group]))] ?? 'hidden'
    return Object.fromEntries((Object.keys(then) as FieldGroup[]).map((group) => [group, less(group)])) as Sight
  },
})
