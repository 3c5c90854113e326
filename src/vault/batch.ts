// Many records at once: one transaction a batch, one statement for the new rows, one outcome for every draft. Keeps vault-11.
import { type Actor, Fault, type Field, fieldOf, newId, type RecordType, typeOf, type Uuid } from '#kernel'
import { importKey } from '#encryption'
import type { Tx } from '#store'
import type { Gate } from './gate.ts'
import type { House } from './house.ts'
import type { SubjectKeys } from './keyring.ts'
import { openAll } from './open.ts'
import { type Change, draftRow, type Head, insertRows, replaceRow, sealRow } from './rows.ts'
import { type Row, selectList, type Values } from './row.ts'
import { checkValue, type Refusal } from './validate.ts'
import type { BatchOutcome, Draft } from './vault.ts'
import { changedNames, freshHead, groupsOf, guarded, nextHead, visibleIds } from './write.ts'

const largest = 1000

/** Creates or updates the records of a batch. A draft that is refused stops no other. */
export const importDrafts = (
  house: House,
  actor: Actor,
  typeName: string,
  drafts: readonly Draft[],
): Promise<readonly BatchOutcome[]> => {
  if (drafts.length > largest) throw new Fault('too-large', { what: 'a batch', limit: largest })
  return guarded(house, actor, typeName, undefined, async (tx, gate, type) => {
    if (type.name === 'user' || type.name === 'team' || !gate.could('import', type))
      throw new Fault('denied', { action: 'import' })
    return writeBatch(house, tx, actor, gate, type, drafts)
  })
}

interface Prepared {
  readonly place: number
  readonly draft: Draft
  readonly values: Values
  readonly key: Uint8Array | null
}

const refused = (reason: Refusal): BatchOutcome => ({ state: 'refused', reason })

const notAllowed: Refusal = { zh: '您没有权限写入此记录', en: 'you may not write this record' }

const writeBatch = async (
  house: House,
  tx: Tx,
  actor: Actor,
  gate: Gate,
  type: RecordType,
  drafts: readonly Draft[],
): Promise<readonly BatchOutcome[]> => {
  const outcomes: BatchOutcome[] = new Array<BatchOutcome>(drafts.length).fill(refused(notAllowed))
  const prepared: Prepared[] = []
  const bad = await badLinks(house, tx, gate, type, drafts)
  drafts.forEach((draft, place) => {
    const checked = check(type, draft, bad)
    if ('zh' in checked) outcomes[place] = refused(checked)
    else prepared.push({ place, draft, values: checked.values, key: keyOf(house, type, draft) })
  })
  // The same source row twice in one batch: the later ones meet the first as an existing record.
  const first = new Map<string, Prepared>()
  const later: Prepared[] = []
  for (const one of prepared) {
    const name = one.key === null ? `#${String(one.place)}` : Buffer.from(one.key).toString('base64')
    if (first.has(name)) later.push(one)
    else first.set(name, one)
  }
  await writeDistinct(house, tx, actor, gate, type, [...first.values()], outcomes)
  for (const one of later) await writeDistinct(house, tx, actor, gate, type, [one], outcomes)
  return outcomes
}

const keyOf = (house: House, type: RecordType, draft: Draft): Uint8Array | null =>
  draft.importKey === undefined ? null : importKey(house.search.active.root, `${type.name}\n${draft.importKey}`)

const check = (type: RecordType, draft: Draft, bad: ReadonlySet<string>): { readonly values: Values } | Refusal => {
  const values: Record<string, Values[string]> = {}
  for (const name of Object.keys(draft.values)) {
    if (!fieldOf(type, name)) return { zh: `没有字段 ${name}`, en: `there is no field ${name}` }
  }
  for (const field of type.fields) {
    const given = draft.values[field.name]
    const result = checkValue(field, given)
    if ('refusal' in result) return named(field, result.refusal)
    if (field.kind === 'link' && typeof result.value === 'string' && bad.has(result.value)) {
      return named(field, { zh: '关联的记录不存在或不可见', en: 'the linked record does not exist or may not be seen' })
    }
    if (result.value !== null) values[field.name] = result.value
  }
  return { values }
}

const named = (field: Field, refusal: Refusal): Refusal => ({
  zh: `${field.label.zh}：${refusal.zh}`,
  en: `${field.label.en}: ${refusal.en}`,
})

/** Ids in link fields that the principal cannot see. */
const badLinks = async (
  house: House,
  tx: Tx,
  gate: Gate,
  type: RecordType,
  drafts: readonly Draft[],
): Promise<ReadonlySet<string>> => {
  const bad = new Set<string>()
  for (const field of type.fields) {
    if (field.kind !== 'link' || field.to === undefined) continue
    const ids = [
      ...new Set(
        drafts.flatMap((draft) =>
          typeof draft.values[field.name] === 'string' ? [draft.values[field.name] as string] : [],
        ),
      ),
    ]
    if (ids.length === 0) continue
    const visible = await visibleIds(house, tx, gate, typeOf(house.catalogue, field.to), ids)
    for (const id of ids) if (!visible.has(id)) bad.add(id)
  }
  return bad
}

