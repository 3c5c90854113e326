// Which records of a list are picked, and what can be done with them. A pick stays while pages are turned, and goes with another question.
import { EditOutlined } from '@ant-design/icons'
import { Button, Checkbox } from 'antd'
import { useState, type ReactElement } from 'react'
import type { RecordAnswer, TypeInfo } from '../contract.ts'
import { useText } from '../text.ts'
import { BulkDialog } from './bulk-dialog.tsx'
import type { ListState } from '../list-query.ts'

/** So many are taken at once; the server refuses more. */
export const mostPicked = 1000

export interface Selection {
  /** Ids with the version that was seen. */
  readonly picked: ReadonlyMap<string, number>
  readonly pick: (items: readonly RecordAnswer[], on: boolean) => void
  readonly clear: () => void
}

/** asked: what the list was asked; another question begins with nothing picked. */
export const useSelection = (asked: string): Selection => {
  const [state, setState] = useState<{ asked: string; picked: ReadonlyMap<string, number> }>({
    asked,
    picked: new Map(),
  })
  const picked = state.asked === asked ? state.picked : new Map<string, number>()
  return {
    picked,
    pick: (items, on) => {
      const next = new Map(picked)
      for (const { id, version } of items) {
        if (!on) next.delete(id)
        else if (next.size < mostPicked) next.set(id, version)
      }
      setState({ asked, picked: next })
    },
    clear: () => setState({ asked, picked: new Map() }),
  }
}

/** The box at the head of a list: all of the page. */
export const PickAll = ({
  items,
  selection,
}: {
  items: readonly RecordAnswer[]
  selection: Selection
}): ReactElement => {
  const { t } = useText()
  const picked = items.filter(({ id }) => selection.picked.has(id)).length
  return (
    <span className="pick">
      <Checkbox
        checked={picked > 0 && picked === items.length}
        indeterminate={picked > 0 && picked < items.length}
        onChange={(event) => selection.pick(items, event.target.checked)}
        aria-label={t('bulk.pickPage')}
        data-testid="list-pick-all"
      />
    </span>
  )
}

export const Pick = ({
  item,
  name,
  selection,
}: {
  item: RecordAnswer
  name: string
  selection: Selection
}): ReactElement => {
  const { t } = useText()
  return (
    <span className="pick">
      <Checkbox
        checked={selection.picked.has(item.id)}
        onChange={(event) => selection.pick([item], event.target.checked)}
        aria-label={t('bulk.pick', { what: name })}
        data-testid="list-pick"
      />
    </span>
  )
}

interface Props {
  readonly type: TypeInfo
  readonly state: ListState
  readonly selection: Selection
  /** How many the list holds, as it says it. */
  readonly total: string
}

/** What stands above a list while something is picked. */
export const SelectionBar = ({ type, state, selection, total }: Props): ReactElement | null => {
  const { t, noun } = useText()
  const [editing, setEditing] = useState<'picked' | 'all' | null>(null)
  if (selection.picked.size === 0) return null
  return (
    <div className="selection" role="region" aria-label={t('bulk.title', { what: noun(type.plurals) })}>
      <span data-testid="bulk-count" aria-live="polite">
        {t('bulk.picked', { count: selection.picked.size })}
      </span>
      <Button
        size="small"
        type="primary"
        icon={<EditOutlined />}
        onClick={() => setEditing('picked')}
        data-testid="bulk-edit"
      >
        {t('bulk.edit')}
      </Button>
      <Button size="small" onClick={() => setEditing('all')} data-testid="bulk-edit-all">
        {t('bulk.editAll', { count: total })}
      </Button>
      <span className="tools-gap" />
      <Button size="small" type="text" onClick={selection.clear} data-testid="bulk-clear">
        {t('bulk.clear')}
      </Button>
      {editing === null ? null : (
        <BulkDialog
          type={type}
          state={state}
          records={editing === 'all' ? null : [...selection.picked].map(([id, version]) => ({ id, version }))}
          close={(changed) => {
            setEditing(null)
            if (changed) selection.clear()
          }}
        />
      )}
    </div>
  )
}
