// Why a row or a value is refused, in two languages: names and numbers only, never the value itself. Keeps crm-12.
import type { Field, Label } from '#kernel'

export type Reason = Label

const say = (zh: string, en: string): Reason => ({ zh, en })

export const reasons = {
  width: (found: number, wanted: number): Reason =>
    say(
      `该行有 ${String(found)} 列，表头有 ${String(wanted)} 列`,
      `the row has ${String(found)} columns, the heading has ${String(wanted)}`,
    ),
  longRow: (limit: number): Reason =>
    say(
      `该行超过 ${String(limit)} 个字符，可能有未闭合的引号`,
      `the row is longer than ${String(limit)} characters; perhaps a quote is not closed`,
    ),
  quotes: say('引号未闭合或位置错误', 'a quote is not closed or stands in the wrong place'),
  nul: say('该行含有 NUL 字节', 'the row holds a NUL byte'),
  deleted: say('来源系统已将该记录删除或作废', 'the record was deleted in the system it comes from'),
  twice: (line: number): Reason => say(`编号与第 ${String(line)} 行重复`, `the same id stands on line ${String(line)}`),
  undecodable: (heading: string, place: number): Reason =>
    say(
      `第 ${String(place)} 列（${heading.slice(0, 40)}）无法用所给的旧密钥解密`,
      `column ${String(place)} (${heading.slice(0, 40)}) does not decode under the old key`,
    ),
  noAccount: say('找不到该客户，且未选择自动创建', 'the account does not exist, and creating it was not chosen'),
}

/** A reason that names the field it is about. */
export const about = (field: Field, reason: Reason): Reason =>
  say(`${field.label.zh}：${reason.zh}`, `${field.label.en}: ${reason.en}`)

export const values = {
  damaged: say('数字已被表格软件损坏（科学计数法）', 'the number was damaged by a spreadsheet (scientific notation)'),
  masked: say('号码已脱敏，不是完整号码', 'the number is masked, not whole'),
  tooLong: (limit: number): Reason => say(`超过 ${String(limit)} 个字符`, `longer than ${String(limit)} characters`),
  email: say('不是邮箱地址', 'not an e-mail address'),
  number: say('不是数字', 'not a number'),
  whole: say('不是整数', 'not a whole number'),
  cents: say('小数超过两位', 'more than two decimals'),
  big: say('数字过大', 'the number is too large'),
  boolean: say('不是“是”或“否”', 'neither yes nor no'),
  choice: say('不在可选值之内', 'not among the choices'),
  date: say('不是可识别的日期', 'not a date that can be read'),
  noSuchDay: say('该日期不存在', 'there is no such day'),
  ambiguous: say(
    '日月顺序不明确，请选择该列的日期格式',
    'day and month cannot be told apart; choose the date format of the column',
  ),
  zone: say('时区自相矛盾', 'the time zone contradicts itself'),
  nationalId: say('身份证号校验位不正确', 'the check digit of the identity number is wrong'),
  creditCode: say('统一社会信用代码校验位不正确', 'the check digit of the registration number is wrong'),
  otherChoice: say('不在可选值之内，已记为“其他”', 'not among the choices, stored as other'),
  created: say('创建时间无法识别，已记为导入时间', 'the time of creation cannot be read; the time of import is stored'),
  noSuchLink: say('找不到所指的记录，已留空', 'the record it points to does not exist, left empty'),
}
