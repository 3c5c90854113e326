// Checks of this room: IAM-01 … IAM-06 on the live credentials, sessions and users. Numbers and ids of users only. Keeps identity-8.
import type { Check, CheckResult } from '#kernel'
import { usualLimits } from './limits.ts'
import { networkOf } from './network.ts'
import { passwordStrength, shortestPassword } from './password.ts'

/** Roles that may administer, export or see plain values of others' records. */
const privileged = [
  'administrator',
  'system-administrator',
  'security-administrator',
  'audit-administrator',
  'privacy-officer',
  'director',
  'manager',
]

const accounts: Check = {
  control: 'IAM-01',
  version: 1,
  run: async (c) => {
    const orphans = await c.query<{ id: string }>(
      `select k.user_id as id from identity.credential k left join crm.app_user u
         on u.tenant_id = k.tenant_id and u.id = k.user_id and u.deleted_at is null
       where k.tenant_id = $1 and u.id is null order by 1`,
      [c.tenant],
    )
    const live = await c.query<{ user_id: string; last_ip: string }>(
      `select user_id, last_ip from identity.session where tenant_id = $1 and revoked_at is null and expires_at > $2 and seen_at > $3`,
      [c.tenant, c.now, new Date(c.now.getTime() - usualLimits.idleMs)],
    )
    const networks = Map.groupBy(live, (row) => row.user_id)
    const shared = [...networks]
      .filter(([, rows]) => new Set(rows.map((row) => networkOf(row.last_ip))).size > 3)
      .map(([id]) => id)
    const [all] = await c.query<{ n: bigint }>(`select count(*) as n from identity.credential where tenant_id = $1`, [
      c.tenant,
    ])
    return verdict(
      Number(all?.n ?? 0),
      { credentialsWithoutUser: ids(orphans.map((row) => row.id)), usedFromManyNetworksAtOnce: ids(shared) },
      orphans.length + shared.length,
      {
        zh: '每个登录凭据都对应一个用户，没有账号同时在三个以上网络使用',
        en: 'every credential belongs to one user, and none is in use from more than three networks at once',
      },
      {
        zh: `${orphans.length} 个凭据没有对应用户，${shared.length} 个账号疑似多人共用`,
        en: `${orphans.length} credentials without a user, ${shared.length} users seem to be shared`,
      },
    )
  },
}

/** They and the roles copied from them, as the policies in force have them. */
const privilegedRoles = async (c: Parameters<Check['run']>[0]): Promise<readonly string[]> => {
  const copies = await c.query<{ name: string }>(
    `select role ->> 'name' as name from ops.policy_version v, json_array_elements(v.document::json -> 'roles') role
     where v.tenant_id = $1 and v.active and role -> 'own' ->> 'base' = any($2::text[]) order by 1`,
    [c.tenant, privileged],
  )
  return [...privileged, ...copies.map(({ name }) => name)]
}

const secondFactor: Check = {
  control: 'IAM-02',
  version: 2,
  run: async (c) => {
    const roles = await privilegedRoles(c)
    const rows = await c.query<{ id: string; role: string; enrolled: boolean }>(
      `select u.id, u.role, k.totp_confirmed_at is not null or exists (
         select 1 from identity.passkey p where p.tenant_id = u.tenant_id and p.user_id = u.id) as enrolled
       from crm.app_user u join identity.credential k on k.tenant_id = u.tenant_id and k.user_id = u.id
       where u.tenant_id = $1 and u.deleted_at is null and u.active
         and (u.role = any($2::text[]) or u.further_roles && $2::text[]) order by u.id`,
      [c.tenant, roles],
    )
    const without = rows.filter((row) => !row.enrolled)
    return verdict(
      rows.length,
      { roles, privileged: rows.length, withoutSecondFactor: ids(without.map((row) => row.id)) },
      without.length,
      {
        zh: `全部 ${rows.length} 个特权账号已启用双因素登录`,
        en: `all ${rows.length} privileged users have a second factor`,
      },
      {
        zh: `${rows.length} 个特权账号中有 ${without.length} 个未启用双因素登录`,
        en: `${without.length} of ${rows.length} privileged users have no second factor`,
      },
    )
  },
}

const passwords: Check = {
  control: 'IAM-03',
  version: 1,
  run: async (c) => {
    const rows = await c.query<{ params: string | null; n: bigint }>(
      `select substring(password_hash from '^\\$argon2id\\$v=19\\$(m=\\d+,t=\\d+,p=\\d+)\\$') as params, count(*) as n
       from identity.credential where tenant_id = $1 group by 1 order by 1`,
      [c.tenant],
    )
    const weak = rows.filter((row) => !strongEnough(row.params)).reduce((sum, row) => sum + Number(row.n), 0)
    const rules = !passwordStrength('Password2026!').ok && !passwordStrength('kM8#vq2!rT6').ok
    return verdict(
      rows.reduce((sum, row) => sum + Number(row.n), 0),
      {
        hashes: Object.fromEntries(rows.map((row) => [`argon2id ${row.params ?? 'other'}`, Number(row.n)])),
        shortest: shortestPassword,
        commonWordsRefused: rules,
      },
      weak + (rules ? 0 : 1),
      {
        zh: `口令至少 ${shortestPassword} 位并拒绝常见口令，全部以 Argon2id 当前参数散列`,
        en: `passwords have at least ${shortestPassword} characters, common ones are refused, all are hashed with Argon2id and present parameters`,
      },
      { zh: `${weak} 个口令散列弱于当前要求`, en: `${weak} password hashes are weaker than required` },
    )
  },
}

