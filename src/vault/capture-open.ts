// What a web form sent becomes a record at the first authorised read, by the way all records are made. Keeps vault-50, vault-51.
import { type Actor, isFault, type Scope, services, typeOf, type Uuid } from '#kernel'
import { readCapture } from '#encryption'
import type { Tx } from '#store'
import type { CaptureForm, CaptureReason, Captures, OpenedCaptures, Sent } from './capture.ts'
import { createGate, type Gate } from './gate.ts'
import type { House } from './house.ts'
import { entryOf } from './rows.ts'
import { createIn } from './write.ts'

interface Row extends Sent {
  readonly id: Uuid
  readonly received_at: Date
}

type Read = Parameters<Captures['open']>[1]

/** Record type that captures become. */
const typeName = 'lead'
const dayMs = 86_400_000

/**
 * Opens what waits, oldest first, if the reader may create any such record at all. What does not open, is not valid or goes wrong is set
 * aside with a reason and stops no other; while the database or the key provider is away, everything waits on.
 */
export const openWaiting = async (
  house: House,
  scope: Scope,
  reader: Actor,
  read: Read,
  limit: number,
): Promise<OpenedCaptures> => {
  const none = { created: 0, quarantined: 0 }
  const gate = await createGate(house, reader)
  if (!gate.could('create', typeOf(house.catalogue, typeName))) return none
  const waiting = await house.store.transaction(
    scope,
    (tx) =>
      tx.query<{ id: Uuid }>({
        name: 'capture-waiting',
        text: `select id from crm.capture where tenant_id = $1 and reason is null order by received_at, id limit $2`,
        values: [house.tenant, limit],
      }),
    { readOnly: true },
  )
  if (waiting.length === 0) return none
  const ids = waiting.map(({ id }) => id)
  try {
    const opened = await openSome(house, scope, reader, read, ids)
    if (opened.taken < ids.length) await othersDone(house, scope, ids)
    return { created: opened.created, quarantined: opened.quarantined }
  } catch (error) {
    if (isPassing(error)) return none
  }
  // Something nobody foresaw went wrong with one of them: each by itself, so that it stops no other.
  let [created, quarantined] = [0, 0]
  for (const id of ids) {
    const one = await openSome(house, scope, reader, read, [id]).catch((error: unknown) =>
      isPassing(error) ? none : setAside(house, scope, id).catch(() => none),
    )
    created += one.created
    quarantined += one.quarantined
  }
  return { created, quarantined }
}

/** What another reader has just taken is there when its transaction ends: whoever asks for the list meanwhile shall see it too. */
const othersDone = async (house: House, scope: Scope, ids: readonly Uuid[]): Promise<void> => {
  await house.store.transaction(scope, (tx) =>
    tx.query({
      text: 'select id from crm.capture where tenant_id = $1 and id = any($2::uuid[]) and reason is null for share',
      values: [house.tenant, ids],
    }),
  )
}

/** Of the house, not of what was sent: the database or the key provider is away, so everything waits on. */
const isPassing = (error: unknown): boolean => isFault(error) && error.status >= 503

/** Locks what nobody else is opening, and turns each into a record or sets it aside; one transaction. */
const openSome = (
  house: House,
  scope: Scope,
  reader: Actor,
  read: Read,
  ids: readonly Uuid[],
): Promise<OpenedCaptures & { readonly taken: number }> =>
  house.store.transaction(scope, async (tx) => {
    const rows = await tx.query<Row>({
      name: 'capture-take',
      text: `select id, form, epoch, suite, at, received_at, sealed from crm.capture
             where tenant_id = $1 and id = any($2::uuid[]) and reason is null order by received_at, id for update skip locked`,
      values: [house.tenant, ids],
    })
    if (rows.length === 0) return { created: 0, quarantined: 0, taken: 0 }
    const service = serviceOf(house, reader)
    const gate = await createGate(house, service)
    const forms = new Map((await formsIn(tx, house, rows)).map((form) => [form.name, form]))
    const known = await knownIds(tx, house, rows)
    const gone: Uuid[] = []
    let created = 0
    let quarantined = 0
    for (const row of rows) {
      const made = known.has(row.id) ? 'known' : await turn(house, tx, service, gate, read, forms.get(row.form), row)
      if (made === 'known' || made === 'created') gone.push(row.id)
      if (made === 'created') created++
      else if (made !== 'known') {
        quarantined++
        await tx.query({
          text: 'update crm.capture set reason = $3 where tenant_id = $1 and id = $2',
          values: [house.tenant, row.id, made],
        })
      }
    }
    await tx.query({
      text: 'delete from crm.capture where tenant_id = $1 and id = any($2::uuid[])',
      values: [house.tenant, gone],
    })
    await house.journal.append(tx, house.tenant, [
      {
        ...entryOf(house, reader, 'capture.open', typeName),
        detail: { created, quarantined, repeated: gone.length - created },
      },
    ])
    return { created, quarantined, taken: rows.length }
  })

