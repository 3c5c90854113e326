// Which column goes where: suggestions for a type, and which type a file most likely holds. Keeps crm-6, crm-11.
import type { Catalogue, Label, RecordType } from '#kernel'
import { fieldOf, typeOf } from '#kernel'
import { foldHeading } from './fold.ts'
import { joins, targetOf } from './heading.ts'
import { ownColumns } from './own.ts'
import { sensitivityOf } from './sensitive.ts'
import type { Source } from './source.ts'

export interface Suggestion {
  readonly target: string | null
  readonly why: Label
}

/** A suggestion for every column. A field takes one column, unless its parts can be joined. */
export const suggest = (type: RecordType, source: Pick<Source, 'header' | 'own' | 'preset'>): readonly Suggestion[] => {
  if (source.own?.type === type) return ownSuggestions(type, source.header, source.own.language)
  const wanted = source.header.map((heading) => wish(type, heading, source.preset?.columns))
  const named = wanted.some((one) => one.target === 'first name' || one.target === 'last name')
  const associated =
    source.preset?.name === 'hubspot' && source.header.some((heading) => foldHeading(heading) === 'associatedcompany')
  const taken = new Set<string>()
  return wanted.map((one, i) => {
    if (one.target === null) return one
    if (one.target === 'name' && named && type.title === 'name' && type.name !== 'account' && type.name !== 'deal')
      return { target: null, why: { zh: '姓和名已分列', en: 'first and last name have columns of their own' } }
    if (one.target === 'account' && associated && foldHeading(source.header[i] ?? '') === 'companyname')
      return { target: null, why: { zh: '以关联公司为准', en: 'the associated company is used' } }
    const field = fieldOf(type, one.target)
    if (taken.has(one.target) && !(field && joins(field)))
      return { target: null, why: { zh: '该字段已有对应列', en: 'another column already fills this field' } }
    taken.add(one.target)
    return one
  })
}

const wish = (
  type: RecordType,
  heading: string,
  columns: Readonly<Record<string, string | null>> | undefined,
): Suggestion => {
  const sensitivity = sensitivityOf(heading)
  if (sensitivity?.kind === 'never') return { target: null, why: sensitivity.warning }
  const folded = foldHeading(heading)
  if (columns && folded in columns) {
    const target = columns[folded] ?? null
    return target === null
      ? unknown
      : { target, why: { zh: '按来源系统的格式', en: 'as the system it comes from writes it' } }
  }
  const target = targetOf(type, heading)
  return target === null ? unknown : { target, why: { zh: '表头名称匹配', en: 'the heading says so' } }
}

const unknown: Suggestion = { target: null, why: { zh: '没有对应字段', en: 'there is no field for it' } }

const ownSuggestions = (type: RecordType, header: readonly string[], language: 'zh' | 'en'): readonly Suggestion[] => {
  const columns = new Map(ownColumns(type, language).map((column) => [column.heading, column.target]))
  return header.map((heading) => {
    const target = columns.get(heading) ?? null
    return {
      target,
      why:
        target === null
          ? { zh: '仅供阅读', en: 'for reading only' }
          : { zh: '本系统导出的文件', en: 'exported by this system' },
    }
  })
}

/** The type whose headings the file knows best, or null where it holds no customers' data. */
export const suggestType = (
  catalogue: Catalogue,
  types: readonly string[],
  source: Pick<Source, 'header' | 'own' | 'preset'>,
): string | null => {
  if (source.own) return source.own.type.name
  const folded = new Set(source.header.map(foldHeading))
  const has = (heading: string): boolean => folded.has(foldHeading(heading))
  if (source.preset?.name === 'maven' || source.preset?.type?.(has) !== undefined)
    return source.preset.type?.(has) ?? null
  const scored = types
    .map((name) => {
      const suggestions = suggest(typeOf(catalogue, name), source)
      const mapped = new Set(suggestions.flatMap((one) => (one.target === null ? [] : [one.target])))
      return { name, score: score(typeOf(catalogue, name), mapped, has) }
    })
    .sort((a, b) => b.score - a.score)
  const [best] = scored
  return best && best.score > 0 ? best.name : null
}

const marks: Readonly<Record<string, string>> = {
  account:
    '客户级别|客户等级|统一社会信用代码|成交状态|annual revenue|number of employees|sector|account owner|company owner|account name',
  contact: '关键决策人|身份证号|contact owner|contact name|contact id|birthdate|mailing street|生日',
  lead: '线索名称|线索状态|线索来源|lead owner|lead status|leadstatus|lead id|leadid|isconverted',
  deal: '商机名称|销售阶段|商机金额|deal name|deal stage|stagename|opportunity id|close date|stage|amount|close value',
  followup: '跟进内容|跟进方式|跟进时间|activity type|activitytype|activity id',
  task: '截止日期|截止时间|优先级|due date|priority|task name',
}

const score = (type: RecordType, mapped: ReadonlySet<string>, has: (heading: string) => boolean): number => {
  const titled =
    mapped.has(type.title) ||
    ((type.name === 'contact' || type.name === 'lead') && mapped.has('last name')) ||
    (type.name === 'deal' && mapped.has('stage'))
  const required = type.fields.filter((field) => field.required && field.name !== type.title)
  if (!titled || !required.every((field) => mapped.has(field.name))) return 0
  const known = (marks[type.name] ?? '').split('|').filter(has).length
  const person =
    (type.name === 'contact' || type.name === 'lead') && (mapped.has('last name') || mapped.has('mobile')) ? 1 : 0
  return mapped.size + 3 * known + person * 2 + (type.name === 'contact' ? 0.5 : 0)
}
