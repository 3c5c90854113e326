// The form of a record, by the catalogue: groups in order, locks beside sealed fields, rules by kind.
import { Form } from 'antd'
import type { FormInstance, Rule } from 'antd/es/form'
import type { ReactElement } from 'react'
import { isProblem } from '../api.ts'
import type { FieldInfo, TypeAbilities, TypeInfo, Value } from '../contract.ts'
import { textOr, useText } from '../text.ts'
import { FieldInput } from './field-input.tsx'
import { Lock } from './lock.tsx'
import '../style/record.css'

export type Values = Record<string, Value>

export const groupOrder = ['basic', 'contact', 'identity', 'financial', 'notes', 'custom'] as const

/** Fields by group, in the order of groups; groups without fields are left out. */
export const byGroup = (fields: readonly FieldInfo[]): readonly (readonly [string, readonly FieldInfo[]])[] =>
  groupOrder
    .map((group) => [group, fields.filter((field) => field.group === group)] as const)
    .filter(([, inside]) => inside.length > 0)

/** Fields a person may write; those of masked groups of this very record are not among them. */
export const writable = (
  type: TypeInfo,
  abilities: TypeAbilities,
  groups?: Readonly<Record<string, 'plain' | 'masked' | 'hidden'>>,
): readonly FieldInfo[] =>
  type.fields.filter(
    (field) =>
      (abilities.groups[field.group]?.edit ?? false) &&
      (groups === undefined || !field.sealed || (groups[field.group] ?? 'plain') === 'plain'),
  )

interface Props {
  readonly form: FormInstance<Values>
  /** Name of the record type, and the record where there is one. */
  readonly type: string
  readonly record?: string
  readonly fields: readonly FieldInfo[]
  readonly initial?: Values
  readonly focus?: string
  readonly changed?: () => void
  readonly submit: (values: Values) => void
}

export const RecordForm = ({ form, type, record, fields, initial, focus, changed, submit }: Props): ReactElement => {
  const { t, both } = useText()
  const first = focus ?? fields[0]?.name
  return (
    <Form<Values>
      form={form}
      {...(initial ? { initialValues: initial } : {})}
      layout="vertical"
      requiredMark={(label, { required }) => (
        <>
          {label}
          {required ? (
            <span className="required" aria-hidden="true" title={t('form.required')}>
              *
            </span>
          ) : null}
        </>
      )}
      onFinish={submit}
      onValuesChange={changed}
      scrollToFirstError
    >
      {byGroup(fields).map(([group, inside]) => (
        <fieldset key={group} className="form-group">
          <legend>{textOr(`group.${group}`, group)}</legend>
          <div className="form-grid">
            {inside.map((field) => (
              <Form.Item
                key={field.name}
                name={field.name}
                className={field.kind === 'longtext' || field.kind === 'address' ? 'form-wide' : ''}
                label={
                  <>
                    {both(field.label)}
                    <Lock field={field} type={type} {...(record === undefined ? {} : { record })} passed />
                  </>
                }
                rules={rulesOf(field, t)}
                validateTrigger="onBlur"
              >
                <FieldInput field={field} autoFocus={field.name === first} data-testid={`record-input-${field.name}`} />
              </Form.Item>
            ))}
          </div>
        </fieldset>
      ))}
    </Form>
  )
}

const rulesOf = (field: FieldInfo, t: (key: string) => string): Rule[] => {
  const rules: Rule[] = []
  if (field.required) rules.push({ required: true, message: t('form.required') })
  if (field.required && ['text', 'name', 'company'].includes(field.kind))
    rules.push({ whitespace: true, message: t('form.required') })
  if (field.kind === 'email') rules.push({ type: 'email', message: t('form.email') })
  if (field.kind === 'phone')
    rules.push({ pattern: /^[\d０-９+＋()（）\s.\-–—#*/xext,;转]+$/i, message: t('form.phone') })
  if (field.kind === 'url') rules.push({ pattern: /^(https?:\/\/)?[^\s/]+\.[^\s]+$/i, message: t('form.url') })
  return rules
}

/** Only what differs from before, empty texts as null. */
export const changedValues = (before: Readonly<Record<string, Value | undefined>>, after: Values): Values => {
  const changed: Values = {}
  for (const [name, value] of Object.entries(after)) {
    const next = blank(value)
    if (JSON.stringify(next) !== JSON.stringify(blank(before[name]))) changed[name] = next
  }
  return changed
}

const blank = (value: Value | undefined): Value =>
  value === undefined || value === '' || (Array.isArray(value) && value.length === 0) ? null : value

/** Puts the server's refusal beside the field it is about; says whether there was one. */
export const showRefusal = (form: FormInstance<Values>, fields: readonly FieldInfo[], error: unknown): boolean => {
  if (!isProblem(error) || error.field === undefined) return false
  if (!fields.some((field) => field.name === error.field)) return false
  form.setFields([{ name: error.field, errors: [error.message] }])
  form.scrollToField(error.field)
  return true
}
