// What a policy is for, in words: the guard rails by name, generated policies by the row of the document they come from. Keeps access-160.
import type { Catalogue, Label } from '#kernel'
import type { PolicyDocument } from './document.ts'
import type { Grant, RoleScope } from './role.ts'

/** The purpose of a policy by its id; one that nobody describes goes by its id. */
export const policyPurpose = (catalogue: Catalogue, document: PolicyDocument, id: string): Label =>
  fixed[id] ??
  ofRole(catalogue, document, id) ??
  ofDefault(catalogue, document, id) ??
  ofGrant(catalogue, id) ??
  ofDeputy(catalogue, id) ??
  ofRestriction(document, id) ?? { zh: `本单位自定策略 ${id}`, en: `a policy of the house's own, ${id}` }

const ofRole = (catalogue: Catalogue, document: PolicyDocument, id: string): Label | undefined => {
  for (const role of document.roles) {
    const label = roleLabel(catalogue, role.name)
    if (id === `${role.name}.system`)
      return { zh: `角色“${label.zh}”：系统功能`, en: `role ${label.en}: functions of the system` }
    const grant = role.grants.find(({ name }) => id === `${role.name}.${name}`)
    if (!grant) continue
    const [what, types] = [scopeWords[grant.scope], typesLabel(catalogue, grant.types)]
    return { zh: `角色“${label.zh}”：${what.zh}（${types.zh}）`, en: `role ${label.en}: ${what.en} (${types.en})` }
  }
  return undefined
}

const ofDefault = (catalogue: Catalogue, document: PolicyDocument, id: string): Label | undefined => {
  const found = Object.entries(document.defaults).find(([type]) => id === `default.${type}`)
  if (!found) return undefined
  const types = typesLabel(catalogue, [found[0]])
  return found[1] === 'unit'
    ? {
        zh: `全单位默认：本部门成员可读（${types.zh}）`,
        en: `house-wide default: open to one's own team (${types.en})`,
      }
    : {
        zh: `全单位默认：内部人员可读（${types.zh}）`,
        en: `house-wide default: open to everybody inside the house (${types.en})`,
      }
}

const ofGrant = (catalogue: Catalogue, id: string): Label | undefined => {
  const [, type, level] = /^grant\.(\w+)-(read|write)$/.exec(id) ?? []
  if (type === undefined) return undefined
  const types = typesLabel(catalogue, [type])
  return level === 'read'
    ? { zh: `临时授权：查看单条记录（${types.zh}）`, en: `granted for a while: reading single records (${types.en})` }
    : { zh: `临时授权：修改单条记录（${types.zh}）`, en: `granted for a while: changing single records (${types.en})` }
}

const ofDeputy = (catalogue: Catalogue, id: string): Label | undefined => {
  const [, role] = /^deputy\.([a-z0-9-]+)\./.exec(id) ?? []
  if (role === undefined) return undefined
  const label = roleLabel(catalogue, role)
  return {
    zh: `代理：代为处理“${label.zh}”本人负责的记录`,
    en: `as a deputy: records owned by a ${label.en} who is away`,
  }
}

const ofRestriction = (document: PolicyDocument, id: string): Label | undefined => {
  const one = document.restrictions.find(({ name }) => id === `restriction.${name}`)
  if (!one) return undefined
  const label = one.label ?? { zh: one.name, en: one.name }
  return { zh: `限制：${label.zh}`, en: `restriction: ${label.en}` }
}

export const roleLabel = (catalogue: Catalogue, role: string): Label => {
  const field = catalogue.types.find(({ name }) => name === 'user')?.fields.find(({ name }) => name === 'role')
  const found = field?.options?.find(({ value }) => value === role)?.label
  return found ? { zh: found.zh, en: small(found.en) } : { zh: role, en: role }
}

/** An English noun inside a sentence; what begins with an abbreviation (VIP, QA) stays as it is. */
const small = (text: string): string =>
  /^\p{Lu}\p{Lu}/u.test(text) ? text : text.charAt(0).toLowerCase() + text.slice(1)

