// One page of past accesses decided anew: records are read as they stand now, in one query a type and without their cells. Keeps vault-240, vault-242.
import { cellColumn, type RecordType, sealedGroups, services, type Uuid } from '#kernel'
import {
  type Around,
  type Entity,
  grantsValue,
  type Person,
  type Replay,
  type Replayed,
  type ReplaySeat,
  rowEntity,
  userRef,
  withPrincipal,
} from '#access'
import type { PastEntry } from '#journal'
import type { Tx } from '#store'
import { count, type DryTally, wantsExample } from './dry-tally.ts'
import { columnsOf } from './gate.ts'
import type { House } from './house.ts'
import type { Org } from './org.ts'
import { type Past, pastOf } from './past.ts'
import { columns, type Row } from './row.ts'

/** A grant as it once ran. */
export interface OldGrant {
  readonly id: Uuid
  readonly user_id: Uuid
  readonly role: string | null
  readonly record_type: string | null
  readonly record_id: Uuid | null
  readonly level: 'read' | 'write' | null
  readonly starts_at: Date
  readonly ends_at: Date
}

/** What stays the same over a whole dry run. */
export interface DryGround {
  readonly house: House
  readonly org: Org
  readonly replay: Replay
  readonly grants: ReadonlyMap<Uuid, readonly OldGrant[]>
  readonly seats: Map<string, ReplaySeat>
  /** Answers by question, so that equal ones are decided once. */
  readonly memo: Map<string, Replayed>
  /** Records by id as they stand; null: not there, or deleted. */
  readonly records: Map<Uuid, Entity | null>
}

/** Every grant that ran at some time of a period. */
export const grantsOf = async (tx: Tx, tenant: Uuid, from: Date, to: Date): Promise<DryGround['grants']> => {
  const rows = await tx.query<OldGrant>({
    text: `select id, user_id, role, record_type, record_id, level, starts_at, least(expires_at, revoked_at) as ends_at from ops.access_grant
           where tenant_id = $1 and starts_at < $3 and least(expires_at, revoked_at) > $2 order by id`,
    values: [tenant, from, to],
  })
  return Map.groupBy(rows, (row) => row.user_id)
}

/** So many answers are remembered; then a new memory begins, and the run stays as small as it was. */
const mostAnswers = 100_000
const mostRecords = 20_000

interface Question {
  readonly past: Past
  readonly person: Person
  readonly seat: ReplaySeat
  readonly around: Around
  readonly recorded: boolean
  readonly key: string
  readonly entry: bigint
}

/** Decides the accesses of some entries and counts them. */
export const decidePage = async (
  ground: DryGround,
  tx: Tx,
  entries: readonly PastEntry[],
  tally: DryTally,
): Promise<void> => {
  const { memo, records } = ground
  if (memo.size > mostAnswers) memo.clear()
  if (records.size > mostRecords) records.clear()
  const asked = entries.flatMap((entry) => questionOf(ground, entry, tally) ?? [])
  await fetchRecords(ground, tx, asked)
  for (const question of asked) {
    const { past, person, key } = question
    const known = memo.get(key)
    const answered = known ?? decided(ground, question)
    if (answered === undefined) {
      tally.gone++
      continue
    }
    if (known === undefined) {
      memo.set(key, answered)
      tally.questions++
    }
    const on = past.on === 'system' ? 'system' : past.type.name
    count(tally, person.id, person.role, on, answered.change, answered.changed)
    if (answered.before !== question.recorded && answered.change !== 'undecidable') tally.drifted++
    if (answered.changed.length > 0) keepExample(ground, tally, question, answered, on)
  }
}

const questionOf = (
  { house, ...ground }: DryGround,
  { id, told }: PastEntry,
  tally: DryTally,
): Question | undefined => {
  tally.entries++
  const past = pastOfHouse(house)(told)
  if (!past || service.has(told.actor)) {
    tally.other++
    return undefined
  }
  if (told.policy.includes(' break-glass ')) {
    tally.emergency++
    return undefined
  }
  const { detail } = told
  if (typeof detail === 'object' && detail !== null && 'onBehalfOf' in detail) {
    tally.deputy++
    return undefined
  }
  const person = ground.org.users.get(told.actor)
  if (!person) {
    tally.gone++
    return undefined
  }
  const { at, channel, ip, purpose } = told
  const rows = past.on === 'type' ? past.rows : undefined
  const around = { at, channel, ip, purpose, ...(rows === undefined ? {} : { rows }) }
  const [standing, seat] = seatOf(house, ground, person, at)
  const recorded = told.decision !== 'deny'
  const actions = past.on === 'record' ? past.actions : single(past.action)
  const entity = past.on === 'system' ? 'System' : past.type.entity
  const place = past.on === 'record' ? `${past.id}${past.pool ? ' pool' : ''}` : past.on
  const surroundings = ground.replay.key(actions, entity, around)
  const key = `${standing}|${entity}|${place}|${actions.join()}|${recorded ? '+' : '-'}|${surroundings}`
  return { past, person, seat, around, recorded, key, entry: id }
}

