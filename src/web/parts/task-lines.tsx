// Tasks as short lines with a box to tick.
import { useQueryClient } from '@tanstack/react-query'
import { Checkbox } from 'antd'
import type { ReactElement } from 'react'
import { Link } from 'react-router'
import { patch } from '../api.ts'
import type { RecordAnswer, TypeInfo } from '../contract.ts'
import { day, today } from '../format.ts'
import { useText } from '../text.ts'
import { titleOf } from '../titles.ts'
import { useNotify } from './notify.ts'

export const TaskLines = ({ task, items }: { task: TypeInfo; items: readonly RecordAnswer[] }): ReactElement => {
  const { t, language } = useText()
  const toggle = useTaskDone()
  const client = useQueryClient()
  const tick = async (item: RecordAnswer): Promise<void> => {
    await toggle(`/api/${task.plural}/${item.id}`, item)
    void client.invalidateQueries({ queryKey: ['list', 'task'] })
    void client.invalidateQueries({ queryKey: ['home'] })
  }
  return (
    <ul className="tasks">
      {items.map((item) => {
        const due = typeof item.values.due === 'string' ? item.values.due : null
        const done = item.values.done === true
        return (
          <li key={item.id} data-done={done}>
            <Checkbox
              checked={done}
              onChange={() => void tick(item)}
              aria-label={t('task.tick', { title: titleOf(task, item) })}
              data-testid="task-tick"
            />
            <Link to={`/tasks/${item.id}`}>{titleOf(task, item)}</Link>
            {due ? (
              <span className="due" data-late={!done && due < today()}>
                {due === today() ? t('task.today') : day(due, language)}
              </span>
            ) : null}
          </li>
        )
      })}
    </ul>
  )
}

/** Marks a task done or open again. */
export const useTaskDone = (): ((path: string, record: RecordAnswer) => Promise<RecordAnswer | null>) => {
  const notify = useNotify()
  return async (path, record) => {
    const next = await notify.attempt(() =>
      patch<RecordAnswer>(path, { version: record.version, values: { done: record.values.done !== true } }),
    )
    return next ?? null
  }
}
