// A built policy as one sentence a person reads, in both languages. Keeps access-193.
import { type Catalogue, fieldGroups, type Label, type Language } from '#kernel'
import type { ActionReach, Attribute, Built, Compare, Comparison, Known, Operand, Reach, Test } from './built.ts'
import { roleLabel } from './purpose.ts'
import { actionLabel, attributeLabel, vocabularyOf, type Word } from './vocabulary.ts'

/** The sentence of a policy. */
export const sentenceOfBuilt = (catalogue: Catalogue, built: Built): Label => {
  const { words } = vocabularyOf(catalogue)
  return { zh: say(speaker(catalogue, words, 'zh'), built), en: say(speaker(catalogue, words, 'en'), built) }
}

/** How things are called in one language. */
interface Speaker {
  readonly zh: boolean
  readonly pick: (zh: string, en: string) => string
  readonly type: (entity: string) => string
  readonly role: (name: string) => string
  readonly attribute: (of: Attribute) => string
  /** What an option of an attribute is called. */
  readonly option: (of: Attribute, value: string) => string | undefined
  readonly money: (of: Attribute) => boolean
  readonly action: (name: string) => string
}

const speaker = (catalogue: Catalogue, words: readonly Word[], language: Language): Speaker => {
  const wordsFor = ({ of, path }: Attribute): readonly Word[] =>
    words.filter((word) => word.of === of && word.path.join('.') === path.join('.'))
  return {
    zh: language === 'zh',
    pick: (zh, en) => (language === 'zh' ? zh : en),
    type: (entity) => {
      const found = catalogue.types.find((type) => type.entity === entity)?.label[language] ?? entity
      return language === 'zh' ? `“${found}”` : found.toLowerCase()
    },
    role: (name) => roleLabel(catalogue, name)[language],
    attribute: (of) => attributeLabel(words, of)?.[language] ?? of.path.at(-1) ?? '',
    option: (of, value) =>
      wordsFor(of).flatMap(({ options }) => options).find((option) => option.value === value)?.label[language], // prettier-ignore
    money: (of) => wordsFor(of).some(({ kind }) => kind === 'money'),
    action: (name) => actionLabel(name)[language],
  }
}

const say = (s: Speaker, built: Built): string => {
  const whens = built.clauses.filter(({ kind }) => kind === 'when').map(({ test }) => sentence(s, test))
  const unlesses = built.clauses.filter(({ kind }) => kind === 'unless').map(({ test }) => sentence(s, test))
  const when = whens.length === 0 ? '' : `${s.pick('，条件是', ', when ')}${whens.join(s.pick('，且', ', and when '))}`
  const unless = unlesses.map((text) => s.pick(`；${text}的除外`, `, unless ${text}`)).join('')
  const verb = built.effect === 'permit' ? s.pick('允许', 'Allows ') : s.pick('禁止', 'Forbids ')
  const [who, does, on] = [whom(s, built.principal), doing(s, built.action), things(s, built.resource)]
  return s.zh
    ? `${verb}${who}对${on}${does}${when}${unless}。`
    : `${verb}${who} to ${does}${on === '' ? '' : ` on ${on}`}${when}${unless}.`
}

const whom = (s: Speaker, of: Reach): string => {
  switch (of.op) {
    case 'all':
      return s.pick('所有人', 'everybody')
    case '==':
      return s.pick(`人员 ${of.entity.id} `, `the person ${of.entity.id}`)
    case 'in':
      return of.entity.type === 'Role'
        ? s.pick(`角色“${s.role(of.entity.id)}”`, `the role ${s.role(of.entity.id)}`)
        : s.pick(
            `${s.type(of.entity.type)} ${of.entity.id} 的成员`,
            `members of ${s.type(of.entity.type)} ${of.entity.id}`,
          )
    case 'is':
      return of.in ? whom(s, { op: 'in', entity: of.in }) : s.pick('所有人', 'everybody')
  }
}

const things = (s: Speaker, of: Reach): string => {
  switch (of.op) {
    case 'all':
      return s.pick('任何对象', '')
    case '==':
      return s.pick(`${s.type(of.entity.type)} ${of.entity.id} `, `the ${s.type(of.entity.type)} ${of.entity.id}`)
    case 'in':
      return s.pick(`属于 ${of.entity.id} 的对象`, `anything within ${of.entity.id}`)
    case 'is':
      if (of.type === 'System') return s.pick('系统', 'the system')
      return of.in
        ? s.pick(`属于 ${of.in.id} 的${s.type(of.type)}`, `any ${s.type(of.type)} within ${of.in.id}`)
        : s.pick(s.type(of.type), `any ${s.type(of.type)}`)
  }
}

