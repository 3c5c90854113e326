// ACC-07: emergency access lasts no longer than it may, and a second person looked at each within two working days. Keeps vault-197.
import type { Check, CheckResult } from '#kernel'

export const glassCheck: Check = {
  control: 'ACC-07',
  version: 1,
  run: async (context): Promise<CheckResult> => {
    const { tenant, now } = context
    const rows = await context.query<{ id: string; opened_at: Date; minutes: number; reviewed: boolean }>(
      `select id, opened_at, extract(epoch from coalesce(ended_at, expires_at) - opened_at)::float8 / 60 as minutes,
         reviewed_by is not null as reviewed from ops.break_glass where tenant_id = $1 order by opened_at`,
      [tenant],
    )
    const long = rows.filter((row) => row.minutes > 240).length
    const overdue = rows.filter((row) => !row.reviewed && dueBy(row.opened_at) < now)
    const bad = long + overdue.length
    const open = rows.filter((row) => !row.reviewed).length
    return {
      state: bad === 0 ? 'pass' : 'fail',
      observed: {
        'breakglass.over4h': long,
        'breakglass.unreviewed2wd': overdue.length,
        waiting: open,
        overdue: overdue.slice(0, 20).map(({ id }) => id),
      },
      population: rows.length,
      finding:
        bad === 0
          ? {
              zh: `共 ${String(rows.length)} 次应急访问，时限合规，${String(open)} 次待复核且均未超期`,
              en: `${String(rows.length)} emergency accesses, none too long; ${String(open)} wait for review, none overdue`,
            }
          : {
              zh: `${String(overdue.length)} 次应急访问超过两个工作日未复核，${String(long)} 次超过时限`,
              en: `${String(overdue.length)} emergency accesses were not reviewed within two working days, ${String(long)} lasted too long`,
            },
    }
  },
}

/** Two working days later; Saturday and Sunday (UTC) are none. */
export const dueBy = (opened: Date): Date => {
  const due = new Date(opened)
  for (let left = 2; left > 0;) {
    due.setUTCDate(due.getUTCDate() + 1)
    if (due.getUTCDay() % 6 !== 0) left--
  }
  return due
}