// OWASP Password Storage Cheat Sheet: Argon2id with at least 19 MiB and two passes, or 46 MiB and one.
const strongEnough = (params: string | null): boolean => {
  const [, m, t] = /^m=(\d+),t=(\d+),/.exec(params ?? '') ?? []
  const memory = Number(m ?? 0)
  return (memory >= 19_456 && Number(t) >= 2) || (memory >= 47_104 && Number(t) >= 1)
}

const sessionLimits: Check = {
  control: 'IAM-04',
  version: 1,
  run: async (c) => {
    const [row] = await c.query<{ live: bigint; beyond: bigint; oldest: Date | null }>(
      `select count(*) as live,
         count(*) filter (where expires_at - created_at > $3::bigint * interval '1 millisecond' or seen_at > expires_at) as beyond,
         min(created_at) as oldest
       from identity.session where tenant_id = $1 and revoked_at is null and expires_at > $2`,
      [c.tenant, c.now, usualLimits.absoluteMs],
    )
    const beyond = Number(row?.beyond ?? 0)
    const limited = Number.isFinite(usualLimits.pairFree) && usualLimits.firstBlockMs > 0
    return verdict(
      Number(row?.live ?? 0),
      {
        idleMinutes: usualLimits.idleMs / 60_000,
        absoluteHours: usualLimits.absoluteMs / 3_600_000,
        wrongAttemptsBeforeBlock: usualLimits.pairFree,
        beyondLimit: beyond,
        oldestSession: row?.oldest?.toISOString() ?? null,
      },
      beyond + (limited ? 0 : 1),
      {
        zh: '登录失败受限，会话有空闲与绝对超时，且无超期会话',
        en: 'wrong attempts are limited, sessions end when idle and at an absolute age, none is beyond',
      },
      { zh: `${beyond} 个会话超出时限`, en: `${beyond} sessions are beyond the limits` },
    )
  },
}

const defaults: Check = {
  control: 'IAM-05',
  version: 1,
  run: async (c) => {
    const [row] = await c.query<{ users: bigint; links: bigint; pending: bigint }>(
      `select (select count(*) from identity.credential where tenant_id = $1) as users,
         (select count(*) from identity.setup_link where tenant_id = $1 and used_at is null and expires_at > $2) as links,
         (select count(*) from identity.credential where tenant_id = $1 and must_change and changed_at < $3) as pending`,
      [c.tenant, c.now, new Date(c.now.getTime() - 7 * 86_400_000)],
    )
    const users = Number(row?.users ?? 0)
    const links = Number(row?.links ?? 0)
    const pending = Number(row?.pending ?? 0)
    return verdict(
      users,
      { users, openSetupLinks: links, oneTimePasswordsOlderThan7Days: pending },
      links + pending,
      {
        zh: '没有默认账号或默认口令，初始化链接已使用或过期',
        en: 'there is no default user or password, and every set-up link was used or has expired',
      },
      {
        zh: `${links} 个初始化链接仍有效，${pending} 个一次性口令超过 7 天未更换`,
        en: `${links} set-up links are still open, ${pending} one-time passwords were not replaced within 7 days`,
      },
    )
  },
}

const dormant: Check = {
  control: 'IAM-06',
  version: 1,
  run: async (c) => {
    const rows = await c.query<{ id: string; dormant: boolean; left: boolean }>(
      `select u.id, u.active and coalesce(max(s.seen_at), k.changed_at) < $2 as dormant,
         not u.active and count(s.id) filter (where s.revoked_at is null and s.expires_at > $3) > 0 as left
       from crm.app_user u join identity.credential k on k.tenant_id = u.tenant_id and k.user_id = u.id
       left join identity.session s on s.tenant_id = u.tenant_id and s.user_id = u.id
       where u.tenant_id = $1 and u.deleted_at is null group by u.id, u.active, k.changed_at order by u.id`,
      [c.tenant, new Date(c.now.getTime() - 90 * 86_400_000), c.now],
    )
    const idle = rows.filter((row) => row.dormant).map((row) => row.id)
    const left = rows.filter((row) => row.left).map((row) => row.id)
    return verdict(
      rows.length,
      { unusedFor90Days: ids(idle), inactiveWithLiveSession: ids(left) },
      idle.length + left.length,
      {
        zh: '没有 90 天未使用仍启用的账号，停用账号无有效会话',
        en: 'no user was unused for 90 days and still active, and no inactive user has a session',
      },
      {
        zh: `${idle.length} 个账号 90 天未使用仍启用，${left.length} 个停用账号仍有会话`,
        en: `${idle.length} users are active though unused for 90 days, ${left.length} inactive users still have sessions`,
      },
    )
  },
}

/** The checks of identity, in the order of their controls. */
export const identityChecks = (): readonly Check[] => [
  accounts,
  secondFactor,
  passwords,
  sessionLimits,
  defaults,
  dormant,
]

const ids = (list: readonly string[]): { readonly count: number; readonly first: readonly string[] } => ({
  count: list.length,
  first: list.slice(0, 20),
})

type Sentence = CheckResult['finding']

const verdict = (
  population: number,
  observed: CheckResult['observed'],
  bad: number,
  good: Sentence,
  finding: Sentence,
): CheckResult => ({ state: bad === 0 ? 'pass' : 'fail', observed, population, finding: bad === 0 ? good : finding })
