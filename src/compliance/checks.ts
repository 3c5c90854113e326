// Checks of the review itself and of what the catalogue and the database alone can tell about personal information. Keeps compliance-6, compliance-7.
import {
  type Catalogue,
  cellColumn,
  type Check,
  type CheckContext,
  type CheckResult,
  columnOf,
  type Field,
  type Json,
  type RecordType,
  sealedGroups,
} from '#kernel'
import { attestationOf } from './attest.ts'
import { controls, millisecondsOf } from './catalogue.ts'

/** PRI-01, PRI-06, PRI-07, PRI-11, GOV-01, GOV-05. */
export const complianceChecks = ({ catalogue }: { readonly catalogue: Catalogue }): readonly Check[] => [
  { control: 'PRI-01', version: 1, run: (context) => lawfulBasis(context, catalogue) },
  { control: 'PRI-06', version: 1, run: (context) => pastRetention(context, catalogue) },
  { control: 'PRI-07', version: 1, run: (context) => sensitiveFields(context, catalogue) },
  { control: 'PRI-11', version: 1, run: (context) => processingRecords(context, catalogue) },
  { control: 'GOV-01', version: 1, run: internalAudit },
  { control: 'GOV-05', version: 1, run: checksOnSchedule },
]

const day = 86_400_000
const yearDays = 365

/** The field that names the lawful basis of a person's record, by its name in the catalogue. */
const basisField = 'legalBasis'

const lawfulBasis = async (context: CheckContext, catalogue: Catalogue): Promise<CheckResult> => {
  const counts: Record<string, Json> = {}
  let all = 0
  let without = 0
  for (const type of catalogue.types) {
    const field = type.fields.find((each) => each.name === basisField && each.storage === 'plain')
    if (!field) continue
    const [row] = await context.query<{ total: number; bare: number }>(
      `select count(*)::int as total, count(*) filter (where btrim(coalesce(${name(columnOf(field))}, '')) = '')::int as bare
       from ${table(type)} where tenant_id = $1 and deleted_at is null`,
      [context.tenant],
    )
    counts[type.name] = { records: row?.total ?? 0, withoutBasis: row?.bare ?? 0 }
    all += row?.total ?? 0
    without += row?.bare ?? 0
  }
  if (all === 0) return undecided({ types: counts }, '尚无联系人记录', 'there are no contacts yet')
  return verdict(
    without === 0,
    { types: counts },
    all,
    [
      `${String(all)} 位联系人均已填写合法性基础；其证明材料须人工抽查`,
      `${String(without)} / ${String(all)} 位联系人没有填写合法性基础`,
    ],
    [
      `all ${String(all)} contacts name a lawful basis; a person must sample the proof of it`,
      `${String(without)} of ${String(all)} contacts name no lawful basis`,
    ],
  )
}

const pastRetention = async (context: CheckContext, catalogue: Catalogue): Promise<CheckResult> => {
  const late: Record<string, Json> = {}
  let all = 0
  let past = 0
  for (const type of catalogue.types) {
    // A person who may still sign in is in use, however long ago the row was changed.
    const active = type.fields.find((field) => field.name === 'active' && field.storage === 'plain')
    const [row] = await context.query<{ total: number; past: number }>(
      `select count(*)::int as total,
         count(*) filter (where coalesce(deleted_at, updated_at) < $2::timestamptz - make_interval(days => $3)
           ${active ? `and (deleted_at is not null or ${name(columnOf(active))} is not true)` : ''})::int as past
       from ${table(type)} where tenant_id = $1`,
      [context.tenant, context.now, type.retentionDays],
    )
    all += row?.total ?? 0
    past += row?.past ?? 0
    if (row && row.past > 0) late[type.name] = { records: row.past, retentionDays: type.retentionDays }
  }
  if (all === 0) return undecided({ past: {} }, '尚无记录', 'there are no records yet')
  const kinds = Object.keys(late).join(', ')
  return verdict(
    past === 0,
    { past: late, records: all },
    all,
    [`${String(all)} 条记录均在保留期内`, `${String(past)} 条记录已超过保留期（${kinds}）`],
    [
      `all ${String(all)} records are within their retention`,
      `${String(past)} records are past their retention (${kinds})`,
    ],
  )
}

