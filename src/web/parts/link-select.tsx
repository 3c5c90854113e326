// Chooses another record by searching for it; colleagues and teams from the directory.
import { useQuery } from '@tanstack/react-query'
import { Select } from 'antd'
import { useEffect, useState, type ReactElement } from 'react'
import { get } from '../api.ts'
import type { PageAnswer } from '../contract.ts'
import { useDirectory, useType } from '../session.ts'
import { useText } from '../text.ts'
import { titleOf, useTitle } from '../titles.ts'

interface Props {
  readonly type: string
  readonly value?: string | null
  readonly onChange?: (value: string | null) => void
  readonly id?: string
  readonly autoFocus?: boolean
  readonly placeholder?: string
  readonly 'aria-label'?: string
  readonly 'data-testid'?: string
}

export const LinkSelect = (props: Props): ReactElement =>
  props.type === 'user' || props.type === 'team' ? <DirectorySelect {...props} /> : <RecordSelect {...props} />

const DirectorySelect = ({ type, value, onChange, ...rest }: Props): ReactElement => {
  const directory = useDirectory()
  const options =
    type === 'user'
      ? directory.users
          .filter((user) => user.active || user.id === value)
          .map(({ id, name }) => ({ value: id, label: name }))
      : directory.teams.map(({ id, name }) => ({ value: id, label: name }))
  return (
    <Select<string>
      {...rest}
      style={{ width: '100%' }}
      allowClear
      showSearch={{ optionFilterProp: 'label' }}
      value={value ?? null}
      options={options}
      onChange={(next: string | undefined) => onChange?.(next ?? null)}
    />
  )
}

const RecordSelect = ({ type: typeName, value, onChange, ...rest }: Props): ReactElement => {
  const { t } = useText()
  const type = useType(typeName)
  const [text, setText] = useState('')
  const [settled, setSettled] = useState('')
  const [open, setOpen] = useState(false)
  const title = useTitle(typeName, value ?? '')
  useEffect(() => {
    const timer = window.setTimeout(() => setSettled(text.trim()), 200)
    return () => window.clearTimeout(timer)
  }, [text])
  const answer = useQuery({
    queryKey: ['pick', typeName, settled],
    queryFn: () =>
      get<PageAnswer>(
        `/api/${type?.plural ?? ''}?limit=20${settled === '' ? '' : `&q=${encodeURIComponent(settled)}`}`,
      ),
    enabled: type !== undefined && open,
    gcTime: 30_000,
  })
  const found = type ? (answer.data?.items ?? []).map((item) => ({ value: item.id, label: titleOf(type, item) })) : []
  const chosen = value && !found.some((option) => option.value === value) ? [{ value, label: title ?? '…' }] : []
  return (
    <Select<string>
      {...rest}
      style={{ width: '100%' }}
      allowClear
      showSearch={{ filterOption: false, onSearch: setText }}
      onOpenChange={setOpen}
      loading={answer.isFetching}
      notFoundContent={answer.isFetching ? t('search.busy') : t('search.none')}
      value={value ?? null}
      options={[...chosen, ...found]}
      onChange={(next: string | undefined) => onChange?.(next ?? null)}
    />
  )
}
