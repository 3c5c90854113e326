// ACC-08: whoever read more in a minute, an hour or a day than the limits allow raised an alarm; counted anew from what was read. Keeps vault-281.
import type { Check, CheckResult } from '#kernel'
import { type LimitName, type Limits, usualLimits } from './reading-limits.ts'

const days = 30

export const paceCheck: Check = {
  control: 'ACC-08',
  version: 1,
  run: async (context): Promise<CheckResult> => {
    const { tenant, now } = context
    const [set] = await context.query<{ value: Partial<Limits>; updated_at: Date }>(
      `select value, updated_at from ops.setting where tenant_id = $1 and name = 'readingLimits'`,
      [tenant],
    )
    const limits = { ...usualLimits, ...set?.value }
    // By the limits of now: what was read under others was judged by those.
    const from = new Date(Math.max(now.getTime() - days * 86_400_000, set?.updated_at.getTime() ?? 0))
    const rows = await context.query<{ user_id: string; name: LimitName; at: Date; most: number }>(
      `with counted as (
         select user_id, minute, opened as m,
           sum(opened) over hour as h, sum(listed) over hour as l, sum(opened + listed) over day as d
         from ops.read_count where tenant_id = $1 and minute > $2 and minute < $3::timestamptz - interval '2 minutes'
         window hour as (partition by user_id order by minute range between interval '59 minutes' preceding and current row),
           day as (partition by user_id order by minute range between interval '1439 minutes' preceding and current row)
       ), over as (
         select c.user_id, c.minute, one.name, one.n from counted c
         cross join lateral (values ('openedPerMinute', c.m::bigint, $4::bigint), ('openedPerHour', c.h::bigint, $5::bigint),
           ('listedPerHour', c.l::bigint, $6::bigint), ('readPerDay', c.d::bigint, $7::bigint)) as one(name, n, most) where one.n > one.most
       )
       select user_id, name, min(minute) as at, max(n)::float8 as most from over o where not exists (
         select 1 from ops.alarm a where a.tenant_id = $1 and a.kind = 'pace' and a.user_id = o.user_id and a.detail->>'limit' = o.name
           and a.created_at > o.minute - interval '61 minutes' and a.created_at < o.minute + interval '3 minutes')
       group by user_id, name order by 3, 1, 2`,
      [tenant, from, now, limits.openedPerMinute, limits.openedPerHour, limits.listedPerHour, limits.readPerDay],
    )
    const [read] = await context.query<{ people: number; alarms: number; waiting: number }>(
      `select (select count(distinct user_id)::int from ops.read_count where tenant_id = $1 and minute > $2) as people,
         (select count(*)::int from ops.alarm where tenant_id = $1 and kind = 'pace' and created_at > $2) as alarms,
         (select count(*)::int from ops.alarm where tenant_id = $1 and kind = 'pace' and settled_at is null) as waiting`,
      [tenant, from],
    )
    const [people, alarms] = [read?.people ?? 0, read?.alarms ?? 0]
    const silent = new Set(rows.map((row) => row.user_id)).size
    return {
      state: silent === 0 ? 'pass' : 'fail',
      observed: {
        'users.overDailyReadLimit.unalerted': silent,
        limits: { ...limits },
        since: from.toISOString(),
        alarms,
        alarmsWaiting: read?.waiting ?? 0,
        items: rows
          .slice(0, 20)
          .map(({ user_id, name, at, most }) => `${user_id} ${name} ${at.toISOString()} ${String(most)}`),
      },
      population: people,
      finding:
        silent === 0
          ? {
              zh: `${String(people)} 人的读取量已核对，凡超过每分钟、每小时或每日上限的均已告警（共 ${String(alarms)} 条）`,
              en: `what ${String(people)} people read was counted anew; whoever was over a limit of minute, hour or day raised an alarm (${String(alarms)} in all)`,
            }
          : {
              zh: `${String(silent)} 人的读取量超过上限而未告警`,
              en: `${String(silent)} people read more than a limit allows and no alarm was raised`,
            },
    }
  },
}
