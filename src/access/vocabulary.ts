// What the condition builder may ask about, with words for it: attributes of person, record and surroundings, actions, roles and types,
// derived from the catalogue and the schema's columns. Keeps access-192.
import { type Catalogue, type FieldGroup, fieldGroups, type Label, type Option } from '#kernel'
import type { Attribute, Root } from './built.ts'
import { type Column, recordColumns } from './columns.ts'
import { recordActions, systemActions } from './schema.ts'

export type WordKind =
  'text' | 'number' | 'money' | 'truth' | 'moment' | 'person' | 'team' | 'texts' | 'people' | 'ip' | 'decimal'

/** One attribute. `types`: the record types that have it; empty for person and surroundings. */
export interface Word {
  readonly of: Root
  readonly path: readonly string[]
  readonly label: Label
  readonly kind: WordKind
  readonly optional: boolean
  readonly options: readonly { readonly value: string; readonly label: Label }[]
  readonly types: readonly string[]
}

export interface Vocabulary {
  readonly words: readonly Word[]
  readonly actions: readonly {
    readonly name: string
    readonly label: Label
    readonly on: 'record' | 'system' | 'any'
  }[]
}

export const vocabularyOf = (catalogue: Catalogue): Vocabulary => {
  const words = [...principalWords(catalogue), ...resourceWords(catalogue), ...contextWords]
  return {
    words,
    actions: [
      ...recordActions.map((name) => ({ name, label: actionLabel(name), on: 'record' as const })),
      ...(['view', 'unmask', 'edit'] as const).flatMap(
        (verb) =>
        fieldGroups.map((group) => ({ name: `${verb}.${group}`, label: actionLabel(`${verb}.${group}`), on: 'record' as const })), // prettier-ignore
      ),
      ...(['anyRead', 'anyView', 'anyUnmask', 'anyWrite', 'anyEdit'] as const).map((name) => ({ name, label: actionLabel(name), on: 'record' as const })), // prettier-ignore
      ...systemActions.map((name) => ({ name, label: actionLabel(name), on: 'system' as const })),
      { name: 'anySystem', label: actionLabel('anySystem'), on: 'system' },
    ],
  }
}

const principalWords = (catalogue: Catalogue): readonly Word[] => {
  const known = new Set(['role', 'active', 'team', 'furtherRoles', 'regions', 'clearance', 'dealLimit'])
  return wordsOf(catalogue, 'user', 'principal')
    .filter(({ path: [name] }) => known.has(name ?? ''))
    .map((word) => ({ ...word, types: [] }))
}

/** One word for all the types that call an attribute the same. */
const resourceWords = (catalogue: Catalogue): readonly Word[] => {
  const found = new Map<string, Word>()
  for (const type of catalogue.types) {
    for (const word of wordsOf(catalogue, type.name, 'resource')) {
      const key = `${word.path.join('.')} ${word.kind} ${word.label.zh}`
      const known = found.get(key)
      const optional = word.optional || known?.optional === true
      found.set(key, { ...word, ...known, optional, types: [...(known?.types ?? []), type.name] })
    }
  }
  return [...found.values()]
}

const wordsOf = (catalogue: Catalogue, type: string, of: Root): readonly Word[] =>
  [...recordColumns(catalogue, type).attributes].flatMap(([name, column]) => wordOf(catalogue, type, of, [name], column)) // prettier-ignore

const wordOf = (
  catalogue: Catalogue,
  type: string,
  of: Root,
  path: readonly string[],
  column: Column,
): readonly Word[] => {
  if (column.kind === 'record')
    return [...column.fields].flatMap(([name, inner]) => wordOf(catalogue, type, of, [...path, name], inner))
  const name = path.at(-1) ?? ''
  const field = catalogue.types.find((one) => one.name === type)?.fields.find((one) => one.name === name)
  const kind = kindOf(column, field?.kind === 'money')
  const optional = column.kind === 'json' || ('nullable' in column && column.nullable && !(type === 'user' && sure.has(name))) // prettier-ignore
  const label = field?.label ?? common[name] ?? { zh: name, en: name }
  return kind
    ? [{ of, path, label, kind, optional, options: field?.options?.map(plainOption) ?? [], types: [type] }]
    : []
}

