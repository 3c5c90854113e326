// Checks of the audit log: whole entries, a tree that verifies, a witness, retention, no personal values, exports with a purpose.
import { type Check, type CheckContext, newId, type Scope, services } from '#kernel'
import { bodyMembers } from './entry.ts'
import type { Journal } from './journal.ts'

/** LOG-01, -02, -03, -04, -07, -08. They read; only the canary of LOG-01 writes one entry. */
export const journalChecks = (journal: Journal): readonly Check[] => [
  complete(journal),
  verifiable(journal),
  witnessed,
  kept,
  withoutPersonalValues,
  exportsWithPurpose,
]

/** At most this many of the newest entries are read by a check that looks into bodies. */
const window = 100_000
const newest = `(select act, body from journal.entry where tenant_id = $1 order by id desc limit ${String(window)}) e`

const complete = (journal: Journal): Check => ({
  control: 'LOG-01',
  version: 1,
  async run(context) {
    const scope: Scope = { tenant: context.tenant, principal: services.compliance }
    const canary = newId()
    await journal.record(scope, [
      {
        act: 'canary',
        obj: 'journal',
        recordId: canary,
        actor: services.compliance,
        purpose: 'LOG-01',
        channel: 'job',
      },
    ])
    const found = await one(
      context,
      `select count(*)::int as n from journal.entry where tenant_id = $1 and record_id = $2 and actor = $3 and act = 'canary'`,
      [context.tenant, canary, services.compliance],
    )
    const entries = await one(context, `select count(*)::int as n from ${newest}`, [context.tenant])
    const incomplete = await one(
      context,
      `select count(*)::int as n from ${newest} where not (convert_from(body, 'UTF8')::jsonb ?& $2::text[])`,
      [context.tenant, bodyMembers],
    )
    return {
      state: found === 1 && incomplete === 0 ? 'pass' : 'fail',
      observed: { canaryFound: found === 1, incompleteEntries: incomplete },
      population: entries,
      finding:
        found !== 1
          ? { zh: '写入的探测条目未能读回。', en: 'The canary entry that was written could not be read back.' }
          : incomplete > 0
            ? { zh: `${n(incomplete)} 条条目缺少必要字段。`, en: `${n(incomplete)} entries lack a required member.` }
            : {
                zh: `探测条目已写入并读回；最近 ${n(entries)} 条条目字段齐全（谁、何时、何事、何因、何处、结果）。`,
                en: `The canary was written and read back; the newest ${n(entries)} entries say who, when, what, why, from where and with what outcome.`,
              },
    }
  },
})

/** No entry may wait longer than this for the sealer. */
const longestWait = 60

const verifiable = (journal: Journal): Check => ({
  control: 'LOG-02',
  version: 1,
  async run(context) {
    const verdict = await journal.verify(context.tenant)
    const [oldest] = await context.query<{ seconds: number | null }>(
      `select extract(epoch from $2::timestamptz - min(e.at))::float8 as seconds from journal.entry e where e.tenant_id = $1
        and not exists (select from journal.leaf l where l.tenant_id = e.tenant_id and l.entry_id = e.id)`,
      [context.tenant, context.now],
    )
    const unsealed = Math.max(0, Math.round(oldest?.seconds ?? 0))
    const writable = await openPrivileges(context)
    const ok = verdict.ok && unsealed <= longestWait && writable.length === 0
    return {
      state: !ok ? 'fail' : verdict.sealed === 0 ? 'not-assessed' : 'pass',
      observed: {
        entries: verdict.entries,
        sealed: verdict.sealed,
        root: verdict.root,
        firstBad: verdict.firstBad ? { ...verdict.firstBad } : null,
        oldestUnsealedSeconds: unsealed,
        privilegesBeyondAppend: [...writable],
      },
      population: verdict.entries,
      finding: verdict.firstBad
        ? {
            zh: `审计日志校验失败：序号 ${String(verdict.firstBad.index)}、条目 ${verdict.firstBad.entry || '（缺失）'}（${verdict.firstBad.what}）。`,
            en: `The journal does not verify: index ${String(verdict.firstBad.index)}, entry ${verdict.firstBad.entry || '(gone)'}: ${verdict.firstBad.what}.`,
          }
        : unsealed > longestWait
          ? {
              zh: `有条目已等待 ${n(unsealed)} 秒仍未封存。`,
              en: `An entry has waited ${n(unsealed)} seconds to be sealed.`,
            }
          : writable.length > 0
            ? {
                zh: `应用数据库角色可修改审计日志（${writable.join('、')}）。`,
                en: `The application's database role may change the journal (${writable.join(', ')}).`,
              }
            : verdict.sealed === 0
              ? { zh: '尚无已封存的审计条目。', en: 'There is no sealed entry yet.' }
              : {
                  zh: `已重新计算全部 ${n(verdict.sealed)} 片叶子并与各签名检查点核对一致；应用角色只能追加。`,
                  en: `All ${n(verdict.sealed)} leaves were recomputed and agree with every signed checkpoint; the application role can only append.`,
                },
    }
  },
})

