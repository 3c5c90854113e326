// The one list of record types and fields. Tables, cells, blind indexes, policies, forms, import, masking and reports derive from it.
// Field ids are for ever: never change or reuse one. Keeps crm-1.
import type { Catalogue, DataClass, Field, FieldGroup, FieldKind, Label, Option, RecordType, SearchMode } from '#kernel'

const label = (zh: string, en: string): Label => ({ zh, en })
const option = (value: string, zh: string, en: string, more: Partial<Option> = {}): Option => ({
  value,
  label: { zh, en },
  ...more,
})

const manage = label('客户关系管理', 'managing the customer relationship')
const reach = label('联系客户', 'reaching the customer')
const comply = label('合同与开票', 'contracts and invoices')
const plan = label('销售预测与计划', 'sales planning and forecast')
const run = label('系统运行', 'running the system')

interface More {
  readonly class?: DataClass
  readonly group?: FieldGroup
  readonly sealed?: boolean
  readonly search?: readonly SearchMode[]
  readonly required?: boolean
  readonly max?: number
  readonly options?: readonly Option[]
  readonly to?: string
  readonly same?: true
  readonly list?: boolean
  readonly purpose?: Label
}

const limits: Partial<Record<FieldKind, number>> = {
  longtext: 20_000,
  address: 1000,
  url: 2000,
  email: 320,
  phone: 64,
  choice: 64,
}

/** The most characters a kind holds, unless a field says otherwise. */
export const longest = (kind: FieldKind): number => limits[kind] ?? 500

const field = (id: number, name: string, kind: FieldKind, zh: string, en: string, more: More = {}): Field => ({
  id,
  name,
  kind,
  label: { zh, en },
  dataClass: more.class ?? 'internal',
  group: more.group ?? 'basic',
  storage: (more.sealed ?? (more.class === 'personal' || more.class === 'sensitive')) ? 'sealed' : 'plain',
  search: more.search ?? [],
  required: more.required ?? false,
  maxLength: more.max ?? longest(kind),
  ...(more.options ? { options: more.options } : {}),
  ...(more.to ? { to: more.to } : {}),
  ...(more.same ? { same: true as const } : {}),
  inList: more.list ?? false,
  purpose: more.purpose ?? manage,
})

const sources = [
  option('website', '官网', 'Website'),
  option('exhibition', '展会', 'Exhibition'),
  option('referral', '转介绍', 'Referral'),
  option('phone', '电话咨询', 'Phone enquiry'),
  option('advertising', '广告', 'Advertising'),
  option('partner', '合作伙伴', 'Partner'),
  option('social', '社交媒体', 'Social media'),
  option('purchased', '购买名单', 'Purchased list'),
  option('other', '其他', 'Other'),
]
const grades = [
  option('A', 'A（重点客户）', 'A (key)'),
  option('B', 'B（普通客户）', 'B (regular)'),
  option('C', 'C（非优先客户）', 'C (low priority)'),
]
const stages = [
  option('prospecting', '初步接洽', 'Prospecting', { probability: 10 }),
  option('qualified', '需求确认', 'Qualified', { probability: 25 }),
  option('proposal', '方案报价', 'Proposal', { probability: 50 }),
  option('negotiation', '商务谈判', 'Negotiation', { probability: 75 }),
  option('won', '赢单', 'Won', { probability: 100, closed: 'won' }),
  option('lost', '输单', 'Lost', { probability: 0, closed: 'lost' }),
]
const leadStates = [
  option('new', '新线索', 'New'),
  option('working', '跟进中', 'Working'),
  option('qualified', '已确认', 'Qualified'),
  option('converted', '已转化', 'Converted'),
  option('disqualified', '无效', 'Disqualified'),
]
const followupKinds = [
  option('call', '电话', 'Call'),
  option('visit', '拜访', 'Visit'),
  option('mail', '邮件', 'E-mail'),
  option('message', '即时消息', 'Message'),
  option('meeting', '会议', 'Meeting'),
  option('note', '备注', 'Note'),
]
const priorities = [option('high', '高', 'High'), option('normal', '中', 'Normal'), option('low', '低', 'Low')]
const roles = [
  option('administrator', '管理员', 'Administrator'),
  option('sales', '销售代表', 'Sales representative'),
  option('sales-lead', '销售组长', 'Sales lead'),
  option('manager', '销售经理', 'Sales manager'),
  option('director', '销售总监', 'Sales director'),
  option('operations', '销售运营', 'Sales operations'),
  option('finance', '财务', 'Finance'),
  option('support', '客户服务', 'Customer support'),
  option('marketing', '市场', 'Marketing'),
  option('partner', '合作伙伴', 'Partner'),
  option('auditor', '审查员', 'Auditor'),
  option('privacy-officer', '个人信息保护负责人', 'Data protection officer'),
  option('system-administrator', '系统管理员', 'System administrator'),
  option('security-administrator', '安全管理员', 'Security administrator'),
  option('audit-administrator', '审计管理员', 'Audit administrator'),
]
/** Three administrators (三员): nobody is two of them; who administers all counts as one of its own. */
const offices = [['system-administrator'], ['security-administrator'], ['audit-administrator'], ['administrator']]
const languages = [option('zh', '中文', 'Chinese'), option('en', '英文', 'English')]

