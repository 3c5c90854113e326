// Changes of single records: decided on the old and the new row, validated, sealed, indexed and journalled in one transaction. Keeps vault-2, vault-3, vault-4.
import {
  type Actor,
  Fault,
  type Field,
  type FieldGroup,
  fieldOf,
  inSentence,
  type Json,
  newId,
  partIn,
  partOf,
  type RecordType,
  scopeOf,
  typeOf,
  type Uuid,
} from '#kernel'
import { predicateSql, type Tx } from '#store'
import { demandOfficesApart } from './deputies.ts'
import { createGate, type Gate } from './gate.ts'
import { demandMayGive, demandMayRename, rolesOf } from './give-role.ts'
import type { House } from './house.ts'
import { endLentOf } from './leaving.ts'
import { type Notice, tell } from './notices.ts'
import { openAll, show } from './open.ts'
import { type Change, draftRow, type Head, insertRows, journalDenial, replaceRow, sealRow } from './rows.ts'
import { type Row, sameValue, selectList, type Values } from './row.ts'
import { emailTaken } from './staff.ts'
import { checkValue, demandApart } from './validate.ts'
import type { Draft, FieldValue, Seen } from './vault.ts'

/** Makes a record. Throws denied, bad-value, not-found for a link to what the principal cannot see. */
export const createRecord = (house: House, actor: Actor, typeName: string, draft: Draft): Promise<Seen> =>
  guarded(house, actor, typeName, undefined, (tx, gate, type) =>
    createIn(house, tx, actor, gate, type, draft, { act: 'record.create' }),
  )

/** The same in a transaction that is under way; told: what its journal entry says. */
export const createIn = async (
  house: House,
  tx: Tx,
  actor: Actor,
  gate: Gate,
  type: RecordType,
  draft: Draft,
  told: Pick<Change, 'act' | 'detail'>,
): Promise<Seen> => {
  const values = checkAll(type, draft.values)
  demandApart(type, values)
  const head = await newHead(house, tx, actor, type, values, draft)
  demandNew(gate, type, draftRow(type, head, values), values)
  await demandLinks(house, tx, gate, type, values, Object.keys(values))
  if (type.name === 'user') {
    demandMayGive(actor, head.id, {}, values)
    await emailTaken(house, tx, values, head.id)
  }
  const key = (await house.keyring.ensure(tx, [head.subject_id])).get(head.subject_id)
  if (!key) throw new Fault('key-destroyed')
  const row = sealRow(type, head, values, key)
  await insertRows(house, tx, actor, type, [{ ...told, row, values, groups: groupsOf(type, Object.keys(values)) }])
  await tell(house, tx, actor, type, undefined, row)
  return show(gate.unasked, type, row, key)
}

/** Changes some values of a record. */
export const updateRecord = (
  house: House,
  actor: Actor,
  typeName: string,
  id: Uuid,
  version: number,
  changes: Readonly<Record<string, unknown>>,
): Promise<Seen> =>
  changing(house, actor, typeName, id, version, 'record.update', async (tx, gate, type, row, values) => {
    const wanted = checkSome(type, changes)
    const changed = changedNames(gate, type, row, values, wanted)
    for (const group of groupsOf(type, changed)) demand(gate, `edit.${group}`, type, row)
    await demandLinks(house, tx, gate, type, wanted, changed)
    const next = { ...values, ...wanted }
    demandApart(type, next)
    if (type.name === 'user') {
      demandMayGive(actor, id, values, next)
      demandMayRename(actor, id, values, changed)
    }
    // What it becomes must be the editor's to write as well: nobody edits a record into what is closed to them.
    for (const group of groupsOf(type, changed)) demand(gate, `edit.${group}`, type, draftRow(type, row, next))
    if (type.name === 'user' && changed.includes('email')) await emailTaken(house, tx, next, id)
    if (type.name === 'user' && (changed.includes('role') || changed.includes('furtherRoles')))
      await demandOfficesApart(house, tx, id, rolesOf(next))
    const unit = next['unit']
    const team =
      type.name === 'user' && changed.includes('unit') ? { team_id: typeof unit === 'string' ? unit : null } : {}
    return { changed, values: next, head: team }
  })

