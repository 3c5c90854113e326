// Parts of forms that are no fields of records: what a fault about them calls them, as the forms themselves do. Keeps kernel-6.
import type { Label } from './catalogue.ts'

export const formFields = {
  name: { zh: '名称', en: 'name' },
  label: { zh: '名称', en: 'label' },
  note: { zh: '复核结论', en: 'note' },
  reason: { zh: '原因', en: 'reason' },
  purpose: { zh: '用途', en: 'purpose' },
  type: { zh: '记录类型', en: 'record type' },
  types: { zh: '记录类型', en: 'record types' },
  byType: { zh: '记录类型', en: 'record types' },
  events: { zh: '事件', en: 'events' },
  url: { zh: '接收地址', en: 'address' },
  group: { zh: '字段组', en: 'field group' },
  // people
  role: { zh: '角色', en: 'role' },
  owner: { zh: '负责人', en: 'owner' },
  team: { zh: '部门', en: 'team' },
  person: { zh: '被代理人', en: 'person' },
  deputy: { zh: '代理人', en: 'deputy' },
  sharedWith: { zh: '共享给', en: 'shared with' },
  code: { zh: '动态口令', en: 'code' },
  secondFactorRoles: { zh: '必须启用双因素登录的角色', en: 'roles that need a second factor' },
  confirmMinutes: { zh: '身份验证有效期', en: 'minutes a confirmation counts' },
  // time
  from: { zh: '开始时间', en: 'from' },
  to: { zh: '结束时间', en: 'to' },
  until: { zh: '结束时间', en: 'until' },
  at: { zh: '生效时间', en: 'moment' },
  minutes: { zh: '时长', en: 'minutes' },
  createdAt: { zh: '创建时间', en: 'created' },
  updatedAt: { zh: '更新时间', en: 'updated' },
  grantDays: { zh: '临时授权最长', en: 'longest grant' },
  deputyDays: { zh: '代理最长', en: 'longest deputyship' },
  recertifyDays: { zh: '权限复核间隔', en: 'days between recertifications' },
  // programs, mail, single sign-on
  expiresAt: { zh: '有效期', en: 'end' },
  bounds: { zh: '授权范围', en: 'scope' },
  networks: { zh: '允许的来源地址', en: 'allowed addresses' },
  certificate: { zh: '证书', en: 'certificate' },
  host: { zh: '主机', en: 'host' },
  port: { zh: '端口', en: 'port' },
  security: { zh: '连接安全', en: 'security' },
  issuer: { zh: '签发者', en: 'issuer' },
  clientId: { zh: '客户端 ID', en: 'client ID' },
  origin: { zh: '本系统的访问地址', en: 'address of this installation' },
  scopes: { zh: '授权范围', en: 'scopes' },
  // keys of old systems
  destroyedOn: { zh: '销毁日期', en: 'day' },
  destroyedBy: { zh: '销毁人', en: 'destroyed by' },
  how: { zh: '销毁方式', en: 'how' },
  witness: { zh: '见证人', en: 'witness' },
  // web forms
  title: { zh: '标题', en: 'title' },
  submit: { zh: '按钮', en: 'button' },
  thanks: { zh: '提交后显示', en: 'thanks' },
  fields: { zh: '收集的字段', en: 'fields' },
  source: { zh: '线索来源', en: 'source' },
  origins: { zh: '允许嵌入的网站', en: 'sites that may embed it' },
  leastSeconds: { zh: '最短填写秒数', en: 'least seconds' },
  // leads and deals
  company: { zh: '公司', en: 'company' },
  stage: { zh: '阶段', en: 'stage' },
  lostReason: { zh: '输单原因', en: 'reason lost' },
  // own fields
  kind: { zh: '类型', en: 'kind' },
  dataClass: { zh: '数据分级', en: 'data class' },
  searched: { zh: '可按完整值检索', en: 'findable by its whole value' },
  options: { zh: '选项', en: 'options' },
} as const satisfies Readonly<Record<string, Label>>

export type FormField = keyof typeof formFields