const writeDistinct = async (
  house: House,
  tx: Tx,
  actor: Actor,
  gate: Gate,
  type: RecordType,
  batch: readonly Prepared[],
  outcomes: BatchOutcome[],
): Promise<void> => {
  // A row that is closed to the importer is met all the same, and refused by the policies.
  const existing = await tx.asHouse(() => rowsByKey(house, tx, type, batch))
  const fresh: { readonly one: Prepared; readonly head: Head }[] = []
  const subjects = await linkedSubjects(house, tx, type, batch)
  const org = await house.org.read(tx)
  for (const one of batch) {
    const row = one.key === null ? undefined : existing.get(Buffer.from(one.key).toString('base64'))
    if (row) {
      outcomes[one.place] = await updateOne(house, tx, actor, gate, type, row, one)
      continue
    }
    const owner = one.draft.ownerId === undefined ? actor.principal.id : one.draft.ownerId
    const user = owner === null ? undefined : org.users.get(owner)
    if (owner !== null && user?.active !== true) {
      outcomes[one.place] = refused({ zh: '负责人不存在或已停用', en: 'the owner does not exist or is not active' })
      continue
    }
    const id = one.draft.id ?? newId(house.clock.now().getTime())
    const subject =
      type.subjectOf.map((name) => subjects.get(String(one.values[name]))).find((found) => found !== undefined) ?? id
    const head = freshHead(
      house,
      actor,
      id,
      subject,
      { owner_id: owner, team_id: user?.team ?? null },
      one.key,
      one.draft.createdAt,
    )
    const draft = draftRow(type, head, one.values)
    const groups = groupsOf(type, Object.keys(one.values))
    if (
      !gate.can('create', type, draft) ||
      !gate.can('import', type, draft) ||
      !groups.every((group) => gate.can(`edit.${group}`, type, draft))
    )
      continue
    fresh.push({ one, head })
  }
  const keys = await house.keyring.ensure(
    tx,
    fresh.map(({ head }) => head.subject_id),
  )
  const changes = fresh.map(({ one, head }): Change => {
    const row = sealRow(type, head, one.values, held(keys, head.subject_id))
    outcomes[one.place] = { state: 'created', id: head.id }
    return { act: 'record.create', row, values: one.values, groups: groupsOf(type, Object.keys(one.values)) }
  })
  for (let i = 0; i < changes.length; i += 250) await insertRows(house, tx, actor, type, changes.slice(i, i + 250))
}

const held = (keys: ReadonlyMap<Uuid, SubjectKeys>, subject: Uuid): SubjectKeys => {
  const key = keys.get(subject)
  if (!key) throw new Fault('key-destroyed')
  return key
}

const rowsByKey = async (
  house: House,
  tx: Tx,
  type: RecordType,
  batch: readonly Prepared[],
): Promise<ReadonlyMap<string, Row>> => {
  const keys = batch.flatMap((one) => (one.key === null ? [] : [Buffer.from(one.key)]))
  if (keys.length === 0) return new Map()
  const rows = await tx.query<Row>({
    text: `select ${selectList(type, 'r')} from crm."${type.table}" r where r.tenant_id = $1 and r.import_key = any($2::bytea[]) for update`,
    values: [house.tenant, keys],
  })
  return new Map(rows.map((row) => [Buffer.from(row.import_key ?? []).toString('base64'), row]))
}

/** Subjects of the records that link fields point to: id → subject. */
const linkedSubjects = async (
  house: House,
  tx: Tx,
  type: RecordType,
  batch: readonly Prepared[],
): Promise<ReadonlyMap<string, Uuid>> => {
  const subjects = new Map<string, Uuid>()
  for (const name of type.subjectOf) {
    const target = fieldOf(type, name)?.to
    if (target === undefined) continue
    const ids = [...new Set(batch.flatMap((one) => (typeof one.values[name] === 'string' ? [one.values[name]] : [])))]
    if (ids.length === 0) continue
    const rows = await tx.query<{ id: Uuid; subject_id: Uuid }>({
      text: `select id, subject_id from crm."${typeOf(house.catalogue, target).table}" where tenant_id = $1 and id = any($2::uuid[])`,
      values: [house.tenant, ids],
    })
    for (const row of rows) subjects.set(row.id, row.subject_id)
  }
  return subjects
}

/** A source row seen before: what it says now is written where it differs; what it leaves empty stays. */
const updateOne = async (
  house: House,
  tx: Tx,
  actor: Actor,
  gate: Gate,
  type: RecordType,
  row: Row,
  one: Prepared,
): Promise<BatchOutcome> => {
  if (!gate.can('list', type, row)) return refused(notAllowed)
  if (row.deleted_at !== null) return { state: 'unchanged', id: row.id }
  const key = held(await house.keyring.hold(tx, [row]), row.subject_id)
  const values = openAll(type, row, key)
  const changed = changedNames(gate, type, row, values, one.values)
  if (changed.length === 0) return { state: 'unchanged', id: row.id }
  const groups = groupsOf(type, changed)
  if (!groups.every((group) => gate.can(`edit.${group}`, type, row))) return refused(notAllowed)
  const next = { ...values, ...one.values }
  const after = draftRow(type, row, next)
  if (!groups.every((group) => gate.can(`edit.${group}`, type, after))) return refused(notAllowed)
  const sealed = sealRow(type, nextHead(house, actor, row, {}), next, key)
  await replaceRow(house, tx, actor, type, { act: 'record.update', row: sealed, values: next, groups, changed })
  return { state: 'updated', id: row.id }
}
