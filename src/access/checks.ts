// What the compliance room may ask of access: which policies are in force, and what they allow. Keeps access-11.
import { createHash } from 'node:crypto'
import { type Catalogue, type Check, type CheckContext, type CheckResult, fieldGroups } from '#kernel'
import { type PolicyText, policyDigest } from './official.ts'
import type { Version } from './in-force.ts'
import { compilePolicies, type PolicySet } from './policyset.ts'
import { mayOnRecord, mayOnSystem, stances } from './scenario.ts'
import { accessSchema, isCustomers } from './schema.ts'

export interface AccessChecksOptions {
  readonly catalogue: Catalogue
  /** The version that decides right now. */
  readonly running: () => Pick<Version, 'policies' | 'digest'>
}

export const accessChecks = (options: AccessChecksOptions): readonly Check[] => {
  // Compiled from the texts: what decides is looked at by its digest, not asked about itself.
  let compiled: { readonly from: readonly PolicyText[]; readonly set: PolicySet } | undefined
  const policies = (): PolicySet => {
    const from = options.running().policies
    if (compiled?.from !== from) compiled = { from, set: compilePolicies(accessSchema(options.catalogue), from) }
    return compiled.set
  }
  return [
    { control: 'ACC-01', version: 1, run: (context) => published(context, options) },
    { control: 'ACC-05', version: 1, run: (context) => maskedByDefault(context, policies(), options.catalogue) },
    { control: 'SOD-03', version: 1, run: (context) => dutiesApart(context, policies(), options.catalogue) },
  ]
}

/** The policies that decide are the published version, and nobody has touched its text since. */
const published = async (context: CheckContext, options: AccessChecksOptions): Promise<CheckResult> => {
  const active = await context.query<{ number: number; source: string; digest: string }>(
    `select number, source, encode(sha256, 'hex') as digest from ops.policy_version where tenant_id = $1 and active order by number`,
    [context.tenant],
  )
  const { policies, digest: running } = options.running()
  const outside = [
    ...(active.length === 1 ? [] : ['versions']),
    ...(active.some(({ digest }) => digest !== running) ? ['running'] : []),
    ...(active.some(({ source, digest }) => createHash('sha256').update(source).digest('hex') !== digest)
      ? ['text']
      : []),
    ...(policyDigest(policies) === running ? [] : ['compiled']),
  ]
  return {
    state: outside.length === 0 ? 'pass' : 'fail',
    observed: {
      activeVersions: active.map(({ number }) => number),
      running: running.slice(0, 16),
      policies: policies.length,
      outside,
    },
    population: policies.length,
    finding:
      outside.length === 0
        ? {
            en: `The ${String(policies.length)} policies in force are those of the one published version.`,
            zh: `生效的 ${String(policies.length)} 条策略与唯一已发布版本一致。`,
          }
        : active.length === 0
          ? {
              en: 'The policies in force were never recorded as a published version.',
              zh: '生效策略未登记为已发布版本。',
            }
          : { en: 'The policies in force differ from the published version.', zh: '生效策略与已发布版本不一致。' },
  }
}

const guarded = fieldGroups.filter((group) => group === 'contact' || group === 'identity')

