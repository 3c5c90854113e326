// Dates and moments as people write them. A column has one order of day and month; what stays ambiguous is refused. Keeps crm-8.
import type { Reason } from './reason.ts'
import { values } from './reason.ts'

export type DayOrder = 'dmy' | 'mdy'

/** What a column's values say about the order of day and month. */
export interface OrderEvidence {
  dmy: boolean
  mdy: boolean
  ambiguous: boolean
}

export type Read<T> = { readonly value: T } | { readonly refused: Reason }

interface Parts {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly rest: string
}

/** YYYY-MM-DD as written, whatever the zone beside it. */
export const readDate = (text: string, order: DayOrder | null): Read<string> => {
  const parts = partsOf(text, order)
  if ('refused' in parts) return parts
  const moment = timeOf(parts.value.rest)
  if ('refused' in moment) return moment
  return { value: iso(parts.value) }
}

/** A moment in UTC; without a zone it is read in `offset` minutes east of UTC. */
export const readMoment = (text: string, order: DayOrder | null, offset: number): Read<string> => {
  const parts = partsOf(text, order)
  if ('refused' in parts) return parts
  const time = timeOf(parts.value.rest)
  if ('refused' in time) return time
  const { year, month, day } = parts.value
  const { hours, minutes, seconds, milliseconds, zone } = time.value
  const at = Date.UTC(year, month - 1, day, hours, minutes, seconds, milliseconds) - (zone ?? offset) * 60_000
  return { value: new Date(at).toISOString() }
}

/** Adds what one value tells about its column. */
export const weighOrder = (text: string, evidence: OrderEvidence): void => {
  const match = slashed.exec(text.normalize('NFKC').trim())
  if (!match) return
  const a = Number(match[1])
  const b = Number(match[2])
  if (a > 12 && b <= 12) evidence.dmy = true
  else if (b > 12 && a <= 12) evidence.mdy = true
  else if (a !== b) evidence.ambiguous = true
}

/** The order the evidence leaves: null where it is not certain. */
export const orderOf = (evidence: OrderEvidence): DayOrder | null =>
  evidence.dmy === evidence.mdy ? null : evidence.dmy ? 'dmy' : 'mdy'

const ordered = /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:$|[T ,]+(.*)$)/i
const chinese = /^(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*[日号]?\s*(.*)$/
const compact = /^(\d{4})(\d{2})(\d{2})(?:T?(\d{2})(\d{2})(\d{2}))?$/
const slashed = /^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?:$|[T ,]+(.*)$)/i
const dayFirst = /^(\d{1,2})(?:st|nd|rd|th)?[ \-.]([a-z]{3,9})\.?[ \-,]+(\d{4})(?:$|[ ,]+(.*)$)/i
const monthFirst = /^([a-z]{3,9})\.?[ -](\d{1,2})(?:st|nd|rd|th)?,?[ -]+(\d{4})(?:$|[ ,]+(.*)$)/i
const serial = /^\d{5}(?:\.\d+)?$/

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

const partsOf = (raw: string, order: DayOrder | null): Read<Parts> => {
  const text = raw.normalize('NFKC').trim()
  let match = chinese.exec(text) ?? ordered.exec(text)
  if (match) return day(match[1], match[2], match[3], match[4])
  match = serial.test(text) ? null : compact.exec(text)
  if (match) return day(match[1], match[2], match[3], match[4] ? `${match[4]}:${match[5] ?? ''}:${match[6] ?? ''}` : '')
  match = dayFirst.exec(text)
  if (match) return day(match[3], monthNumber(match[2]), match[1], match[4])
  match = monthFirst.exec(text)
  if (match) return day(match[3], monthNumber(match[1]), match[2], match[4])
  match = slashed.exec(text)
  if (match) {
    const [, a, b, year, rest] = match
    if (order === null && a !== b && Number(a) !== Number(b)) return { refused: values.ambiguous }
    return order === 'dmy' ? day(year, b, a, rest) : day(year, a, b, rest)
  }
  if (serial.test(text)) return fromSerial(Number(text))
  return { refused: values.date }
}

const monthNumber = (name: string | undefined): string =>
  String(months.indexOf((name ?? '').slice(0, 3).toLowerCase()) + 1)

const day = (
  y: string | undefined,
  m: string | undefined,
  d: string | undefined,
  rest: string | undefined,
): Read<Parts> => {
  const year = Number(y)
  const month = Number(m)
  const dayOfMonth = Number(d)
  const date = new Date(Date.UTC(year, month - 1, dayOfMonth))
  const real = date.getUTCMonth() === month - 1 && date.getUTCDate() === dayOfMonth && year >= 1000
  return real ? { value: { year, month, day: dayOfMonth, rest: (rest ?? '').trim() } } : { refused: values.noSuchDay }
}

/** The day number of spreadsheets: 1 is 1900-01-01, and the day 60 that never was is skipped by starting at 30 December 1899. */
const fromSerial = (number: number): Read<Parts> => {
  if (number < 10_000 || number > 80_000) return { refused: values.date }
  const at = new Date(Date.UTC(1899, 11, 30) + Math.round(number * 86_400) * 1000)
  const rest = Number.isInteger(number) ? '' : at.toISOString().slice(11, 19)
  return { value: { year: at.getUTCFullYear(), month: at.getUTCMonth() + 1, day: at.getUTCDate(), rest } }
}

interface Time {
  readonly hours: number
  readonly minutes: number
  readonly seconds: number
  readonly milliseconds: number
  readonly zone: number | null
}

const clock = /^(上午|下午)?\s*(\d{1,2})(?::(\d{2}))?(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(am|pm)?\s*(.*)$/i

const timeOf = (text: string): Read<Time> => {
  const none: Time = { hours: 0, minutes: 0, seconds: 0, milliseconds: 0, zone: null }
  if (text === '') return { value: none }
  const match = clock.exec(text)
  if (!match) return { refused: values.date }
  const [, half, h, m = '0', s = '0', fraction = '0', suffix, tail = ''] = match
  const zone = zoneOf(tail)
  if (zone !== null && typeof zone !== 'number') return zone
  let hours = Number(h)
  const afternoon = half === '下午' || suffix?.toLowerCase() === 'pm'
  const morning = half === '上午' || suffix?.toLowerCase() === 'am'
  if (afternoon && hours < 12) hours += 12
  if (morning && hours === 12) hours = 0
  const [minutes, seconds] = [Number(m), Number(s)]
  if (hours > 23 || minutes > 59 || seconds > 59) return { refused: values.date }
  return { value: { hours, minutes, seconds, milliseconds: Number(fraction.padEnd(3, '0').slice(0, 3)), zone } }
}

const zoneOf = (text: string): number | null | { readonly refused: Reason } => {
  if (text === '') return null
  if (/^(?:z|utc|gmt)$/i.test(text)) return 0
  const match = /^(?:utc|gmt)?\s*([+-])(\d{2}):?(\d{2})?$/i.exec(text)
  if (match) {
    const minutes = Number(match[2]) * 60 + Number(match[3] ?? '0')
    if (minutes > 14 * 60) return { refused: values.date }
    return match[1] === '-' ? -minutes : minutes
  }
  // A Z and an offset beside it cannot both be true.
  return { refused: /^z\s*[+-]\d/i.test(text) ? values.zone : values.date }
}

const iso = (parts: Parts): string =>
  `${String(parts.year).padStart(4, '0')}-${String(parts.month).padStart(2, '0')}-${String(parts.day).padStart(2, '0')}`
