// What a column holds, by its heading: names of other systems and the labels of the catalogue in both languages. Keeps crm-6, crm-11.
import type { Catalogue, Field, RecordType } from '#kernel'
import { offeredFields, typeOf } from '#kernel'
import { foldHeading } from './fold.ts'

/** Targets that are no field: how a column reaches the record another way. */
export const specialTargets = {
  owner: { zh: '负责人', en: 'Owner' },
  importKey: { zh: '来源系统编号', en: 'Id in the system it comes from' },
  'account id': {
    zh: '所属客户的来源编号（与客户名称配对）',
    en: 'Id of its account in the system it comes from (beside its name)',
  },
  'first name': { zh: '名', en: 'First name' },
  'last name': { zh: '姓', en: 'Last name' },
  deleted: { zh: '删除或作废标记', en: 'Deleted mark' },
  'created at': { zh: '创建时间', en: 'Created at' },
  id: { zh: '本系统编号', en: 'Id in this system' },
  'owner id': { zh: '负责人编号', en: 'Owner id in this system' },
} as const
export type SpecialTarget = keyof typeof specialTargets

/** What a column may be mapped to for a type: its fields, then the special targets. */
export const importTargets = (
  catalogue: Catalogue,
  type: string,
): readonly { readonly value: string; readonly label: { zh: string; en: string } }[] => [
  ...offeredFields(typeOf(catalogue, type)).map((field) => ({ value: field.name, label: field.label })),
  ...Object.entries(specialTargets)
    .filter(
      ([value]) => value !== 'account id' || typeOf(catalogue, type).fields.some((field) => field.name === 'account'),
    )
    .map(([value, label]) => ({ value, label })),
]

/** Several columns may share these kinds: parts are joined. All others take one column. */
export const joins = (field: Field): boolean =>
  field.kind === 'address' || field.kind === 'longtext' || field.kind === 'tags'

/** The target a heading names for a type, or null. */
export const targetOf = (type: RecordType, heading: string): string | null => {
  const folded = foldHeading(heading)
  return folded === '' ? null : (tableOf(type).get(folded) ?? null)
}

const tables = new Map<RecordType, ReadonlyMap<string, string>>()

const tableOf = (type: RecordType): ReadonlyMap<string, string> => {
  const made = tables.get(type)
  if (made) return made
  const table = new Map<string, string>()
  const add = (heading: string, target: string): void => {
    const folded = foldHeading(heading)
    if (!table.has(folded)) table.set(folded, target)
  }
  for (const [target, headings] of Object.entries(words[type.name] ?? {}))
    for (const heading of headings.split('|')) add(heading, target)
  for (const field of offeredFields(type)) {
    add(field.label.zh, field.name)
    add(field.label.en, field.name)
    add(field.name, field.name)
  }
  for (const [target, headings] of Object.entries(shared))
    for (const heading of headings.split('|')) add(heading, target)
  tables.set(type, table)
  return table
}

const shared: Readonly<Record<string, string>> = {
  owner:
    '负责人|负责人名字|负责人姓名|所有者|归属人|跟进人|owner|owner name|record owner|contact owner|account owner|lead owner|deal owner|company owner|opportunity owner|sales agent|sales rep|salesperson|assigned to',
  importKey: '唯一性ID|唯一性id|数据id|编号|客户编号|联系人编号|线索编号|商机编号|id|record id|_id|external id|uuid',
  deleted: 'isdeleted|is deleted|生命状态|life_status|已删除|作废',
  'created at': '创建时间|创建日期|created time|create date|createddate|created date|created at|created|date created',
  tags: '标签|客户标签|tag|tags|labels',
  notes: '备注|备注信息|说明|描述|description|notes|note|comments|remark|remarks',
  source: '来源|客户来源|线索来源|lead source|source|original source|original traffic source',
}

const people: Readonly<Record<string, string>> = {
  'first name': '名|名字|first name|given name|firstname|forename',
  'last name': '姓|姓氏|last name|surname|family name|lastname',
  mobile:
    '手机|手机号|手机号码|移动电话|联系手机|mobile|mobile phone|mobile phone number|mobilephone|cell|cell phone|phone 2|phone2',
  phone:
    '电话|座机|固定电话|办公电话|联系电话|电话号码|phone|phone number|phone 1|phone1|telephone|telephone number|telephonenumber|work phone|business phone',
  email: '邮箱|邮件|电子邮件|电子邮箱|邮箱地址|email|e-mail|email address|emailaddress|mail',
  jobTitle: '职务|职位|岗位|title|job title|position|contact title|occupation',
}

