// Web forms, and what they send: kept sealed until somebody may read it (capture-open.ts), looked after where it is no record. Keeps vault-50, vault-52.
import { type Actor, Fault, type Json, type Scope, scopeOf, services, sizeOf, type Uuid, uuidFromBytes } from '#kernel'
import { type EnvelopeSuiteId, largestCapture, sha256 } from '#encryption'
import { openWaiting } from './capture-open.ts'
import { createGate } from './gate.ts'
import type { House } from './house.ts'
import { entryOf } from './rows.ts'
import type { FieldValue } from './vault.ts'

/** A form; what its definition says is the domain's business. */
export interface CaptureForm {
  readonly name: string
  readonly definition: Json
  readonly active: boolean
  readonly version: number
  readonly updatedAt: Date
}

/** What a form sent, as it came. */
export interface Sent {
  readonly form: string
  readonly epoch: number
  readonly suite: number
  readonly at: Date
  readonly sealed: Uint8Array
}

/** Why something that was sent is no record: shown to whoever looks after the forms. */
export type CaptureReason = 'does-not-open' | 'time' | 'not-valid' | 'spam' | 'error'

/** What the domain makes of an opened capture. owner: wanted; one who is not active any more gives way to the public pool. */
export type Reading =
  | { readonly values: Readonly<Record<string, FieldValue>>; readonly owner: Uuid | null }
  | { readonly reason: CaptureReason }

export interface CaptureCount {
  readonly form: string
  readonly waiting: number
  readonly quarantined: number
}

export interface Quarantined {
  readonly id: Uuid
  readonly form: string
  readonly reason: CaptureReason
  readonly receivedAt: Date
  readonly bytes: number
}

/** How many records came of what waited. */
export interface OpenedCaptures {
  readonly created: number
  readonly quarantined: number
}

/** The key that forms seal to now: that of the epoch in use. */
export interface CaptureKey {
  readonly tenant: Uuid
  readonly epoch: number
  readonly suite: EnvelopeSuiteId
  readonly publicKey: Uint8Array
}

export interface Captures {
  key(): Promise<CaptureKey>
  /** The form of that name, for anybody: nothing in it is secret. */
  form(name: string): Promise<CaptureForm | null>
  forms(): Promise<readonly CaptureForm[]>
  /** Makes or changes a form; version: the one the caller saw, 0 for a new one. Throws denied, conflict, already-exists. */
  saveForm(actor: Actor, form: Pick<CaptureForm, 'name' | 'definition' | 'active' | 'version'>): Promise<CaptureForm>
  /** Keeps what a form sent, once. Throws bad-input, too-large, capture-full. */
  keep(sent: Sent): Promise<void>
  /** Makes records of what waits, at most `limit`, if the actor may create any at all; never throws because of what was sent. */
  open(actor: Actor, read: (form: CaptureForm, content: unknown) => Reading, limit?: number): Promise<OpenedCaptures>
  counts(actor: Actor): Promise<readonly CaptureCount[]>
  quarantine(actor: Actor): Promise<readonly Quarantined[]>
  /** Lets a capture out of quarantine for another try, or deletes it; journalled. */
  settle(actor: Actor, id: Uuid, how: 'retry' | 'delete'): Promise<void>
}

/** Right to make forms and to look after what they sent. */
const manage = 'capture.manage'
// Waiting and quarantined together, over all forms of a tenant: what a flood can cost is this times 16 KiB.
const mostKept = 5000
const usualBatch = 50

export const createCaptures = (house: House): Captures => {
  const scope: Scope = { tenant: house.tenant, principal: services.capture }
  return {
    key: async () => {
      const active = await house.store.transaction(scope, (tx) => house.keyring.epochs.demandActive(tx))
      const { tenant, epoch, captureSuite: suite, hpkePublic: publicKey } = active
      return { tenant, epoch, suite, publicKey }
    },
    form: async (name) => (await readForms(house, scope, name))[0] ?? null,
    forms: () => readForms(house, scope, null),
    saveForm: (actor, form) => saveForm(house, actor, form),
    keep: (sent) => keepSent(house, scope, sent),
    open: (actor, read, limit = usualBatch) => openWaiting(house, scope, actor, read, limit),
    counts: async (actor) => {
      await demandManage(house, actor)
      return house.store.transaction(scopeOf(actor), (tx) =>
        tx.query<CaptureCount>({
          text: `select form, count(*) filter (where reason is null)::int as waiting, count(*) filter (where reason is not null)::int as quarantined
                 from crm.capture where tenant_id = $1 group by form order by form`,
          values: [house.tenant],
        }),
      )
    },
    quarantine: async (actor) => {
      await demandManage(house, actor)
      return house.store.transaction(scopeOf(actor), (tx) =>
        tx.query<Quarantined>({
          text: `select id, form, reason, received_at as "receivedAt", octet_length(sealed) as bytes from crm.capture
                 where tenant_id = $1 and reason is not null order by received_at desc, id limit 500`,
          values: [house.tenant],
        }),
      )
    },
    settle: (actor, id, how) => settle(house, actor, id, how),
  }
}

