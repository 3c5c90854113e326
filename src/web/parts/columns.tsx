// Which columns a list shows: chosen per type, kept in this browser (names of fields only).
import { SlidersOutlined } from '@ant-design/icons'
import { Button, Checkbox, Popover } from 'antd'
import { useState, type ReactElement } from 'react'
import type { FieldInfo, TypeAbilities, TypeInfo } from '../contract.ts'
import { fixedFields } from '../list-query.ts'
import { useAbilities } from '../session.ts'
import { useText } from '../text.ts'
import { Lock } from './lock.tsx'

const kept = (type: TypeInfo): string => `holdfast.columns.${type.name}`

const readColumns = (type: TypeInfo, all: readonly FieldInfo[]): readonly string[] => {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(kept(type)) ?? 'null')
    if (Array.isArray(stored)) return stored.filter((name) => all.some((field) => field.name === name)) as string[]
  } catch {
    // a spoilt choice is no choice
  }
  return [
    ...type.fields.filter((field) => field.inList).map((field) => field.name),
    ...(all.some((field) => field.name === 'owner') ? ['owner'] : []),
  ]
}

/** Fields a person may see in a list of this type, the title first. */
export const columnFields = (type: TypeInfo, abilities: TypeAbilities): readonly FieldInfo[] => {
  const seen = type.fields.filter((field) => abilities.groups[field.group]?.view ?? false)
  const title = seen.filter((field) => field.name === type.title)
  return [...title, ...seen.filter((field) => field.name !== type.title), ...fixedFields(type)]
}

export interface Columns {
  readonly all: readonly FieldInfo[]
  readonly shown: readonly FieldInfo[]
  readonly choose: (names: readonly string[]) => void
}

export const useColumns = (type: TypeInfo): Columns => {
  const all = columnFields(type, useAbilities(type.name))
  const [names, setNames] = useState(() => readColumns(type, all))
  return {
    all,
    shown: all.filter((field) => field.name === type.title || names.includes(field.name)),
    choose: (next) => {
      setNames(next)
      localStorage.setItem(kept(type), JSON.stringify(next))
    },
  }
}

export const ColumnChooser = ({ type, columns }: { type: TypeInfo; columns: Columns }): ReactElement => {
  const { t, both } = useText()
  const names = columns.shown.map((field) => field.name)
  return (
    <Popover
      trigger="click"
      placement="bottomRight"
      title={t('list.columns')}
      content={
        <div className="column-choices">
          {columns.all.map((field) => (
            <span key={field.name}>
              <Checkbox
                checked={names.includes(field.name)}
                disabled={field.name === type.title}
                onChange={(event) =>
                  columns.choose(
                    event.target.checked ? [...names, field.name] : names.filter((name) => name !== field.name),
                  )
                }
              >
                {both(field.label)}
              </Checkbox>
              <Lock field={field} type={type.name} />
            </span>
          ))}
        </div>
      }
    >
      <Button
        icon={<SlidersOutlined />}
        aria-label={t('list.columns')}
        title={t('list.columns')}
        data-testid="list-columns"
      />
    </Popover>
  )
}
