// The end of a dry run's rows: who was met and which accesses are examples go when nobody decides by them any more; sums, hashes and the
// policies it was about stay with the record of the change. Keeps vault-296.
import { canonical, hex, services, utf8, type Uuid } from '#kernel'
import { sha256 } from '#encryption'
import type { DryTally } from './dry-tally.ts'
import type { House } from './house.ts'

/** Days that a report is kept whole after it was made, or after the last step of a change over the same policies. */
export const keptDryRunDays = 180
const day = 86_400_000
const atOnce = 50

/** SHA-256 of a report, in the canonical form of JSON. */
export const reportDigest = (report: DryTally): string => hex(sha256(utf8(canonical(report))))

/** Clears what is over; how many reports. Those over the policies of a change that is still open stay, however old. */
export const tidyDryRuns = async (house: House): Promise<number> => {
  let cleared = 0
  for (;;) {
    const some = await clearSome(house)
    cleared += some
    if (some < atOnce) return cleared
  }
}

const clearSome = (house: House): Promise<number> =>
  house.store.transaction({ tenant: house.tenant, principal: services.system }, async (tx) => {
    const now = house.clock.now()
    const rows = await tx.query<{ id: Uuid; report: DryTally }>({
      text: `select d.id, d.report from ops.policy_dry_run d
             where d.tenant_id = $1 and d.created_at < $2 and d.report is not null and not d.report ? 'cleared'
               and not exists (select from ops.policy_change c where c.tenant_id = d.tenant_id and c.document = d.document
                 and (c.state in ('draft', 'proposed', 'approved') or c.updated_at >= $2))
             order by d.created_at, d.id limit $3 for update of d skip locked`,
      values: [house.tenant, new Date(now.getTime() - keptDryRunDays * day), atOnce],
    })
    for (const { id, report } of rows) {
      const told = { people: Object.keys(report.people).length, examples: report.examples.length, sha256: reportDigest(report) } // prettier-ignore
      const left: DryTally = { ...report, people: {}, examples: [], cleared: { at: now.toISOString(), ...told } }
      await tx.query({
        text: 'update ops.policy_dry_run set report = $3 where tenant_id = $1 and id = $2',
        values: [house.tenant, id, JSON.stringify(left)],
      })
      await house.journal.append(tx, house.tenant, [
        {
          act: 'policy.dry-run-cleared',
          obj: 'policy',
          actor: services.system,
          decision: 'allow',
          channel: 'job',
          detail: { run: id, ...told },
        },
      ])
    }
    return rows.length
  })
