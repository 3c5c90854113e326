// How values look: money, numbers, dates and sizes in the language on screen. A date without a zone never moves by a day.
import type { Language } from './contract.ts'

const locale = (language: Language): string => (language === 'zh' ? 'zh-CN' : 'en-GB')
const memo = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>()

const numbers = (language: Language, options: Intl.NumberFormatOptions): Intl.NumberFormat => {
  const key = `n${language}${JSON.stringify(options)}`
  const known = memo.get(key)
  if (known instanceof Intl.NumberFormat) return known
  const made = new Intl.NumberFormat(locale(language), options)
  memo.set(key, made)
  return made
}
/** Chinese texts have dates as 2026-11-24, which is how the Swedish locale writes them. */
const dates = (language: Language, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat => {
  const key = `d${language}${JSON.stringify(options)}`
  const known = memo.get(key)
  if (known instanceof Intl.DateTimeFormat) return known
  const made = new Intl.DateTimeFormat(language === 'zh' ? 'sv-SE' : 'en-GB', options)
  memo.set(key, made)
  return made
}

/** Minor units with currency and two decimals. */
export const money = (minor: number, currency: string, language: Language): string =>
  numbers(language, { style: 'currency', currency, currencyDisplay: 'narrowSymbol', minimumFractionDigits: 2 }).format(
    minor / 100,
  )

/** A sum in few characters, for charts and column heads: ¥1.2M, ¥120万. */
export const shortMoney = (minor: number, currency: string, language: Language): string =>
  numbers(language, {
    style: 'currency',
    currency,
    currencyDisplay: 'narrowSymbol',
    notation: 'compact',
    maximumFractionDigits: 1,
    minimumFractionDigits: 0,
  }).format(minor / 100)

export const whole = (value: number, language: Language): string => numbers(language, {}).format(value)

/** A count that may have stopped at the cap: 1,000+. */
export const counted = (count: number, capped: boolean, language: Language): string =>
  `${whole(count, language)}${capped ? '+' : ''}`

const monthOf = (language: Language): '2-digit' | 'short' => (language === 'zh' ? '2-digit' : 'short')

/** YYYY-MM-DD, shown as that very day wherever one is. */
export const day = (value: string, language: Language): string => {
  const at = Date.parse(`${value}T00:00:00Z`)
  if (Number.isNaN(at)) return value
  return dates(language, { timeZone: 'UTC', year: 'numeric', month: monthOf(language), day: '2-digit' }).format(at)
}

/** Day and minute; English texts leave out the year while it is the present one. */
export const moment = (value: string, language: Language): string => {
  const at = Date.parse(value)
  if (Number.isNaN(at)) return value
  const thisYear = new Date(at).getFullYear() === new Date().getFullYear()
  return dates(language, {
    ...(language === 'en' && thisYear ? {} : { year: 'numeric' }),
    month: monthOf(language),
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hour12: false,
  }).format(at)
}

/** To the second, for journals. */
export const instant = (value: string, language: Language): string => {
  const at = Date.parse(value)
  if (Number.isNaN(at)) return value
  return dates(language, {
    year: 'numeric',
    month: monthOf(language),
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hour12: false,
  }).format(at)
}

/** How long ago, in one word. */
export const ago = (value: string, language: Language): string => {
  const seconds = (Date.parse(value) - Date.now()) / 1000
  const relative = new Intl.RelativeTimeFormat(locale(language), {
    numeric: 'auto',
    // The long form says 秒钟前, which nobody does.
    style: language === 'zh' ? 'short' : 'long',
  })
  const steps: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
    ['year', 31_536_000],
    ['month', 2_592_000],
    ['day', 86_400],
    ['hour', 3600],
    ['minute', 60],
  ]
  for (const [unit, length] of steps)
    if (Math.abs(seconds) >= length) return relative.format(Math.round(seconds / length), unit)
  return relative.format(Math.round(seconds), 'second')
}

export const bytes = (value: number, language: Language): string => {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const step = Math.min(units.length - 1, value < 1 ? 0 : Math.floor(Math.log2(value) / 10))
  return `${numbers(language, { maximumFractionDigits: step === 0 ? 0 : 1 }).format(value / 1024 ** step)} ${units[step] ?? ''}`
}

export const seconds = (value: number, language: Language): string =>
  `${numbers(language, { maximumFractionDigits: value < 10 ? 1 : 0 }).format(value)} s`

/** Today where the person is, as YYYY-MM-DD. */
export const today = (): string => {
  const now = new Date()
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`
}

/** Two letters for a face: the last two of a Chinese name, initials of others. */
export const initials = (name: string): string => {
  const letters = (text: string): string[] =>
    Array.from(new Intl.Segmenter().segment(text.trim()), (each) => each.segment)
  if (/\p{Script=Han}/u.test(name)) return letters(name).slice(-2).join('')
  return name
    .trim()
    .split(/\s+/)
    .slice(0, 2)
    .map((word) => letters(word)[0] ?? '')
    .join('')
    .toUpperCase()
}