const doing = (s: Speaker, of: ActionReach): string => {
  if (of.op === 'all') return s.pick('进行任何操作', 'do anything')
  const names = actionNames(
    s,
    (of.op === 'several' ? of.entities : [of.entity]).map(({ id }) => id),
  )
  if (!s.zh) return names.join(', ')
  return names.length === 1 ? `执行“${names.join('')}”` : `执行以下操作：${names.join('、')}`
}

/** Every group of a verb by one word. */
const actionNames = (s: Speaker, ids: readonly string[]): readonly string[] => {
  const whole = (['view', 'unmask', 'edit'] as const).filter((verb) => fieldGroups.every((group) => ids.includes(`${verb}.${group}`))) // prettier-ignore
  const rest = ids.filter((id) => !whole.some((verb) => id.startsWith(`${verb}.`)))
  const words = {
    view: s.pick('查看全部字段', 'see all fields'),
    unmask: s.pick('查看全部字段明文', 'see all fields unmasked'),
    edit: s.pick('编辑全部字段', 'edit all fields'),
  }
  return [...rest.map(s.action), ...whole.map((verb) => words[verb])]
}

const sentence = (s: Speaker, test: Test): string => {
  switch (test.is) {
    case 'all':
      return joined(s, test.of, s.pick('，且', ' and '))
    case 'any':
      return joined(s, test.of, s.pick('，或', ' or '))
    case 'not':
      return negated(s, test.of)
    case 'choice':
      return s.pick(
        `如果${sentence(s, test.if)}，则${sentence(s, test.then)}，否则${sentence(s, test.else)}`,
        `if ${sentence(s, test.if)} then ${sentence(s, test.then)}, otherwise ${sentence(s, test.else)}`,
      )
    case 'fixed':
      return test.value ? s.pick('始终成立', 'always') : s.pick('从不成立', 'never')
    case 'there':
      return `${operand(s, test.left)}${s.pick('有', ' has ')}${thereName(s, test)}`
    case 'known':
      return known(s, test.condition)
    case 'compare':
      return comparison(s, test)
  }
}

const joined = (s: Speaker, of: readonly Test[], by: string): string =>
  of
    .map((one) =>
      one.is === 'all' || one.is === 'any' || one.is === 'choice'
        ? s.pick(`（${sentence(s, one)}）`, `(${sentence(s, one)})`)
        : sentence(s, one),
    ) // prettier-ignore
    .join(by)

const negated = (s: Speaker, of: Test): string => {
  if (of.is === 'there') return `${operand(s, of.left)}${s.pick('没有', ' has no ')}${thereName(s, of)}`
  if (of.is === 'compare' && of.op === 'is' && of.right?.is === 'type' && !of.right.in)
    return `${operand(s, of.left)}${s.pick('不是', ' is no ')}${s.type(of.right.type)}`
  return s.pick(`并非（${sentence(s, of)}）`, `not (${sentence(s, of)})`)
}

const thereName = (s: Speaker, { left, names }: Extract<Test, { is: 'there' }>): string => {
  const label = s.attribute({ ...left, path: [...left.path, ...names] })
  return s.zh ? `“${label}”` : label.toLowerCase()
}

const roots = {
  principal: ['本人', 'the person'],
  resource: ['记录', 'the record'],
  context: ['访问环境', 'the surroundings'],
  action: ['操作', 'the action'],
} as const

const operand = (s: Speaker, of: Operand, guarded = false, beside?: Attribute): string => {
  switch (of.is) {
    case 'attribute': {
      const [zh, en] = roots[of.of]
      if (of.path.length === 0) return s.pick(zh, en)
      const names = of.path.map((_, i) => s.attribute({ ...of, path: of.path.slice(0, i + 1) }))
      const there = guarded ? s.pick('（须有值）', ' (which must be given)') : ''
      if (of.of === 'context')
        return s.zh ? `${names.join('的')}${there}` : `the ${names.join("'s ").toLowerCase()}${there}`
      return s.zh ? `${zh}的${names.join('的')}${there}` : `${en}'s ${names.join("'s ").toLowerCase()}${there}`
    }
    case 'text':
      return (beside && s.option(beside, of.value)) ?? (s.zh ? `“${of.value}”` : JSON.stringify(of.value))
    case 'number':
      return beside && s.money(beside) ? amount(of.value) : ((beside && s.option(beside, String(of.value))) ?? String(of.value)) // prettier-ignore
    case 'truth':
      return of.value ? s.pick('是', 'yes') : s.pick('否', 'no')
    case 'entity':
      return of.type === 'Role'
        ? s.pick(`角色“${s.role(of.id)}”`, `the role ${s.role(of.id)}`)
        : `${s.type(of.type)} ${of.id}`
    case 'decimal':
    case 'datetime':
    case 'duration':
    case 'ip':
    case 'pattern':
      return of.value
    case 'list':
      return s.pick(
        `{${of.items.map((one) => operand(s, one, false, beside)).join('、')}}`,
        `{${of.items.map((one) => operand(s, one, false, beside)).join(', ')}}`,
      )
    case 'sum':
      return `(${operand(s, of.left)} ${of.op} ${operand(s, of.right)})`
    case 'call':
      return called(s, of)
    case 'type':
      return of.in ? s.pick(`属于${operand(s, of.in)}的${s.type(of.type)}`, `${s.type(of.type)} within ${operand(s, of.in)}`) : s.type(of.type) // prettier-ignore
  }
}