const sensitiveFields = async (context: CheckContext, catalogue: Catalogue): Promise<CheckResult> => {
  const fields = catalogue.types.flatMap((type) =>
    type.fields.filter((field) => field.dataClass === 'sensitive').map((field) => ({ type, field })),
  )
  const rows = await context.query<{ name: string; type: string }>(
    `select c.relname || '.' || a.attname as name, format_type(a.atttypid, null) as type
     from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = 'crm' and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped`,
  )
  const columns = new Map(rows.map((row) => [row.name, row.type]))
  const faults: Record<string, Json> = {}
  for (const { type, field } of fields) {
    const found = faultsOf(type, field, columns)
    if (found.length > 0) faults[`${type.name}.${field.name}`] = found
  }
  const names = fields.map(({ type, field }) => `${type.name}.${field.name}`)
  if (fields.length === 0)
    return {
      state: 'not-applicable',
      observed: { fields: [] },
      population: 0,
      finding: { zh: '目录中没有敏感个人信息字段', en: 'the catalogue has no field of sensitive personal information' },
    }
  const bad = Object.keys(faults)
  return verdict(
    bad.length === 0,
    { fields: names, faults },
    fields.length,
    [
      `${String(fields.length)} 个敏感字段均已加密、不在基本信息组、不可模糊检索并写明目的`,
      `${String(bad.length)} 个敏感字段保护不足：${bad.join('、')}`,
    ],
    [
      `all ${String(fields.length)} sensitive fields are sealed, outside the group basic, without search by parts, and have a purpose`,
      `${String(bad.length)} sensitive fields are not protected enough: ${bad.join(', ')}`,
    ],
  )
}

const faultsOf = (type: RecordType, field: Field, columns: ReadonlyMap<string, string>): readonly string[] => [
  ...(field.storage === 'sealed' ? [] : ['not sealed']),
  ...(columns.has(`${type.table}.${columnOf(field)}`) ? ['plain column in the database'] : []),
  ...(columns.get(`${type.table}.${cellColumn(field.group)}`) === 'bytea' ? [] : ['no cell in the database']),
  ...(sealedGroups(type).includes(field.group) ? [] : ['group without a cell']),
  ...(field.group === 'basic' ? ['in the group basic'] : []),
  ...(field.search.includes('ngram') ? ['can be searched by parts'] : []),
  ...(field.purpose.zh === '' || field.purpose.en === '' ? ['no purpose'] : []),
]

const processingRecords = async (context: CheckContext, catalogue: Catalogue): Promise<CheckResult> => {
  const fields = catalogue.types.flatMap((type) => type.fields.map((field) => ({ type, field })))
  const incomplete = [
    ...fields
      .filter(({ field }) => field.purpose.zh === '' || field.purpose.en === '')
      .map(({ type, field }) => `${type.name}.${field.name}`),
    ...catalogue.types.filter((type) => !(type.retentionDays > 0)).map((type) => type.name),
  ]
  const purposes = [...new Set(fields.map(({ field }) => field.purpose.en))].sort()
  const reviewed = await attestationOf(context, 'PRI-11')
  const age = reviewed ? Math.floor((context.now.getTime() - reviewed.getTime()) / day) : null
  const observed = { purposes, fields: fields.length, incomplete, reviewedDaysAgo: age }
  const failed = (zh: string, en: string): CheckResult => ({
    state: 'fail',
    observed,
    population: fields.length,
    finding: { zh, en },
  })
  if (incomplete.length > 0)
    return failed(
      `${String(incomplete.length)} 个字段或类型缺少目的或保留期`,
      `${String(incomplete.length)} fields or types lack a purpose or a retention`,
    )
  if (age === null)
    return failed(
      `处理活动清单完整（${String(fields.length)} 个字段、${String(purposes.length)} 个目的），但从未由人复核`,
      `the records of processing are complete (${String(fields.length)} fields, ${String(purposes.length)} purposes), but no person has reviewed them yet`,
    )
  return verdict(
    age < yearDays,
    observed,
    fields.length,
    [`处理活动清单完整，${String(age)} 天前复核`, `处理活动清单上次复核已过 ${String(age)} 天`],
    [
      `the records of processing are complete and were reviewed ${String(age)} days ago`,
      `the last review of the records of processing was ${String(age)} days ago`,
    ],
  )
}