/**
 * The fields that a change would change. One whose value the writer does not see counts as changed whatever it says: else who guesses
 * right would be told so, by being refused nothing.
 */
export const changedNames = (
  gate: Gate,
  type: RecordType,
  row: Row,
  values: Values,
  wanted: Values,
): readonly string[] => {
  const sight = gate.sight(type)(row)
  const seen = (field: Field | undefined): boolean =>
    field !== undefined &&
    (sight[field.group] === 'plain' || (sight[field.group] === 'masked' && field.storage === 'plain'))
  return Object.keys(wanted).filter(
    (name) => !seen(fieldOf(type, name)) || !sameValue(values[name] ?? null, wanted[name] ?? null),
  )
}

/** Marks a record as deleted; it can be recovered. */
export const removeRecord = async (
  house: House,
  actor: Actor,
  typeName: string,
  id: Uuid,
  version: number,
): Promise<void> => {
  await changing(house, actor, typeName, id, version, 'record.delete', (_tx, gate, type, row, values) => {
    demand(gate, 'delete', type, row)
    return Promise.resolve({ values, changed: [], head: { deleted_at: house.clock.now() } })
  })
}

/** Takes a deleted record back. */
export const recoverRecord = (house: House, actor: Actor, typeName: string, id: Uuid): Promise<Seen> =>
  changing(
    house,
    actor,
    typeName,
    id,
    undefined,
    'record.recover',
    (_tx, gate, type, row, values) => {
      demand(gate, 'recover', type, row)
      return Promise.resolve({ values, changed: [], head: { deleted_at: null } })
    },
    true,
  )

/** Gives a record to an owner, or to the public pool. The team follows the owner. */
export const assignRecord = (
  house: House,
  actor: Actor,
  typeName: string,
  id: Uuid,
  owner: Uuid | null,
): Promise<Seen> =>
  changing(house, actor, typeName, id, undefined, 'record.assign', async (tx, gate, type, row, values) => {
    demand(gate, 'assign', type, row)
    if (owner === null && !type.pool)
      throw new Fault('bad-value', { field: 'owner', what: 'this type has no public pool' })
    const head = await ownerHead(house, tx, owner)
    // The new row must be the assigner's to give as well: nobody pushes a record where it may not write.
    demand(gate, 'assign', type, { ...row, ...head }, owner !== null)
    return { values, changed: [], head }
  })

/** Takes a record out of the public pool; of many at once one wins, the others learn that it is taken. */
export const claimRecord = (house: House, actor: Actor, typeName: string, id: Uuid): Promise<Seen> =>
  changing(house, actor, typeName, id, undefined, 'record.claim', async (tx, gate, type, row, values) => {
    if (row.owner_id !== null) throw new Fault('taken', { what: inSentence(type.label) })
    demand(gate, 'claim', type, row)
    return { values, changed: [], head: await ownerHead(house, tx, actor.principal.id) }
  })

/** Shares a record with exactly these users. */
export const shareRecord = (
  house: House,
  actor: Actor,
  typeName: string,
  id: Uuid,
  users: readonly Uuid[],
): Promise<Seen> =>
  changing(house, actor, typeName, id, undefined, 'record.share', async (tx, gate, type, row, values) => {
    demand(gate, 'share', type, row)
    const org = await house.org.read(tx)
    if (users.length > 100 || !users.every((user) => org.users.has(user))) {
      throw new Fault('bad-value', { field: 'sharedWith', what: 'expected at most 100 existing users' })
    }
    return { values, changed: [], head: { shared_with: [...new Set(users)] } }
  })

/** Passes a record on from the owner it has; conflict where it has another one by now. */
export const passRecord = (
  house: House,
  actor: Actor,
  typeName: string,
  id: Uuid,
  from: Uuid,
  to: Uuid | null,
  notice: Notice,
): Promise<Seen> =>
  changing(house, actor, typeName, id, undefined, 'record.assign', async (tx, gate, type, row, values) => {
    if (row.owner_id !== from) throw new Fault('conflict', { what: inSentence(type.label) })
    demand(gate, 'assign', type, row)
    return { values, changed: [], head: await ownerHead(house, tx, to), notice }
  })