const demandManage = async (house: House, actor: Actor): Promise<void> => {
  if ((await createGate(house, actor)).system(manage)) return
  await house.journal.record(scopeOf(actor), [
    { ...entryOf(house, actor, 'denied', 'system'), decision: 'deny', detail: { action: manage } },
  ])
  throw new Fault('denied', { action: manage })
}

const readForms = (house: House, scope: Scope, name: string | null): Promise<readonly CaptureForm[]> =>
  house.store.transaction(
    scope,
    (tx) =>
      tx.query<CaptureForm>({
        name: 'capture-forms',
        text: `select name, definition, active, version, updated_at as "updatedAt" from crm.capture_form
               where tenant_id = $1 and ($2::text is null or name = $2) order by name`,
        values: [house.tenant, name],
      }),
    { readOnly: true },
  )

const saveForm = async (
  house: House,
  actor: Actor,
  { name, definition, active, version }: Pick<CaptureForm, 'name' | 'definition' | 'active' | 'version'>,
): Promise<CaptureForm> => {
  await demandManage(house, actor)
  return house.store.transaction(scopeOf(actor), async (tx) => {
    const common = [house.tenant, name, JSON.stringify(definition), active, actor.principal.id, house.clock.now()]
    const answer = `returning name, definition, active, version, updated_at as "updatedAt"`
    const [saved] = await tx.query<CaptureForm>(
      version === 0
        ? {
            text: `insert into crm.capture_form (tenant_id, name, definition, active, created_by, created_at, updated_by, updated_at)
                   values ($1, $2, $3, $4, $5, $6, $5, $6) on conflict do nothing ${answer}`,
            values: common,
          }
        : {
            text: `update crm.capture_form set definition = $3, active = $4, updated_by = $5, updated_at = $6, version = version + 1
                   where tenant_id = $1 and name = $2 and version = $7 ${answer}`,
            values: [...common, version],
          },
    )
    if (!saved) throw new Fault(version === 0 ? 'already-exists' : 'conflict', { what: 'form' })
    await house.journal.append(tx, house.tenant, [
      { ...entryOf(house, actor, 'capture.form', 'form'), detail: { form: name, active, version: saved.version } },
    ])
    return saved
  })
}

const keepSent = async (house: House, scope: Scope, { form, epoch, suite, at, sealed }: Sent): Promise<void> => {
  if (sealed.length > largestCapture) throw new Fault('too-large', { what: 'the entry', limit: sizeOf(largestCapture) })
  if (sealed.length < 50 || sealed[0] !== 0xc5 || sealed[1] !== suite)
    throw new Fault('bad-input', { what: 'sealed is not an envelope of that suite' })
  await house.store.transaction(scope, async (tx) => {
    const [kept] = await tx.query<{ n: number }>({
      name: 'capture-count',
      text: `select count(*)::int as n from (select from crm.capture where tenant_id = $1 limit ${mostKept}) c`,
      values: [house.tenant],
    })
    if ((kept?.n ?? 0) >= mostKept) throw new Fault('capture-full')
    const digest = sha256(sealed)
    await tx.query({
      name: 'capture-keep',
      text: `insert into crm.capture (tenant_id, id, form, epoch, suite, at, received_at, digest, sealed)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing`,
      values: [
        house.tenant,
        idOf(at, digest),
        form,
        epoch,
        suite,
        at,
        house.clock.now(),
        Buffer.from(digest),
        Buffer.from(sealed),
      ],
    })
  })
}

/** A UUID of version 7 made of the moment and the bytes alone: sent again, they name the record that was made of them before. */
const idOf = (at: Date, digest: Uint8Array): Uuid => {
  const bytes = new Uint8Array(16)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(at.getTime()) << 16n)
  bytes.set(digest.subarray(0, 10), 6)
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f)
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f)
  return uuidFromBytes(bytes)
}

const settle = async (house: House, actor: Actor, id: Uuid, how: 'retry' | 'delete'): Promise<void> => {
  await demandManage(house, actor)
  await house.store.transaction(scopeOf(actor), async (tx) => {
    const [row] = await tx.query<{ form: string }>({
      text:
        how === 'retry'
          ? 'update crm.capture set reason = null where tenant_id = $1 and id = $2 and reason is not null returning form'
          : 'delete from crm.capture where tenant_id = $1 and id = $2 and reason is not null returning form',
      values: [house.tenant, id],
    })
    if (!row) throw new Fault('not-found', { what: 'entry' })
    await house.journal.append(tx, house.tenant, [
      { ...entryOf(house, actor, `capture.${how}`, 'form'), detail: { form: row.form, capture: id } },
    ])
  })
}
