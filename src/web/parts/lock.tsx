// The small lock beside a sealed field: on click, hover or with the keyboard it says what protects the field and who may see it.
import { LockFilled } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Popover } from 'antd'
import { useState, type ReactElement } from 'react'
import { get } from '../api.ts'
import type { FieldInfo, GroupsProtection, RecordProtectionAnswer, TypeInfo } from '../contract.ts'
import { useRoleName } from '../roles.ts'
import { useType } from '../session.ts'
import { textOr, useText } from '../text.ts'
import '../style/value.css'

interface Props {
  readonly field: FieldInfo
  /** Name of the record type. */
  readonly type: string
  /** The record whose field it is; left out where a value has still to be sealed, or many are meant. */
  readonly record?: string
  /** In a form the Tab key goes from input to input, past the locks. */
  readonly passed?: boolean
}

export const Lock = ({ field, type, record, passed = false }: Props): ReactElement | null => {
  const { t, both } = useText()
  const [open, setOpen] = useState(false)
  const about = useType(type)
  if (!field.sealed) return null
  return (
    <Popover
      open={open}
      onOpenChange={setOpen}
      trigger="hover"
      mouseEnterDelay={0.35}
      title={t('lock.title', { field: both(field.label) })}
      content={about ? <Protection field={field} type={about} record={record} /> : null}
    >
      <button
        type="button"
        className="lock"
        data-class={field.dataClass}
        data-testid={`lock-${field.name}`}
        aria-label={t('lock.label', { field: both(field.label) })}
        aria-expanded={open}
        onClick={(event) => {
          // Inside a heading that sorts, or a label that leads to an input, it is only itself.
          event.preventDefault()
          event.stopPropagation()
          setOpen(true)
        }}
        onBlur={() => setOpen(false)}
        tabIndex={passed ? -1 : 0}
        onKeyDown={(event) => {
          if (event.key === 'Escape') setOpen(false)
          if (event.key === 'Enter' || event.key === ' ') event.stopPropagation()
        }}
      >
        <LockFilled aria-hidden="true" />
      </button>
    </Popover>
  )
}

const Protection = ({
  field,
  type,
  record,
}: {
  field: FieldInfo
  type: TypeInfo
  record: string | undefined
}): ReactElement => {
  const { t } = useText()
  const groups = useQuery({
    queryKey: ['protection', type.name],
    queryFn: () => get<GroupsProtection>(`/api/catalogue/protection?type=${type.name}`),
    staleTime: 60_000,
  })
  const cells = useQuery({
    queryKey: ['protection', type.name, record],
    queryFn: () => get<RecordProtectionAnswer>(`/api/${type.plural}/${record ?? ''}/protection`),
    enabled: record !== undefined,
    staleTime: 5_000,
  })
  const comma = t('common.listComma')
  const roleName = useRoleName()
  const cell = cells.data?.groups.find((one) => one.group === field.group)
  const roles = groups.data?.groups[field.group]
  const named = (names: readonly string[]): string => names.map(roleName).join(comma) || t('lock.nobody')
  const found = field.search.map((mode) => textOr(`lock.search.${mode}`, mode)).join(comma)
  const suite = cell && cell.suite !== '' ? cell.suite : (groups.data?.suite ?? '…')
  const lines: readonly (readonly [string, string])[] = [
    [t('lock.by'), suite],
    [
      t('lock.key'),
      cell && cell.suite !== ''
        ? t('lock.keyIs', { generation: cell.generation, epoch: cell.epoch ?? '–' })
        : record === undefined
          ? t('lock.keyNew', { epoch: groups.data?.epoch ?? '…' })
          : t('lock.empty'),
    ],
    [t('lock.bound'), t('lock.boundTo', { group: textOr(`group.${field.group}`, field.group) })],
    [t('lock.class'), textOr(`dataClass.${field.dataClass}`, field.dataClass)],
    [t('lock.found'), found === '' ? t('lock.noSearch') : found],
    ...(roles
      ? ([
          [t('lock.view'), named(roles.view)],
          [t('lock.unmask'), named(roles.unmask)],
        ] as const)
      : []),
  ]
  return (
    <dl className="lock-card" data-testid="lock-card">
      {lines.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