/** Puts one person in the place of another among those a record is shared with; conflict where that one is not among them. */
export const passShare = (
  house: House,
  actor: Actor,
  typeName: string,
  id: Uuid,
  from: Uuid,
  to: Uuid | null,
  notice: Notice,
): Promise<Seen> =>
  changing(house, actor, typeName, id, undefined, 'record.share', (_tx, gate, type, row, values) => {
    if (!row.shared_with.includes(from)) throw new Fault('conflict', { what: inSentence(type.label) })
    demand(gate, 'share', type, row)
    const kept = row.shared_with.filter((user) => user !== from)
    const shared = to === null || to === row.owner_id ? kept : [...new Set([...kept, to])]
    return Promise.resolve({ values, changed: [], head: { shared_with: shared }, notice })
  })

interface Outcome {
  readonly values: Values
  readonly changed: readonly string[]
  readonly head: Partial<Head>
  /** More for the journal entry: names of things and numbers. */
  readonly detail?: Json
  /** What those whom it concerns are told, where that is more than this one change. */
  readonly notice?: Notice
}

type Work = (tx: Tx, gate: Gate, type: RecordType, row: Row, values: Values) => Promise<Outcome>

/** The shape of every change of an existing record: lock, decide, reseal under the next version, journal. */
export const changing = (
  house: House,
  actor: Actor,
  typeName: string,
  id: Uuid,
  version: number | undefined,
  act: string,
  work: Work,
  deleted = false,
): Promise<Seen> =>
  guarded(house, actor, typeName, id, async (tx, gate, type) => {
    const [locked] = await rowsById(house, tx, gate, type, [id], 'for update', deleted)
    // A row that a guard rail lets nobody like this change is not locked, though it may be seen: it is asked all the same which right
    // is missing, and nothing is written, whatever the answer.
    const row = locked ?? (await findRow(house, tx, gate, type, id, '', deleted))
    const key = (await house.keyring.hold(tx, [row])).get(row.subject_id)
    if (!key) throw new Fault('key-destroyed')
    const { values, changed, head, detail, notice } = await work(tx, gate, type, row, openAll(type, row, key))
    if (!locked) throw new Fault('denied', { action: act })
    if (version !== undefined && version !== row.version) throw new Fault('conflict', { what: inSentence(type.label) })
    if (act === 'record.update' && changed.length + Object.keys(head).length === 0)
      return show(gate.unasked, type, row, key)
    const next = sealRow(type, nextHead(house, actor, row, head), values, key)
    const change: Change = {
      act,
      row: next,
      values,
      groups: groupsOf(type, changed),
      changed,
      owner: row.owner_id,
      ...(detail === undefined ? {} : { detail }),
    }
    await replaceRow(house, tx, actor, type, change)
    if (type.name === 'user' && isOff(next, values)) await endLentOf(house, tx, actor, [id])
    await tell(house, tx, actor, type, row, next, notice)
    return show(gate.unasked, type, next, key)
  })

/** A user who cannot sign in any more. */
const isOff = (row: Row, values: Values): boolean => row.deleted_at !== null || values['active'] !== true

/** Runs work in one transaction under the principal's gate; what is refused is journalled after the roll-back. */
export const guarded = async <T>(
  house: House,
  actor: Actor,
  typeName: string,
  id: Uuid | undefined,
  work: (tx: Tx, gate: Gate, type: RecordType) => Promise<T>,
): Promise<T> => {
  const type = typeOf(house.catalogue, typeName)
  const gate = await createGate(house, actor)
  try {
    const result = await house.search.fresh(() =>
      house.store.transaction({ ...scopeOf(actor), facts: gate.facts }, (tx) => work(tx, gate, type)),
    )
    if (type.name === 'user' || type.name === 'team') house.org.forget()
    return result
  } catch (error) {
    const action = error instanceof Fault ? error.details['action'] : undefined
    if (
      error instanceof Fault &&
      (['denied', 'hidden-field', 'own-roles', 'administrator-gives', 'administrators-way-in'].includes(error.code) ||
        (error.code === 'not-found' && id !== undefined))
    ) {
      await journalDenial(house, actor, typeof action === 'string' ? action : error.code, type.name, id)
    }
    if (error instanceof Fault && error.code === 'unmask-limit') {
      await journalDenial(house, actor, 'unmask-limit', type.name, id)
      await house.alarms.raise(actor, 'alarm.unmask-limit', actor.principal.id, {
        limit: Number(error.details['limit'] ?? 0),
      })
    }
    throw error
  }
}