const witnessed: Check = {
  control: 'LOG-03',
  version: 1,
  async run(context) {
    const [row] = await context.query<{ checkpoints: number; signatures: number }>(
      `select count(*)::int as checkpoints,
        coalesce(max(array_length(string_to_array(note, E'\\n— '), 1) - 1), 0)::int as signatures
       from (select note from journal.checkpoint where tenant_id = $1 and created_at > $2::timestamptz - interval '24 hours'
         order by size desc limit 1000) c`,
      [context.tenant, context.now],
    )
    // No witness can be configured in this version, so a second signature line would be of nobody we know: it counts for nothing.
    return {
      state: 'fail',
      observed: {
        checkpointsInLastDay: row?.checkpoints ?? 0,
        witnesses: 0,
        unknownSignatures: Math.max(0, (row?.signatures ?? 0) - 1),
      },
      population: row?.checkpoints ?? 0,
      finding: {
        zh: '没有任何外部见证方对检查点联署：持有签名密钥的一方仍可伪造另一份历史。',
        en: 'No outside witness has cosigned a checkpoint: whoever holds the signing key could still show another history.',
      },
    }
  },
}

/** 网安法: at least six months online. */
const leastDays = 183

const kept: Check = {
  control: 'LOG-04',
  version: 1,
  async run(context) {
    const [row] = await context.query<{ leaves: number; highest: number; age: number; lost: number }>(
      `select count(*)::float8 as leaves, coalesce(max(l.index) + 1, 0)::float8 as highest,
        coalesce(extract(epoch from $2::timestamptz - min(e.at)) / 86400, 0)::float8 as age,
        count(*) filter (where e.id is null)::float8 as lost
       from journal.leaf l left join journal.entry e on e.tenant_id = l.tenant_id and e.id = l.entry_id where l.tenant_id = $1`,
      [context.tenant, context.now],
    )
    const days = Math.floor(row?.age ?? 0)
    const missing = (row?.highest ?? 0) - (row?.leaves ?? 0) + (row?.lost ?? 0)
    const writable = await openPrivileges(context)
    const population = row?.leaves ?? 0
    const observed = { oldestOnlineDays: days, missingEntries: missing, privilegesBeyondAppend: [...writable] }
    if (missing > 0 || writable.length > 0)
      return {
        state: 'fail',
        observed,
        population,
        finding:
          missing > 0
            ? {
                zh: `有 ${n(missing)} 条审计条目已不在库中。`,
                en: `${n(missing)} entries are no longer in the database.`,
              }
            : {
                zh: `应用数据库角色可删除或修改审计日志（${writable.join('、')}）。`,
                en: `The application's database role may delete or change entries (${writable.join(', ')}).`,
              },
      }
    if (population === 0)
      return {
        state: 'not-assessed',
        observed,
        population,
        finding: { zh: '尚无已封存的审计条目。', en: 'There is no sealed entry yet.' },
      }
    return {
      state: 'pass',
      observed,
      population,
      finding:
        days >= leastDays
          ? {
              zh: `最早的在线条目距今 ${n(days)} 天，无缺失，应用角色无法删除。`,
              en: `The oldest entry online is ${n(days)} days old, none is missing, and the application role cannot delete any.`,
            }
          : {
              zh: `日志自第一条起全部在线且应用角色无法删除；安装仅 ${n(days)} 天，尚未经过六个月的检验。`,
              en: `Every entry since the first is online and the application role cannot delete any; at ${n(days)} days of age the six months have not yet been put to the test.`,
            },
    }
  },
}