const plainOption = ({ value, label }: Option) => ({ value, label })
const sure = new Set(['role', 'active'])

const kindOf = (column: Column, money: boolean): WordKind | undefined => {
  switch (column.kind) {
    case 'scalar':
      return money ? 'money' : scalarKinds[column.type]
    case 'entity':
      return column.entity === 'User' ? 'person' : column.entity === 'Team' ? 'team' : undefined
    case 'set':
      return column.of === 'string' ? 'texts' : 'people'
    case 'null':
    case 'constant':
      return 'truth'
    case 'json':
      return typeof column.type === 'object' ? undefined : column.type === 'strings' ? 'texts' : scalarKinds[column.type] // prettier-ignore
    case 'record':
      return undefined
  }
}

const scalarKinds = {
  string: 'text',
  long: 'number',
  boolean: 'truth',
  datetime: 'moment',
  date: 'moment',
  decimal: 'decimal',
  ip: 'ip',
} as const satisfies Readonly<Record<string, WordKind>>

const common: Readonly<Record<string, Label>> = {
  owner: { zh: '负责人', en: 'Owner' },
  team: { zh: '部门', en: 'Team' },
  sharedWith: { zh: '共享对象', en: 'Shared with' },
  deleted: { zh: '已删除', en: 'Deleted' },
  pool: { zh: '在公海中', en: 'In the pool' },
  createdBy: { zh: '创建人', en: 'Created by' },
  createdAt: { zh: '创建时间', en: 'Created at' },
  updatedAt: { zh: '更新时间', en: 'Updated at' },
}

const context = (
  name: string,
  kind: WordKind,
  zh: string,
  en: string,
  more: Partial<Pick<Word, 'optional' | 'options'>> = {},
): Word => ({ of: 'context', path: [name], label: { zh, en }, kind, optional: false, options: [], types: [], ...more })

const choice = (value: string, zh: string, en: string) => ({ value, label: { zh, en } })

const contextWords: readonly Word[] = [
  context('now', 'moment', '当前时间', 'Time'),
  context('hour', 'number', '当前小时', 'Hour'),
  context('minute', 'number', '当前分钟', 'Minute'),
  context('weekday', 'number', '星期（1 为周一）', 'Weekday (1 is Monday)'),
  context('channel', 'text', '访问渠道', 'Channel', {
    options: [
      choice('web', '网页', 'Web'),
      choice('api', 'API', 'API'),
      choice('cli', '命令行', 'Command line'),
      choice('job', '后台任务', 'Background job'),
    ],
  }),
  context('ip', 'ip', '来源 IP 地址', 'IP address', { optional: true }),
  context('mfa', 'truth', '已通过双因素验证', 'Second factor passed'),
  context('mfaAge', 'number', '距双因素验证的秒数', 'Seconds since the second factor', { optional: true }),
  context('deviceTrusted', 'truth', '使用可信设备', 'Trusted device'),
  context('purpose', 'text', '访问原因', 'Purpose'),
  context('rows', 'number', '导出条数', 'Number of records exported'),
]

/** The label of an attribute, by its last name where the path leads over a person or a record. */
export const attributeLabel = (words: readonly Word[], { of, path }: Attribute): Label | undefined => {
  const key = path.join('.')
  const same = words.filter((word) => word.of === of && word.path.join('.') === key)
  const [word] = same
  // Where types call it differently, the name itself is meant.
  return word && same.every(({ label }) => label.zh === word.label.zh) ? word.label : common[path.at(-1) ?? '']
}

