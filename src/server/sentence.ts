// The sentence of a Fault with things called what people call them: 客户 or account, never a name out of the program. Keeps server-5.
import { catalogue as shipped } from '#crm'
import { type Catalogue, Fault, type Language } from '#kernel'
import { refusalOf } from './refusal.ts'

type Both = Readonly<Record<Language, string>>

/** A fault in the language of whoever reads it. catalogue: with the tenant's own fields, where they may be spoken of. */
export const sentenceOf = (fault: Fault, language: Language, catalogue: Catalogue = shipped): string => {
  const { what, field, action } = fault.details
  const refused = fault.code === 'denied' && typeof action === 'string' ? refusalOf(action, language) : undefined
  if (refused !== undefined) return refused
  const named = {
    ...(typeof what === 'string' ? { what: thing(what, language) } : {}),
    ...(typeof field === 'string' ? { field: fieldName(field, language, catalogue) } : {}),
  }
  return new Fault(fault.code, { ...fault.details, ...named }).in(language)
}

const thing = (name: string, language: Language): string => {
  const type = shipped.types.find((each) => each.name === name)
  if (!type) return (Object.hasOwn(things, name) ? things[name]?.[language] : undefined) ?? name
  return language === 'en' ? type.label.en.toLowerCase() : type.label.zh
}

/** The label of a field, where all types that have one of this name call it the same. */
const fieldName = (name: string, language: Language, catalogue: Catalogue): string => {
  const labels = new Set(
    catalogue.types.flatMap((type) =>
      type.fields.flatMap((field) => (field.name === name ? [field.label[language]] : [])),
    ),
  )
  const [only] = labels
  return labels.size === 1 && only !== undefined ? (language === 'zh' ? `“${only}”` : only.toLowerCase()) : name
}

/** What is no record type: the names that faults use, and what people say. */
const things: Readonly<Record<string, Both>> = {
  record: { zh: '记录', en: 'record' },
  user: { zh: '用户', en: 'user' },
  team: { zh: '部门', en: 'team' },
  session: { zh: '登录会话', en: 'session' },
  'second factor': { zh: '动态口令', en: 'second factor' },
  import: { zh: '导入任务', en: 'import' },
  job: { zh: '任务', en: 'job' },
  backup: { zh: '备份', en: 'backup' },
  field: { zh: '字段', en: 'field' },
  'the number of own fields': { zh: '自定义字段数', en: 'the number of own fields' },
  form: { zh: '表单', en: 'form' },
  file: { zh: '文件', en: 'file' },
  'the file': { zh: '文件', en: 'the file' },
  'the request': { zh: '请求', en: 'the request' },
  'the entry': { zh: '提交内容', en: 'the entry' },
  'the list of files': { zh: '文件列表', en: 'the list of files' },
  'the number of filters': { zh: '筛选条件数', en: 'the number of filters' },
  'the number of columns': { zh: '列数', en: 'the number of columns' },
  'all uploads together': { zh: '全部上传文件合计', en: 'all uploads together' },
  'a batch': { zh: '一批记录', en: 'a batch' },
  'journal entry': { zh: '日志条目', en: 'journal entry' },
  entry: { zh: '条目', en: 'entry' },
  checkpoint: { zh: '检查点', en: 'checkpoint' },
  'provisioning token': { zh: '同步令牌', en: 'provisioning token' },
  group: { zh: '组', en: 'group' },
  'identity provider': { zh: '身份提供方', en: 'identity provider' },
  'api key': { zh: 'API 密钥', en: 'API key' },
  certificate: { zh: '证明', en: 'certificate' },
  review: { zh: '审查', en: 'review' },
  address: { zh: '地址', en: 'address' },
  'legal hold': { zh: '法定保留', en: 'legal hold' },
  'conversion of this lead': { zh: '此线索的转化', en: 'conversion of this lead' },
}