export const typesLabel = (catalogue: Catalogue, types: Grant['types']): Label => {
  if (types === 'customers') return { zh: '全部业务数据', en: 'all customer records' }
  const labels = types.map((name) => catalogue.types.find((type) => type.name === name)?.plurals ?? { zh: name, en: name }) // prettier-ignore
  return {
    zh: labels.map(({ zh }) => zh).join('、'),
    en: labels.map(({ en }) => small(en)).join(', '),
  }
}

export const scopeWords: Readonly<Record<RoleScope, Label>> = {
  own: { zh: '本人负责的记录', en: 'records they own' },
  team: { zh: '本部门的记录', en: 'records of their team' },
  subtree: { zh: '本部门及下级部门的记录', en: 'records of their team and the teams below it' },
  region: { zh: '所辖区域的记录', en: 'records of their regions' },
  pool: { zh: '公海中的记录', en: 'records in the public pool' },
  shared: { zh: '共享给本人的记录', en: 'records shared with them' },
  all: { zh: '全部记录', en: 'all records' },
}

const fixed: Readonly<Record<string, Label>> = {
  'rail.inactive': { zh: '账号停用后不能进行任何操作', en: 'an account that was switched off can do nothing' },
  'rail.export-purpose': { zh: '导出须说明目的', en: 'an export needs a purpose' },
  'rail.unmask-purpose': {
    zh: '非本人负责的记录，须说明原因才能查看联系方式与身份信息的明文',
    en: "contact and identity details of records that are not one's own stay masked until a reason is given",
  },
  'rail.unmask-account': {
    zh: '非本人负责的客户，须说明原因才能查看财务信息的明文',
    en: "financial details of accounts that are not one's own stay masked until a reason is given",
  },
  'rail.journal': { zh: '审计日志只能由程序写入', en: 'the journal is written by the program alone' },
  'rail.users': { zh: '用户只能由安全管理员或管理员维护', en: 'users are managed by those in charge of security' },
  'rail.teams': { zh: '部门只能由安全管理员或管理员维护', en: 'teams are managed by those in charge of security' },
  'rail.user-management': {
    zh: '授权与策略只能由安全管理员或管理员管理',
    en: 'rights and policies are managed by those in charge of security',
  },
  'rail.erasure': {
    zh: '删除个人信息与法律保全只能由个人信息保护负责人或管理员办理',
    en: 'erasing a person and legal holds are for who answers for personal data',
  },
  'rail.rotation': {
    zh: '密钥轮换与后台任务只能由系统管理员或管理员操作',
    en: 'rotating keys and managing jobs is for administrators',
  },
  'rail.deleted': {
    zh: '已删除的记录只能查看或恢复',
    en: 'a deleted record can be looked at or taken back, nothing else',
  },
  'rail.clearance': {
    zh: '记录密级高于本人的涉密等级',
    en: 'the record is classified above what the person is cleared for',
  },
  'rail.offices-customers': {
    zh: '系统、安全、审计管理员不得接触业务数据',
    en: 'system, security and audit administrators have no access to customer records',
  },
  'rail.offices-journal': {
    zh: '系统管理员与安全管理员不得接触审计日志',
    en: 'system and security administrators have no access to the journal',
  },
  'rail.watchers': { zh: '审计人员不得修改数据', en: 'who audits changes nothing' },
  'rail.watchers-system': { zh: '审计人员不得操作系统功能', en: 'who audits operates nothing' },
  'rail.offices-apart': {
    zh: '安全管理员不得管理备份、密钥、任务与设置',
    en: 'who gives rights runs no backups, keys, jobs or settings',
  },
  'rail.two-offices': {
    zh: '同时具有两个管理员身份的人员不能进行任何操作',
    en: 'whoever holds two of the administrators’ offices can do nothing',
  },
  'rail.own-roles': {
    zh: '专属岗位（三员、审查员等）的系统功能不能授予自定义角色',
    en: 'roles of your own have none of the functions that belong to the offices',
  },
  'everyone.users': { zh: '全体人员可见同事姓名', en: 'everybody sees the names of colleagues' },
  'everyone.teams': { zh: '全体人员可见部门名称', en: 'everybody sees the names of teams' },
  'service.setup': { zh: '系统服务', en: 'the service of the system itself' },
  'service.capture': { zh: '网页表单录入服务', en: 'the service that takes in web forms' },
  'administrator.all': { zh: '角色“管理员”：全部操作', en: 'role administrator: everything' },
}
