// The world of the leak matrix: one person of each role, records of each type of which every value is a canary (own fields, former values
// and files among them), and what the policies say each person sees of each of them, asked of the policies alone.
import assert from 'node:assert/strict'
import {
  accessSchema,
  compilePolicies,
  contextOf,
  type Granted,
  grantsValue,
  organisation,
  type PolicySet,
  recordColumns,
  rowEntity,
  userRef,
} from '#access'
import { catalogue as shipped } from '#crm'
import { type Actor, type Catalogue, type Field, type FieldGroup, type RecordType, sealedGroups } from '#kernel'
import { addField } from '../../src/server/define-field.ts'
import { type Canary, canariesIn, canaryKey, canaryValue, required } from './canary.ts'
import { bringOwnRole, ownRole } from './own-role.ts'
import { type Answer, type Client, testPassword, type TestServer } from './server.ts'

export interface Planted {
  readonly id: string
  readonly type: RecordType
  /** As it lies in the database; read again after a change. */
  row: Readonly<Record<string, unknown>>
  readonly values: Readonly<Record<string, unknown>>
  readonly importKey: string
  readonly files: readonly { readonly id: string; readonly group: FieldGroup; readonly content: string }[]
}

export type Sight = 'hidden' | 'masked' | 'plain'

export interface Person {
  readonly role: string
  readonly email: string
  readonly id: string
  readonly client: Client
  readonly planted: readonly Planted[]
}

export interface World {
  readonly catalogue: Catalogue
  /** The types of customers' records, own fields among theirs. */
  readonly types: readonly RecordType[]
  readonly people: readonly Person[]
  readonly staff: Parameters<typeof organisation>[0]
  readonly teams: Parameters<typeof organisation>[1]
  readonly records: Map<string, Planted>
  readonly canaries: Map<string, Canary>
  /** Somebody else, of the team below and of another one. */
  readonly mate: string
  readonly stranger: string
  /** A value for a field that no record has yet. */
  fresh(field: Field): unknown
  /** What records of a person look like in the vault. */
  actorOf(person: Person, purpose?: string): Promise<Actor>
}

const customerNames = shipped.types
  .filter((type) => type.entity !== 'User' && type.entity !== 'Team')
  .map(({ name }) => name)

/** Those that are shipped, and one of the house's own. */
export const roles: readonly string[] = [
  ...(shipped.types.find(({ name }) => name === 'user')?.fields ?? []).flatMap((field) =>
    field.name === 'role' ? (field.options ?? []).map(({ value }) => value) : [],
  ),
  ownRole,
]

const label = (text: string) => ({ zh: `${text}（自定义）`, en: `${text} of ours` })

/** Own fields of every type: one that lies open and one that is sealed. */
const addOwnFields = async ({ house, ids }: TestServer): Promise<void> => {
  const admin = await house.actorOf(ids.admin, { channel: 'web', ip: '127.0.0.1', mfa: true, purpose: '' })
  for (const type of customerNames)
    for (const [name, dataClass] of [['open', 'internal'], ['sealed', 'personal']] as const)
      await addField(house, admin, { type, name, kind: 'text', label: label(name), dataClass, purpose: label('leak test') }) // prettier-ignore
}

const once = async function* (text: string): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from(text))
}

/**
 * One person of each role; of each type (all types of customers' records, unless some are named) a record of one's own, one shared, and
 * for all one of the team below, of another team, of the pool.
 */
