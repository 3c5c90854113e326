// Campaigns: every right is confirmed or taken back by somebody else, with a reason, and what is taken back goes the ordinary way.
// Keeps vault-256, vault-257, vault-258.
import { type Actor, canonical, Fault, hex, newId, scopeOf, utf8, type Uuid } from '#kernel'
import { sha256 } from '#encryption'
import type { Tx } from '#store'
import { createOwnGate } from './gate.ts'
import type { House } from './house.ts'
import { lendingLimits } from './lending.ts'
import { type LineKind, type NewLine, type ProgramKey, rightsNow } from './recertify-lines.ts'
import { type PostReminder, remindDue } from './recertify-remind.ts'
import { reviewer, undecided } from './recertify-reviewer.ts'
import { type Elsewhere, settleRevoked } from './recertify-settle.ts'
import { entryOf, journalDenial } from './rows.ts'

export interface Campaign {
  readonly id: Uuid
  readonly scope: 'all' | 'privileged'
  readonly startedBy: Uuid
  readonly startedAt: Date
  readonly dueAt: Date
  readonly finishedBy: Uuid | null
  readonly finishedAt: Date | null
  /** Hex, of the lines as they were at the end. */
  readonly sha256: string | null
  readonly lines: number
  readonly kept: number
  readonly revoked: number
}

export interface Line extends NewLine {
  readonly id: Uuid
  readonly decision: 'keep' | 'revoke' | null
  readonly reason: string | null
  readonly decidedBy: Uuid | null
  readonly decidedAt: Date | null
  readonly settledAt: Date | null
}

export interface Recertifications {
  /** By hand, needs grant.manage. Throws already-exists while one is open. */
  start(actor: Actor): Promise<Uuid>
  /** By itself, where it is time: all rights after the days set, those of offices after 30; whether it did. */
  startIfDue(system: Actor): Promise<boolean>
  list(): Promise<readonly Campaign[]>
  /** Those the actor may decide, and with grant.manage all of them; mine: may be decided by the actor. */
  lines(actor: Actor, campaign: Uuid): Promise<readonly (Line & { readonly mine: boolean })[]>
  /** How many lines of the open campaign wait for this person; null: none is open. */
  waiting(actor: Actor): Promise<{ readonly campaign: Uuid; readonly dueAt: Date; readonly lines: number } | null>
  /** At most 500 lines at once. Throws denied for one's own, conflict for what is decided. The last decision ends the campaign. */
  decide(actor: Actor, campaign: Uuid, lines: readonly Uuid[], decision: 'keep' | 'revoke', reason: string): Promise<void>
  /** Ends it with what is undecided; needs grant.manage. */
  finish(actor: Actor, campaign: Uuid): Promise<void>
  /** Letters that are due to those who decide; to how many. */
  remind(): Promise<number>
  /** What was taken back and has not taken effect yet, because a process was killed in between. */
  settle(system: Actor): Promise<number>
} // prettier-ignore

const day = 86_400_000
/** So long reviewers have. */
export const reviewDays = 14
/** Rights of who holds an office are looked at at least so often. */
export const privilegedDays = 30

/** What lies outside of the vault. */
export interface Outside extends Elsewhere {
  keys(): Promise<readonly ProgramKey[]>
  readonly remind: PostReminder
}

export const createRecertifications = (house: House, system: Uuid, elsewhere: Outside): Recertifications => {
  const scope = { tenant: house.tenant, principal: system }
  const settle = (): Promise<number> => settleRevoked(house, system, elsewhere)
  const begin = async (actor: Actor, of: Campaign['scope']): Promise<Uuid> => {
    const id = await start(house, actor, of, await elsewhere.keys())
    await remindDue(house, elsewhere.remind)
    return id
  }
  return {
    start: async (actor) => {
      await demandManager(house, actor)
      return begin(actor, 'all')
    },
    startIfDue: async (actor) => {
      const due = await house.store.transaction(scope, (tx) => dueNow(house, tx), { readOnly: true })
      if (due === null) return false
      return begin(actor, due).then(
        () => true,
        (error: unknown) => {
          // Another process was faster, or nobody holds an office.
          if (error instanceof Fault && ['already-exists', 'bad-input'].includes(error.code)) return false
          throw error
        },
      )
    },
    list: () => house.store.transaction(scope, (tx) => campaigns(house, tx), { readOnly: true }),
    lines: async (actor, campaign) => {
      const may = await reviewer(house, actor)
      const found = await house.store.transaction(scope, (tx) => linesOf(house, tx, campaign), { readOnly: true })
      return found
        .map((line) => ({ ...line, mine: line.decision === null && may.decide(line) }))
        .filter((line) => may.all || line.mine || line.decidedBy === actor.principal.id)
    },
    waiting: async (actor) => {
      const found = await house.store.transaction(
        scope,
        async (tx) => {
          const [open] = await tx.query<Pick<Campaign, 'id' | 'dueAt'>>({
            text: 'select id, due_at as "dueAt" from ops.recertification where tenant_id = $1 and finished_at is null',
            values: [house.tenant],
          })
          // Asked for by every page: people and numbers, not the lines themselves.
          return open && { open, people: await undecided(house, tx, open.id) }
        },
        { readOnly: true },
      )
      if (!found) return null
      const may = await reviewer(house, actor)
      const lines = found.people.filter((one) => may.decide(one)).reduce((sum, { n }) => sum + n, 0)
      return { campaign: found.open.id, dueAt: found.open.dueAt, lines }
    },
    decide: async (actor, campaign, lines, decision, reason) => {
      await decide(house, actor, campaign, lines, decision, reason)
      if (decision === 'revoke') await settle()
    },
    finish: async (actor, campaign) => {
      await demandManager(house, actor)
      await house.store.transaction(scopeOf(actor), (tx) => finish(house, tx, actor, campaign))
    },
    remind: () => remindDue(house, elsewhere.remind),
    settle,
  }
}

