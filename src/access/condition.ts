// Conditions on person, record and surroundings as data, and the Cedar they mean. Each is written so that it cannot err. Keeps access-154.
import { Fault, say } from '#kernel'
import { quoted } from './role.ts'

export type Condition =
  /** The amount of a deal: at most so much, or at most what the person may decide on. In minor units. */
  | { readonly is: 'amount'; readonly most: number | 'limit' }
  /** The region of the record: one of these, or one of the person's own. */
  | { readonly is: 'region'; readonly in: 'own' | readonly string[] }
  /** From one time of day up to another, in the tenant's zone, on some weekdays (1 Monday to 7); past midnight where from is later. */
  | { readonly is: 'hours'; readonly from: string; readonly to: string; readonly days: readonly number[] }
  /** The address of the peer lies in one of these networks. */
  | { readonly is: 'network'; readonly ranges: readonly string[] }
  /** A second factor was passed; at most so many minutes ago. */
  | { readonly is: 'mfa'; readonly minutes?: number }
  | { readonly is: 'device' }
  | { readonly is: 'purpose' }
  | { readonly is: 'channel'; readonly in: readonly string[] }
  /** A plain field of the record compared with a value. */
  | {
      readonly is: 'field'
      readonly field: string
      readonly op: 'eq' | 'ne' | 'lt' | 'lte' | 'gt' | 'gte' | 'in'
      readonly value: string | number | boolean | readonly string[]
    }

export const conditionKinds = [
  'amount',
  'region',
  'hours',
  'network',
  'mfa',
  'device',
  'purpose',
  'channel',
  'field',
] as const satisfies readonly Condition['is'][]

/** The Cedar of a condition. Throws policy-invalid where a value is none. */
export const conditionText = (condition: Condition): string => {
  switch (condition.is) {
    case 'amount':
      return condition.most === 'limit'
        ? '!(resource has amount) || principal has dealLimit && resource has amount && resource.amount <= principal.dealLimit'
        : `!(resource has amount) || resource has amount && resource.amount <= ${whole(condition.most)}`
    case 'region':
      return condition.in === 'own'
        ? 'principal has regions && resource has region && principal.regions.contains(resource.region)'
        : `resource has region && ${list(condition.in)}.contains(resource.region)`
    case 'hours':
      return hoursText(condition)
    case 'network':
      return `context has ip && (${condition.ranges.map((range) => `context.ip.isInRange(ip(${quoted(range)}))`).join(' || ')})`
    case 'mfa':
      return condition.minutes === undefined
        ? 'context.mfa'
        : `context.mfa && context has mfaAge && context.mfaAge <= ${whole(condition.minutes * 60)}`
    case 'device':
      return 'context.deviceTrusted'
    case 'purpose':
      return 'context.purpose != ""'
    case 'channel':
      return `${list(condition.in)}.contains(context.channel)`
    case 'field':
      return fieldText(condition)
  }
}

const whole = (n: number): string => {
  if (!Number.isSafeInteger(n)) throw new Fault('policy-invalid', { what: 'a whole number is expected' })
  return String(n)
}

const list = (items: readonly string[]): string => `[${items.map(quoted).join(', ')}]`

const minutesOf = (text: string): number => {
  const [, hour = '', minute = ''] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text) ?? []
  if (hour === '')
    throw new Fault('policy-invalid', { what: say('{text} is no time of day (HH:MM)', { text: text.slice(0, 10) }) })
  return Number(hour) * 60 + Number(minute)
}

const hoursText = ({ from, to, days }: Extract<Condition, { is: 'hours' }>): string => {
  const [start, end] = [minutesOf(from), minutesOf(to)]
  const now = 'context.hour * 60 + context.minute'
  const time =
    start <= end
      ? `${now} >= ${whole(start)} && ${now} < ${whole(end)}`
      : `(${now} >= ${whole(start)} || ${now} < ${whole(end)})`
  return days.length === 7 ? time : `[${days.map(whole).join(', ')}].contains(context.weekday) && ${time}`
}

const signs = { eq: '==', ne: '!=', lt: '<', lte: '<=', gt: '>', gte: '>=' } as const

const fieldText = ({ field, op, value }: Extract<Condition, { is: 'field' }>): string => {
  if (!/^[A-Za-z][A-Za-z0-9]*$/.test(field)) throw new Fault('policy-invalid', { what: 'there is no such field' })
  const has = `resource has ${field}`
  if (op === 'in') {
    if (!isTexts(value))
      throw new Fault('policy-invalid', { what: say('{where}: a list of texts is expected', { where: field }) })
    return `${has} && ${list(value)}.contains(resource.${field})`
  }
  if (isTexts(value))
    throw new Fault('policy-invalid', { what: say('{where}: one value is expected', { where: field }) })
  const right = typeof value === 'number' ? whole(value) : typeof value === 'string' ? quoted(value) : String(value)
  return `${has} && resource.${field} ${signs[op]} ${right}`
}

const isTexts = (value: unknown): value is readonly string[] => Array.isArray(value)
