// What the schema of a route refuses, in words of both languages: English as the validator says it, Chinese by what was asked for.
// Keeps server-260.
import { fill, formFields, type Label, type Word } from '#kernel'

export interface SchemaError {
  readonly instancePath?: string
  readonly message?: string
  readonly keyword?: string
  readonly params?: Readonly<Record<string, unknown>>
}

/** context: which part of the request it is about, such as body. */
export const schemaSays = (context: string, error: SchemaError): Label => {
  const path = (error.instancePath ?? '').replaceAll(/[^\w/]/g, '?').slice(0, 80)
  const template = chinese[error.keyword ?? ''] ?? '{part}：格式不正确'
  return {
    zh: fill(template, { ...wordsOf(error.params ?? {}), part: partAt(context, path) }, 'zh'),
    en: `${context}${path} ${error.message ?? 'is not valid'}`,
  }
}

/** By keyword of JSON Schema. */
const chinese: Readonly<Record<string, string>> = {
  required: '缺少{missingProperty}',
  additionalProperties: '{part}：不接受 {additionalProperty}',
  minLength: '{part}：至少 {limit} 个字符',
  maxLength: '{part}：至多 {limit} 个字符',
  minItems: '{part}：至少 {limit} 项',
  maxItems: '{part}：至多 {limit} 项',
  minProperties: '{part}：至少 {limit} 项',
  maxProperties: '{part}：至多 {limit} 项',
  uniqueItems: '{part}：不能有重复项',
  minimum: '{part}：不能小于 {limit}',
  maximum: '{part}：不能大于 {limit}',
  exclusiveMinimum: '{part}：应大于 {limit}',
  exclusiveMaximum: '{part}：应小于 {limit}',
  enum: '{part}：不在可选项之内',
  const: '{part}：不在可选项之内',
  type: '{part}：类型不正确，应为{type}',
}

const types: Readonly<Record<string, string>> = {
  string: '文本',
  number: '数字',
  integer: '整数',
  boolean: '是或否',
  array: '列表',
  object: '对象',
  null: '空',
}

const wordsOf = (params: Readonly<Record<string, unknown>>): Readonly<Record<string, Word>> => {
  const words: Record<string, Word> = {}
  for (const [name, value] of Object.entries(params)) {
    if (typeof value === 'number') words[name] = value
    if (typeof value !== 'string') continue
    const safe = value.replaceAll(/[^\w,]/g, '?').slice(0, 40)
    words[name] = name === 'missingProperty' ? called(safe) : name === 'type' ? kinds(safe) : safe
  }
  // Several types are a list, which is told as one word.
  if (Array.isArray(params['type'])) words['type'] = kinds(params['type'].join(','))
  return words
}

const kinds = (names: string): string =>
  names
    .split(',')
    .map((name) => types[name] ?? name)
    .join('或')

/** A part of a request by the name that its form gives it, where there is one. */
const partAt = (context: string, path: string): string => {
  const last = path.split('/').findLast((part) => part !== '' && !/^\d+$/.test(part))
  return last !== undefined && Object.hasOwn(formFields, last) ? called(last) : `${context}${path}`
}

const called = (name: string): string =>
  Object.hasOwn(formFields, name) ? `“${formFields[name as keyof typeof formFields].zh}”` : ` ${name}`