const levels = [
  option('0', '公开', 'Public'),
  option('1', '内部', 'Internal'),
  option('2', '秘密', 'Confidential'),
  option('3', '机密', 'Secret'),
]
/** How closely a record is kept: whoever meets it needs that clearance. */
const classification = (id: number): Field =>
  field(id, 'classification', 'integer', '密级', 'Classification', { options: levels, purpose: run })

const account: RecordType = {
  name: 'account',
  plural: 'accounts',
  table: 'account',
  entity: 'Account',
  label: label('客户', 'Account'),
  plurals: label('客户', 'Accounts'),
  title: 'name',
  pool: true,
  subjectOf: [],
  retentionDays: 3650,
  fields: [
    field(101, 'name', 'company', '客户名称', 'Account name', {
      sealed: true,
      search: ['exact', 'ngram'],
      required: true,
      list: true,
    }),
    field(102, 'grade', 'choice', '客户等级', 'Grade', { options: grades, list: true }),
    field(103, 'industry', 'text', '行业', 'Industry', { list: true, max: 100 }),
    field(104, 'source', 'choice', '来源', 'Source', { options: sources }),
    field(105, 'status', 'choice', '成交状态', 'Deal status', {
      options: [
        option('none', '未成交', 'No deal yet'),
        option('won', '已成交', 'Customer'),
        option('repeat', '多次成交', 'Repeat customer'),
      ],
      list: true,
    }),
    field(106, 'tags', 'tags', '标签', 'Tags', {}),
    field(107, 'employees', 'integer', '员工人数', 'Employees', {}),
    field(108, 'annualRevenue', 'money', '年营业额', 'Annual revenue', { purpose: plan }),
    field(109, 'region', 'text', '省/州', 'State or province', { list: true, max: 100 }),
    field(110, 'country', 'text', '国家/地区', 'Country', { max: 100 }),
    field(111, 'phone', 'phone', '电话', 'Phone', {
      class: 'personal',
      group: 'contact',
      search: ['exact', 'suffix'],
      list: true,
      purpose: reach,
    }),
    field(112, 'email', 'email', '邮箱', 'E-mail', {
      class: 'personal',
      group: 'contact',
      search: ['exact'],
      purpose: reach,
    }),
    field(113, 'website', 'url', '网址', 'Website', { sealed: true, purpose: reach }),
    field(114, 'address', 'address', '详细地址', 'Address', { class: 'personal', group: 'contact', purpose: reach }),
    field(115, 'taxId', 'idnumber', '统一社会信用代码', 'Company registration number', {
      sealed: true,
      group: 'identity',
      search: ['exact'],
      purpose: comply,
    }),
    field(116, 'parent', 'link', '上级客户', 'Parent account', { to: 'account' }),
    field(117, 'lastFollowup', 'datetime', '最后跟进时间', 'Last follow-up', { list: true }),
    field(118, 'notes', 'longtext', '备注', 'Notes', { class: 'personal', group: 'notes' }),
    classification(119),
    field(120, 'bankAccount', 'bankcard', '银行账号', 'Bank account', {
      class: 'sensitive',
      group: 'financial',
      search: ['exact'],
      max: 64,
      purpose: comply,
    }),
    field(121, 'bank', 'text', '开户行', 'Bank', { sealed: true, group: 'financial', max: 200, purpose: comply }),
    field(122, 'lead', 'link', '来源线索', 'From lead', { to: 'lead', same: true }),
  ],
}

