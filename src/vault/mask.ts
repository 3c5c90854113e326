// Masks: what a principal with view but without unmask sees of a value. The server cuts; the plain value never leaves it. Keeps vault-5.
import type { Field } from '#kernel'
import type { FieldValue } from './vault.ts'

/** The mask of a value; of nothing, nothing. */
export const mask = (field: Field, value: FieldValue): FieldValue => {
  if (value === null) return null
  if (typeof value !== 'string') return '***'
  switch (field.kind) {
    case 'phone':
      return maskPhone(value)
    case 'email':
      return maskEmail(value)
    case 'name':
      return maskName(value)
    case 'idnumber':
      return keep(value, value.length >= 15 ? 3 : 1, value.length >= 15 ? 4 : 1)
    case 'date':
      return '****-**-**'
    default:
      return keep(value, Math.min(2, Math.floor(value.length / 4)), 0)
  }
}

const keep = (text: string, head: number, tail: number): string => {
  const letters = Array.from(text)
  if (letters.length <= head + tail) return '*'.repeat(Math.max(letters.length, 3))
  return letters.slice(0, head).join('') + '*'.repeat(4) + (tail > 0 ? letters.slice(-tail).join('') : '')
}

/** 13800138001 → 138****8001; other numbers keep their last two digits. */
const maskPhone = (text: string): string => {
  const digits = text.replaceAll(/\D/gu, '')
  const local = digits.length === 13 && digits.startsWith('86') ? digits.slice(2) : digits
  if (/^1\d{10}$/u.test(local)) return `${local.slice(0, 3)}****${local.slice(-4)}`
  return digits.length >= 7 ? `****${digits.slice(-2)}` : '****'
}

const maskEmail = (text: string): string => {
  const at = text.lastIndexOf('@')
  return `${Array.from(text.slice(0, at))[0] ?? ''}***${text.slice(at)}`
}

const maskName = (text: string): string => {
  const [first] = Array.from(text)
  return `${first ?? ''}**`
}
