// Large exports: what was asked for, and the word of a second person.
import { useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'
import type { ReactElement } from 'react'
import { post } from '../api.ts'
import type { ExportRequestItem } from '../contract.ts'
import { instant } from '../format.ts'
import { useCatalogue, useDirectory, useMe } from '../session.ts'
import { useText } from '../text.ts'
import { useNotify } from './notify.ts'
import { Panel } from './page-head.tsx'

export const ExportRequests = ({
  items,
  approves,
  decided,
}: {
  items: readonly ExportRequestItem[]
  approves: boolean
  /** Told after each decision. */
  decided?: () => void
}): ReactElement => {
  const { t, both, language } = useText()
  const me = useMe()
  const notify = useNotify()
  const queries = useQueryClient()
  const types = useCatalogue()
  const { users } = useDirectory()
  const nameOf = (id: string): string => users.find((user) => user.id === id)?.name ?? id.slice(0, 8)
  const decide = async (item: ExportRequestItem, approved: boolean): Promise<void> => {
    await notify.attempt(() => post(`/api/exports/requests/${item.id}/decide`, { approved, reason: '' }))
    await Promise.all(['export-requests', 'inbox'].map((key) => queries.invalidateQueries({ queryKey: [key] })))
    decided?.()
  }
  return (
    <Panel title={t('alarms.requests')} flush>
      {items.length === 0 ? (
        <p className="quiet card-body">{t('alarms.noRequests')}</p>
      ) : (
        <div className="table-box">
          <table className="table" data-testid="export-requests">
            <thead>
              <tr>
                {['when', 'who', 'records', 'rows', 'purpose', 'outcome'].map((name) => (
                  <th key={name} scope="col">
                    {t(`alarms.${name}`)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {items.map((item) => {
                const type = types.find((one) => one.name === item.type)
                const state = stateOf(item)
                return (
                  <tr key={item.id}>
                    <td>{instant(item.createdAt, language)}</td>
                    <td>{nameOf(item.userId)}</td>
                    <td>{type ? both(type.plurals) : item.type}</td>
                    <td className="mono">{item.rows}</td>
                    <td>{item.purpose}</td>
                    <td>
                      {state === 'open' && approves && item.userId !== me.id ? (
                        <span className="row" style={{ flexWrap: 'nowrap' }}>
                          <Button size="small" type="primary" onClick={() => void decide(item, true)}>
                            {t('alarms.approve')}
                          </Button>
                          <Button size="small" onClick={() => void decide(item, false)}>
                            {t('alarms.refuse')}
                          </Button>
                        </span>
                      ) : (
                        <span>
                          {t(`alarms.requestState.${state}`)}
                          {item.decidedBy === null ? null : <span className="quiet"> · {nameOf(item.decidedBy)}</span>}
                        </span>
                      )}
                    </td>
                  </tr>
                )
              })}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  )
}

const stateOf = (item: ExportRequestItem): 'open' | 'approved' | 'refused' | 'used' | 'over' => {
  if (item.usedAt !== null) return 'used'
  if (item.approved === false) return 'refused'
  if (new Date(item.expiresAt) <= new Date()) return 'over'
  return item.approved === true ? 'approved' : 'open'
}