const contact: RecordType = {
  name: 'contact',
  plural: 'contacts',
  table: 'contact',
  entity: 'Contact',
  label: label('联系人', 'Contact'),
  plurals: label('联系人', 'Contacts'),
  title: 'name',
  pool: false,
  subjectOf: [],
  retentionDays: 3650,
  fields: [
    field(201, 'name', 'name', '姓名', 'Name', {
      class: 'personal',
      search: ['exact', 'ngram'],
      required: true,
      list: true,
    }),
    field(202, 'account', 'link', '客户', 'Account', { to: 'account', list: true }),
    field(203, 'jobTitle', 'text', '职务', 'Job title', { sealed: true, class: 'personal', list: true }),
    field(204, 'department', 'text', '部门', 'Department', { sealed: true, class: 'personal' }),
    field(205, 'gender', 'choice', '性别', 'Gender', {
      class: 'personal',
      options: [option('male', '男', 'Male'), option('female', '女', 'Female'), option('other', '其他', 'Other')],
    }),
    field(206, 'decisionMaker', 'boolean', '关键决策人', 'Decision maker', { list: true }),
    field(207, 'mobile', 'phone', '手机', 'Mobile', {
      class: 'personal',
      group: 'contact',
      search: ['exact', 'suffix'],
      list: true,
      purpose: reach,
    }),
    field(208, 'phone', 'phone', '电话', 'Phone', {
      class: 'personal',
      group: 'contact',
      search: ['exact', 'suffix'],
      purpose: reach,
    }),
    field(209, 'email', 'email', '邮箱', 'E-mail', {
      class: 'personal',
      group: 'contact',
      search: ['exact'],
      list: true,
      purpose: reach,
    }),
    field(210, 'wechat', 'text', '微信', 'WeChat', {
      class: 'personal',
      group: 'contact',
      search: ['exact'],
      purpose: reach,
    }),
    field(211, 'address', 'address', '地址', 'Address', { class: 'personal', group: 'contact', purpose: reach }),
    field(212, 'nationalId', 'idnumber', '身份证号', 'National ID number', {
      class: 'sensitive',
      group: 'identity',
      search: ['exact'],
      purpose: comply,
    }),
    field(213, 'birthday', 'date', '生日', 'Birthday', { class: 'sensitive', group: 'identity', purpose: manage }),
    field(214, 'source', 'choice', '来源', 'Source', { options: sources }),
    field(215, 'tags', 'tags', '标签', 'Tags', {}),
    field(216, 'doNotContact', 'boolean', '请勿联系', 'Do not contact', {}),
    field(217, 'legalBasis', 'text', '合法性基础', 'Legal basis', { max: 200 }),
    field(218, 'notes', 'longtext', '备注', 'Notes', { class: 'personal', group: 'notes' }),
    classification(219),
    field(220, 'region', 'text', '省/州', 'State or province', { max: 100 }),
    field(221, 'lead', 'link', '来源线索', 'From lead', { to: 'lead', same: true }),
  ],
}

