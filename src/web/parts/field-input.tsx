// One input by the kind of its field. Values go in and out as the API has them: minor units, ISO dates, ids.
import { DatePicker, Input, InputNumber, Select, Switch } from 'antd'
import dayjs from 'dayjs'
import type { ReactElement } from 'react'
import type { FieldInfo, Value } from '../contract.ts'
import { useMe } from '../session.ts'
import { useText } from '../text.ts'
import { LinkSelect } from './link-select.tsx'

interface Props {
  readonly field: FieldInfo
  readonly id?: string
  readonly value?: Value
  readonly onChange?: (value: Value) => void
  readonly autoFocus?: boolean
  readonly 'aria-label'?: string
  readonly 'data-testid'?: string
}

/** The largest amount in minor units that travels exactly. */
const most = 9_007_199_254_740_991

export const FieldInput = ({ field, value, onChange, ...rest }: Props): ReactElement => {
  const { both, language } = useText()
  const { currency } = useMe()
  const change = (next: Value): void => onChange?.(next)
  const text = typeof value === 'string' ? value : ''
  switch (field.kind) {
    case 'longtext':
    case 'address':
      return (
        <Input.TextArea
          {...rest}
          value={text}
          rows={field.kind === 'address' ? 1 : 3}
          maxLength={field.maxLength}
          onChange={(event) => change(event.target.value)}
        />
      )
    case 'money':
      return (
        <InputNumber<number>
          {...rest}
          style={{ width: '100%' }}
          prefix={currency}
          precision={2}
          max={most / 100}
          min={-most / 100}
          value={typeof value === 'number' ? value / 100 : null}
          onChange={(next) => change(next === null ? null : Math.round(next * 100))}
        />
      )
    case 'integer':
      if (field.options)
        return (
          <Select<number>
            {...rest}
            allowClear
            value={typeof value === 'number' ? value : null}
            options={field.options.map((option) => ({ value: Number(option.value), label: both(option.label) }))}
            onChange={(next: number | undefined) => change(next ?? null)}
          />
        )
      return (
        <InputNumber<number>
          {...rest}
          style={{ width: '100%' }}
          precision={0}
          value={typeof value === 'number' ? value : null}
          onChange={(next) => change(next)}
        />
      )
    case 'date':
      return (
        <DatePicker
          {...rest}
          style={{ width: '100%' }}
          format={language === 'zh' ? 'YYYY-MM-DD' : 'DD MMM YYYY'}
          value={text === '' ? null : dayjs(text)}
          onChange={(next) => change(next ? next.format('YYYY-MM-DD') : null)}
        />
      )
    case 'datetime':
      return (
        <DatePicker
          {...rest}
          style={{ width: '100%' }}
          showTime={{ format: 'HH:mm' }}
          format={language === 'zh' ? 'YYYY-MM-DD HH:mm' : 'DD MMM YYYY HH:mm'}
          value={text === '' ? null : dayjs(text)}
          onChange={(next) => change(next ? next.toISOString() : null)}
        />
      )
    case 'boolean':
      return <Switch {...rest} size="small" checked={value === true} onChange={(next) => change(next)} />
    case 'choice':
      return (
        <Select<string>
          {...rest}
          allowClear={!field.required}
          showSearch={{ optionFilterProp: 'label' }}
          value={text === '' ? null : text}
          options={offered(field).map((option) => ({ value: option.value, label: both(option.label) }))}
          onChange={(next: string | undefined) => change(next ?? null)}
        />
      )
    case 'tags':
      if (field.options)
        return (
          <Select<string[]>
            {...rest}
            mode="multiple"
            showSearch={{ optionFilterProp: 'label' }}
            value={Array.isArray(value) ? [...(value as readonly string[])] : []}
            options={offered(field).map((option) => ({ value: option.value, label: both(option.label) }))}
            onChange={(next) => change(next)}
          />
        )
      return (
        <Select<string[]>
          {...rest}
          mode="tags"
          open={false}
          suffix={null}
          tokenSeparators={[',', '，', ';', '；']}
          value={Array.isArray(value) ? [...(value as readonly string[])] : []}
          onChange={(next) => change(next)}
        />
      )
    case 'link':
      return <LinkSelect {...rest} type={field.to ?? ''} value={text === '' ? null : text} onChange={change} />
    default:
      return (
        <Input
          {...rest}
          type={field.kind === 'email' ? 'email' : field.kind === 'phone' ? 'tel' : 'text'}
          value={text}
          maxLength={field.maxLength}
          autoComplete="off"
          onChange={(event) => change(event.target.value)}
        />
      )
  }
}

/** What was retired is not given any more. */
const offered = (field: FieldInfo) => (field.options ?? []).filter(({ retired }) => retired !== true)
