// ACC-06: accounts and keys of programs that nobody used for ninety days were confirmed with a reason in the last campaign, or are gone; and
// nothing that was lent outlives the account of who holds it or answers for it. Keeps vault-259, vault-283.
import type { Check, CheckResult } from '#kernel'

const days = 90

export const unusedCheck: Check = {
  control: 'ACC-06',
  version: 2,
  run: async (context): Promise<CheckResult> => {
    const { tenant, now } = context
    const since = new Date(now.getTime() - days * 86_400_000)
    const rows = await context.query<{ kind: 'account' | 'key'; id: string; justified: boolean }>(
      `with used as (
         select 'account' as kind, u.id, u.id as person from crm.app_user u
           where u.tenant_id = $1 and u.deleted_at is null and u.active and u.created_at < $2
             and not exists (select 1 from identity.session s where s.tenant_id = $1 and s.user_id = u.id and s.seen_at >= $2)
             and not exists (select 1 from identity.api_key k where k.tenant_id = $1 and k.user_id = u.id and k.seen_at >= $2)
         union all
         select 'key', k.id, k.user_id from identity.api_key k
           where k.tenant_id = $1 and k.revoked_at is null and k.expires_at > $3 and coalesce(k.seen_at, k.created_at) < $2
       )
       select kind, id, exists (
         select 1 from ops.recertification_line l where l.tenant_id = $1 and l.decision = 'keep' and l.decided_at >= $2
           and l.person_id = used.person and case when kind = 'key' then l.thing_id = used.id else l.kind = 'role' end) as justified
       from used order by kind, id`,
      [tenant, since, now],
    )
    const [total] = await context.query<{ n: number }>(
      `select ((select count(*) from crm.app_user where tenant_id = $1 and deleted_at is null and active)
             + (select count(*) from identity.api_key where tenant_id = $1 and revoked_at is null and expires_at > $2))::int as n`,
      [tenant, now],
    )
    const [outliving] = await context.query<{ n: number }>(
      `with off as (select id from crm.app_user where tenant_id = $1 and (active is not true or deleted_at is not null))
       select ((select count(*) from ops.access_grant where tenant_id = $1 and revoked_at is null and expires_at > $2
                  and (user_id in (select id from off) or coalesce(passed_to, granted_by) in (select id from off)))
             + (select count(*) from ops.deputyship where tenant_id = $1 and ended_at is null and expires_at > $2
                  and (person_id in (select id from off) or deputy_id in (select id from off) or coalesce(passed_to, named_by) in (select id from off))))::int as n`,
      [tenant, now],
    )
    const orphans = outliving?.n ?? 0
    const open = rows.filter(({ justified }) => !justified)
    const of = (kind: string): number => open.filter((row) => row.kind === kind).length
    return {
      state: open.length + orphans === 0 ? 'pass' : 'fail',
      observed: {
        'permissions.unused90d.unjustified': open.length,
        'grants.outliveAccount': orphans,
        unused: rows.length,
        items: open.slice(0, 20).map(({ kind, id }) => `${kind} ${id}`),
      },
      population: total?.n ?? 0,
      finding:
        open.length + orphans === 0
          ? {
              zh: `${String(total?.n ?? 0)} 个账号与密钥中，${String(rows.length)} 个 90 天未使用，均已复核确认；没有账号停用后仍生效的临时授权或代理`,
              en: `of ${String(total?.n ?? 0)} accounts and keys ${String(rows.length)} were unused for 90 days, each confirmed with a reason; nothing lent outlives an account`,
            }
          : {
              zh: `${String(of('account'))} 个账号、${String(of('key'))} 个密钥 90 天未使用且未复核确认，请在权限复核中收回或说明理由；${String(orphans)} 项临时授权或代理在账号停用后仍未收回`,
              en: `${String(of('account'))} accounts and ${String(of('key'))} keys were unused for 90 days and not confirmed since; take them back or confirm them in a recertification; ${String(orphans)} grants or deputies outlive an account that is off`,
            },
    }
  },
}
