// Browsers that a person has confirmed as their own: this one added for 30 days, any of them forgotten.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'
import type { ReactElement } from 'react'
import { get, post, remove } from '../api.ts'
import type { DeviceItem } from '../contract.ts'
import { ago, moment } from '../format.ts'
import { refreshMe, useMe } from '../session.ts'
import { useText } from '../text.ts'
import { deviceName } from './device-name.ts'
import { useNotify } from './notify.ts'
import { Panel } from './page-head.tsx'
import '../style/table.css'

export const Devices = (): ReactElement => {
  const { t, language } = useText()
  const me = useMe()
  const notify = useNotify()
  const client = useQueryClient()
  const answer = useQuery({
    queryKey: ['devices'],
    queryFn: () => get<{ items: readonly DeviceItem[] }>('/api/me/devices'),
    staleTime: 0,
  })
  const act = async (work: () => Promise<unknown>, said: string): Promise<void> => {
    await notify.attempt(async () => {
      await work()
      notify.done(said)
    })
    await client.invalidateQueries({ queryKey: ['devices'] })
    await client.invalidateQueries({ queryKey: ['sessions'] })
    await refreshMe(client)
  }
  const items = answer.data?.items ?? []
  return (
    <Panel
      title={t('device.title')}
      flush
      data-testid="settings-devices"
      extra={
        me.deviceTrusted ? null : (
          <Button
            size="small"
            onClick={() => void act(() => post('/api/me/devices'), t('device.remembered'))}
            data-testid="device-remember"
          >
            {t('device.remember')}
          </Button>
        )
      }
    >
      <p className="quiet" style={{ padding: '10px 16px 0' }}>
        {t('device.about')}
      </p>
      {items.length === 0 ? (
        <p className="nothing">{t('device.none')}</p>
      ) : (
        <div className="table-box">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">{t('sessions.device')}</th>
                <th scope="col">{t('device.since')}</th>
                <th scope="col">{t('device.used')}</th>
                <th scope="col">{t('device.until')}</th>
                <th scope="col">
                  <span className="visually-hidden">{t('common.actions')}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {items.map((item) => (
                <tr key={item.id} data-testid="device-row">
                  <td title={item.userAgent}>
                    {deviceName(item.userAgent)}
                    {item.current ? <span className="quiet"> · {t('device.current')}</span> : null}
                  </td>
                  <td>{moment(item.createdAt, language)}</td>
                  <td>{ago(item.usedAt, language)}</td>
                  <td>{moment(item.expiresAt, language)}</td>
                  <td className="table-action">
                    <Button
                      size="small"
                      onClick={() => void act(() => remove(`/api/me/devices/${item.id}`), t('device.forgotten'))}
                      data-testid="device-forget"
                    >
                      {t('device.forget')}
                    </Button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  )
}
