// Labels of choices as other systems write them. Unknown ones become "other" where the field has it, else they refuse the row. Keeps crm-10.
import type { Field, Option } from '#kernel'
import { normalText } from '#vault'

/** The option a text means, or undefined. */
export const readChoice = (field: Field, text: string): Option | undefined => {
  const options = field.options ?? []
  const wanted = normalText(text)
  // A（重点客户）, A (key) and A are one label: what stands before the bracket counts.
  const short = wanted.replace(/\s*\(.*$/, '')
  const named = options.find((option) =>
    [option.value, option.label.zh, option.label.en].some((name) => normalText(name) === wanted),
  )
  const synonym = table(field)?.get(wanted) ?? table(field)?.get(wanted.replaceAll(/[\s_-]+/g, ' '))
  return (
    named ??
    options.find((option) => option.value === synonym) ??
    options.find(
      (option) =>
        short !== '' &&
        (normalText(option.value) === short || normalText(option.label.zh).replace(/\s*\(.*$/, '') === short),
    )
  )
}

const words: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  stage: {
    prospecting:
      'prospecting|initial contact|初步沟通|初步接触|验证客户|new|appointment scheduled|appointmentscheduled|立项',
    qualified:
      'qualified|qualification|engaging|engaged|needs analysis|value proposition|qualified to buy|qualifiedtobuy|id. decision makers|perception analysis|需求分析|需求沟通|确认需求',
    proposal:
      'proposal|proposal sent|proposal/price quote|presentation scheduled|presentationscheduled|quote|quoted|方案/报价|方案|报价',
    negotiation:
      'negotiation|negotiation/review|decision maker bought in|decisionmakerboughtin|contract sent|contractsent|谈判|谈判审核|合同谈判|商务谈判',
    won: 'won|closed won|closedwon|赢单|成交|已成交|赢',
    lost: 'lost|closed lost|closedlost|closed lost to competition|输单|丢单|失败|无效|输',
  },
  'lead.status': {
    new: 'new|open|open not contacted|not contacted|未处理|待跟进|新建|未联系|未分配',
    working:
      'working|working contacted|in progress|attempted to contact|attempted|contacted|connected|contact in future|bad timing|跟进中|联系中|已联系|处理中',
    qualified: 'qualified|open deal|pre qualified|已确认|有意向|意向',
    converted: 'converted|closed converted|已转换|已转化|已转客户',
    disqualified:
      'disqualified|unqualified|not qualified|junk lead|lost|lost lead|closed not converted|无效|已关闭|关闭',
  },
  'account.status': {
    none: 'none|prospect|open|未成交|潜在客户|潜在',
    won: 'won|customer|customer direct|customer channel|client|已成交|成交客户|成交',
    repeat: 'repeat|repeat customer|多次成交|老客户|复购客户',
  },
  grade: {
    A: 'hot|key|high|重点客户|重要客户|vip|大客户',
    B: 'warm|regular|normal|medium|普通客户|一般客户',
    C: 'cold|low|low priority|非优先客户|次要客户',
  },
  source: {
    website:
      'web|website|web site|web form|online|online store|organic search|direct traffic|web research|web download|chat|官网|网站|线上注册|线上咨询|搜索引擎|网络',
    exhibition:
      'trade show|tradeshow|exhibition|event|expo|conference|seminar|seminar internal|seminar partner|展会|会议|市场活动|沙龙',
    referral:
      'referral|referrals|external referral|employee referral|customer referral|word of mouth|转介绍|客户介绍|朋友介绍|员工推荐|内部推荐|老客户推荐',
    phone: 'phone|phone inquiry|phone enquiry|cold call|call|telemarketing|电话咨询|电话|电话营销|电话来访|陌拜',
    advertising:
      'advertising|advertisement|ads|paid search|paid social|email campaign|email marketing|mail campaign|other campaigns|public relations|广告|促销|邮件营销|推广',
    partner: 'partner|external partner|sales mail alias|channel|合作伙伴|代理商|渠道',
    social:
      'social|social media|organic social|facebook|twitter|google+|linkedin|wechat|社交媒体|微信|公众号|抖音|微博',
    purchased: 'purchased|purchased list|bought list|list|购买名单|采购名单',
    other: 'other|offline|offline sources|其他|其它|邮件咨询|预约上门|独立开发',
  },
  gender: {
    male: 'male|m|man|男|男性|先生|1',
    female: 'female|f|woman|女|女性|女士|2',
    other: 'other|unknown|未知|其他|保密|0',
  },
  kind: {
    call: 'call|phone|phone call|outbound call|电话|打电话|电话沟通|去电',
    visit: 'visit|on site|上门拜访|拜访|见面拜访|外勤',
    mail: 'email|e-mail|mail|邮件|发邮件',
    message: 'message|chat|sms|wechat|微信|qq|短信|发短信|即时消息',
    meeting: 'meeting|demo|event|会议|面谈|商务宴请|活动',
    note: 'note|task|follow up|follow-up|other|备注|其他',
  },
  priority: { high: 'high|highest|urgent|高|紧急|1', normal: 'normal|medium|中|一般|普通|2', low: 'low|lowest|低|3' },
}

const tables = new Map<Field, ReadonlyMap<string, string> | undefined>()

const table = (field: Field): ReadonlyMap<string, string> | undefined => {
  if (tables.has(field)) return tables.get(field)
  // Two fields are called status: hundreds of ids tell the type.
  const source =
    words[field.name] ??
    (field.name === 'status' ? words[field.id < 200 ? 'account.status' : 'lead.status'] : undefined)
  const made =
    source &&
    new Map(Object.entries(source).flatMap(([value, names]) => names.split('|').map((name) => [name, value] as const)))
  tables.set(field, made)
  return made
}