const amount = (minor: number): string => (minor / 100).toFixed(2)

const called = (s: Speaker, { name, of, with: more }: Extract<Operand, { is: 'call' }>): string => {
  const [a, b] = [operand(s, of), more ? operand(s, more) : '']
  switch (name) {
    case 'neg':
      return `−${a}`
    case 'offset':
      return s.pick(`${a}之后 ${b}`, `${b} after ${a}`)
    case 'durationSince':
      return s.pick(`${b}至${a}的时长`, `the time from ${b} to ${a}`)
    case 'toDate':
      return s.pick(`${a}的日期`, `the date of ${a}`)
    case 'toTime':
      return s.pick(`${a}在当日的时刻`, `the time of day of ${a}`)
    case 'getTag':
      return s.pick(`${a}的标签 ${b} 的值`, `the tag ${b} of ${a}`)
    case 'toMilliseconds':
      return s.pick(`${a}的毫秒数`, `the milliseconds of ${a}`)
    case 'toSeconds':
      return s.pick(`${a}的秒数`, `the seconds of ${a}`)
    case 'toMinutes':
      return s.pick(`${a}的分钟数`, `the minutes of ${a}`)
    case 'toHours':
      return s.pick(`${a}的小时数`, `the hours of ${a}`)
    case 'toDays':
      return s.pick(`${a}的天数`, `the days of ${a}`)
  }
}

const signs: Readonly<Record<Comparison, readonly [zh: string, en: string]>> = {
  '==': ['是', ' is '],
  '!=': ['不是', ' is not '],
  '<': ['小于', ' is less than '],
  '<=': ['不超过', ' is at most '],
  '>': ['大于', ' is more than '],
  '>=': ['不低于', ' is at least '],
  in: ['属于', ' is within '],
  contains: ['包含', ' contains '],
  containsAll: ['包含全部：', ' contains all of '],
  containsAny: ['包含任一：', ' contains any of '],
  like: ['符合 ', ' matches '],
  is: ['是', ' is a '],
  hasTag: ['有标签 ', ' has the tag '],
  isInRange: ['位于网段 ', ' lies in '],
  lessThan: ['小于', ' is less than '],
  lessThanOrEqual: ['不超过', ' is at most '],
  greaterThan: ['大于', ' is more than '],
  greaterThanOrEqual: ['不低于', ' is at least '],
  isEmpty: ['为空', ' is empty'],
  isIpv4: ['是 IPv4 地址', ' is an IPv4 address'],
  isIpv6: ['是 IPv6 地址', ' is an IPv6 address'],
  isLoopback: ['是回环地址', ' is a loopback address'],
  isMulticast: ['是组播地址', ' is a multicast address'],
  holds: ['为“是”', ' is yes'],
}

const comparison = (s: Speaker, { left, op, right, guard }: Compare): string => {
  const [first, second] = [guard === 'left' || guard === 'both', guard === 'right' || guard === 'both']
  const short = op === 'holds' && left.is === 'attribute' ? holding[`${left.of}.${left.path.join('.')}`] : undefined
  if (short) return s.pick(...short)
  const beside = [left, right].find((one) => one?.is === 'attribute')
  const near = beside?.is === 'attribute' && beside.path.length > 0 ? beside : undefined
  const special = ofRoles(s, left, op, right) ?? ofShares(s, left, op, right) ?? ofNothing(s, left, op, right, first)
  if (special !== undefined) return special
  // "[a, b] contains x" is read the other way round.
  if (op === 'contains' && left.is === 'list' && right)
    return s.pick(`${operand(s, right, second)}是${operand(s, left, false, near)}之一`, `${operand(s, right, second)} is one of ${operand(s, left, false, near)}`) // prettier-ignore
  const [zh, en] = signs[op]
  return `${operand(s, left, first, near)}${s.pick(zh, en)}${right ? operand(s, right, second, near) : ''}`
}