const internalAudit = async (context: CheckContext): Promise<CheckResult> => {
  const held = await attestationOf(context, 'GOV-01')
  const [house] = await context.query<{ at: Date }>(
    'select created_at as at from ops.installation where tenant_id = $1',
    [context.tenant],
  )
  const since = house?.at ?? context.now
  const age = Math.floor((context.now.getTime() - (held ?? since).getTime()) / day)
  const due = new Date((held ?? since).getTime() + yearDays * day).toISOString().slice(0, 10)
  const observed = {
    auditDaysAgo: held ? age : null,
    installedDaysAgo: Math.floor((context.now.getTime() - since.getTime()) / day),
    due,
  }
  if (!held && age < yearDays)
    return undecided(
      observed,
      `尚未登记内部合规审计，首次审计应在 ${due} 前完成`,
      `no internal audit is on record; the first is due by ${due}`,
    )
  return verdict(
    held !== null && age < yearDays,
    observed,
    1,
    [`最近一次内部合规审计在 ${String(age)} 天前登记`, `内部合规审计已逾期（应于 ${due} 前完成）`],
    [
      `the last internal audit was recorded ${String(age)} days ago`,
      `the internal audit is overdue; it was due by ${due}`,
    ],
  )
}

/** Results of earlier runs: the run this check belongs to is not finished yet, so it cannot see itself. */
const checksOnSchedule = async (context: CheckContext): Promise<CheckResult> => {
  const rows = await context.query<{ control: string; state: string; at: Date }>(
    `select distinct on (c.control_id) c.control_id as control, c.state, c.collected_at as at
     from ops.check_result c where c.tenant_id = $1 order by c.control_id, c.collected_at desc`,
    [context.tenant],
  )
  if (rows.length === 0)
    return undecided(
      { stale: [], errored: [] },
      '这是第一次审查，尚无按期执行的记录',
      'this is the first review, so no schedule can be judged yet',
    )
  const stale = rows
    .filter(({ control, at }) => {
      const schedule = controls.find((each) => each.id === control)?.schedule
      return schedule !== undefined && context.now.getTime() - at.getTime() > millisecondsOf(schedule)
    })
    .map((row) => row.control)
  const errored = rows.filter((row) => row.state === 'error').map((row) => row.control)
  return verdict(
    stale.length + errored.length === 0,
    { stale, errored },
    rows.length,
    [
      `${String(rows.length)} 项检查均按期执行且无错误`,
      `${String(stale.length)} 项检查超过规定间隔，${String(errored.length)} 项上次执行出错`,
    ],
    [
      `all ${String(rows.length)} checks ran on schedule and without an error`,
      `${String(stale.length)} checks are older than their schedule allows, ${String(errored.length)} ended in an error last time`,
    ],
  )
}

type Pair = readonly [good: string, bad: string]

const verdict = (
  ok: boolean,
  observed: CheckResult['observed'],
  population: number,
  zh: Pair,
  en: Pair,
): CheckResult => ({
  state: ok ? 'pass' : 'fail',
  observed,
  population,
  finding: { zh: ok ? zh[0] : zh[1], en: ok ? en[0] : en[1] },
})

const undecided = (observed: CheckResult['observed'], zh: string, en: string): CheckResult => ({
  state: 'not-assessed',
  observed,
  population: 0,
  finding: { zh, en },
})

/** Names come from the catalogue, not from people; they are checked all the same before they stand in a statement. */
const name = (text: string): string => {
  if (!/^[a-z_][a-z0-9_]*$/.test(text)) throw new RangeError(`not a plain name in the catalogue: ${text}`)
  return text
}
const table = (type: RecordType): string => `crm.${name(type.table)}`
