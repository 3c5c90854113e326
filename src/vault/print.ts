// Records on paper: read as a list or a look reads them, each print under a mark of its own in the journal; what is more than a page of a
// list is an export. Keeps vault-268.
import { type Actor, Fault, type FieldGroup, fieldGroups, newId, scopeOf, typeOf, type Uuid } from '#kernel'
import type { House } from './house.ts'
import { countRows, listRows } from './list.ts'
import { show, showAll } from './open.ts'
import { exportRows } from './read.ts'
import { entryOf } from './rows.ts'
import { countUnmask } from './unmask-limit.ts'
import type { ListQuery, Seen } from './vault.ts'
import { findRow, guarded } from './write.ts'

export interface Print {
  /** Stands on every sheet and in the journal. */
  readonly mark: Uuid
  readonly items: readonly Seen[]
}

/** Rows that a print takes like a list; more of them is an export, with its right, purpose and limits. */
export const printPage = 200
/** Rows of one print. */
export const printLimit = 2000

/** Throws what a look, a list or an export throws, too-many-rows over the limit. Journalled before it answers. */
export const printRecords = async (
  house: House,
  actor: Actor,
  typeName: string,
  of: { readonly id: Uuid } | { readonly query: ListQuery },
): Promise<Print> => {
  const mark = newId()
  if ('id' in of) return { mark, items: [await printOne(house, actor, typeName, of.id, mark)] }
  const type = typeOf(house.catalogue, typeName)
  const { count } = await guarded(house, actor, typeName, undefined, (tx, gate) =>
    countRows(house, tx, gate, type, of.query, printLimit + 1),
  )
  if (count > printLimit) throw new Fault('too-many-rows', { limit: printLimit })
  if (count > printPage) return { mark, items: await exported(house, actor, typeName, of.query, mark) }
  const items = await guarded(house, actor, typeName, undefined, async (tx, gate) => {
    const { rows } = await listRows(house, tx, gate, type, { ...of.query, limit: printPage })
    // The purpose of a list on paper is no reason to unmask every row of it.
    const seen = await showAll(house, tx, gate.unasked, type, rows)
    await house.journal.append(tx, house.tenant, [
      { ...entryOf(house, actor, 'record.print', type.name), detail: { print: mark, rows: seen.length } },
    ])
    return seen
  })
  if (type.name !== 'user' && type.name !== 'team') house.watch.listed(actor, items.length)
  return { mark, items }
}

/** One record; with a purpose in the groups that the purpose unmasks, which counts as unmasking does. */
const printOne = (house: House, actor: Actor, typeName: string, id: Uuid, mark: Uuid): Promise<Seen> =>
  guarded(house, actor, typeName, id, async (tx, gate, type) => {
    const row = await findRow(house, tx, gate, type, id)
    const key = (await house.keyring.open(tx, [row])).get(row.subject_id)
    const seen = show(gate, type, row, key)
    const before = gate.unasked.sight(type)(row)
    const plain = (of: Readonly<Partial<Record<FieldGroup, string>>>): readonly FieldGroup[] =>
      fieldGroups.filter((group) => of[group] === 'plain')
    const unmasked = plain(seen.groups).filter((group) => before[group] !== 'plain')
    if (unmasked.length > 0) await countUnmask(house, tx, actor)
    await house.journal.append(tx, house.tenant, [
      {
        ...entryOf(house, actor, 'record.print', type.name, id),
        groups: plain(seen.groups),
        detail: { print: mark, rows: 1, unmasked: [...unmasked] },
      },
    ])
    house.watch.opened(actor, 'record.print', type.name, id)
    return seen
  })

const exported = async (
  house: House,
  actor: Actor,
  typeName: string,
  query: ListQuery,
  mark: Uuid,
): Promise<readonly Seen[]> => {
  const items: Seen[] = []
  for await (const page of exportRows(house, actor, typeName, query, mark)) items.push(...page)
  await house.journal.record(scopeOf(actor), [
    { ...entryOf(house, actor, 'record.print', typeName), detail: { print: mark, rows: items.length, export: mark } },
  ])
  return items
}