/** Who makes the records: the capture service, in the surroundings of whoever reads. It may create leads and nothing else. */
const serviceOf = (house: House, reader: Actor): Actor => ({
  principal: { kind: 'service', tenant: house.tenant, id: services.capture, role: 'capture', active: true, team: null },
  env: { ...reader.env, channel: 'job', ip: '', purpose: '' },
})

const formsIn = (tx: Tx, house: House, rows: readonly Row[]): Promise<readonly CaptureForm[]> =>
  tx.query<CaptureForm>({
    text: `select name, definition, active, version, updated_at as "updatedAt" from crm.capture_form where tenant_id = $1 and name = any($2::text[])`,
    values: [house.tenant, [...new Set(rows.map((row) => row.form))]],
  })

/** Captures whose record was made before, whatever became of it: the same bytes were sent again. */
const knownIds = async (tx: Tx, house: House, rows: readonly Row[]): Promise<ReadonlySet<Uuid>> => {
  const found = await tx.query<{ id: Uuid }>({
    text: `select id from crm."${typeOf(house.catalogue, typeName).table}" where tenant_id = $1 and id = any($2::uuid[])`,
    values: [house.tenant, rows.map((row) => row.id)],
  })
  return new Set(found.map(({ id }) => id))
}

const turn = async (
  house: House,
  tx: Tx,
  service: Actor,
  gate: Gate,
  read: Read,
  form: CaptureForm | undefined,
  row: Row,
): Promise<'created' | CaptureReason> => {
  const content = await contentOf(house, tx, row)
  if (content === undefined || !form) return 'does-not-open'
  // The moment is sealed: an envelope kept back and sent much later was not sent by its visitor.
  if (Math.abs(row.received_at.getTime() - row.at.getTime()) > dayMs) return 'time'
  const reading = read(form, content)
  if ('reason' in reading) return reading.reason
  const org = await house.org.read(tx)
  const owner = reading.owner !== null && org.users.get(reading.owner)?.active === true ? reading.owner : null
  const draft = { id: row.id, values: reading.values, ownerId: owner, createdAt: row.received_at.toISOString() }
  try {
    await createIn(house, tx, service, gate, typeOf(house.catalogue, typeName), draft, {
      act: 'record.capture',
      detail: { form: row.form, epoch: row.epoch, suite: row.suite, received: row.received_at.toISOString() },
    })
    return 'created'
  } catch (error) {
    // Refused before anything was written, so the transaction is as good as before.
    if (isFault(error, 'bad-value') || isFault(error, 'denied')) return 'not-valid'
    throw error
  }
}

const contentOf = async (house: House, tx: Tx, row: Row): Promise<unknown> => {
  const epoch = await house.keyring.epochs.get(tx, row.epoch)
  if (!epoch) return undefined
  try {
    return readCapture(epoch, { ...row, tenant: house.tenant }, row.sealed)
  } catch (error) {
    if (isFault(error, 'cell-does-not-open') || isFault(error, 'suite-unknown')) return undefined
    throw error
  }
}

const setAside = async (house: House, scope: Scope, id: Uuid): Promise<OpenedCaptures> => {
  await house.store.transaction(scope, (tx) =>
    tx.query({
      text: `update crm.capture set reason = 'error' where tenant_id = $1 and id = $2 and reason is null`,
      values: [house.tenant, id],
    }),
  )
  return { created: 0, quarantined: 1 }
}
