// ACC-04: every right was confirmed or taken back within the days set, those of offices within thirty, and nothing was left undecided. Keeps vault-258.
import type { Check, CheckResult } from '#kernel'
import { privilegedDays, reviewDays } from './recertify.ts'

export const recertifyCheck: Check = {
  control: 'ACC-04',
  version: 1,
  run: async (context): Promise<CheckResult> => {
    const { tenant, now } = context
    const [row] = await context.query<{
      days: number
      born: Date | null
      last: Date | null
      last_privileged: Date | null
      left_over: number
      late: number
      finished: number
    }>(
      `select coalesce((select (value->>'recertifyDays')::int from ops.setting where tenant_id = $1 and name = 'lendingLimits'), 90) as days,
         (select min(created_at) from crm.app_user where tenant_id = $1) as born,
         (select max(finished_at) from ops.recertification where tenant_id = $1 and scope = 'all') as last,
         (select max(finished_at) from ops.recertification where tenant_id = $1) as last_privileged,
         (select count(*)::int from ops.recertification_line l where l.tenant_id = $1 and l.decision is null and l.campaign_id = (
            select id from ops.recertification where tenant_id = $1 and finished_at is not null order by finished_at desc limit 1)) as left_over,
         (select count(*)::int from ops.recertification c where c.tenant_id = $1 and c.finished_at is null and c.due_at < $2) as late,
         (select count(*)::int from ops.recertification where tenant_id = $1 and finished_at is not null) as finished`,
      [tenant, now],
    )
    if (!row?.born) return notYet(0)
    const overdueBy = (last: Date | null, days: number): boolean =>
      now.getTime() - (last ?? row.born ?? now).getTime() > (days + reviewDays) * 86_400_000
    const missed =
      Number(overdueBy(row.last, row.days)) + Number(overdueBy(row.last_privileged, Math.min(privilegedDays, row.days)))
    const overdue = missed + row.late
    if (row.finished === 0 && overdue === 0) return notYet(row.late)
    const good = overdue === 0 && row.left_over === 0
    return {
      state: good ? 'pass' : 'fail',
      observed: {
        'accessReviews.overdue': overdue,
        'accessReviews.itemsUndecided': row.left_over,
        everyDays: row.days,
        privilegedEveryDays: Math.min(privilegedDays, row.days),
        finished: row.finished,
      },
      population: row.finished,
      finding: good
        ? {
            zh: `已完成 ${String(row.finished)} 次权限复核，均未超期，逐项已有结论`,
            en: `${String(row.finished)} recertifications finished, none overdue, every line decided`,
          }
        : {
            zh: `权限复核超期 ${String(overdue)} 项，${String(row.left_over)} 条未作结论`,
            en: `${String(overdue)} recertifications are overdue, ${String(row.left_over)} lines were left undecided`,
          },
    }
  },
}

const notYet = (open: number): CheckResult => ({
  state: 'not-assessed',
  observed: { open },
  population: 0,
  finding: { zh: '尚未完成首次权限复核，且未到期', en: 'no recertification was finished yet, and none is due' },
})