export const groupLabels: Readonly<Record<FieldGroup, Label>> = {
  basic: { zh: '基本信息', en: 'basic details' },
  contact: { zh: '联系方式', en: 'contact details' },
  identity: { zh: '身份信息', en: 'identity details' },
  financial: { zh: '财务信息', en: 'financial details' },
  notes: { zh: '备注', en: 'notes' },
  custom: { zh: '自定义字段', en: 'custom fields' },
}

/** What an action is called, as something one does. */
export const actionLabel = (action: string): Label => {
  const [verb = '', name = ''] = action.split('.')
  const group = groupLabels[name as FieldGroup] as Label | undefined
  if (group && verb === 'view') return { zh: `查看${group.zh}`, en: `see ${group.en}` }
  if (group && verb === 'unmask') return { zh: `查看${group.zh}明文`, en: `see ${group.en} unmasked` }
  if (group && verb === 'edit') return { zh: `编辑${group.zh}`, en: `edit ${group.en}` }
  return actionLabels[action] ?? { zh: action, en: action }
}

const actionLabels: Readonly<Record<string, Label>> = {
  list: { zh: '查看记录', en: 'find records' },
  history: { zh: '查看历史', en: 'see the history' },
  create: { zh: '新建', en: 'create' },
  delete: { zh: '删除', en: 'delete' },
  recover: { zh: '恢复', en: 'take back' },
  assign: { zh: '分配负责人', en: 'assign' },
  claim: { zh: '领取', en: 'claim' },
  share: { zh: '共享', en: 'share' },
  import: { zh: '导入', en: 'import' },
  export: { zh: '导出', en: 'export' },
  anyRead: { zh: '任何读取', en: 'read anything' },
  anyView: { zh: '查看任何字段组', en: 'see any field group' },
  anyUnmask: { zh: '查看任何明文', en: 'see anything unmasked' },
  anyWrite: { zh: '任何写入', en: 'write anything' },
  anyEdit: { zh: '编辑任何字段组', en: 'edit any field group' },
  anySystem: { zh: '任何系统功能', en: 'use any function of the system' },
  'journal.view': { zh: '查看审计日志', en: 'see the journal' },
  'journal.verify': { zh: '校验审计日志', en: 'verify the journal' },
  'journal.write': { zh: '写入审计日志', en: 'write the journal' },
  'review.view': { zh: '查看审查', en: 'see reviews' },
  'review.run': { zh: '运行审查', en: 'run reviews' },
  'backup.view': { zh: '查看备份', en: 'see backups' },
  'backup.create': { zh: '创建备份', en: 'make backups' },
  'backup.verify': { zh: '校验备份', en: 'verify backups' },
  'backup.browse': { zh: '浏览备份', en: 'browse backups' },
  'keys.view': { zh: '查看密钥', en: 'see keys' },
  'keys.rotate': { zh: '轮换密钥', en: 'rotate keys' },
  'job.view': { zh: '查看任务', en: 'see jobs' },
  'job.manage': { zh: '管理任务', en: 'manage jobs' },
  'policy.view': { zh: '查看策略', en: 'see policies' },
  'policy.edit': { zh: '提出策略变更', en: 'propose policies' },
  'policy.approve': { zh: '审批策略变更', en: 'approve policies' },
  'policy.activate': { zh: '启用策略', en: 'put policies in force' },
  'grant.manage': { zh: '管理授权', en: 'manage grants' },
  'user.manage': { zh: '管理用户', en: 'manage users' },
  'session.manage': { zh: '管理会话', en: 'manage sessions' },
  'settings.edit': { zh: '修改设置', en: 'change settings' },
  'capture.manage': { zh: '管理网页表单', en: 'manage web forms' },
  'erasure.view': { zh: '查看删除台账', en: 'see erasures' },
  'erasure.run': { zh: '删除个人信息', en: 'erase persons' },
  'hold.manage': { zh: '管理法律保全', en: 'manage legal holds' },
  'alarm.view': { zh: '查看告警', en: 'see alarms' },
  'alarm.manage': { zh: '处理告警', en: 'handle alarms' },
  'export.approve': { zh: '审批导出', en: 'approve exports' },
}