const demandManager = async (house: House, actor: Actor): Promise<void> => {
  if ((await createOwnGate(house, actor)).system('grant.manage')) return
  await journalDenial(house, actor, 'grant.manage', 'recertification')
  throw new Fault('denied', { action: 'grant.manage' })
}

const campaigns = (house: House, tx: Tx): Promise<readonly Campaign[]> =>
  tx.query<Campaign>({
    text: `select c.id, c.scope, c.started_by as "startedBy", c.started_at as "startedAt", c.due_at as "dueAt", c.finished_by as "finishedBy",
             c.finished_at as "finishedAt", encode(c.sha256, 'hex') as sha256, count(l.id)::int as lines,
             (count(*) filter (where l.decision = 'keep'))::int as kept, (count(*) filter (where l.decision = 'revoke'))::int as revoked
           from ops.recertification c left join ops.recertification_line l on l.tenant_id = c.tenant_id and l.campaign_id = c.id
           where c.tenant_id = $1 group by c.tenant_id, c.id order by c.started_at desc limit 50`,
    values: [house.tenant],
  })

const lineColumns = `id, kind, person_id as "personId", thing_id as "thingId", what, detail, privileged, decision, reason, decided_by as "decidedBy",
  decided_at as "decidedAt", settled_at as "settledAt"`

const linesOf = (house: House, tx: Tx, campaign: Uuid): Promise<readonly Line[]> =>
  tx.query<Line>({
    text: `select ${lineColumns} from ops.recertification_line where tenant_id = $1 and campaign_id = $2 order by person_id, id`,
    values: [house.tenant, campaign],
  })

/** What is due by the calendar; null: nothing, or a campaign is open. */
const dueNow = async (house: House, tx: Tx): Promise<Campaign['scope'] | null> => {
  const now = house.clock.now().getTime()
  const [first] = await tx.query<{ at: Date | null }>({
    text: 'select min(created_at) as at from crm.app_user where tenant_id = $1',
    values: [house.tenant],
  })
  const found = await campaigns(house, tx)
  if (!first?.at || found.some(({ finishedAt }) => finishedAt === null)) return null
  const { recertifyDays } = await lendingLimits(tx, house)
  const since = (of: readonly Campaign[]): number => (of[0]?.startedAt ?? first.at ?? new Date(now)).getTime()
  if (now - since(found.filter((one) => one.scope === 'all')) >= recertifyDays * day) return 'all'
  return now - since(found) >= privilegedDays * day ? 'privileged' : null
}

const start = async (
  house: House,
  actor: Actor,
  of: Campaign['scope'],
  programs: readonly ProgramKey[],
): Promise<Uuid> => {
  const id = newId()
  await house.store
    .transaction(scopeOf(actor), async (tx) => {
      const now = house.clock.now()
      const lines = (await rightsNow(house, tx, programs)).filter(({ privileged }) => of === 'all' || privileged)
      if (lines.length === 0) throw new Fault('bad-input', { what: 'there is nothing to confirm' })
      await tx.query({
        text: `insert into ops.recertification (tenant_id, id, scope, started_by, started_at, due_at) values ($1, $2, $3, $4, $5, $6)`,
        values: [house.tenant, id, of, actor.principal.id, now, new Date(now.getTime() + reviewDays * day)],
      })
      await tx.query({
        text: `insert into ops.recertification_line (tenant_id, campaign_id, id, kind, person_id, thing_id, what, detail, privileged)
               select $1, $2, r.* from unnest($3::uuid[], $4::text[], $5::uuid[], $6::uuid[], $7::text[], $8::jsonb[], $9::boolean[]) as r`,
        values: [
          house.tenant,
          id,
          lines.map(() => newId()),
          lines.map(({ kind }) => kind satisfies LineKind),
          lines.map(({ personId }) => personId),
          lines.map(({ thingId }) => thingId),
          lines.map(({ what }) => what),
          lines.map(({ detail }) => JSON.stringify(detail)),
          lines.map(({ privileged }) => privileged),
        ],
      })
      await house.journal.append(tx, house.tenant, [
        {
          ...entryOf(house, actor, 'recertify.start', 'recertification', id),
          detail: { scope: of, lines: lines.length },
        },
      ])
    })
    .catch((error: unknown) => {
      const taken = error instanceof Error && 'constraint' in error && error.constraint === 'recertification_open'
      throw taken ? new Fault('already-exists', { what: 'open recertification' }, { cause: error }) : error
    })
  return id
}

