// Whole numbers and money as people write them: separators, signs of currencies, 万 and 亿; money becomes minor units. Keeps crm-9.
import type { Reason } from './reason.ts'
import { values } from './reason.ts'

type Read = { readonly value: number } | { readonly refused: Reason }

/** Money in minor units (hundredths). */
export const readMoney = (text: string): Read => {
  const decimal = decimalOf(text)
  if (decimal === null) return { refused: values.number }
  const cents = shift(decimal, 2)
  if (cents === null) return { refused: values.cents }
  return Number.isSafeInteger(cents) ? { value: cents } : { refused: values.big }
}

export const readInteger = (text: string): Read => {
  const decimal = decimalOf(text)
  if (decimal === null) return { refused: values.number }
  const whole = shift(decimal, 0)
  if (whole === null) return { refused: values.whole }
  return Number.isSafeInteger(whole) ? { value: whole } : { refused: values.big }
}

/** Minor units as the decimal text an export holds. */
export const moneyText = (minor: number): string => {
  const digits = String(Math.abs(minor)).padStart(3, '0')
  return `${minor < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`
}

interface Decimal {
  readonly negative: boolean
  readonly digits: string
  /** Power of ten of the last digit. */
  readonly exponent: number
}

const shape = /^(\d+)(?:\.(\d*))?(?:e([+-]?\d{1,2}))?$/

const decimalOf = (raw: string): Decimal | null => {
  let text = raw.normalize('NFKC').trim().toLowerCase()
  let negative = false
  if (/^\(.*\)$/.test(text)) {
    negative = true
    text = text.slice(1, -1)
  }
  text = text.replaceAll(/[\s'’]|[¥$€£₩]|rmb|cny|usd|eur|hkd|us|元|圆/g, '')
  let power = 0
  const unit = /(万|亿|k|m)$/.exec(text)?.[1]
  if (unit !== undefined) {
    power = { 万: 4, 亿: 8, k: 3, m: 6 }[unit] ?? 0
    text = text.slice(0, -1)
  }
  if (/^[+-]/.test(text)) {
    negative = negative !== text.startsWith('-')
    text = text.slice(1)
  }
  text = pointed(text)
  const match = shape.exec(text)
  if (!match) return null
  const fraction = match[2] ?? ''
  return { negative, digits: (match[1] ?? '') + fraction, exponent: Number(match[3] ?? 0) + power - fraction.length }
}

/** One point as decimal mark: 1,234.56 and 1.234,56 and 12,5 and 1,234. */
const pointed = (text: string): string => {
  if (/^\d{1,3}(?:,\d{3})+(?:\.\d*)?$/.test(text) || /^\d{1,3}(?:,\d{2})*,\d{3}(?:\.\d*)?$/.test(text))
    return text.replaceAll(',', '')
  if (/^\d{1,3}(?:\.\d{3})+,\d+$/.test(text) || /^\d{1,3}(?:\.\d{3}){2,}$/.test(text))
    return text.replaceAll('.', '').replace(',', '.')
  if (/^\d+,\d{1,2}$/.test(text)) return text.replace(',', '.')
  return text
}

/** The number times ten to the places, where that is whole. */
const shift = (decimal: Decimal, places: number): number | null => {
  const digits = decimal.digits.replace(/^0+(?=\d)/, '')
  const power = decimal.exponent + places
  if (power >= 0) return power > 20 ? Number.POSITIVE_INFINITY : signed(decimal, `${digits}${'0'.repeat(power)}`)
  const kept = digits.length + power
  const tail = digits.slice(Math.max(kept, 0))
  if (/[1-9]/.test(tail)) return null
  return signed(decimal, kept > 0 ? digits.slice(0, kept) : '0')
}

const signed = (decimal: Decimal, digits: string): number => {
  const value = Number(digits)
  return decimal.negative && value !== 0 ? -value : value
}
