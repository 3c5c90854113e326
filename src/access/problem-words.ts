// The sentences for what is wrong with policies, by kind, and of which kind a message of the validator is. Keeps access-183.
import { fill, type Label, type Word } from '#kernel'

export const problemWords: Readonly<Record<string, Label>> = {
  document: { en: 'The document does not fit: {what}', zh: '文档格式不符：{what}' },
  twice: { en: 'Two policies bear the id {policy}', zh: '策略编号 {policy} 重复' },
  habit: { en: 'A rule of the house is not kept: {what}', zh: '不符合书写规范：{what}' },
  case: { en: 'The test case “{name}” is answered otherwise than it expects', zh: '测试用例“{name}”的判定结果与预期不符' },
  'unknown-action': { en: 'There is no action “{name}”; was “{near}” meant?', zh: '没有名为“{name}”的操作，是否应为“{near}”？' },
  'unknown-action-far': { en: 'There is no action “{name}”', zh: '没有名为“{name}”的操作' },
  'unknown-type': { en: 'There is no kind of record “{name}”; was “{near}” meant?', zh: '没有名为“{name}”的对象类型，是否应为“{near}”？' },
  'unknown-type-far': { en: 'There is no kind of record “{name}”', zh: '没有名为“{name}”的对象类型' },
  'unknown-attribute': { en: '{type} has no field “{name}” that a policy may ask for; was “{near}” meant?', zh: '{type} 没有可用于策略的字段“{name}”，是否应为“{near}”？' },
  'unknown-attribute-far': { en: '{type} has no field “{name}” that a policy may ask for', zh: '{type} 没有可用于策略的字段“{name}”' },
  'unknown-context': { en: 'The surroundings know no “{name}”; was “{near}” meant?', zh: '访问环境中没有“{name}”，是否应为“{near}”？' },
  'unknown-context-far': { en: 'The surroundings know no “{name}”', zh: '访问环境中没有“{name}”' },
  'rows-elsewhere': { en: 'Only an export has a number of records; let the policy be about the action export alone', zh: '只有导出操作才有“导出条数”，请将策略的操作限定为“导出”' },
  'optional-context': { en: '“{name}” is not always known; ask first whether it is there: context has {name} && …', zh: '“{name}”不一定存在，请先判断：context has {name} && …' },
  'optional-attribute': { en: 'Not every {type} has “{name}”; ask first whether it is there: resource has {name} && …', zh: '并非每条 {type} 都有“{name}”，请先判断：resource has {name} && …' },
  'needs-entity': { en: 'Only a record or a group of values has fields; this is a {saw}', zh: '只有对象才有字段，此处是 {saw}' },
  'needs-set': { en: 'A set of values is expected here; this is a {saw}', zh: '此处应为集合，实际为 {saw}' },
  'wrong-type': { en: 'A {expected} is expected here; this is a {saw}', zh: '此处应为 {expected}，实际为 {saw}' },
  'mixed-types': { en: 'A {one} and a {other} are never equal, so they cannot be compared', zh: '{one} 与 {other} 类型不同，不能比较' },
  'empty-set': { en: 'An empty set [] says nothing of what would be in it; name at least one value', zh: '不能使用空集合 []，请至少写一个值' },
  'bad-ip': { en: '“{value}” is no IP address or network, such as 10.0.0.0/8', zh: '“{value}”不是有效的 IP 地址或网段（如 10.0.0.0/8）' },
  'bad-decimal': { en: '“{value}” is no decimal number with one to four digits after the point', zh: '“{value}”不是有效的小数（小数点后须有 1 至 4 位）' },
  'bad-literal': { en: 'A value cannot be read: {what}', zh: '无法识别的值：{what}' },
  'not-literal': { en: 'ip(…), decimal(…) and datetime(…) take a text in quotes, nothing that is worked out', zh: 'ip(…)、decimal(…)、datetime(…) 的参数只能是引号内的文本，不能是表达式' },
  'no-subject': { en: 'It applies to nothing: its action is never asked of this kind of person or record', zh: '不适用于任何访问：该操作与所写的人员或对象类型不匹配' },
  impossible: { en: 'Its condition is never true, so it does nothing', zh: '条件恒不成立，此策略不起作用' },
  'ends-early': { en: 'The text ends too early: a bracket, a quote or the semicolon is missing', zh: '文本不完整，缺少括号、引号或结尾的分号' },
  'unexpected-token': { en: '“{token}” cannot stand here', zh: '此处不应出现“{token}”' },
  'open-quote': { en: 'A quote is opened here and never closed', zh: '此处的引号没有闭合' },
  'bad-token': { en: 'A sign that the language does not know', zh: '无法识别的符号' },
  'bad-effect': { en: 'A policy begins with permit or forbid, not with “{name}”', zh: '策略须以 permit 或 forbid 开头，而不是“{name}”' },
  'bad-variable': { en: '“{name}” stands for nothing; there are principal, action, resource and context, and texts in quotes', zh: '“{name}”没有含义：只能使用 principal、action、resource、context，文本须加引号' },
  'bad-method': { en: 'There is no function “{name}”', zh: '没有名为“{name}”的函数' },
  'needs-quotes': { en: 'A name in quotes is expected, such as Role::"sales", instead of {name}', zh: '应写成带引号的名称（如 Role::"sales"），而不是 {name}' },
  'too-large': { en: '{value} is too large a number', zh: '数值 {value} 过大' },
  template: { en: 'Templates are not taken: write what {slot} stands for', zh: '不支持模板，请直接写出 {slot} 所代表的内容' },
  'too-complex': { en: 'It is nested deeper, or longer, than can be checked: split it', zh: '嵌套过深或内容过长，无法校验，请拆分' },
  other: { en: 'It is not valid: {message}', zh: '策略无效：{message}' },
  covered: { en: 'Whatever {policy} permits, {by} permits too: it changes nothing', zh: '{policy} 允许的访问均已由 {by} 允许，此策略不起作用' },
  cut: { en: 'Whatever {policy} permits, {by} forbids: it never takes effect', zh: '{policy} 允许的访问均被 {by} 禁止，此策略永不生效' },
  'shadowed-forbid': { en: 'Whatever {policy} forbids, {by} forbids too: it changes nothing', zh: '{policy} 禁止的访问均已由 {by} 禁止，此策略不起作用' },
  never: { en: 'The conditions of {policy} contradict each other, so it does nothing', zh: '{policy} 的条件互相矛盾，此策略不起作用' },
} // prettier-ignore