/** Shapes of values that must not stand in a body. The peer's address is there on purpose (from where) and is not among them. */
const shapes: readonly (readonly [name: string, pattern: string])[] = [
  ['mobile', '(?<![0-9A-Za-z-])(\\+?86[ -]?)?1[3-9][0-9]{9}(?![0-9A-Za-z-])'],
  ['email', '[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\\.[A-Za-z]{2,}'],
  [
    'identity',
    '(?<![0-9A-Za-z])[1-9][0-9]{5}(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx](?![0-9A-Za-z])',
  ],
  ['secret', '(PRIVATE KEY-----|AGE-SECRET-KEY-1|\\$argon2)'],
]

const withoutPersonalValues: Check = {
  control: 'LOG-07',
  version: 1,
  async run(context) {
    const entries = await one(context, `select count(*)::int as n from ${newest}`, [context.tenant])
    const hits: Record<string, number> = {}
    for (const [name, pattern] of shapes)
      hits[name] = await one(
        context,
        `select count(*)::int as n from ${newest} where convert_from(body, 'UTF8') ~ $2`,
        [context.tenant, pattern],
      )
    const total = Object.values(hits).reduce((a, b) => a + b, 0)
    const kinds = Object.entries(hits).filter(([, count]) => count > 0)
    return {
      state: total === 0 ? 'pass' : 'fail',
      observed: { hits },
      population: entries,
      finding:
        total === 0
          ? {
              zh: `最近 ${n(entries)} 条条目正文中未发现手机号、邮箱、身份证号或密钥；变更内容以密文另存。`,
              en: `No phone, e-mail, identity number or secret stands in the newest ${n(entries)} bodies; changed values are kept sealed beside them.`,
            }
          : {
              zh: `${n(total)} 条条目正文疑似含明文（${kinds.map(([k, c]) => `${k} ${n(c)}`).join('，')}），常见原因是用途说明中填写了个人信息。`,
              en: `${n(total)} bodies look as if they held clear values (${kinds.map(([k, c]) => `${k} ${n(c)}`).join(', ')}); most often someone typed one as a purpose.`,
            },
    }
  },
}

const exportsWithPurpose: Check = {
  control: 'LOG-08',
  version: 1,
  async run(context) {
    const [row] = await context.query<{ exports: number; bare: number }>(
      `select count(*)::int as exports, count(*) filter (where btrim(body ->> 'purpose') = '')::int as bare
       from (select convert_from(body, 'UTF8')::jsonb as body from journal.entry where tenant_id = $1 and act = 'export') e
       where body ->> 'decision' <> 'deny'`,
      [context.tenant],
    )
    const all = row?.exports ?? 0
    const bare = row?.bare ?? 0
    if (all === 0)
      return {
        state: 'not-assessed',
        observed: { exports: 0, withoutPurpose: 0 },
        population: 0,
        finding: { zh: '尚未发生导出。', en: 'Nothing has been exported yet.' },
      }
    return {
      state: bare === 0 ? 'pass' : 'fail',
      observed: { exports: all, withoutPurpose: bare },
      population: all,
      finding:
        bare === 0
          ? {
              zh: `${n(all)} 次导出均记录了用途。本检查不涉及超量审批与水印。`,
              en: `All ${n(all)} exports name a purpose. Approval above a limit and watermarks are not part of this check.`,
            }
          : {
              zh: `${n(all)} 次导出中有 ${n(bare)} 次未记录用途。`,
              en: `${n(bare)} of ${n(all)} exports name no purpose.`,
            },
    }
  },
}

/** Rights of the role that asks on the journal's tables beyond reading and appending. */
const openPrivileges = async (context: CheckContext): Promise<readonly string[]> => {
  const rows = await context.query<{ privilege: string }>(
    `select p.privilege || ' ' || t.name as privilege
     from unnest(array['entry', 'leaf', 'checkpoint']) t (name), unnest(array['UPDATE', 'DELETE', 'TRUNCATE']) p (privilege)
     where has_table_privilege('journal.' || t.name, p.privilege) order by 1`,
  )
  return rows.map((row) => row.privilege)
}

const one = async (context: CheckContext, text: string, values: readonly unknown[]): Promise<number> =>
  (await context.query<{ n: number }>(text, values))[0]?.n ?? 0

const n = (value: number): string => String(value)
