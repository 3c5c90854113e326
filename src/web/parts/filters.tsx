// Filters of a list: chips of what is set, and a small builder field → comparison → value.
import { CloseOutlined, FilterOutlined } from '@ant-design/icons'
import { Button, Popover, Select } from 'antd'
import { useState, type ReactElement } from 'react'
import type { FieldInfo, Filter, TypeInfo, Value } from '../contract.ts'
import { day, moment, money } from '../format.ts'
import { fixedFields, opsOf, type Op } from '../list-query.ts'
import { useAbilities, useMe } from '../session.ts'
import { useText } from '../text.ts'
import { useTitle } from '../titles.ts'
import { FieldInput } from './field-input.tsx'

interface Props {
  readonly type: TypeInfo
  readonly filters: readonly Filter[]
  readonly change: (filters: readonly Filter[]) => void
}

/** Fields this person may filter by: a sealed one needs the right to see it plain. */
const useFilterFields = (type: TypeInfo): readonly FieldInfo[] => {
  const { groups } = useAbilities(type.name)
  return [...type.fields, ...fixedFields(type)].filter(
    (field) =>
      opsOf(field).length > 0 && (field.sealed ? groups[field.group]?.unmask : groups[field.group]?.view) !== false,
  )
}

export const FilterButton = ({ type, filters, change }: Props): ReactElement => {
  const { t } = useText()
  const [open, setOpen] = useState(false)
  return (
    <Popover
      trigger="click"
      placement="bottomLeft"
      open={open}
      onOpenChange={setOpen}
      destroyOnHidden
      content={
        <Builder
          type={type}
          add={(filter) => {
            change([...filters, filter])
            setOpen(false)
          }}
        />
      }
    >
      <Button icon={<FilterOutlined />} data-testid="list-filter">
        {t('list.filter')}
      </Button>
    </Popover>
  )
}

const Builder = ({ type, add }: { type: TypeInfo; add: (filter: Filter) => void }): ReactElement => {
  const { t, both } = useText()
  const fields = useFilterFields(type)
  const [name, setName] = useState<string | null>(null)
  const [op, setOp] = useState<Op | null>(null)
  const [value, setValue] = useState<Value>(null)
  const field = fields.find((each) => each.name === name)
  const chosen = op ?? (field ? opsOf(field)[0] : undefined)
  const bare = chosen === 'empty' || chosen === 'notEmpty'
  const ready = field !== undefined && chosen !== undefined && (bare || given(field, value))
  return (
    <form
      className="filter-builder"
      onSubmit={(event) => {
        event.preventDefault()
        if (ready)
          add(
            bare
              ? { field: field.name, op: chosen }
              : { field: field.name, op: chosen, value: field.kind === 'boolean' ? value === true : value },
          )
      }}
    >
      <Select<string>
        autoFocus
        aria-label={t('list.filterField')}
        placeholder={t('list.filterField')}
        showSearch={{ optionFilterProp: 'label' }}
        value={name}
        options={fields.map((each) => ({ value: each.name, label: both(each.label) }))}
        onChange={(next) => {
          setName(next)
          setOp(null)
          setValue(null)
        }}
        data-testid="list-filter-field"
      />
      {field ? (
        <Select<Op>
          aria-label={t('list.filterOp')}
          value={chosen ?? null}
          options={opsOf(field).map((each) => ({ value: each, label: opText(t, field, each) }))}
          onChange={setOp}
        />
      ) : null}
      {field && !bare ? (
        field.kind === 'choice' && chosen === 'in' ? (
          <Select<string[]>
            mode="multiple"
            aria-label={t('list.filterValue')}
            value={Array.isArray(value) ? [...(value as readonly string[])] : []}
            options={(field.options ?? []).map((option) => ({ value: option.value, label: both(option.label) }))}
            onChange={setValue}
            data-testid="list-filter-value"
          />
        ) : (
          <FieldInput
            key={field.name}
            aria-label={t('list.filterValue')}
            field={field.kind === 'tags' ? { ...field, kind: 'text' } : field}
            value={value}
            onChange={setValue}
            data-testid="list-filter-value"
          />
        )
      ) : null}
      {field?.sealed ? <p className="small quiet">{t('list.filterSealed')}</p> : null}
      <Button type="primary" htmlType="submit" disabled={!ready} data-testid="list-filter-add">
        {t('list.filterAdd')}
      </Button>
    </form>
  )
}

const given = (field: FieldInfo, value: Value): boolean =>
  field.kind === 'boolean' || (value !== null && value !== '' && !(Array.isArray(value) && value.length === 0))

const opText = (t: (key: string) => string, field: FieldInfo, op: Op): string =>
  (field.kind === 'date' || field.kind === 'datetime') && (op === 'gte' || op === 'lte')
    ? t(`op.${op}Date`)
    : field.sealed && op === 'eq'
      ? t('op.exact')
      : t(`op.${op}`)

export const FilterChips = ({ type, filters, change }: Props): ReactElement | null => {
  const { t } = useText()
  if (filters.length === 0) return null
  return (
    <ul className="chips" aria-label={t('list.filters')}>
      {filters.map((filter, index) => (
        <li key={JSON.stringify(filter)}>
          <Chip type={type} filter={filter} />
          <button
            type="button"
            aria-label={t('list.filterRemove')}
            onClick={() => change(filters.filter((_, each) => each !== index))}
          >
            <CloseOutlined />
          </button>
        </li>
      ))}
      <li className="chips-clear">
        <button type="button" onClick={() => change([])}>
          {t('list.filterClear')}
        </button>
      </li>
    </ul>
  )
}

const Chip = ({ type, filter }: { type: TypeInfo; filter: Filter }): ReactElement => {
  const { t, both, language } = useText()
  const { currency } = useMe()
  const field = [...type.fields, ...fixedFields(type)].find((each) => each.name === filter.field)
  if (!field) return <span>{filter.field}</span>
  const one = (value: Value): string => {
    const option = field.options?.find((each) => each.value === value)
    if (option) return both(option.label)
    if (field.kind === 'money' && typeof value === 'number') return money(value, currency, language)
    if (field.kind === 'date' && typeof value === 'string') return day(value, language)
    if (field.kind === 'datetime' && typeof value === 'string') return moment(value, language)
    if (typeof value === 'boolean') return t(value ? 'common.yes' : 'common.no')
    return String(value)
  }
  const { value } = filter
  return (
    <span>
      {both(field.label)} <span className="quiet">{opText(t, field, filter.op)}</span>{' '}
      {value === undefined ? null : field.kind === 'link' && typeof value === 'string' ? (
        <LinkName type={field.to ?? ''} id={value} />
      ) : (
        <b>{Array.isArray(value) ? value.map((each: string) => one(each)).join(t('common.listComma')) : one(value)}</b>
      )}
    </span>
  )
}

const LinkName = ({ type, id }: { type: string; id: string }): ReactElement => <b>{useTitle(type, id) ?? '…'}</b>
