// What is due by today: counted among my own records by the lists' own route, stored nowhere.
import { useQuery } from '@tanstack/react-query'
import { createElement, type ReactElement } from 'react'
import { Link } from 'react-router'
import { get } from '../api.ts'
import type { Filter, TypeInfo } from '../contract.ts'
import { counted, today } from '../format.ts'
import { askList, type ListState, writeState } from '../list-query.ts'
import { useMe, useWorkedWith } from '../session.ts'
import { useText } from '../text.ts'
import { iconOf } from './icons.ts'

export const Due = ({ close }: { close: () => void }): ReactElement => {
  const types = useWorkedWith()
  return (
    <>
      {['task', 'followup'].map((name) => {
        const type = types.find((one) => one.name === name)
        return type ? <DueLine key={name} type={type} state={stateOf(name)} close={close} /> : null
      })}
    </>
  )
}

const DueLine = ({
  type,
  state,
  close,
}: {
  type: TypeInfo
  state: ListState
  close: () => void
}): ReactElement | null => {
  const { t, language } = useText()
  const me = useMe()
  const asked = askList(state, me.id)
  const answer = useQuery({
    queryKey: ['list', type.name, 'due', asked],
    queryFn: () => get<{ count: number; capped: boolean }>(`/api/${type.plural}/count?${asked}`),
  })
  if (!answer.data || answer.data.count === 0) return null
  const { count, capped } = answer.data
  return (
    <Link
      className="bell-due"
      to={`/${type.plural}?${writeState(state).toString()}`}
      onClick={close}
      data-testid={`bell-due-${type.name}`}
    >
      {createElement(iconOf(type.name))}
      <span>{t(`bell.due.${type.name}`)}</span>
      <b>{counted(count, capped, language)}</b>
    </Link>
  )
}

const stateOf = (name: string): ListState => {
  const sort = name === 'task' ? 'due' : 'nextAt'
  return { q: '', view: 'mine', sort, dir: 'asc', filters: name === 'task' ? dueTasks() : plannedToday() }
}

const dueTasks = (): readonly Filter[] => [
  { field: 'done', op: 'ne', value: true },
  { field: 'due', op: 'lte', value: today() },
]

/** The day as it is where the person is. */
const plannedToday = (): readonly Filter[] => {
  const [from, to] = [new Date(), new Date()]
  from.setHours(0, 0, 0, 0)
  to.setHours(23, 59, 59, 999)
  return [
    { field: 'nextAt', op: 'gte', value: from.toISOString() },
    { field: 'nextAt', op: 'lte', value: to.toISOString() },
  ]
}
