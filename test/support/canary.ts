// Records whose every value is one of its kind, so that a value seen anywhere tells which record and field it came from.
import type { Field, FieldGroup, RecordType } from '#kernel'

export interface Canary {
  readonly record: string
  readonly type: string
  readonly field: string
  /** Of a file on the record: the group whose rights it follows. */
  readonly group?: FieldGroup
}

/** A value for the nth canary; undefined for kinds whose values are not one of their kind: choices, flags, links. */
export const canaryValue = (field: Field, n: number): unknown => {
  if (field.options !== undefined) return undefined
  const token = `zqx${n.toString().padStart(5, '0')}kanari`
  switch (field.kind) {
    case 'boolean':
    case 'choice':
    case 'link':
    case 'tags':
      return undefined
    case 'money':
    case 'integer':
      return 731_000_000 + n
    case 'date':
      return dayOf(n)
    case 'datetime':
      return `${dayOf(n)}T00:00:00.000Z`
    case 'phone':
      return `13977${n.toString().padStart(6, '0')}`
    case 'idnumber':
      return `11010119${n.toString().padStart(10, '0')}`
    case 'bankcard':
      return `622277${n.toString().padStart(10, '0')}`
    case 'email':
      return `${token}@example.org`
    case 'url':
      return `https://example.org/${token}`
    default:
      return token
  }
}

const dayOf = (n: number): string => new Date(Date.UTC(1903, 0, 1 + n)).toISOString().slice(0, 10)

const shapes = /zqx\d{5}kanari|13977\d{6}|11010119\d{10}|622277\d{10}|731\d{6}|731\d{4}\.\d\d|19[0-3]\d-\d\d-\d\d/gi

/** Every canary in a text, however its digits are grouped. */
export const canariesIn = (text: string): readonly string[] => {
  const plain = text.replaceAll(/(?<=\d)[ -](?=\d)/g, '').match(shapes) ?? []
  return [...new Set([...(text.match(shapes) ?? []), ...plain].map((one) => one.toLowerCase().replace('.', '')))]
}

/** How a value shows in a text. */
export const canaryKey = (value: unknown): string => canariesIn(String(value))[0] ?? ''

/** The least a record needs beside its canaries. */
export const required = (type: RecordType): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    type.fields.flatMap((field) =>
      field.required && field.options?.[0] !== undefined ? [[field.name, field.options[0].value]] : [],
    ),
  )