export const wordsOf = (kind: string, params: Readonly<Record<string, Word>>): Label => {
  const { zh, en } = problemWords[kind] ?? problemWords['other'] ?? { zh: kind, en: kind }
  return { zh: fill(zh, params, 'zh'), en: fill(en, params, 'en') }
}

/** What the validator says: in English its own words, in Chinese what they mean where that is known. */
export const validatorSays = (
  errors: readonly { readonly message: string; readonly help?: string | null }[],
): Label => ({
  zh: errors.map(({ message, help }) => meant(`${message}\n${help ?? ''}`) ?? message).join('；'),
  en: errors.map(({ message, help }) => (help ? `${message} (${help})` : message)).join('; '),
})

const meant = (said: string): string | undefined => {
  const { kind, params } = kindOf(said)
  return kind === 'other' ? undefined : wordsOf(kind, params).zh
}

/** Messages of the validator, version 4, by what they mean; the groups of a pattern are what the sentence names. */
const patterns: readonly (readonly [kind: string, pattern: RegExp, ...names: readonly string[]])[] = [
  ['unknown-action', /unrecognized action `(?:Action::)?"?([^"`]+)"?`\n(?:did you mean `(?:Action::)?"?([^"`]+))?/, 'name', 'near'],
  ['unknown-type', /unrecognized entity type `([^`]+)`\n(?:did you mean `([^`]+))?/, 'name', 'near'],
  ['unknown-attribute', /attribute `([^`]+)` on entity type `([^`]+)` not found\n(?:did you mean `([^`]+))?/, 'name', 'type', 'near'],
  ['rows-elsewhere', /attribute `rows` (?:in|on) (?:the )?context.* not found/],
  ['unknown-context', /attribute `([^`]+)` (?:in|on) (?:the )?context.* not found\n(?:did you mean `([^`]+))?/, 'name', 'near'],
  ['optional-context', /optional attribute `([^`]+)` in context/, 'name'],
  ['optional-attribute', /optional attribute `([^`]+)` on entity type `([^`]+)`/, 'name', 'type'],
  ['needs-entity', /unexpected type: expected __cedar::internal::AnyEntity.* but saw (\S+)/, 'saw'],
  ['needs-set', /unexpected type: expected Set<.* but saw (\S+)/, 'saw'],
  ['wrong-type', /unexpected type: expected (\S+) but saw (\S+)/, 'expected', 'saw'],
  ['mixed-types', /the types (\S+) and (\S+) are not compatible/, 'one', 'other'],
  ['empty-set', /empty set literals are forbidden/],
  ['bad-ip', /failed to parse as IP address: `"?([^"`]*)/, 'value'],
  ['bad-decimal', /failed to parse as a decimal value: `"?([^"`]*)/, 'value'],
  ['bad-literal', /extension function argument validation: ([^\n]*)/, 'what'],
  ['not-literal', /extension constructors may not be called with non-literal/],
  ['no-subject', /unable to find an applicable action/],
  ['impossible', /policy is impossible/],
  ['ends-early', /unexpected end of input/],
  ['unexpected-token', /unexpected token `([^`]*)`/, 'token'],
  ['open-quote', /invalid token[^]*strings are closed/],
  ['bad-token', /invalid token/],
  ['bad-effect', /invalid policy effect: (\S+)/, 'name'],
  ['bad-variable', /invalid variable: (\S+)/, 'name'],
  ['bad-method', /`([^`]+)` is not a valid (?:method|function)/, 'name'],
  ['needs-quotes', /expected an entity uid.*found name `([^`]+)`/, 'name'],
  ['too-large', /integer literal `([^`]+)` is too large/, 'value'],
  ['template', /template containing the slot (\S+)/, 'slot'],
  ['too-complex', /nested deeper, or longer, than can be validated/],
] // prettier-ignore

export const kindOf = (said: string): { readonly kind: string; readonly params: Readonly<Record<string, string>> } => {
  for (const [kind, pattern, ...names] of patterns) {
    const found = pattern.exec(said)
    if (!found) continue
    const params = Object.fromEntries(names.map((name, i) => [name, found[i + 1] ?? '']))
    // With or without a guess at what was meant: two sentences.
    return { kind: params['near'] === '' ? `${kind}-far` : kind, params }
  }
  return { kind: 'other', params: { message: said.split('\n')[0] ?? '' } }
}
