// Where somebody is signed in: each device with its addresses; one whose address changed is marked; any can be ended.
import { WarningFilled } from '@ant-design/icons'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Button, Popconfirm, Tooltip } from 'antd'
import type { ReactElement } from 'react'
import { get, remove } from '../api.ts'
import type { SessionItem } from '../contract.ts'
import { ago, instant } from '../format.ts'
import { useText } from '../text.ts'
import { deviceName } from './device-name.ts'
import { Failure } from './failure.tsx'
import { useNotify } from './notify.ts'
import { Waiting } from './waiting.tsx'
import '../style/table.css'

interface Props {
  readonly path: string
  /** Where a single one is ended: its id follows. */
  readonly endPath: string
}

export const Sessions = ({ path, endPath }: Props): ReactElement => {
  const { t, language } = useText()
  const client = useQueryClient()
  const notify = useNotify()
  const answer = useQuery({
    queryKey: ['sessions', path],
    queryFn: () => get<{ items: readonly SessionItem[] }>(path),
    staleTime: 0,
  })
  const end = async (session: SessionItem): Promise<void> => {
    await notify.attempt(async () => {
      await remove(`${endPath}/${session.id}`)
      notify.done(t('sessions.ended'))
    })
    await client.invalidateQueries({ queryKey: ['sessions', path] })
  }
  if (answer.error) return <Failure error={answer.error} again={() => void answer.refetch()} />
  if (!answer.data) return <Waiting />
  return (
    <div className="table-box">
      <table className="table" data-testid="sessions-table">
        <thead>
          <tr>
            <th scope="col">{t('sessions.device')}</th>
            <th scope="col">{t('sessions.firstIp')}</th>
            <th scope="col">{t('sessions.lastIp')}</th>
            <th scope="col">{t('sessions.created')}</th>
            <th scope="col">{t('sessions.seen')}</th>
            <th scope="col">
              <span className="visually-hidden">{t('common.actions')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {answer.data.items.map((session) => (
            <tr key={session.id} data-testid="session-row" data-suspicious={session.suspicious}>
              <td title={session.userAgent}>
                {deviceName(session.userAgent)}
                {session.current ? <span className="quiet"> · {t('sessions.current')}</span> : null}
                {session.secondFactor ? <span className="quiet"> · {t('sessions.secondFactor')}</span> : null}
                {session.trusted ? <span className="quiet"> · {t('sessions.trusted')}</span> : null}
                {session.suspicious ? (
                  <Tooltip title={t('sessions.suspiciousAbout')}>
                    <span style={{ color: '#b3261e', marginLeft: 8 }} data-testid="session-suspicious">
                      <WarningFilled aria-hidden="true" /> {t('sessions.suspicious')}
                    </span>
                  </Tooltip>
                ) : null}
              </td>
              <td className="mono">{session.firstIp}</td>
              <td className="mono">{session.lastIp}</td>
              <td>{instant(session.createdAt, language)}</td>
              <td>{ago(session.seenAt, language)}</td>
              <td className="table-action">
                {session.current ? null : (
                  <Button size="small" danger onClick={() => void end(session)} data-testid="session-end">
                    {t('sessions.end')}
                  </Button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {answer.data.items.length === 0 ? <p className="nothing">{t('sessions.none')}</p> : null}
    </div>
  )
}

/** Ends every session of the person but this one. */
export const EndOthers = (): ReactElement => {
  const { t } = useText()
  const client = useQueryClient()
  const notify = useNotify()
  const end = async (): Promise<void> => {
    await notify.attempt(async () => {
      await remove('/api/sessions')
      notify.done(t('sessions.othersEnded'))
    })
    await client.invalidateQueries({ queryKey: ['sessions'] })
    await client.invalidateQueries({ queryKey: ['devices'] })
  }
  return (
    <Popconfirm title={t('sessions.endOthersAbout')} okText={t('sessions.endOthers')} onConfirm={() => void end()}>
      <Button size="small" danger data-testid="sessions-end-others">
        {t('sessions.endOthers')}
      </Button>
    </Popconfirm>
  )
}