const words: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  account: {
    name: '客户名称|公司名称|企业名称|客户|公司|单位名称|account name|account|company|company name|companyname|organization|organization name|organisation|name',
    importKey: 'account id|customer id|customerid|company id|oracle_id__c',
    grade: '客户级别|客户等级|级别|等级|rating|grade|tier',
    industry: '行业|一级行业|客户行业|所属行业|industry|sector',
    status: '成交状态|deal status|customer status',
    employees:
      '员工人数|人员规模|员工数|numberofemployees|number of employees|employees|no. of employees|numemp|headcount',
    annualRevenue: '年营业额|年收入|annualrevenue|annual revenue|revenue',
    region: '省|省份|省/州|billingstate|billing state|state|state/region|province|region',
    country: '国家|国家/地区|billingcountry|billing country|country|country/region|office location',
    phone: '电话|手机|客户电话|联系电话|固定电话|phone|phone number|telephone|phone 1',
    email: '邮箱|邮件|电子邮件|email|e-mail|email address',
    website: '网址|网站|官网|公司网址|website|website url|web|url|company domain name|domain',
    address:
      '市|区|县|城市|地区|地址|详细地址|公司地址|billingcity|billing city|billingstreet|billing street|billingpostalcode|billing code|billing zip|street address|address|street|city|postal code|postalcode|zip',
    taxId: '统一社会信用代码|社会信用代码|信用代码|纳税人识别号|税号|tax id|vat number',
    parent: '上级客户|母公司|parent account|parent account name|subsidiary_of|parent company',
    lastFollowup: '最后跟进时间|最近跟进时间|last activity date|lastactivitydate|last activity time|last followup',
  },
  contact: {
    ...people,
    name: '姓名|联系人|联系人姓名|联系人名称|full name|fullname|name|contact|contact name',
    account:
      '客户名称|客户|所属客户|公司|公司名称|account name|account|company|company name|associated company|organization|organisation',
    'account id': 'accountid|account name.id|客户编号|company id',
    importKey: 'contact id|customer id|customerid|contactid',
    department: '部门|所在部门|department',
    gender: '性别|gender|sex',
    decisionMaker: '关键决策人|是否关键决策人|是否决策人|decision maker|key decision maker',
    wechat: '微信|微信号|wechat|weixin',
    address:
      '国家|省|市|区|县|城市|地区|地址|详细地址|联系地址|mailingstreet|mailing street|mailingcity|mailing city|mailingstate|mailing state|mailingpostalcode|mailing zip|mailing postal code|mailingcountry|mailing country|address|street|street address|streetaddress|city|state|state/region|zip|zip code|zipcode|postal code|country|country/region|county',
    nationalId: '身份证号|身份证|身份证号码|证件号码|national id|nationalid|id number|identity number|ssn',
    birthday: '生日|出生日期|birthdate|date of birth|birthday|birth date',
    doNotContact:
      '请勿联系|勿扰|hasoptedoutofemail|email opt out|unsubscribed from all email|do not call|donotcall|do not contact',
    legalBasis: "legal basis|legal basis for processing contact's data|合法性基础|同意依据",
    tags: '标签|tag|tags',
    notes: '备注|备注信息|描述|description|notes|note|comments|remark|remarks|爱好|interests__c|interests|hobbies',
  },
  lead: {
    ...people,
    name: '姓名|联系人|联系人姓名|线索名称|full name|fullname|name|lead name|contact name',
    company: '公司|公司名称|企业名称|客户名称|company|company name|account name|organization',
    importKey: 'lead id|leadid',
    status: '状态|线索状态|跟进状态|lead status|leadstatus|status',
    source: '来源|线索来源|lead source|leadsource|source',
    industry: '行业|所属行业|industry|sector',
    country: '国家|国家/地区|country|country/region',
    address: '省|市|区|城市|地址|详细地址|address|street|city|state|state/region|zip|zip code|postal code|postalcode',
    website: '网址|网站|website|web|url',
  },
  deal: {
    name: '商机名称|机会名称|deal name|dealname|opportunity name|name',
    account: '客户名称|客户|account name|account|company|company name|associated company|associated company name',
    'account id': 'accountid|account name.id',
    contact: '联系人|contact name|contact|associated contact|primary contact',
    importKey: 'deal id|opportunity id|opportunityid|opportunity_id',
    stage: '阶段|销售阶段|商机阶段|stage|stagename|stage name|deal stage|deal_stage|opportunitystage|pipeline stage',
    amount:
      '金额|商机金额|预计金额|预计销售金额|amount|deal amount|close_value|value|estimatedvalue|estimated value|deal value',
    closeDate:
      '预计成交日|预计成交日期|预计结单日期|成交日期|close date|closedate|closing date|close_date|expected close date',
    openedDate: '立项日期|engage_date|engage date|opened|open date|start date',
    product: '产品|product|product name|产品名称',
    lostReason: '输单原因|丢单原因|lost reason|loss reason|closed lost reason|reason for loss|reason lost',
    cost: '成本|cost',
  },
  followup: {
    kind: '方式|跟进方式|类型|activity type|activitytype|type|kind',
    at: '时间|跟进时间|活动时间|date|due date|duedate|activity date|when|at',
    summary: '摘要|跟进内容|主题|内容|subject|summary',
    account: '客户名称|客户|account name|account|company',
    contact: '联系人|contact name|contact',
    deal: '商机|商机名称|deal name|deal|opportunity',
    importKey: 'activity id|activityid',
    nextAt: '下次联系时间|下次跟进时间|next contact|next activity date',
    notes: '详情|详细内容|notes|description|details|comments',
  },
  task: {
    title: '标题|任务|任务名称|主题|subject|title|task|task name',
    due: '截止日期|截止时间|due date|duedate|due|deadline',
    done: '已完成|完成|是否完成|completed|done|isclosed',
    priority: '优先级|priority',
    account: '客户名称|客户|account name|account|company|related to',
    contact: '联系人|contact name|contact|name',
    deal: '商机|deal|opportunity',
    importKey: 'task id|activity id',
  },
}
