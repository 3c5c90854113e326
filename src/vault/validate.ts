// What a field may hold: a value from outside becomes the value that is stored, or a reason why not. Keeps vault-3.
import { Fault, type Field, isUuid, type RecordType } from '#kernel'
import type { Values } from './row.ts'
import type { FieldValue } from './vault.ts'

/** A reason in both languages; holds no value. */
export interface Refusal {
  readonly zh: string
  readonly en: string
}

export type Checked = { readonly value: FieldValue } | { readonly refusal: Refusal }

const refuse = (zh: string, en: string): Checked => ({ refusal: { zh, en } })

/** Checks one value against its field. Text is kept as it is, byte for byte; an empty text is no value. */
export const checkValue = (field: Field, value: unknown): Checked => {
  if (value === undefined || value === null || value === '') {
    return field.required ? refuse('必填', 'a value is required') : { value: null }
  }
  switch (field.kind) {
    case 'boolean':
      return typeof value === 'boolean' ? { value } : refuse('应为是或否', 'expected true or false')
    case 'money':
    case 'integer':
      if (typeof value !== 'number' || !Number.isSafeInteger(value))
        return refuse('应为整数', 'expected a whole number (money in minor units)')
      return isOption(field, String(value)) ? { value } : refuse('不在可选项之内', 'not one of the options')
    case 'link':
      return isUuid(value) ? { value } : refuse('应为记录编号', 'expected the id of a record')
    case 'tags':
      return checkTags(field, value)
    default:
      return typeof value === 'string' ? checkText(field, value) : refuse('应为文本', 'expected text')
  }
}

/** Throws duties-apart where a record would hold two values that exclude each other. */
export const demandApart = (type: RecordType, values: Values): void => {
  if (!type.exclusive) return
  const held = type.exclusive.fields.flatMap((name) => values[name] ?? [])
  const groups = type.exclusive.values.filter((group) => group.some((value) => held.includes(value)))
  if (groups.length > 1) throw new Fault('duties-apart')
}

/** A field without options takes anything of its kind; what was retired is not given any more. */
const isOption = (field: Field, value: string): boolean =>
  field.options === undefined || field.options.some((option) => option.value === value && option.retired !== true)

const checkTags = (field: Field, value: unknown): Checked => {
  if (!Array.isArray(value) || value.length > 50) return refuse('应为至多 50 个标签', 'expected at most 50 tags')
  const tags = new Set<string>()
  for (const tag of value) {
    if (typeof tag !== 'string' || tag === '' || tag.length > 100 || badText(tag)) {
      return refuse('标签应为 1 至 100 个字符', 'a tag has 1 to 100 characters')
    }
    if (!isOption(field, tag)) return refuse('不在可选项之内', 'not one of the options')
    tags.add(tag)
  }
  return tags.size === 0 ? { value: null } : { value: [...tags] }
}

const badText = (text: string): boolean => text.includes('\0') || !text.isWellFormed()

const checkText = (field: Field, text: string): Checked => {
  if (text.includes('\0')) return refuse('含有空字符（NUL）', 'holds a NUL character')
  if (!text.isWellFormed()) return refuse('含有不完整的字符', 'holds a broken character')
  if (text.length > field.maxLength) {
    return refuse(`超过 ${String(field.maxLength)} 个字符`, `longer than ${String(field.maxLength)} characters`)
  }
  switch (field.kind) {
    case 'choice':
      return field.options !== undefined && isOption(field, text)
        ? { value: text }
        : refuse('不在可选项之内', 'not one of the options')
    case 'email':
      return /^[^\s@]+@[^\s@]+$/u.test(text) ? { value: text } : refuse('不是有效的邮箱', 'not an e-mail address')
    case 'phone':
      if (text.includes('*')) return refuse('号码已被脱敏，不能保存', 'the number is masked and cannot be stored')
      return isPhone(text) ? { value: text } : refuse('不是有效的电话号码', 'not a phone number')
    case 'bankcard':
      if (text.includes('*')) return refuse('账号已被脱敏，不能保存', 'the number is masked and cannot be stored')
      return isAccountNumber(text) ? { value: text } : refuse('不是有效的银行账号', 'not a bank account number')
    case 'date':
      return isDate(text) ? { value: text } : refuse('不是有效的日期（YYYY-MM-DD）', 'not a date (YYYY-MM-DD)')
    case 'datetime': {
      const at = /^\d{4}-\d\d-\d\dT/.test(text) ? new Date(text) : undefined
      return at && !Number.isNaN(at.getTime())
        ? { value: at.toISOString() }
        : refuse('不是有效的时间（ISO 8601）', 'not a time (ISO 8601)')
    }
    default:
      return { value: text }
  }
}

/**
 * Three digits at least, and no more than a word or two beside them: what people write in a column of phones (extensions, "转", names)
 * passes, ciphertext in base64 or hex does not, which a forgotten old cipher would otherwise bring in as numbers.
 */
const isPhone = (text: string): boolean => {
  const plain = text.normalize('NFKC')
  const digits = plain.match(/\d/gu)?.length ?? 0
  if (digits < 3 || /[\p{Cc}\ufffd]/u.test(plain.replaceAll(/[\t\r\n]/gu, ' '))) return false
  // A number that spells a word: 1-800-FLOWERS.
  if (/^\+?\d[\d\s().-]*[A-Z]{3,}$/iu.test(plain)) return true
  const wordsOf = (part: string): number => part.match(/[A-Z]+/giu)?.length ?? 0
  const letters = plain.match(/[A-Z]/giu)?.length ?? 0
  return (
    letters <= digits && wordsOf(plain) <= 3 && (plain.match(/[A-Z\d]+/giu) ?? []).every((run) => wordsOf(run) <= 2)
  )
}

// ISO 13616: an IBAN has at most 34 signs; account numbers of companies bear no check digit that all banks share.
const isAccountNumber = (text: string): boolean => {
  const number = text.normalize('NFKC').replaceAll(/[\s.-]/gu, '')
  return /^[\dA-Z]{5,34}$/iu.test(number) && (number.match(/\d/gu)?.length ?? 0) >= 5
}

const isDate = (text: string): boolean => {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false
  const at = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(at.getTime()) && at.toISOString().slice(0, 10) === text
}
