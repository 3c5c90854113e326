// Control CRY-08: what was destroyed stays destroyed. Erased persons have neither key nor cell nor token, their erasure was closed against
// older copies of the database files in time, and for every old key that an import read somebody gave the word that it is gone. Keeps vault-302.
import { type Catalogue, cellColumn, type Check, type CheckContext, type CheckResult, sealedGroups } from '#kernel'

/** How long an erasure may wait for its final step: the window of the keyring's snapshots. */
const closingDays = 30

export const destroyedCheck = (catalogue: Catalogue): Check => ({
  control: 'CRY-08',
  version: 1,
  run: async (context): Promise<CheckResult> => {
    const erased = await count(context, 'select count(*)::int as n from ops.erasure where tenant_id = $1')
    const decryptable = await openable(context, catalogue)
    const waiting = await count(
      context,
      `select count(*)::int as n from ops.erasure e where tenant_id = $1 and erased_at < $2::timestamptz - interval '${String(closingDays)} days'
       and not exists (select from ops.erasure_closing c where c.tenant_id = e.tenant_id and c.done_at is not null and c.up_to >= e.number)`,
      [context.now],
    )
    const [old] = await context.query<{ keys: number; open: number }>(
      `select count(distinct f)::int as keys,
         count(distinct f) filter (where not exists (select from ops.key_destruction d where d.tenant_id = $1 and d.fingerprint = f))::int as open
       from (select r.legacy->>'keyFingerprint' as f from ops.import_run r where r.tenant_id = $1 and r.legacy is not null
         and (coalesce((r.counts->>'created')::int, 0) + coalesce((r.counts->>'updated')::int, 0) + coalesce((r.counts->>'unchanged')::int, 0) > 0
           or exists (select from ops.formerly_weak w where w.tenant_id = r.tenant_id and w.run_id = r.id))) as used`,
      [context.tenant],
    )
    const oldKeys = old?.keys ?? 0
    const undestroyed = old?.open ?? 0
    return {
      state: decryptable + waiting + undestroyed > 0 ? 'fail' : erased + oldKeys === 0 ? 'not-assessed' : 'pass',
      observed: { erasedSubjects: erased, decryptable, notClosed: waiting, closingDays, oldKeys, undestroyed },
      population: erased + oldKeys,
      finding: findingOf({ erased, decryptable, waiting, oldKeys, undestroyed }),
    }
  },
})

/** Erased subjects of whom a key, a cell or a token is left. */
const openable = async (context: CheckContext, catalogue: Catalogue): Promise<number> => {
  const cells = catalogue.types
    .filter((type) => sealedGroups(type).length > 0)
    .map(
      (
        type,
      ) => `exists (select from crm."${type.table}" c where c.tenant_id = e.tenant_id and c.subject_id = e.subject_id and (
        ${sealedGroups(type)
          .map((group) => `c."${cellColumn(group)}" is not null`)
          .join(
            ' or ',
          )} or exists (select from crm.search_index s where s.tenant_id = c.tenant_id and s.record_id = c.id)))`,
    )
  return count(
    context,
    `select count(*)::int as n from ops.erasure e where e.tenant_id = $1 and (
       exists (select from keyring.subject_key k where k.tenant_id = e.tenant_id and k.subject_id = e.subject_id) or ${cells.join(' or ')})`,
  )
}

const count = async (context: CheckContext, text: string, more: readonly unknown[] = []): Promise<number> => {
  const [row] = await context.query<{ n: number }>(text, [context.tenant, ...more])
  return row?.n ?? 0
}

interface Found {
  readonly erased: number
  readonly decryptable: number
  readonly waiting: number
  readonly oldKeys: number
  readonly undestroyed: number
}

const findingOf = ({ erased, decryptable, waiting, oldKeys, undestroyed }: Found): CheckResult['finding'] => {
  const faults = [
    ...(decryptable > 0
      ? [
          {
            zh: `${String(decryptable)} 个已删除主体仍有密钥或密文`,
            en: `${String(decryptable)} erased subjects still have keys or cells`,
          },
        ]
      : []),
    ...(waiting > 0
      ? [
          {
            zh: `${String(waiting)} 次删除超过 ${String(closingDays)} 天未收尾（holdfast erase finish）`,
            en: `${String(waiting)} erasures have waited more than ${String(closingDays)} days for their final step (holdfast erase finish)`,
          },
        ]
      : []),
    ...(undestroyed > 0
      ? [
          {
            zh: `${String(undestroyed)} 个旧系统密钥没有销毁记录`,
            en: `the destruction of ${String(undestroyed)} keys of old systems is not on record`,
          },
        ]
      : []),
  ]
  if (faults.length > 0)
    return { zh: `${faults.map(({ zh }) => zh).join('；')}。`, en: `${faults.map(({ en }) => en).join('; ')}.` }
  if (erased + oldKeys === 0)
    return {
      zh: '尚无已删除的主体，也未导入过旧密文。',
      en: 'Nobody was erased and nothing under an old cipher was imported yet.',
    }
  return {
    zh: `${String(erased)} 个已删除主体均无密钥、密文与检索令牌；${String(oldKeys)} 个旧系统密钥均有销毁记录。`,
    en: `None of ${String(erased)} erased subjects has a key, a cell or a token; the destruction of ${String(oldKeys)} keys of old systems is on record.`,
  }
}