/** Nobody sees contact data or identity numbers of records that are not their own before saying why, and everybody who did said why. */
const maskedByDefault = async (
  context: CheckContext,
  policies: PolicySet,
  catalogue: Catalogue,
): Promise<CheckResult> => {
  const others = stances.filter((stance) => stance !== 'own')
  const types = catalogue.types.filter(isCustomers)
  let asked = 0
  const open: string[] = []
  for (const role of policies.roles) {
    for (const { name: type } of types) {
      for (const group of guarded) {
        for (const stance of others) {
          asked++
          if (!mayOnRecord(policies, catalogue, { role, action: `unmask.${group}`, type, stance, purpose: '' }))
            continue
          open.push(`${role} unmask.${group} ${type} ${stance}`)
        }
      }
    }
  }
  // A file opened, or a sheet printed, with a reason is an unmasking too, and says so.
  const [journal] = await context.query<{ unmaskings: number; bare: number }>(
    `select count(*)::int as unmaskings,
       (count(*) filter (where coalesce(btrim(convert_from(body, 'UTF8')::jsonb ->> 'purpose'), '') = ''))::int as bare
     from journal.entry where tenant_id = $1 and (act = 'record.unmask' or (act in ('attachment.download', 'record.print')
       and jsonb_array_length(coalesce(convert_from(body, 'UTF8')::jsonb #> '{detail,unmasked}', '[]')) > 0))`,
    [context.tenant],
  )
  const { unmaskings, bare } = journal ?? { unmaskings: 0, bare: 0 }
  const good = open.length === 0 && bare === 0
  return {
    state: good ? 'pass' : 'fail',
    observed: { decisions: asked, unmaskedByDefault: open.slice(0, 50), unmaskings, withoutPurpose: bare },
    population: asked + unmaskings,
    finding: good
      ? {
          en: `In ${String(asked)} decisions no role sees another's contact data or identity numbers without a purpose; all ${String(unmaskings)} unmaskings have one.`,
          zh: `在 ${String(asked)} 次判定中，任何角色未说明用途均不能查看他人记录的联系方式与证件号；${String(unmaskings)} 次查看明文均已填写用途。`,
        }
      : {
          en: `${String(open.length)} decisions show sensitive fields by default; ${String(bare)} of ${String(unmaskings)} unmaskings have no purpose.`,
          zh: `${String(open.length)} 项判定默认显示敏感字段；${String(unmaskings)} 次查看明文中有 ${String(bare)} 次未填写用途。`,
        },
  }
}

/**
 * Who may read the journal reads no customers, and nobody may write it. The one who administers all does both: a small house may begin
 * with that, and passes once the offices are divided and nobody holds that role any more.
 */
const dutiesApart = async (context: CheckContext, policies: PolicySet, catalogue: Catalogue): Promise<CheckResult> => {
  const system = (role: string, action: string): boolean => mayOnSystem(policies, { role, action })
  const readsCustomers = (role: string): boolean =>
    catalogue.types
      .filter(isCustomers)
      .some(({ name: type }) =>
        stances.some((stance) =>
          fieldGroups.some((group) =>
            ['view', 'unmask'].some((verb) =>
              mayOnRecord(policies, catalogue, { role, action: `${verb}.${group}`, type, stance, purpose: 'review' }),
            ),
          ),
        ),
      )
  const holders = await context.query<{ role: string; n: number }>(
    `select role, count(*)::int as n from (
       select u.role from crm.app_user u where u.tenant_id = $1 and u.deleted_at is null and u.active
       union all
       select unnest(u.further_roles) from crm.app_user u where u.tenant_id = $1 and u.deleted_at is null and u.active) held
     group by role order by role`,
    [context.tenant],
  )
  const held = new Map(holders.map(({ role, n }) => [role, n]))
  const both = policies.roles.filter(
    (role) => (system(role, 'journal.view') || system(role, 'journal.verify')) && readsCustomers(role),
  )
  // A role that nobody has does no harm, but for those that were made by hand: they are there to be given.
  const harmful = both.filter((role) => role !== 'administrator' || (held.get(role) ?? 0) > 0)
  const writers = policies.roles.filter((role) => system(role, 'journal.write'))
  const good = harmful.length === 0 && writers.length === 0
  const administrators = held.get('administrator') ?? 0
  return {
    state: good ? 'pass' : 'fail',
    observed: {
      roles: policies.roles,
      journalAndCustomers: both,
      journalWriters: writers,
      administrators,
      offices: Object.fromEntries(offices.map((role) => [role, held.get(role) ?? 0])),
    },
    population: policies.roles.length,
    finding: good
      ? {
          en: 'Nobody reads both the journal and customers, and nobody can write the journal.',
          zh: '无人同时可读审计日志与客户数据，且无人可写审计日志。',
        }
      : {
          en: `${String(harmful.length)} roles read both the journal and customers (${harmful.join(', ')}${administrators > 0 ? `; ${String(administrators)} people administer everything` : ''}); ${String(writers.length)} could write the journal. Give system, security and audit administration to three people and let nobody administer everything.`,
          zh: `${String(harmful.length)} 个角色同时可读审计日志与客户数据（${harmful.join('、')}${administrators > 0 ? `；${String(administrators)} 人拥有全部管理权限` : ''}），${String(writers.length)} 个可写审计日志。请由三人分别担任系统、安全、审计管理员，并停用全权管理员。`,
        },
  }
}

const offices = ['system-administrator', 'security-administrator', 'audit-administrator']
