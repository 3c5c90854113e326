// Where somebody is signed in: each device with its addresses; one whose address changed is marked; any can be ended.
import { WarningFilled } from '@ant-design/icons'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Button, Tooltip } from 'antd'
import type { ReactElement } from 'react'
import { get, remove } from '../api.ts'
import type { SessionItem } from '../contract.ts'
import { ago, instant } from '../format.ts'
import { useText } from '../text.ts'
import { Failure } from './failure.tsx'
import { useNotify } from './notify.ts'
import { Waiting } from './waiting.tsx'
import '../style/table.css'

interface Props {
  readonly path: string
  /** Whether single sessions can be ended here. */
  readonly single: boolean
}

export const Sessions = ({ path, single }: Props): ReactElement => {
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
      await remove(`/api/sessions/${session.id}`)
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
            {single ? (
              <th scope="col">
                <span className="visually-hidden">{t('common.actions')}</span>
              </th>
            ) : null}
          </tr>
        </thead>
        <tbody>
          {answer.data.items.map((session) => (
            <tr key={session.id} data-testid="session-row" data-suspicious={session.suspicious}>
              <td title={session.userAgent}>
                {device(session.userAgent)}
                {session.current ? <span className="quiet"> · {t('sessions.current')}</span> : null}
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
              {single ? (
                <td className="table-action">
                  {session.current ? null : (
                    <Button size="small" danger onClick={() => void end(session)} data-testid="session-end">
                      {t('sessions.end')}
                    </Button>
                  )}
                </td>
              ) : null}
            </tr>
          ))}
        </tbody>
      </table>
      {answer.data.items.length === 0 ? <p className="nothing">{t('sessions.none')}</p> : null}
    </div>
  )
}

/** Browser and system in two words. */
const device = (agent: string): string => {
  const find = (table: readonly (readonly [RegExp, string])[]): string =>
    table.find(([pattern]) => pattern.test(agent))?.[1] ?? ''
  const browser = find([
    [/Edg\//, 'Edge'],
    [/Firefox\//, 'Firefox'],
    [/MicroMessenger/, 'WeChat'],
    [/Chrome\//, 'Chrome'],
    [/Safari\//, 'Safari'],
    [/^curl|^node|undici/i, 'API'],
  ])
  const system = find([
    [/Android/, 'Android'],
    [/iPhone|iPad/, 'iOS'],
    [/Windows/, 'Windows'],
    [/Mac OS X/, 'macOS'],
    [/Linux|X11/, 'Linux'],
  ])
  return [browser, system].filter((part) => part !== '').join(' · ') || agent.slice(0, 40) || '—'
}