export const plant = async (server: TestServer, names: readonly string[] = customerNames): Promise<World> => {
  await addOwnFields(server)
  await bringOwnRole(server.house, server.ids.admin)
  const { system } = server.house
  const { vault } = server.house
  const { catalogue } = vault
  const types = catalogue.types.filter(({ name }) => names.includes(name))
  const team = async (name: string, parent: string | null): Promise<string> =>
    (await vault.create(system, 'team', { values: { name, ...(parent === null ? {} : { parent }) } })).id
  const [head, elsewhere] = [await team('Head', null), await team('Elsewhere', null)]
  const below = await team('Below', head)
  const staff: { id: string; role: string; team: string; active: boolean }[] = []
  const person = async (name: string, role: string, unit: string): Promise<string> => {
    const email = `${name}@example.org`
    const { id } = await vault.create(system, 'user', { values: { name, email, role, unit, active: true, language: 'en' } }) // prettier-ignore
    await server.house.identity.setPassword(id, testPassword, { actor: system })
    staff.push({ id, role, team: unit, active: true })
    return id
  }
  const mate = await person('mate', 'sales', below)
  const stranger = await person('stranger', 'sales', elsewhere)
  const canaries = new Map<string, Canary>()
  const records = new Map<string, Planted>()
  let n = 0
  const fresh = (field: Field): unknown => {
    const value = canaryValue(field, n)
    if (value !== undefined) n++
    return value
  }
  const told = (value: unknown, canary: Canary): void => {
    const key = canaryKey(value)
    if (key !== '') canaries.set(key, canary)
  }
  const record = async (type: RecordType, ownerId: string | null, sharedWith?: string): Promise<Planted> => {
    const values: Record<string, unknown> = { ...required(type) }
    for (const field of type.fields) {
      const value = fresh(field)
      if (value !== undefined) values[field.name] = value
    }
    const importKey = `leak:${type.name}:${String(n)}`
    const [outcome] = await vault.importBatch(system, type.name, [{ values: values as never, ownerId, importKey }])
    assert.ok(outcome?.state === 'created', JSON.stringify(outcome))
    const { id } = outcome
    const canary = (field: string): Canary => ({ record: id, type: type.name, field })
    for (const [field, value] of Object.entries(values)) told(value, canary(field))
    // What stood there before is as much a secret as what stands there now.
    const changes: Record<string, unknown> = {}
    for (const group of sealedGroups(type)) {
      const field = type.fields.find((one) => one.group === group && one.storage === 'sealed' && !one.options)
      const value = field && fresh(field)
      if (!field || value === undefined) continue
      changes[field.name] = value
      told(value, canary(field.name))
    }
    await vault.update(system, type.name, id, 1, changes as never)
    if (sharedWith !== undefined) await vault.share(system, type.name, id, [sharedWith])
    const files = []
    for (const group of sealedGroups(type)) {
      const [name, content] = [n++, n++].map((one) => `zqx${one.toString().padStart(5, '0')}kanari`)
      const file = { name: `${name ?? ''}.txt`, declared: 'text/plain', group, limit: 1000, bytes: once(content ?? '') }
      const added = await vault.attachments.add(system, type.name, id, file)
      for (const value of [name, content])
        told(value, { record: id, type: type.name, field: `a file of ${group}`, group })
      files.push({ id: added.id, group, content: content ?? '' })
    }
    const row = await rowOf(server, type, id)
    const one = { id, type, row, values: { ...values, ...changes }, importKey, files }
    records.set(id, one)
    return one
  }
  // Beside each other: most of it is waiting for the database and for passwords that take their time.
  const common = await Promise.all(
    types.flatMap((type) => [record(type, mate), record(type, stranger), ...(type.pool ? [record(type, null)] : [])]),
  )
  const people = await Promise.all(
    roles.map(async (role, i): Promise<Person> => {
      const id = await person(`person${String(i)}`, role, head)
      const email = `person${String(i)}@example.org`
      const client = await server.signIn(email, testPassword)
      const own = await Promise.all(types.flatMap((type) => [record(type, id), record(type, stranger, id)]))
      return { role, email, id, client, planted: [...common, ...own] }
    }),
  )
  assert.ok(n < unused && canaries.size > n * 0.9, `${String(canaries.size)} of ${String(n)}`)
  const teams = [
    { id: head, parent: null },
    { id: below, parent: head },
    { id: elsewhere, parent: null },
  ]
  return {
    catalogue,
    types,
    people,
    staff,
    teams,
    records,
    canaries,
    mate,
    stranger,
    fresh,
    actorOf: ({ id }, purpose = '') =>
      server.house.actorOf(id, { channel: 'web', ip: '127.0.0.1', mfa: false, purpose }),
  }
}

