// What somebody who holds a copy of the database, but no key, learns of each field, in words: of plain fields, of sealed ones, and of sealed
// ones that are searched. Keeps vault-64.
import type { Field, Label, RecordType } from '#kernel'
import { fieldPolicy, type Mode, type SearchPolicy } from './search-policy.ts'

/** everything: the value. index: what the tokens of the search index tell. shape: no more than what a sealed cell shows. */
export type Learns = 'everything' | 'index' | 'shape'

export const learnsOf = (field: Field, policy: SearchPolicy): Learns => {
  if (field.storage === 'plain') return 'everything'
  return policy.storage === 'database' && fieldPolicy(policy, field).modes.length > 0 ? 'index' : 'shape'
}

/** Sentences for people; never none. */
export const tellsOf = (type: RecordType, field: Field, policy: SearchPolicy): readonly Label[] => {
  if (field.storage === 'plain') return [value]
  const shape = sharesCell(type, field) ? shapeOfGroup : shapeOfField
  const { modes } = fieldPolicy(policy, field)
  if (modes.length === 0) return [shape]
  return [shape, ...(policy.storage === 'memory' ? [inMemory] : modes.map((mode) => tokens[mode]))]
}

/** What the columns beside the fields tell of every record. */
export const everyRecordTells: Label = {
  zh: '每条记录：存在与否、归属（负责人、团队、共享对象）、创建和修改的人员与时间、所属客户的内部编号，均为明文。',
  en: 'Of every record, in the clear: that it exists, whose it is (owner, team, whom it is shared with), who made and changed it and when, and the internal number of the customer it belongs to.',
}

/** Whether other fields of the type are sealed in the same cell. */
const sharesCell = (type: RecordType, field: Field): boolean =>
  type.fields.some((other) => other.id !== field.id && other.storage === 'sealed' && other.group === field.group)

const value: Label = {
  zh: '全部内容：值以明文存放（供排序、统计和权限判断），可直接读取、比较和计数。',
  en: 'Everything: the value stands in the clear (for sorting, sums and policies) and can be read, compared and counted.',
}

// A cell is padded to 16 bytes (docs/formats/cell.md), and a group without any value has none.
const shapeOfGroup: Label = {
  zh: '密文形态：与同组字段合为一个密文，可看出该组有无内容，以及合计长度（按 16 字节取整）；看不出值，也看不出本字段单独的长度。',
  en: 'Shape: it is sealed together with the other fields of its group; whether the group holds anything, and how long all of it is, to 16 bytes. Not the value, and not its own length.',
}

const shapeOfField: Label = {
  zh: '密文形态：单独成为一个密文，可看出有无内容，以及长度（按 16 字节取整）；看不出值。',
  en: 'Shape: it is sealed alone; whether there is a value, and how long it is, to 16 bytes. Not the value.',
}

const inMemory: Label = {
  zh: '检索：索引仅在内存中，数据库内没有该字段的检索数据。',
  en: 'Search: the index is in memory alone; the database holds no search data of this field.',
}

const tokens: Readonly<Record<Mode, Label>> = {
  exact: {
    zh: '整值：可看出哪些记录的值相同，看不出值本身。',
    en: 'Whole value: which records share a value, not the value.',
  },
  suffix: {
    zh: '末四位：可看出属于 4,096 组中的哪一组，每组对应 2 至 3 种末四位。',
    en: 'Last four digits: which of 4,096 groups they are in; two or three endings share a group.',
  },
  ngram: {
    zh: '部分文字：每个汉字归入 64 组、每两个相邻汉字归入 4,096 组；拉丁字母的二元、三元组合共现最易被利用。顺序不可见。',
    en: 'Parts: one of 64 groups per Chinese character, of 4,096 per pair; groups of Latin pairs and triples that occur together tell most. Their order is not visible.',
  },
  pinyin: {
    zh: '拼音：每个音节归入 64 组，每对首字母归入 256 组。',
    en: 'Sound: one of 64 groups per syllable, of 256 per pair of initials.',
  },
}
