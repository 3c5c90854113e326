// Passkeys of a person: added in this browser or with a key, named, taken away; and how many recovery codes are left.
import { KeyOutlined, PlusOutlined } from '@ant-design/icons'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Alert, Button, Input, Popconfirm } from 'antd'
import { useState, type ReactElement } from 'react'
import { carryCsrf, get, patch, post, remove } from '../api.ts'
import type { PasskeyAdded, PasskeyItem, PasskeysAnswer } from '../contract.ts'
import { ago, moment } from '../format.ts'
import { isBrokenOff, isThereAlready, makePasskey, passkeysHere } from '../passkey.ts'
import { refreshMe, useMe } from '../session.ts'
import { useText } from '../text.ts'
import { deviceName } from './device-name.ts'
import { Failure } from './failure.tsx'
import { useNotify } from './notify.ts'
import { Panel } from './page-head.tsx'
import { RecoveryCodes } from './totp.tsx'
import { Waiting } from './waiting.tsx'

/** enrolled: when the first one is made and the recovery codes are kept. */
export const Passkeys = ({ enrolled }: { enrolled?: () => Promise<void> }): ReactElement => {
  const { t } = useText()
  const me = useMe()
  const notify = useNotify()
  const client = useQueryClient()
  const [codes, setCodes] = useState<readonly string[] | null>(null)
  const [busy, setBusy] = useState(false)
  const answer = useQuery({
    queryKey: ['passkeys'],
    queryFn: () => get<PasskeysAnswer>('/api/me/passkeys'),
    staleTime: 0,
  })
  const changed = async (): Promise<void> => {
    await client.invalidateQueries({ queryKey: ['passkeys'] })
    await client.invalidateQueries({ queryKey: ['sessions'] })
    if (!enrolled) await refreshMe(client)
  }
  const add = async (): Promise<void> => {
    setBusy(true)
    try {
      const response = await makePasskey()
      const name = deviceName(navigator.userAgent)
      const added = await post<PasskeyAdded>('/api/me/passkeys', { name, response })
      carryCsrf(added.csrf)
      setCodes(added.recoveryCodes)
      notify.done(t('passkey.added'))
      await changed()
      if (enrolled && added.recoveryCodes === null) await enrolled()
    } catch (error) {
      notify.fail(
        isBrokenOff(error)
          ? new Error(t('passkey.brokenOff'))
          : isThereAlready(error)
            ? new Error(t('passkey.already'))
            : error,
      )
    }
    setBusy(false)
  }
  const renew = async (): Promise<void> => {
    await notify.attempt(async () => {
      setCodes((await post<{ recoveryCodes: readonly string[] }>('/api/me/recovery-codes')).recoveryCodes)
      await client.invalidateQueries({ queryKey: ['passkeys'] })
    })
  }
  const can = me.passkeysPossible && passkeysHere()
  return (
    <Panel
      title={t('passkey.title')}
      data-testid="settings-passkeys"
      extra={
        can && !codes ? (
          <Button
            size="small"
            icon={<PlusOutlined />}
            loading={busy}
            onClick={() => void add()}
            data-testid="passkey-add"
          >
            {t('passkey.add')}
          </Button>
        ) : null
      }
    >
      <div className="stack">
        {codes ? (
          <RecoveryCodes codes={codes} done={() => (enrolled ? void enrolled() : setCodes(null))} />
        ) : (
          <>
            <p>{t('passkey.about')}</p>
            {can ? null : (
              <Alert type="info" showIcon title={t(me.passkeysPossible ? 'passkey.notHere' : 'passkey.byNumber')} />
            )}
            {answer.error ? (
              <Failure error={answer.error} again={() => void answer.refetch()} />
            ) : answer.data ? (
              <ul className="passkeys" data-testid="passkey-list">
                {answer.data.items.map((item) => (
                  <One key={item.id} item={item} changed={changed} />
                ))}
              </ul>
            ) : (
              <Waiting />
            )}
            {me.secondFactor && answer.data ? (
              <div className="row">
                <span className="quiet">{t('passkey.recoveryLeft', { count: answer.data.recoveryLeft })}</span>
                <Popconfirm title={t('passkey.renewAbout')} okText={t('passkey.renew')} onConfirm={() => void renew()}>
                  <Button size="small" data-testid="recovery-renew">
                    {t('passkey.renew')}
                  </Button>
                </Popconfirm>
              </div>
            ) : null}
          </>
        )}
      </div>
    </Panel>
  )
}

const One = ({ item, changed }: { item: PasskeyItem; changed: () => Promise<void> }): ReactElement => {
  const { t, language } = useText()
  const notify = useNotify()
  const [name, setName] = useState<string | null>(null)
  const rename = async (): Promise<void> => {
    const next = name?.trim() ?? ''
    setName(null)
    if (next === '' || next === item.name) return
    await notify.attempt(() => patch(`/api/me/passkeys/${item.id}`, { name: next }))
    await changed()
  }
  const takeAway = async (): Promise<void> => {
    await notify.attempt(async () => {
      await remove(`/api/me/passkeys/${item.id}`)
      notify.done(t('passkey.removed'))
    })
    await changed()
  }
  const used = item.usedAt === null ? t('passkey.unused') : t('passkey.used', { when: ago(item.usedAt, language) })
  return (
    <li data-testid="passkey-item">
      <KeyOutlined aria-hidden="true" />
      <div style={{ flex: 1, minWidth: 0 }}>
        {name === null ? (
          <b>{item.name}</b>
        ) : (
          <Input
            size="small"
            autoFocus
            maxLength={60}
            value={name}
            aria-label={t('passkey.name')}
            onChange={(event) => setName(event.target.value)}
            onBlur={() => void rename()}
            onPressEnter={() => void rename()}
          />
        )}
        <div className="quiet small">
          {[
            t('passkey.since', { when: moment(item.createdAt, language) }),
            used,
            t(item.synced ? 'passkey.synced' : 'passkey.bound'),
          ].join(' · ')}
        </div>
      </div>
      <Button size="small" type="text" onClick={() => setName(item.name)}>
        {t('passkey.rename')}
      </Button>
      <Popconfirm title={t('passkey.removeAbout')} okText={t('passkey.remove')} onConfirm={() => void takeAway()}>
        <Button size="small" type="text" danger data-testid="passkey-remove">
          {t('passkey.remove')}
        </Button>
      </Popconfirm>
    </li>
  )
}
