// Rights lent for a while, one a line: to whom, what, until when, why, by whom; ended from here by who may.
import { Button } from 'antd'
import type { ReactElement } from 'react'
import { post } from '../api.ts'
import type { GrantItem } from '../contract.ts'
import { instant } from '../format.ts'
import { useCatalogue, useDirectory, useMe, useType } from '../session.ts'
import { useText } from '../text.ts'
import { useNotify } from './notify.ts'
import { Table } from './table.tsx'
import { LinkTitle } from './value.tsx'

type State = 'running' | 'coming' | 'over' | 'ended'

export const GrantTable = ({
  items,
  all,
  changed,
}: {
  items: readonly GrantItem[]
  all: boolean
  changed: () => void
}): ReactElement => {
  const { t, language } = useText()
  const me = useMe()
  const notify = useNotify()
  const { users } = useDirectory()
  const nameOf = (id: string): string => users.find((one) => one.id === id)?.name ?? `…${id.slice(-6)}`
  const end = async (item: GrantItem): Promise<void> => {
    await notify.attempt(async () => {
      await post(`/api/grants/${item.id}/end`)
      notify.done(t('grants.ended'))
    })
    changed()
  }
  if (items.length === 0) return <p className="quiet card-body">{t('grants.none')}</p>
  return (
    <Table
      data-testid="grants-table"
      headings={['to', 'what', 'time', 'reason', 'by', 'state'].map((name) => t(`grants.${name}`))}
    >
      {items.map((item) => {
        const state = stateOf(item)
        const open = state === 'running' || state === 'coming'
        return (
          <tr key={item.id} data-state={state}>
            <td>{nameOf(item.userId)}</td>
            <td>
              <What item={item} />
            </td>
            <td style={{ paddingBlock: 6 }}>
              {instant(item.startsAt, language)}
              <div className="quiet small">{t('lend.until', { at: instant(item.expiresAt, language) })}</div>
            </td>
            <td style={{ whiteSpace: 'normal', minWidth: 160 }}>{item.reason}</td>
            <td>
              {nameOf(item.givenBy)}
              {item.passedTo === null ? null : (
                <div className="quiet small">{t('grants.passed', { who: nameOf(item.passedTo) })}</div>
              )}
            </td>
            <td>
              <span className="state" data-state={state === 'running' ? 'active' : ''}>
                {t(`grants.states.${state}`)}
              </span>
              {item.endedBy === null ? null : <div className="quiet small">{nameOf(item.endedBy)}</div>}
            </td>
            <td className="table-action">
              {open && (all || (item.passedTo ?? item.givenBy) === me.id) ? (
                <Button size="small" danger onClick={() => void end(item)} data-testid="grant-end">
                  {t('lend.end')}
                </Button>
              ) : null}
            </td>
          </tr>
        )
      })}
    </Table>
  )
}

const What = ({ item }: { item: GrantItem }): ReactElement => {
  const { t, both } = useText()
  const types = useCatalogue()
  const roles = useType('user')?.fields.find((field) => field.name === 'role')?.options ?? []
  if (item.role !== null) {
    const role = roles.find(({ value }) => value === item.role)
    return <>{t('grants.role', { role: role ? both(role.label) : item.role })}</>
  }
  const type = types.find((one) => one.name === item.type)
  return (
    <>
      {item.type !== null && item.recordId !== null ? <LinkTitle type={item.type} id={item.recordId} /> : null}
      <div className="quiet small">
        {type ? both(type.label) : item.type} · {t(`lend.levels.${item.level ?? 'read'}`)}
      </div>
    </>
  )
}

/** Where something lent stands in its time. */
export const stateOf = ({
  endedAt,
  startsAt,
  expiresAt,
}: Pick<GrantItem, 'endedAt' | 'startsAt' | 'expiresAt'>): State => {
  if (endedAt !== null) return 'ended'
  const now = new Date()
  if (new Date(expiresAt) <= now) return 'over'
  return new Date(startsAt) > now ? 'coming' : 'running'
}