const lead: RecordType = {
  name: 'lead',
  plural: 'leads',
  table: 'lead',
  entity: 'Lead',
  label: label('线索', 'Lead'),
  plurals: label('线索', 'Leads'),
  title: 'name',
  pool: true,
  subjectOf: [],
  retentionDays: 730,
  fields: [
    field(301, 'name', 'name', '姓名', 'Name', {
      class: 'personal',
      search: ['exact', 'ngram'],
      required: true,
      list: true,
    }),
    field(302, 'company', 'company', '公司', 'Company', { sealed: true, search: ['exact', 'ngram'], list: true }),
    field(303, 'jobTitle', 'text', '职务', 'Job title', { sealed: true, class: 'personal' }),
    field(304, 'status', 'choice', '状态', 'Status', { options: leadStates, list: true }),
    field(305, 'source', 'choice', '来源', 'Source', { options: sources, list: true }),
    field(306, 'industry', 'text', '行业', 'Industry', { max: 100 }),
    field(307, 'country', 'text', '国家/地区', 'Country', { max: 100 }),
    field(308, 'mobile', 'phone', '手机', 'Mobile', {
      class: 'personal',
      group: 'contact',
      search: ['exact', 'suffix'],
      list: true,
      purpose: reach,
    }),
    field(309, 'phone', 'phone', '电话', 'Phone', {
      class: 'personal',
      group: 'contact',
      search: ['exact', 'suffix'],
      purpose: reach,
    }),
    field(310, 'email', 'email', '邮箱', 'E-mail', {
      class: 'personal',
      group: 'contact',
      search: ['exact'],
      list: true,
      purpose: reach,
    }),
    field(311, 'address', 'address', '地址', 'Address', { class: 'personal', group: 'contact', purpose: reach }),
    field(312, 'website', 'url', '网址', 'Website', { sealed: true, purpose: reach }),
    field(313, 'tags', 'tags', '标签', 'Tags', {}),
    field(314, 'account', 'link', '转化的客户', 'Converted account', { to: 'account' }),
    field(315, 'notes', 'longtext', '备注', 'Notes', { class: 'personal', group: 'notes' }),
    classification(316),
    field(317, 'region', 'text', '省/州', 'State or province', { max: 100 }),
    field(318, 'person', 'link', '本人的客户档案', 'Account of the person', { to: 'account', same: true }),
  ],
}

const deal: RecordType = {
  name: 'deal',
  plural: 'deals',
  table: 'deal',
  entity: 'Deal',
  label: label('商机', 'Deal'),
  plurals: label('商机', 'Deals'),
  title: 'name',
  pool: false,
  subjectOf: ['account'],
  retentionDays: 3650,
  fields: [
    field(401, 'name', 'company', '商机名称', 'Deal name', {
      sealed: true,
      search: ['exact', 'ngram'],
      required: true,
      list: true,
    }),
    field(402, 'account', 'link', '客户', 'Account', { to: 'account', list: true }),
    field(403, 'contact', 'link', '联系人', 'Contact', { to: 'contact' }),
    field(404, 'stage', 'choice', '阶段', 'Stage', { options: stages, list: true, required: true, purpose: plan }),
    field(405, 'amount', 'money', '金额', 'Amount', { list: true, purpose: plan }),
    field(406, 'closeDate', 'date', '预计成交日', 'Close date', { list: true, purpose: plan }),
    field(407, 'openedDate', 'date', '立项日期', 'Opened', { purpose: plan }),
    field(408, 'product', 'text', '产品', 'Product', { max: 200 }),
    field(409, 'lostReason', 'text', '输单原因', 'Reason lost', { max: 500 }),
    field(410, 'source', 'choice', '来源', 'Source', { options: sources }),
    field(411, 'cost', 'money', '成本', 'Cost', { sealed: true, group: 'financial', purpose: plan }),
    field(412, 'notes', 'longtext', '备注', 'Notes', { class: 'personal', group: 'notes' }),
    classification(413),
    field(414, 'region', 'text', '省/州', 'State or province', { max: 100 }),
  ],
}

const followup: RecordType = {
  name: 'followup',
  plural: 'followups',
  table: 'followup',
  entity: 'Followup',
  label: label('跟进记录', 'Follow-up'),
  plurals: label('跟进记录', 'Follow-ups'),
  title: 'summary',
  pool: false,
  subjectOf: ['contact', 'account', 'lead'],
  retentionDays: 3650,
  fields: [
    field(501, 'kind', 'choice', '方式', 'Kind', { options: followupKinds, required: true, list: true }),
    field(502, 'at', 'datetime', '时间', 'When', { required: true, list: true }),
    field(503, 'summary', 'text', '摘要', 'Summary', { class: 'personal', group: 'notes', required: true, list: true }),
    field(504, 'account', 'link', '客户', 'Account', { to: 'account', list: true }),
    field(505, 'contact', 'link', '联系人', 'Contact', { to: 'contact', list: true }),
    field(506, 'lead', 'link', '线索', 'Lead', { to: 'lead' }),
    field(507, 'deal', 'link', '商机', 'Deal', { to: 'deal' }),
    field(508, 'nextAt', 'datetime', '下次联系时间', 'Next contact', { list: true }),
    field(509, 'notes', 'longtext', '详情', 'Details', { class: 'personal', group: 'notes' }),
    classification(510),
  ],
}

