// Emergency accesses that are open, with the records they are about; read with the organisation. The second wall keeps the tenant. Keeps vault-196.
import type { Actor, Uuid } from '#kernel'
import type { Tx } from '#store'

export type GlassScope = 'record' | 'owner' | 'team'

/** What is open, with the records it is about. */
export interface RunningGlass {
  readonly id: Uuid
  readonly user_id: Uuid
  readonly record_type: string
  readonly opened_at: Date
  /** Its time, or when it was ended before. What asked earlier is still flagged: those of the last minute are there too. */
  readonly expires_at: Date
  readonly records: readonly Uuid[]
}

/** So many records one emergency opens; more is no emergency. */
const mostRecords = 2000

export const runningGlasses = async (tx: Tx, tables: ReadonlyMap<string, string>): Promise<readonly RunningGlass[]> => {
  const rows = await tx.query<Omit<RunningGlass, 'records'> & { scope: GlassScope; scope_id: Uuid }>({
    name: 'org-glasses',
    text: `select id, user_id, record_type, opened_at, least(expires_at, ended_at) as expires_at, scope, scope_id from ops.break_glass
           where least(expires_at, ended_at) > now() - interval '1 minute' order by id`,
  })
  const running: RunningGlass[] = []
  for (const { scope, scope_id, ...row } of rows) {
    const table = tables.get(row.record_type)
    if (table === undefined) continue
    const column = { record: 'id', owner: 'owner_id', team: 'team_id' }[scope]
    const found = await tx.query<{ id: Uuid }>({
      text: `select id from crm."${table}" where ${column} = $1 order by id limit ${String(mostRecords)}`,
      values: [scope_id],
    })
    running.push({ ...row, records: found.map(({ id }) => id) })
  }
  return running
}

/** Those in force for who asks, as it asks: for a person in a session with a second factor, never for a program with the person's key. */
export const glassesOf = (all: ReadonlyMap<Uuid, readonly RunningGlass[]>, actor: Actor): readonly RunningGlass[] => {
  if (!isPersonProven(actor)) return []
  const { now } = actor.env
  return (all.get(actor.principal.id) ?? []).filter((one) => one.opened_at <= now && now < one.expires_at)
}

export const isPersonProven = ({ principal, env }: Actor): boolean =>
  principal.kind === 'user' && principal.bounds === undefined && env.mfa

/** How an entry of the journal says that emergency access was in force. */
export const flag = (id: Uuid | undefined): string => (id === undefined ? '' : ` break-glass ${id}`)
