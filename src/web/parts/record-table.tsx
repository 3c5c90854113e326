// The dense table of records: order by its heads, moved through with j and k or the arrows, opened with Enter.
import { CaretDownFilled, CaretUpFilled } from '@ant-design/icons'
import { useEffect, useRef, useState, type KeyboardEvent as Press, type ReactElement, type ReactNode } from 'react'
import { Link, useNavigate } from 'react-router'
import type { FieldInfo, RecordAnswer, TypeInfo } from '../contract.ts'
import { valueOf, type ListState } from '../list-query.ts'
import { useText } from '../text.ts'
import { titleOf } from '../titles.ts'
import { Lock } from './lock.tsx'
import { Pick, PickAll, type Selection } from './selection.tsx'
import { FieldValue, LinkTitle } from './value.tsx'
import '../style/table.css'

interface Props {
  readonly type: TypeInfo
  readonly columns: readonly FieldInfo[]
  readonly items: readonly RecordAnswer[]
  readonly titles: Readonly<Record<string, string>>
  readonly state: Pick<ListState, 'sort' | 'dir'>
  readonly order?: (sort: string, dir: 'asc' | 'desc') => void
  /** Something at the end of each row. */
  readonly action?: (record: RecordAnswer) => ReactNode
  readonly stale?: boolean
  /** Whether j, k and Enter work from anywhere on the page. */
  readonly keys?: boolean
  /** Where records can be picked. */
  readonly selection?: Selection
}

export const RecordTable = ({
  type,
  columns,
  items,
  titles,
  state,
  order,
  action,
  stale,
  keys = false,
  selection,
}: Props): ReactElement => {
  const { t, both } = useText()
  const go = useNavigate()
  const [at, setAt] = useState(-1)
  const body = useRef<HTMLTableSectionElement>(null)
  const chosen = Math.min(at, items.length - 1)
  const open = (index: number): void => {
    const item = items[index]
    if (item) void go(`/${type.plural}/${item.id}`)
  }
  const move = (to: number): void => {
    const next = Math.max(0, Math.min(items.length - 1, to))
    setAt(next)
    const row = body.current?.rows[next]
    row?.focus({ preventScroll: true })
    row?.scrollIntoView({ block: 'nearest' })
  }
  const press = (event: KeyboardEvent | Press): void => {
    const step =
      event.key === 'j' || event.key === 'ArrowDown' ? 1 : event.key === 'k' || event.key === 'ArrowUp' ? -1 : 0
    if (step !== 0 && items.length > 0) {
      event.preventDefault()
      move(chosen + step)
    }
  }
  useAnywhere(keys, press)
  return (
    <div className="table-box" data-stale={stale ?? false}>
      <table className="table" data-testid="list-table">
        <thead>
          <tr>
            {columns.map((field, at) => (
              <th
                key={field.name}
                scope="col"
                className={numeric(field) ? 'number' : ''}
                aria-sort={state.sort === field.name ? (state.dir === 'asc' ? 'ascending' : 'descending') : undefined}
              >
                {selection && at === 0 ? <PickAll items={items} selection={selection} /> : null}
                {field.sortable && order ? (
                  <button
                    type="button"
                    onClick={() => order(field.name, state.sort === field.name && state.dir === 'asc' ? 'desc' : 'asc')}
                    data-testid={`list-sort-${field.name}`}
                  >
                    {both(field.label)}
                    {state.sort === field.name ? state.dir === 'asc' ? <CaretUpFilled /> : <CaretDownFilled /> : null}
                  </button>
                ) : (
                  <span>{both(field.label)}</span>
                )}
                <Lock field={field} type={type.name} />
              </th>
            ))}
            {action ? (
              <th scope="col">
                <span className="visually-hidden">{t('common.actions')}</span>
              </th>
            ) : null}
          </tr>
        </thead>
        <tbody ref={body}>
          {items.map((item, index) => (
            <tr
              key={item.id}
              tabIndex={index === Math.max(0, chosen) ? 0 : -1}
              data-chosen={index === chosen}
              onFocus={() => setAt(index)}
              onKeyDown={(event) => {
                if (event.key === 'Enter' && event.target === event.currentTarget) open(index)
                else if (!keys) press(event)
              }}
              onClick={(event) => {
                if (!(event.target as Element).closest('a,button,input,.pick,.ant-popover,.lock')) open(index)
              }}
              data-testid="list-row"
              data-id={item.id}
            >
              {columns.map((field, at) => (
                <td
                  key={field.name}
                  className={numeric(field) ? 'number' : ''}
                  data-label={both(field.label)}
                  data-field={field.name}
                  data-empty={isEmpty(valueOf(item, field.name))}
                >
                  {selection && at === 0 ? <Pick item={item} name={titleOf(type, item)} selection={selection} /> : null}
                  <Cell type={type} field={field} item={item} titles={titles} />
                </td>
              ))}
              {action ? <td className="table-action">{action(item)}</td> : null}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

const isEmpty = (value: unknown): boolean =>
  value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0)

const numeric = (field: FieldInfo): boolean => field.kind === 'money' || field.kind === 'integer'

const Cell = ({
  type,
  field,
  item,
  titles,
}: {
  type: TypeInfo
  field: FieldInfo
  item: RecordAnswer
  titles: Readonly<Record<string, string>>
}): ReactElement => {
  const { t } = useText()
  const value = valueOf(item, field.name)
  if (field.name === type.title && (item.groups[field.group] ?? 'plain') === 'plain')
    return (
      <Link className="table-title" to={`/${type.plural}/${item.id}`} tabIndex={-1}>
        {titleOf(type, item)}
      </Link>
    )
  if (field.name === 'owner')
    return item.ownerId === null ? (
      <span className={type.pool ? 'pool-value' : 'empty-value'}>{type.pool ? t('list.inPool') : '—'}</span>
    ) : (
      <LinkTitle type="user" id={item.ownerId} titles={titles} />
    )
  return <FieldValue field={field} value={value} state={item.groups[field.group]} titles={titles} />
}

/** Keys that work unless somebody is typing or a dialog is open. */
export const useAnywhere = (active: boolean, act: (event: KeyboardEvent) => void): void => {
  const latest = useRef(act)
  useEffect(() => {
    latest.current = act
  })
  useEffect(() => {
    if (!active) return undefined
    const press = (event: KeyboardEvent): void => {
      const target = event.target as HTMLElement
      if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return
      if (
        target.closest(
          'input,textarea,select,[contenteditable],[role="combobox"],.ant-select,dialog,.ant-modal,.ant-drawer',
        )
      )
        return
      if (document.querySelector('.ant-modal-wrap:not([style*="display: none"]), .ant-drawer-open, dialog[open]'))
        return
      latest.current(event)
    }
    window.addEventListener('keydown', press)
    return () => window.removeEventListener('keydown', press)
  }, [active])
}