const task: RecordType = {
  name: 'task',
  plural: 'tasks',
  table: 'task',
  entity: 'Task',
  label: label('任务', 'Task'),
  plurals: label('任务', 'Tasks'),
  title: 'title',
  pool: false,
  subjectOf: ['contact', 'account', 'lead'],
  retentionDays: 1095,
  fields: [
    field(601, 'title', 'text', '标题', 'Title', { class: 'personal', group: 'notes', required: true, list: true }),
    field(602, 'due', 'date', '截止日期', 'Due', { list: true }),
    field(603, 'done', 'boolean', '已完成', 'Done', { list: true }),
    field(604, 'priority', 'choice', '优先级', 'Priority', { options: priorities, list: true }),
    field(605, 'account', 'link', '客户', 'Account', { to: 'account', list: true }),
    field(606, 'contact', 'link', '联系人', 'Contact', { to: 'contact' }),
    field(607, 'lead', 'link', '线索', 'Lead', { to: 'lead' }),
    field(608, 'deal', 'link', '商机', 'Deal', { to: 'deal' }),
    field(609, 'notes', 'longtext', '说明', 'Notes', { class: 'personal', group: 'notes' }),
    classification(610),
  ],
}

const user: RecordType = {
  name: 'user',
  plural: 'users',
  table: 'app_user',
  entity: 'User',
  label: label('用户', 'User'),
  plurals: label('用户', 'Users'),
  title: 'name',
  pool: false,
  subjectOf: [],
  retentionDays: 3650,
  exclusive: { fields: ['role', 'furtherRoles'], values: offices },
  fields: [
    field(801, 'name', 'name', '姓名', 'Name', {
      class: 'personal',
      search: ['ngram'],
      required: true,
      list: true,
      purpose: run,
    }),
    field(802, 'email', 'email', '邮箱', 'E-mail', {
      class: 'personal',
      search: ['exact'],
      required: true,
      list: true,
      purpose: run,
    }),
    field(803, 'role', 'choice', '角色', 'Role', { options: roles, required: true, list: true, purpose: run }),
    field(804, 'unit', 'link', '部门', 'Team', { to: 'team', list: true, purpose: run }),
    field(805, 'active', 'boolean', '启用', 'Active', { list: true, purpose: run }),
    field(806, 'language', 'choice', '语言', 'Language', { options: languages, purpose: run }),
    field(807, 'furtherRoles', 'tags', '其他角色', 'Further roles', { options: roles, purpose: run }),
    field(808, 'regions', 'tags', '负责区域', 'Regions', { purpose: run }),
    field(809, 'clearance', 'integer', '可查看密级', 'Clearance', { options: levels, purpose: run }),
    field(810, 'dealLimit', 'money', '商机金额上限', 'Deal limit', { purpose: run }),
    field(811, 'login', 'text', '身份提供方账号', 'Name at the provider', {
      class: 'personal',
      group: 'identity',
      max: 320,
      purpose: run,
    }),
    field(812, 'externalId', 'text', '身份提供方编号', 'Id at the provider', {
      class: 'personal',
      group: 'identity',
      max: 320,
      purpose: run,
    }),
  ],
}

const team: RecordType = {
  name: 'team',
  plural: 'teams',
  table: 'team',
  entity: 'Team',
  label: label('部门', 'Team'),
  plurals: label('部门', 'Teams'),
  title: 'name',
  pool: false,
  subjectOf: [],
  retentionDays: 3650,
  fields: [
    field(901, 'name', 'text', '部门名称', 'Team name', { required: true, list: true, purpose: run, max: 100 }),
    field(902, 'parent', 'link', '上级部门', 'Parent team', { to: 'team', list: true, purpose: run }),
    field(903, 'regions', 'tags', '负责区域', 'Regions', { purpose: run }),
  ],
}

/** The record types customers' data lives in, and the two of the organisation itself. */
export const catalogue: Catalogue = { types: [account, contact, lead, deal, followup, task, user, team] }

/** Types that are customers' data: listed, searched, imported, exported. */
export const customerTypes: readonly string[] = ['account', 'contact', 'lead', 'deal', 'followup', 'task']
