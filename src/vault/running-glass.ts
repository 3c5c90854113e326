// Emergency accesses that are open, with the records they are about; read with the organisation. The second wall keeps the tenant. Keeps vault-196.
import type { Uuid } from '#kernel'
import type { Tx } from '#store'

export type GlassScope = 'record' | 'owner' | 'team'

/** What is open, with the records it is about. */
export interface RunningGlass {
  readonly id: Uuid
  readonly user_id: Uuid
  readonly record_type: string
  readonly opened_at: Date
  readonly expires_at: Date
  readonly records: readonly Uuid[]
}

/** So many records one emergency opens; more is no emergency. */
const mostRecords = 2000

export const runningGlasses = async (tx: Tx, tables: ReadonlyMap<string, string>): Promise<readonly RunningGlass[]> => {
  const rows = await tx.query<Omit<RunningGlass, 'records'> & { scope: GlassScope; scope_id: Uuid }>({
    name: 'org-glasses',
    text: `select id, user_id, record_type, opened_at, expires_at, scope, scope_id from ops.break_glass
           where ended_at is null and expires_at > now() - interval '1 minute' order by id`,
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

/** How an entry of the journal says that emergency access was in force. */
export const flag = (id: Uuid): string => ` break-glass ${id}`