/** The same list for the same action: what is worked out for it is found again. */
const single = (action: string): readonly string[] => {
  const known = singles.get(action) ?? [action]
  singles.set(action, known)
  return known
}

const singles = new Map<string, readonly string[]>()

const service: ReadonlySet<string> = new Set(Object.values(services))

const pasts = new WeakMap<House['catalogue'], ReturnType<typeof pastOf>>()
const pastOfHouse = ({ catalogue }: House): ReturnType<typeof pastOf> => {
  const known = pasts.get(catalogue) ?? pastOf(catalogue)
  pasts.set(catalogue, known)
  return known
}

const none: readonly OldGrant[] = []

/** A person as it stands now, with the grants that ran then; by a text that names both. */
const seatOf = (
  house: House,
  { org, grants, seats }: Pick<DryGround, 'org' | 'grants' | 'seats'>,
  person: Person,
  at: Date,
): readonly [string, ReplaySeat] => {
  const all = grants.get(person.id)
  const running = all?.filter((one) => one.starts_at <= at && at < one.ends_at) ?? none
  const key = running.length === 0 ? person.id : `${person.id} ${running.map(({ id }) => id).join()}`
  const known = seats.get(key)
  if (known) return [key, known]
  const seat = { principal: userRef(person.id), ...standing(house, org, person, running) }
  seats.set(key, seat)
  return [key, seat]
}

const standing = (
  house: House,
  org: Org,
  person: Person,
  running: readonly OldGrant[],
): Pick<ReplaySeat, 'entities' | 'grants'> => {
  const roles = running.flatMap(({ role }) => (role === null ? [] : [role]))
  const records: Record<string, { read: string[]; write: string[] }> = {}
  for (const { record_type: type, record_id: id, level } of running)
    if (type !== null && id !== null && level !== null) (records[type] ??= { read: [], write: [] })[level].push(id)
  return {
    grants: grantsValue(house.catalogue, records),
    entities:
      roles.length === 0
        ? org.entities
        : withPrincipal(org.entities, {
            kind: 'user',
            tenant: house.tenant,
            ...person,
            roles: [...(person.roles ?? []), ...roles],
          }),
  }
}

/** Rows without their cells: nothing sealed is there to be opened. Deleted ones count as not there. */
const fetchRecords = async (ground: DryGround, tx: Tx, asked: readonly Question[]): Promise<void> => {
  const { house, memo, records } = ground
  const wanted = new Map<RecordType, Set<Uuid>>()
  for (const { past, key } of asked)
    if (past.on === 'record' && !records.has(past.id) && !memo.has(key))
      wanted.set(past.type, (wanted.get(past.type) ?? new Set()).add(past.id))
  for (const [type, ids] of wanted) {
    for (const id of ids) records.set(id, null)
    const rows = await tx.query<Row>({
      text: `select ${bareColumns(type)} from crm."${type.table}" where tenant_id = $1 and id = any($2::uuid[]) and deleted_at is null`,
      values: [house.tenant, [...ids]],
    })
    for (const row of rows) records.set(row.id, rowEntity(columnsOf(house.catalogue, type.name), row))
  }
}

const bareColumns = (type: RecordType): string => {
  const cells = new Set<string>(sealedGroups(type).map(cellColumn))
  return columns(type)
    .filter((column) => !cells.has(column))
    .map((column) => `"${column}"`)
    .join(', ')
}

/** The record an access was about; one that was claimed, as it lay in the pool. */
const recordOf = ({ records }: DryGround, past: Past): Entity | undefined => {
  if (past.on !== 'record') return undefined
  const found = records.get(past.id)
  if (!found || !past.pool) return found ?? undefined
  return {
    ...found,
    parents: [],
    attr: (name) => (name === 'owner' || name === 'team' ? undefined : name === 'pool' ? true : found.attr(name)),
  }
}

/** undefined: what it was about is no longer there. */
const decided = (ground: DryGround, { past, seat, around, recorded }: Question): Replayed | undefined => {
  const { house, replay } = ground
  if (past.on === 'system') return replay.onSystem(seat, past.action, around, recorded)
  if (past.on === 'type')
    return replay.onType(seat, past.action, columnsOf(house.catalogue, past.type.name), around, recorded)
  const record = recordOf(ground, past)
  return record && replay.onRecord(seat, past.actions, record, around, recorded)
}

const keepExample = (
  ground: DryGround,
  tally: DryTally,
  { past, person, seat, around, entry }: Question,
  { changed }: Replayed,
  on: string,
): void => {
  const { role, id } = person
  const first = changed.find(({ action, change }) => wantsExample(tally, { role, on, action, change }))
  if (!first) return
  const resource = recordOf(ground, past)
  // Of a whole type no single policy decides.
  const named = past.on === 'system' || resource !== undefined
  tally.examples.push({
    entry: String(entry),
    at: around.at.toISOString(),
    person: id,
    role,
    on,
    record: past.on === 'record' ? past.id : null,
    ...first,
    policies: named ? ground.replay.reasons(seat, first.action, resource, around) : [],
  })
}
