// The numbers with a meaning: decimal (four digits), datetime and duration (milliseconds). Texts are parsed as Cedar RFC 80 says. Keeps access-2.
import { fits } from './value.ts'

/** A decimal number with four digits after the point, as a whole number of ten-thousandths. */
export class Decimal {
  readonly units: bigint
  constructor(units: bigint) {
    this.units = units
  }
  equals(other: Decimal): boolean {
    return this.units === other.units
  }
  toString(): string {
    const abs = this.units < 0n ? -this.units : this.units
    const fraction = (abs % 10_000n)
      .toString()
      .padStart(4, '0')
      .replace(/0{1,3}$/, '')
    return `${this.units < 0n ? '-' : ''}${(abs / 10_000n).toString()}.${fraction}`
  }
}

/** A moment: milliseconds since 1970 in UTC. */
export class Datetime {
  readonly ms: bigint
  constructor(ms: bigint) {
    this.ms = ms
  }
  equals(other: Datetime): boolean {
    return this.ms === other.ms
  }
}

/** A length of time in milliseconds. */
export class Duration {
  readonly ms: bigint
  constructor(ms: bigint) {
    this.ms = ms
  }
  equals(other: Duration): boolean {
    return this.ms === other.ms
  }
}

export const parseDecimal = (text: string): Decimal | undefined => {
  const found = /^(-?)(\d+)\.(\d{1,4})$/.exec(text)
  if (!found) return undefined
  const abs = BigInt((found[2] ?? '') + (found[3] ?? '').padEnd(4, '0'))
  const units = found[1] === '-' ? -abs : abs
  return fits(units) ? new Decimal(units) : undefined
}

const dayMs = 86_400_000n
const shape = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d):(\d\d)(?:\.(\d{3}))?(?:Z|([+-])(\d\d)(\d\d)))?$/

export const parseDatetime = (text: string): Datetime | undefined => {
  const found = shape.exec(text)
  if (!found) return undefined
  const n = (i: number): number => Number(found[i] ?? '0')
  const [year, month, day, hour, minute, second] = [n(1), n(2), n(3), n(4), n(5), n(6)]
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined
  if (hour > 23 || minute > 59 || second > 59 || n(9) > 23 || n(10) > 59) return undefined
  const local = daysSince1970(year, month, day) * 86_400_000 + ((hour * 60 + minute) * 60 + second) * 1000 + n(7)
  // What the clock shows is UTC plus the offset, so a place east of Greenwich (+) is subtracted.
  const offset = (found[8] === '-' ? -1 : 1) * (n(9) * 60 + n(10)) * 60_000
  return new Datetime(BigInt(local - offset))
}

const daysIn = (year: number, month: number): number =>
  month === 2
    ? year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
      ? 29
      : 28
    : [4, 6, 9, 11].includes(month)
      ? 30
      : 31

/** Days of the proleptic Gregorian calendar; Date cannot be asked, it reads the years 0 to 99 as 1900 to 1999. */
const daysSince1970 = (year: number, month: number, day: number): number => {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
}

const parts = [
  [/^(\d+)d/, 86_400_000n],
  [/^(\d+)h/, 3_600_000n],
  [/^(\d+)m(?!s)/, 60_000n],
  [/^(\d+)s/, 1000n],
  [/^(\d+)ms/, 1n],
] as const

export const parseDuration = (text: string): Duration | undefined => {
  const sign = text.startsWith('-') ? -1n : 1n
  let rest = sign < 0n ? text.slice(1) : text
  if (rest === '') return undefined
  let total = 0n
  for (const [pattern, unit] of parts) {
    const found = pattern.exec(rest)
    if (!found) continue
    const count = sign * BigInt(found[1] ?? '0')
    total += count * unit
    if (!fits(count) || !fits(count * unit) || !fits(total)) return undefined
    rest = rest.slice(found[0].length)
  }
  return rest === '' ? new Duration(total) : undefined
}

/** Midnight before or at a moment; undefined where that is before the first moment there is. */
export const toDate = (at: Datetime): Datetime | undefined => {
  const ms = at.ms - timeOfDay(at)
  return fits(ms) ? new Datetime(ms) : undefined
}

export const toTime = (at: Datetime): Duration => new Duration(timeOfDay(at))

/** Never negative: half a day before 1970 began is noon. */
const timeOfDay = (at: Datetime): bigint => ((at.ms % dayMs) + dayMs) % dayMs
