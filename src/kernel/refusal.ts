// A refusal in words for the person refused: which right is missing, and whom to ask. It is said only of what they may know of (what is
// hidden is not-found), and the same whoever owns the record and whichever policy decided. Keeps server-211.
import type { FieldGroup } from './catalogue.ts'
import type { Language } from './say.ts'

type Both = Readonly<Record<Language, string>>
type Helper = keyof typeof helpers

/** The sentence for an action, or undefined where the action has no words. */
export const refusalOf = (action: string, language: Language): string | undefined => {
  const found = rightOf(action)
  if (!found) return undefined
  const [right, whom] = [found.right[language], helpers[found.ask][language]]
  return language === 'zh'
    ? `您没有${right}的权限，如有需要请联系${whom}`
    : `you lack the right to ${right}; ask ${whom} if you need it`
}

const rightOf = (action: string): { readonly right: Both; readonly ask: Helper } | undefined => {
  const [verb = '', group = ''] = action.split('.')
  const label = Object.hasOwn(groups, group) ? groups[group as FieldGroup] : undefined
  if (label && Object.hasOwn(onGroups, verb)) {
    const said = onGroups[verb as keyof typeof onGroups]
    return { right: { zh: said.zh(label.zh), en: said.en(label.en) }, ask: 'owner' }
  }
  if (Object.hasOwn(onRecords, action)) return onRecords[action]
  return Object.hasOwn(onSystem, action) ? { right: onSystem[action] as Both, ask: 'administrator' } : undefined
}

const helpers = {
  owner: { zh: '记录负责人、您的主管或管理员', en: "the record's owner, your manager or an administrator" },
  manager: { zh: '您的主管或管理员', en: 'your manager or an administrator' },
  administrator: { zh: '管理员', en: 'an administrator' },
} as const satisfies Readonly<Record<string, Both>>

const groups: Readonly<Record<FieldGroup, Both>> = {
  basic: { zh: '基本信息', en: 'the basics' },
  contact: { zh: '联系方式', en: 'contact details' },
  identity: { zh: '身份信息', en: 'identity details' },
  financial: { zh: '财务信息', en: 'financial details' },
  notes: { zh: '备注', en: 'notes' },
  custom: { zh: '自定义字段', en: 'custom fields' },
}

const onGroups = {
  view: { zh: (group: string) => `查看“${group}”`, en: (group: string) => `see ${group}` },
  unmask: { zh: (group: string) => `查看“${group}”明文`, en: (group: string) => `see ${group} unmasked` },
  edit: { zh: (group: string) => `修改“${group}”`, en: (group: string) => `change ${group}` },
} as const

const onRecords: Readonly<Record<string, { readonly right: Both; readonly ask: Helper }>> = {
  list: { right: { zh: '查看此类记录', en: 'see records of this kind' }, ask: 'manager' },
  history: { right: { zh: '查看此记录的历史', en: 'see the history of this record' }, ask: 'owner' },
  create: { right: { zh: '新建此记录', en: 'create this record' }, ask: 'manager' },
  delete: { right: { zh: '删除此记录', en: 'delete this record' }, ask: 'owner' },
  recover: { right: { zh: '恢复此记录', en: 'take this record back' }, ask: 'owner' },
  assign: { right: { zh: '分配此记录', en: 'assign this record' }, ask: 'owner' },
  claim: { right: { zh: '领取此记录', en: 'claim this record' }, ask: 'manager' },
  share: { right: { zh: '共享此记录', en: 'share this record' }, ask: 'owner' },
  convert: { right: { zh: '转化此线索', en: 'convert this lead' }, ask: 'owner' },
  import: { right: { zh: '导入此类记录', en: 'import records of this kind' }, ask: 'manager' },
  export: { right: { zh: '导出此类记录', en: 'export records of this kind' }, ask: 'manager' },
}

const onSystem: Readonly<Record<string, Both>> = {
  'journal.view': { zh: '查看审计日志', en: 'see the journal' },
  'journal.verify': { zh: '校验审计日志', en: 'verify the journal' },
  'review.view': { zh: '查看合规审查', en: 'see reviews' },
  'review.run': { zh: '运行合规审查', en: 'run reviews' },
  'backup.view': { zh: '查看备份', en: 'see backups' },
  'backup.create': { zh: '创建备份', en: 'make backups' },
  'backup.verify': { zh: '校验备份', en: 'verify backups' },
  'backup.browse': { zh: '浏览备份', en: 'browse backups' },
  'keys.view': { zh: '查看密钥', en: 'see the keys' },
  'keys.rotate': { zh: '轮换密钥', en: 'rotate keys' },
  'job.view': { zh: '查看后台任务', en: 'see jobs' },
  'job.manage': { zh: '管理后台任务', en: 'manage jobs' },
  'policy.view': { zh: '查看访问策略', en: 'see the access policies' },
  'policy.edit': { zh: '提交策略变更', en: 'propose changes of policies' },
  'policy.approve': { zh: '批准策略变更', en: 'approve changes of policies' },
  'policy.activate': { zh: '启用策略', en: 'put policies in force' },
  'grant.manage': { zh: '管理临时授权', en: 'manage grants' },
  'user.manage': { zh: '管理用户', en: 'manage users' },
  'session.manage': { zh: '管理他人会话', en: 'manage sessions of others' },
  'settings.edit': { zh: '修改设置', en: 'change settings' },
  'capture.manage': { zh: '管理网页表单', en: 'manage web forms' },
  'erasure.view': { zh: '查看个人信息删除', en: 'see erasures' },
  'erasure.run': { zh: '删除个人信息', en: 'erase persons' },
  'hold.manage': { zh: '管理法律保全', en: 'manage legal holds' },
  'alarm.view': { zh: '查看告警', en: 'see alarms' },
  'alarm.manage': { zh: '处理告警', en: 'settle alarms' },
  'export.approve': { zh: '批准导出', en: 'approve exports' },
}