/** `principal in Role::"x"`, or in one of several. */
const ofRoles = (s: Speaker, left: Operand, op: Comparison, right: Operand | undefined): string | undefined => {
  if (op !== 'in' || left.is !== 'attribute' || left.of !== 'principal' || left.path.length > 0) return undefined
  const items = right?.is === 'list' ? right.items : right ? [right] : []
  const roles = items.flatMap((item) => (item.is === 'entity' && item.type === 'Role' ? [s.role(item.id)] : []))
  if (roles.length === 0 || roles.length < items.length) return undefined
  return s.pick(
    `本人具有角色${roles.map((role) => `“${role}”`).join('或')}`,
    `the person has the role ${roles.join(' or ')}`,
  )
}

const ofShares = (s: Speaker, left: Operand, op: Comparison, right: Operand | undefined): string | undefined => {
  const shares = left.is === 'attribute' && left.of === 'resource' && left.path.join('.') === 'sharedWith'
  const self = right?.is === 'attribute' && right.of === 'principal' && right.path.length === 0
  return shares && self && op === 'contains' ? s.pick('记录已共享给本人', 'the record is shared with the person') : undefined // prettier-ignore
}

const ofNothing = (
  s: Speaker,
  left: Operand,
  op: Comparison,
  right: Operand | undefined,
  guarded: boolean,
): string | undefined => {
  if (right?.is !== 'text' || right.value !== '' || (op !== '==' && op !== '!=')) return undefined
  const of = operand(s, left, guarded)
  return op === '==' ? s.pick(`${of}为空`, `${of} is empty`) : s.pick(`${of}不为空`, `${of} is not empty`)
}

const holding: Readonly<Record<string, readonly [zh: string, en: string]>> = {
  'resource.pool': ['记录在公海中', 'the record is in the public pool'],
  'resource.deleted': ['记录已删除', 'the record is deleted'],
  'principal.active': ['账号未停用', 'the account is active'],
}

const known = (s: Speaker, of: Known): string => {
  switch (of.is) {
    case 'amount':
      return of.most === 'limit'
        ? s.pick('金额不超过本人的商机金额上限', "the amount is within the person's limit")
        : s.pick(`金额不超过 ${amount(of.most)}`, `the amount is at most ${amount(of.most)}`)
    case 'region':
      return of.in === 'own'
        ? s.pick('记录属于本人负责的区域', "the record's region is one of the person's own")
        : s.pick(
            `记录的区域是${of.in.join('、')}${of.in.length > 1 ? '之一' : ''}`,
            `the record's region is ${of.in.join(' or ')}`,
          )
    case 'hours':
      return hours(s, of)
    case 'network':
      return s.pick(`来源 IP 位于 ${of.ranges.join('、')}`, `the IP address lies in ${of.ranges.join(' or ')}`)
    case 'mfa':
      return of.minutes === undefined
        ? s.pick('已通过双因素验证', 'a second factor was passed')
        : s.pick(`在 ${String(of.minutes)} 分钟内通过双因素验证`, `a second factor was passed within ${String(of.minutes)} minutes`) // prettier-ignore
    case 'device':
      return s.pick('使用可信设备', 'the device is trusted')
    case 'purpose':
      return s.pick('已说明访问原因', 'a purpose is given')
    case 'channel':
      return s.pick(`访问渠道是${of.in.join('、')}`, `the channel is ${of.in.join(' or ')}`)
  }
}

const weekdays = [
  ['一', 'Mon'],
  ['二', 'Tue'],
  ['三', 'Wed'],
  ['四', 'Thu'],
  ['五', 'Fri'],
  ['六', 'Sat'],
  ['日', 'Sun'],
] as const

const hours = (s: Speaker, { from, to, days }: Extract<Known, { is: 'hours' }>): string => {
  const names = days.map((day) => weekdays[day - 1]?.[s.zh ? 0 : 1] ?? '')
  const on =
    days.length === 7 ? s.pick('每日', 'on any day') : s.pick(`周${names.join('、')}`, `on ${names.join(', ')}`)
  return s.pick(`时间在${on} ${from} 至 ${to}（本单位时区）`, `the time is ${from} to ${to} ${on} (the house's zone)`)
}
