// The ground of the leak matrix of web forms and webhooks: a house with a person of each role, forms whose leads go to the pool and to each
// of them, and a receiver. What was sent is held until it is a lead: until then its values belong to no record.
import assert from 'node:assert/strict'
import { formFields } from '#crm'
import { type FieldGroup, fieldGroups, fieldOf, type RecordType } from '#kernel'
import { canariesIn, canaryKey } from './canary.ts'
import { fillIn, makeForm } from './capture-sender.ts'
import { leaksIn, named, plant, type Planted, rowOf, type Sights, type World } from './leak-world.ts'
import { openReceiver, type Receiver } from './receiver.ts'
import { type Answer, openTestServer, type TestServer } from './server.ts'

export interface CaptureGround {
  readonly server: TestServer
  readonly world: World
  readonly lead: RecordType
  readonly receiver: Receiver
  /** Canaries that belong to no record: of what waits, or was set aside. Nobody is told one. */
  readonly held: Set<string>
  readonly close: () => Promise<void>
}

export const openCaptureGround = async (): Promise<CaptureGround> => {
  const server = await openTestServer({ env: { HOLDFAST_WEBHOOK_ALLOW: '127.0.0.1' } })
  const world = await plant(server, ['lead'])
  const [lead] = world.types
  assert.ok(lead)
  await makeForm(server, 'pool', null)
  await makeForm(server, 'mate', world.mate)
  await makeForm(server, 'stranger', world.stranger)
  for (const [i, person] of world.people.entries()) await makeForm(server, `own-${String(i)}`, person.id)
  const receiver = await openReceiver()
  const close = (): Promise<void> => {
    receiver.close()
    return server.close()
  }
  return { server, world, lead, receiver, held: new Set(), close }
}

export interface Entry {
  readonly id: string
  readonly values: Readonly<Record<string, string>>
}

/** An entry of which every value is a canary; held until it is a lead. */
export const send = async (
  { server, world, lead, held }: CaptureGround,
  form: string,
  more: object = {},
): Promise<Entry> => {
  const values = Object.fromEntries(
    formFields.flatMap(({ name }) => {
      const field = fieldOf(lead, name)
      const value = field && world.fresh(field)
      return typeof value === 'string' ? [[name, value]] : []
    }),
  )
  for (const value of Object.values(values)) held.add(canaryKey(value))
  return { id: await fillIn(server, form, { ...values, ...more }), values }
}

/** From here on an entry is a record like any other, if it is one. */
export const adopt = async (
  { server, world, lead, held }: CaptureGround,
  { id, values }: Entry,
): Promise<Planted | undefined> => {
  const row = await rowOf(server, lead, id)
  if (row['id'] === undefined) return undefined
  const one: Planted = { id, type: lead, row, values, importKey: '', files: [] }
  world.records.set(id, one)
  for (const [field, value] of Object.entries(values)) {
    held.delete(canaryKey(value))
    world.canaries.set(canaryKey(value), { record: id, type: lead.name, field })
  }
  return one
}

export const taken = async (all: CaptureGround, entry: Entry): Promise<Planted> => {
  const one = await adopt(all, entry)
  assert.ok(one, 'it is a lead by now')
  return one
}

/** What of an entry that is no record, or of a record that may not be seen so, stands in an answer. */
export const leaks = (
  { world, held }: CaptureGround,
  seen: Sights,
  answer: Answer,
  purpose = '',
): readonly string[] => [
  ...leaksIn(world, seen, answer, purpose),
  ...canariesIn(`${answer.text}\n${JSON.stringify(answer.headers)}`).flatMap((key) =>
    held.has(key) ? ['a value of an entry that is no record'] : [],
  ),
]

export const groupsOf = (one: Planted): readonly FieldGroup[] =>
  fieldGroups.filter((group) => named(one, group) !== undefined)