/** Throws denied unless the action is allowed on the row. */
export const demand = (gate: Gate, action: string, type: RecordType, row: Row, really = true): void => {
  if (really && !gate.can(action, type, row)) throw new Fault('denied', { action })
}

const demandNew = (gate: Gate, type: RecordType, row: Row, values: Values): void => {
  demand(gate, 'create', type, row)
  for (const group of groupsOf(type, Object.keys(values))) demand(gate, `edit.${group}`, type, row)
}

/** Groups of the named fields. */
export const groupsOf = (type: RecordType, names: readonly string[]): readonly FieldGroup[] => [
  ...new Set(names.flatMap((name) => fieldOf(type, name)?.group ?? [])),
]

/** Checks the values of a new record: every required one is there. Throws bad-value. */
export const checkAll = (type: RecordType, given: Readonly<Record<string, unknown>>): Values => {
  checkSome(type, given)
  const values: Record<string, FieldValue> = {}
  for (const field of type.fields) {
    const result = checkValue(field, given[field.name])
    if ('refusal' in result) throw new Fault('bad-value', { ...partOf(field), what: result.refusal })
    if (result.value !== null) values[field.name] = result.value
  }
  return values
}

/** Checks the values of a change. Throws bad-value. */
export const checkSome = (type: RecordType, given: Readonly<Record<string, unknown>>): Values => {
  const values: Record<string, FieldValue> = {}
  for (const [name, value] of Object.entries(given)) {
    const field = fieldOf(type, name)
    if (!field)
      throw new Fault('bad-value', {
        ...partIn(type, name),
        what: 'there is no such field',
      })
    const result = checkValue(field, value)
    if ('refusal' in result) throw new Fault('bad-value', { ...partOf(field), what: result.refusal })
    values[name] = result.value
  }
  return values
}

const newHead = async (
  house: House,
  tx: Tx,
  actor: Actor,
  type: RecordType,
  values: Values,
  draft: Draft,
): Promise<Head> => {
  const id = draft.id ?? newId(house.clock.now().getTime())
  const owned = !(type.name === 'user' || type.name === 'team')
  const wanted = draft.ownerId === undefined ? actor.principal.id : draft.ownerId
  const owner = owned && actor.principal.kind === 'service' && draft.ownerId === undefined ? null : wanted
  const head = owned
    ? await ownerHead(house, tx, owner)
    : { owner_id: null, team_id: typeof values['unit'] === 'string' ? values['unit'] : null }
  if (owned && head.owner_id === null && !type.pool && actor.principal.kind === 'user') {
    throw new Fault('bad-value', { field: 'owner', what: 'this type has no public pool' })
  }
  return freshHead(house, actor, id, await subjectOf(house, tx, type, id, values), head, null, draft.createdAt)
}

/** The head of a record that did not exist before. */
export const freshHead = (
  house: House,
  actor: Actor,
  id: Uuid,
  subject: Uuid,
  owner: Pick<Head, 'owner_id' | 'team_id'>,
  importKey: Uint8Array | null,
  createdAt?: string,
): Head => {
  const now = house.clock.now()
  return {
    id,
    version: 1,
    subject_id: subject,
    ...owner,
    shared_with: [],
    created_by: actor.principal.id,
    created_at: createdAt === undefined ? now : new Date(createdAt),
    updated_by: actor.principal.id,
    updated_at: now,
    deleted_at: null,
    import_key: importKey,
  }
}