const decide = async (
  house: House,
  actor: Actor,
  campaign: Uuid,
  ids: readonly Uuid[],
  decision: 'keep' | 'revoke',
  reason: string,
): Promise<void> => {
  const said = reason.trim()
  if (said === '') throw new Fault('bad-value', { field: 'reason', what: 'expected a reason' })
  if (ids.length === 0 || ids.length > 500) throw new Fault('bad-input', { what: 'expected 1 to 500 lines at once' })
  const may = await reviewer(house, actor)
  await house.store.transaction(scopeOf(actor), async (tx) => {
    await holdOpen(house, tx, campaign)
    const lines = await tx.query<Line>({
      text: `select ${lineColumns} from ops.recertification_line where tenant_id = $1 and campaign_id = $2 and id = any($3::uuid[]) for update`,
      values: [house.tenant, campaign, ids],
    })
    if (lines.length !== new Set(ids).size) throw new Fault('not-found', { what: 'line' })
    if (lines.some((line) => !may.decide(line))) throw new Fault('denied', { action: 'grant.manage' })
    if (lines.some((line) => line.decision !== null)) throw new Fault('conflict', { what: 'line' })
    await tx.query({
      text: `update ops.recertification_line set decision = $4, reason = $5, decided_by = $6, decided_at = $7
             where tenant_id = $1 and campaign_id = $2 and id = any($3::uuid[])`,
      values: [house.tenant, campaign, ids, decision, said, actor.principal.id, house.clock.now()],
    })
    await house.journal.append(
      tx,
      house.tenant,
      lines.map(({ id, kind, personId, thingId, what }) => ({
        ...entryOf(house, actor, `recertify.${decision}`, 'recertification', campaign),
        purpose: said,
        detail: { line: id, kind, person: personId, thing: thingId, what },
      })),
    )
    const [left] = await tx.query({
      text: 'select 1 from ops.recertification_line where tenant_id = $1 and campaign_id = $2 and decision is null limit 1',
      values: [house.tenant, campaign],
    })
    if (!left) await finish(house, tx, actor, campaign)
  })
}

/** Locks it, so that of two decisions one waits. */
const holdOpen = async (house: House, tx: Tx, campaign: Uuid): Promise<void> => {
  const [open] = await tx.query({
    text: 'select 1 from ops.recertification where tenant_id = $1 and id = $2 and finished_at is null for update',
    values: [house.tenant, campaign],
  })
  if (!open) throw new Fault('not-found', { what: 'open recertification' })
}

const finish = async (house: House, tx: Tx, actor: Actor, campaign: Uuid): Promise<void> => {
  await holdOpen(house, tx, campaign)
  const lines = await linesOf(house, tx, campaign)
  const digest = sha256(utf8(recordOf(lines)))
  await tx.query({
    text: 'update ops.recertification set finished_by = $3, finished_at = $4, sha256 = $5 where tenant_id = $1 and id = $2',
    values: [house.tenant, campaign, actor.principal.id, house.clock.now(), Buffer.from(digest)],
  })
  const count = (decision: Line['decision']): number => lines.filter((line) => line.decision === decision).length
  await house.journal.append(tx, house.tenant, [
    {
      ...entryOf(house, actor, 'recertify.finish', 'recertification', campaign),
      detail: {
        lines: lines.length,
        kept: count('keep'),
        revoked: count('revoke'),
        undecided: count(null),
        sha256: hex(digest),
      },
    },
  ])
}

/** What the digest is of: every line with its decision, by id, in canonical form. */
export const recordOf = (lines: readonly Line[]): string =>
  canonical(
    lines
      .toSorted((a, b) => (a.id < b.id ? -1 : 1))
      .map(({ id, kind, personId, thingId, what, detail, privileged, decision, reason, decidedBy, decidedAt }) => ({
        ...{ id, kind, personId, thingId, what, detail, privileged, decision, reason, decidedBy },
        decidedAt: decidedAt?.toISOString() ?? null,
      })),
  )
