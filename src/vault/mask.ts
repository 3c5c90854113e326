// Masks: what a principal with view but without unmask sees of a value. The server cuts; the plain value never leaves it. Keeps vault-5, vault-150.
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
      return maskIdentity(value)
    case 'bankcard':
      return maskAccount(value)
    case 'address':
      return maskAddress(value)
    case 'date':
      return '****-**-**'
    case 'url':
      return '****'
    default:
      return maskText(value.normalize('NFKC'))
  }
}

/** The first and the last letters, where at least half of the text stays behind the mask. */
const keep = (text: string, head: number, tail: number): string => {
  const letters = Array.from(text)
  if (letters.length < 2 * (head + tail)) return stars
  return letters.slice(0, head).join('') + stars + (tail > 0 ? letters.slice(-tail).join('') : '')
}

const maskText = (text: string): string => keep(text, Math.min(2, Math.floor(signs(text).length / 4)), 0)

/** Letters and digits alone: how much of a value is shown is counted in them. */
const signs = (text: string): readonly string[] => text.normalize('NFKC').match(/[\p{L}\p{N}]/gu) ?? []

const stars = '****'

/** 13800138001 → 138****8001, of Chinese mobiles also with +86 or in full-width digits; of other numbers the last two digits. */
const maskPhone = (text: string): string => {
  const plain = text.normalize('NFKC').replace(/\s*(x|ext\.?|转|分机)\s*\d+$/iu, '')
  const digits = plain.replaceAll(/\D/gu, '')
  const local = digits.replace(/^(?:00)?86(?=1\d{10}$)/u, '')
  const abroad = /^\s*\+/u.test(plain) && local === digits
  if (!abroad && /^1[3-9]\d{9}$/u.test(local)) return `${local.slice(0, 3)}${stars}${local.slice(-4)}`
  return digits.length >= 7 ? `${stars}${digits.slice(-2)}` : stars
}

/** zhang.wei@example.com → z***@example.com; a local part of one or two letters is not told at all. */
const maskEmail = (text: string): string => {
  const at = text.lastIndexOf('@')
  const local = Array.from(text.slice(0, Math.max(at, 0)))
  return `${local.length > 2 ? (local[0] ?? '') : ''}***${at < 0 ? '' : text.slice(at)}`
}

// The surnames of two characters that are common enough to be met; one character of them is no surname.
const double =
  /^(?:欧阳|司马|上官|诸葛|东方|皇甫|尉迟|公孙|慕容|令狐|司徒|司空|夏侯|端木|南宫|西门|长孙|宇文|轩辕|独孤|百里|呼延|东郭|闻人|钟离|淳于|单于|申屠|公冶|濮阳|澹台|赫连|鲜于|闾丘|太史|第五)(?=\p{Script=Han})/u

/** 张伟 → 张**, 欧阳娜 → 欧阳**, Maria Lopez → M**; a name of one letter is not told. A sign that stands for several, as ㌀, is those. */
const maskName = (text: string): string => {
  const plain = text.normalize('NFKC').trim()
  const letters = Array.from(plain)
  if (letters.length < 2) return '**'
  return `${double.exec(plain)?.[0] ?? letters[0] ?? ''}**`
}

/** Chinese identity numbers and credit codes keep three and four signs, other numbers their last two, short ones nothing. */
const maskIdentity = (text: string): string => {
  const number = signs(text)
  if (number.length >= 15) return keep(number.join(''), 3, 4)
  return number.length >= 8 ? keep(number.join(''), 0, 2) : stars
}

/** The last four signs of accounts and cards (what banks print on slips), the last two of short ones. */
const maskAccount = (text: string): string => {
  const number = signs(text)
  return number.length >= 12 ? keep(number.join(''), 0, 4) : number.length >= 8 ? keep(number.join(''), 0, 2) : stars
}

const province = /^(?:中国)?(?:\p{Script=Han}{2,7}?(?:省|自治区|特别行政区)|(?:北京|上海|天津|重庆)市?)/u
const city = /^\p{Script=Han}{1,6}?(?:市|自治州|地区|盟)/u

/** Of Chinese addresses province and city, of others nothing: what comes first there is the house. */
const maskAddress = (text: string): string => {
  const plain = text.trim()
  const found = province.exec(plain)?.[0] ?? ''
  const next = city.exec(plain.slice(found.length).trimStart())?.[0] ?? ''
  return `${found}${next}${stars}`
}
