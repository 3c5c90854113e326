// One cell as the value of one field: typed, checked, or refused with a reason. Text is kept as it stands. Keeps crm-7, crm-9, crm-10.
import type { Field } from '#kernel'
import { type FieldValue, normalText } from '#vault'
import { creditCodeValid, nationalIdValid } from './checkdigit.ts'
import { readChoice } from './choice.ts'
import type { DayOrder } from './date.ts'
import { readDate, readMoment } from './date.ts'
import { readInteger, readMoney } from './number.ts'
import type { Reason } from './reason.ts'
import { values } from './reason.ts'

export interface ReadContext {
  readonly order: DayOrder | null
  /** Minutes east of UTC of moments without a zone. */
  readonly offset: number
  /** How the file separates several values; null: any usual sign. `exact`: our own escaped form. */
  readonly tags: RegExp | 'exact'
}

export type ReadValue = { readonly value: FieldValue; readonly warning?: Reason } | { readonly refused: Reason }

/** The value of a cell that is not empty. Links come back as the text that names them. */
export const readValue = (field: Field, text: string, context: ReadContext): ReadValue => {
  switch (field.kind) {
    case 'money':
      return readMoney(text)
    case 'integer':
      return field.options ? level(field, text) : readInteger(text)
    case 'date':
      return readDate(text, context.order)
    case 'datetime':
      return readMoment(text, context.order, context.offset)
    case 'boolean':
      return readBoolean(text)
    case 'choice':
      return choice(field, text)
    case 'tags':
      return { value: readTags(text, context.tags) }
    case 'phone':
      return number(field, text.trim().replace(/^'(?=[+\d])/, ''))
    case 'idnumber':
      return idNumber(field, text.trim())
    case 'bankcard':
      return number(field, text.trim())
    case 'email':
      return email(field, text.trim())
    case 'link':
      return { value: text.trim() }
    default:
      return text.length > field.maxLength ? { refused: values.tooLong(field.maxLength) } : { value: text }
  }
}

const yes = new Set(['是', '真', '对', '有', 'true', 'yes', 'y', 't', '1', 'on', '√', '✓', 'x'])
const no = new Set(['否', '假', '错', '无', 'false', 'no', 'n', 'f', '0', 'off', '×', '✗', '-'])

export const readBoolean = (text: string): { readonly value: boolean } | { readonly refused: Reason } => {
  const word = normalText(text)
  if (yes.has(word)) return { value: true }
  return no.has(word) ? { value: false } : { refused: values.boolean }
}

/** A whole number that has names: read by its name too. */
const level = (field: Field, text: string): ReadValue => {
  const found = readChoice(field, text)
  return found ? { value: Number(found.value) } : { refused: values.choice }
}

const choice = (field: Field, text: string): ReadValue => {
  const found = readChoice(field, text)
  if (found) return { value: found.value }
  const other = field.options?.find((option) => option.value === 'other')
  return other ? { value: other.value, warning: values.otherChoice } : { refused: values.choice }
}

const anySign = /[|,;，；、\n]/

const readTags = (text: string, sign: RegExp | 'exact'): readonly string[] => {
  const parts = sign === 'exact' ? splitTags(text) : text.split(sign).map((tag) => tag.trim())
  return [...new Set(parts.filter((tag) => tag !== ''))]
}

export const usualTags = anySign

/** Tags as one cell: joined with |, where | and \ within a tag are written \| and \\. */
export const joinTags = (tags: readonly string[]): string =>
  tags.map((tag) => tag.replaceAll(/[\\|]/g, (sign) => `\\${sign}`)).join('|')

export const splitTags = (cell: string): readonly string[] =>
  cell === ''
    ? []
    : [...cell.matchAll(/((?:\\[\s\S]|[^|\\])*)(?:\||$)/g)]
        .slice(0, -1)
        .map((match) => (match[1] ?? '').replaceAll(/\\([\s\S])/g, '$1'))

const damaged = /^\d(?:\.\d+)?e\+?\d+$/i

/** Whether a spreadsheet has rounded a long number. */
export const looksDamaged = (text: string): boolean => damaged.test(text.trim())

const masked = /\*{2,}|[•●＊×]{2,}|x{4,}/i

const number = (field: Field, text: string): ReadValue => {
  if (looksDamaged(text)) return { refused: values.damaged }
  if (masked.test(text) && /\d/.test(text)) return { refused: values.masked }
  return text.length > field.maxLength ? { refused: values.tooLong(field.maxLength) } : { value: text }
}

const idNumber = (field: Field, text: string): ReadValue => {
  const read = number(field, text)
  if ('refused' in read) return read
  if (field.name === 'nationalId' && /^\d{17}[\dx]$/i.test(text) && !nationalIdValid(text))
    return { ...read, warning: values.nationalId }
  if (field.name === 'taxId' && /^[0-9a-z]{18}$/i.test(text) && !creditCodeValid(text))
    return { ...read, warning: values.creditCode }
  return read
}

const email = (field: Field, text: string): ReadValue => {
  const address = text.replace(/^mailto:/i, '')
  if (masked.test(address) && address.includes('*')) return { refused: values.masked }
  if (!/^[^\s@]+@[^\s@]+$/.test(address)) return { refused: values.email }
  return address.length > field.maxLength ? { refused: values.tooLong(field.maxLength) } : { value: address }
}