/** The head of the next version of a row. */
export const nextHead = (house: House, actor: Actor, row: Row, changes: Partial<Head>): Head => ({
  id: row.id,
  version: row.version + 1,
  subject_id: row.subject_id,
  owner_id: row.owner_id,
  team_id: row.team_id,
  shared_with: row.shared_with,
  created_by: row.created_by,
  created_at: row.created_at,
  updated_by: actor.principal.id,
  updated_at: house.clock.now(),
  deleted_at: row.deleted_at,
  import_key: row.import_key,
  ...changes,
})

/** Owner and the team that follows; throws bad-value for someone who cannot own. */
export const ownerHead = async (
  house: House,
  tx: Tx,
  owner: Uuid | null,
): Promise<Pick<Head, 'owner_id' | 'team_id'>> => {
  if (owner === null) return { owner_id: null, team_id: null }
  const user = (await house.org.read(tx)).users.get(owner)
  if (user?.active !== true) throw new Fault('bad-value', { field: 'owner', what: 'expected an active user' })
  return { owner_id: owner, team_id: user.team }
}

/** The person or company the record's values are about: that of the first link that is set, else the record itself. */
const subjectOf = async (house: House, tx: Tx, type: RecordType, id: Uuid, values: Values): Promise<Uuid> => {
  for (const name of type.subjectOf) {
    const link = values[name]
    const target = fieldOf(type, name)?.to
    if (typeof link !== 'string' || target === undefined) continue
    const table = typeOf(house.catalogue, target).table
    const [found] = await tx.query<{ subject_id: Uuid }>({
      text: `select subject_id from crm."${table}" where tenant_id = $1 and id = $2`,
      values: [house.tenant, link],
    })
    if (found) return found.subject_id
  }
  return id
}

/** A link may only point to what the principal can see. Throws bad-value naming the field. */
export const demandLinks = async (
  house: House,
  tx: Tx,
  gate: Gate,
  type: RecordType,
  values: Values,
  names: readonly string[],
): Promise<void> => {
  for (const name of names) {
    const field = fieldOf(type, name)
    const link = values[name]
    if (field?.to === undefined || typeof link !== 'string') continue
    const visible = await visibleIds(house, tx, gate, typeOf(house.catalogue, field.to), [link])
    if (!visible.has(link))
      throw new Fault('bad-value', { ...partOf(field), what: 'there is no such record, or you may not see it' })
  }
}

/** Which of these ids the principal can list. */
export const visibleIds = async (
  house: House,
  tx: Tx,
  gate: Gate,
  type: RecordType,
  ids: readonly Uuid[],
): Promise<ReadonlySet<Uuid>> => {
  const rows = await rowsById(house, tx, gate, type, ids, '')
  return new Set(rows.map((row) => row.id))
}

/** Records by id that the principal can list. */
export const rowsById = async (
  house: House,
  tx: Tx,
  gate: Gate,
  type: RecordType,
  ids: readonly Uuid[],
  lock: string,
  deleted = false,
): Promise<readonly Row[]> => {
  const { predicate, postFilter } = gate.predicate('list', type)
  const { text, values } = predicateSql(predicate, 'r', 3, 1)
  const rows = await tx.query<Row>({
    text: `select ${selectList(type, 'r')} from crm."${type.table}" r
           where r.tenant_id = $1 and r.id = any($2::uuid[]) and r.deleted_at is ${deleted ? 'not null' : 'null'} and (${text}) ${lock}`,
    values: [house.tenant, ids, ...values],
  })
  return postFilter ? rows.filter((row) => gate.can('list', type, row)) : rows
}

/** One row the principal can list, or not-found: it never learns whether another one exists. */
export const findRow = async (
  house: House,
  tx: Tx,
  gate: Gate,
  type: RecordType,
  id: Uuid,
  lock = '',
  deleted = false,
): Promise<Row> => {
  const [row] = await rowsById(house, tx, gate, type, [id], lock, deleted)
  if (!row) throw new Fault('not-found', { what: inSentence(type.label) })
  return row
}