/** From here on no planted value has its number. */
export const unused = 12_900

export const rowOf = async (
  server: TestServer,
  type: RecordType,
  id: string,
): Promise<Readonly<Record<string, unknown>>> => {
  const [row = {}] = await server.house.store.owner((tx) =>
    tx.query<Record<string, unknown>>({ text: `select * from crm."${type.table}" where id = $1`, values: [id] }),
  )
  return row
}

/** A field of a group with a canary in it, a sealed one if there is one. */
export const named = ({ type, values }: Planted, group: FieldGroup): Field | undefined => {
  const fields = type.fields.filter(
    (field) => field.group === group && values[field.name] !== undefined && !field.options,
  )
  return fields.find((field) => field.storage === 'sealed') ?? fields[0]
}

export interface Sights {
  of(canary: Canary, purpose: string): Sight
  may(action: string, record: string, purpose?: string): boolean
}

const compiled = new WeakMap<World, { readonly text: string; readonly set: PolicySet }>()

/** Compiled once as long as they stay the same: reading them anew costs a second each time. */
const policiesOf = (world: World, policies: TestServer['house']['policies']): PolicySet => {
  const text = JSON.stringify(policies)
  const known = compiled.get(world)
  if (known?.text === text) return known.set
  const set = compilePolicies(accessSchema(world.catalogue), policies)
  compiled.set(world, { text, set })
  return set
}

/** What the policies say, asked of them directly: nothing of the vault stands in between. */
export const sightsOf = (
  server: TestServer,
  world: World,
  person: Person,
  surroundings: { readonly channel?: 'web' | 'cli' | 'api'; readonly mfa?: boolean } = {},
  granted: Granted = {},
): Sights => {
  const policies = policiesOf(world, server.house.policies)
  const org = organisation(world.staff, world.teams)
  const known = new Map<string, boolean>()
  const around = { channel: 'web', ip: '127.0.0.1', mfa: false, ...surroundings } as const
  const may = (action: string, id: string, purpose = ''): boolean => {
    const one = world.records.get(id)
    if (!one) throw new RangeError('no such record')
    const key = `${action} ${id} ${String(one.row['version'])} ${purpose}`
    const before = known.get(key)
    if (before !== undefined) return before
    const record = rowEntity(recordColumns(world.catalogue, one.type.name), one.row)
    const allowed = policies.allows({
      principal: userRef(person.id),
      action,
      resource: record.ref,
      context: contextOf({ now: new Date(), ...around, purpose }, grantsValue(world.catalogue, granted)),
      entities: org.with(record),
    })
    known.set(key, allowed)
    return allowed
  }
  return {
    may,
    of: ({ record, type, field: name, group: file }, purpose) => {
      const field = world.types.find((one) => one.name === type)?.fields.find((one) => one.name === name)
      const group = file ?? field?.group
      if (group === undefined) throw new RangeError(name)
      if (!may(`view.${group}`, record, purpose)) return 'hidden'
      return field?.storage === 'plain' || may(`unmask.${group}`, record, purpose) ? 'plain' : 'masked'
    },
  }
}

/** Every canary of the answer that its reader may not see so, in words. */
export const leaksIn = (world: World, seen: Sights, { text, headers }: Answer, purpose: string): readonly string[] =>
  canariesIn(`${text}\n${JSON.stringify(headers)}`).flatMap((key) => {
    const canary = world.canaries.get(key)
    const sight = canary && seen.of(canary, purpose)
    return canary === undefined || sight === 'plain' ? [] : [`${canary.type}.${canary.field} is ${String(sight)}`]
  })
