// A change of the tenant's own fields: written down, journalled and made columns in one transaction; then the rooms that know the
// catalogue are made anew. Page and verb both come through here. Keeps server-100.
import { catalogue as shipped, changedCustomField, type CustomChange, type CustomWish, newCustomField } from '#crm'
import { appendEntries } from '#journal'
import { type Actor, type CustomField, Fault } from '#kernel'
import { codeOf, keepCustomField, type Tx } from '#store'
import type { House } from './house.ts'

/** Adds a field. Throws denied, bad-value, already-exists, too-large, catalogue-busy. */
export const addField = async (house: House, actor: Actor, wish: CustomWish): Promise<CustomField> =>
  change(house, actor, wish.type, 'field.add', (there) => newCustomField(shipped, there, wish))

/** Changes a field of a tenant. Throws denied, not-found, bad-value, catalogue-busy. */
export const changeField = async (house: House, actor: Actor, id: number, wish: CustomChange): Promise<CustomField> => {
  const known = house.store.known.custom.find((one) => one.field.id === id)
  if (!known) throw new Fault('not-found', { what: 'field' })
  const act = wish.retired === true ? 'field.retire' : 'field.change'
  return change(house, actor, known.type, act, (there) => changedCustomField(there, id, wish))
}

const change = async (
  house: House,
  actor: Actor,
  type: string,
  act: string,
  make: (there: readonly CustomField[]) => CustomField,
): Promise<CustomField> => {
  await house.vault.demand(actor, 'settings.edit')
  // What does not fit is told before any table is held.
  make(house.store.known.custom)
  let made: CustomField | undefined
  const write = async (tx: Tx, there: readonly CustomField[]): Promise<void> => {
    await tx.query({
      text: `select set_config('app.tenant', $1, true), set_config('app.principal', $2, true)`,
      values: [house.tenant, actor.principal.id],
    })
    await demandQuiet(tx, house)
    made = make(there)
    await keepCustomField(tx, house.tenant, actor.principal.id, made)
    const { name, kind, dataClass, group, storage } = made.field
    await appendEntries(tx, house.tenant, actor.env.now, [
      {
        act,
        obj: type,
        actor: actor.principal.id,
        decision: 'allow',
        channel: actor.env.channel,
        ...(actor.env.ip === '' ? {} : { ip: actor.env.ip }),
        detail: { field: name, kind, dataClass, group, storage, retired: made.field.retired === true },
      },
    ])
  }
  await house.store.redefine(type, write).catch((error: unknown) => {
    // PostgreSQL Appendix A, 55P03: somebody reads or writes the whole table, as a backup does.
    if (codeOf(error) === '55P03') throw new Fault('catalogue-busy', { what: 'backup' })
    throw error
  })
  await house.renew()
  if (!made) throw new Error('the change was not made')
  return made
}

/** Imports and jobs hold the fields they began with; an import that has not moved for a minute is none. */
const demandQuiet = async (tx: Tx, house: House): Promise<void> => {
  const [row] = await tx.query<{ imports: boolean; jobs: boolean }>({
    text: `select exists (select from ops.import_run where tenant_id = $1 and state = 'running' and seen_at > now() - interval '1 minute') as imports,
                  exists (select from ops.job where tenant_id = $1 and state in ('queued', 'running')) as jobs`,
    values: [house.tenant],
  })
  if (row?.imports === true) throw new Fault('catalogue-busy', { what: 'import' })
  if (row?.jobs === true) throw new Fault('catalogue-busy', { what: 'job' })
}
