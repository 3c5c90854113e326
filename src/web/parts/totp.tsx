// Authenticator codes as second factor: the secret as a picture, a first code, and the recovery codes that are shown once.
import { useQueryClient } from '@tanstack/react-query'
import { Alert, Button, Form, Input, Popconfirm, QRCode } from 'antd'
import { useState, type ReactElement } from 'react'
import { carryCsrf, keep, post, remove } from '../api.ts'
import { refreshMe, useMe } from '../session.ts'
import { useText } from '../text.ts'
import { useNotify } from './notify.ts'
import { Panel } from './page-head.tsx'

interface Secret {
  readonly secret: string
  readonly uri: string
}

/** Authenticator codes: turned on with a first code, turned off after a confirmation. enrolled: when the recovery codes are kept. */
export const Totp = ({ enrolled }: { enrolled?: () => Promise<void> }): ReactElement => {
  const { t } = useText()
  const me = useMe()
  const notify = useNotify()
  const client = useQueryClient()
  const [secret, setSecret] = useState<Secret | null>(null)
  const [codes, setCodes] = useState<readonly string[] | null>(null)
  const begin = async (): Promise<void> => setSecret((await notify.attempt(() => post<Secret>('/api/me/totp'))) ?? null)
  const confirm = async (code: string): Promise<void> => {
    await notify.attempt(async () => {
      const answer = await post<{ recoveryCodes: readonly string[]; csrf: string }>('/api/me/totp/confirm', { code })
      carryCsrf(answer.csrf)
      setCodes(answer.recoveryCodes)
      setSecret(null)
      if (!enrolled) await refreshMe(client)
    })
  }
  const turnOff = async (): Promise<void> => {
    await notify.attempt(async () => {
      await remove('/api/me/totp')
      await refreshMe(client)
    })
  }
  return (
    <div id="totp">
      <Panel title={t('totp.title')} data-testid="settings-totp">
        <div className="stack">
          {codes ? (
            <RecoveryCodes codes={codes} done={() => (enrolled ? void enrolled() : setCodes(null))} />
          ) : me.totp ? (
            <>
              <Alert type="success" showIcon title={t('totp.on')} data-testid="settings-totp-on" />
              <div>
                <Popconfirm title={t('totp.removeAbout')} okText={t('totp.remove')} onConfirm={() => void turnOff()}>
                  <Button danger data-testid="settings-totp-remove">
                    {t('totp.remove')}
                  </Button>
                </Popconfirm>
              </div>
            </>
          ) : secret ? (
            <Enrol secret={secret} confirm={confirm} cancel={() => setSecret(null)} />
          ) : (
            <>
              <p>{t('totp.about')}</p>
              <div>
                <Button type="primary" onClick={() => void begin()} data-testid="settings-totp-begin">
                  {t('totp.begin')}
                </Button>
              </div>
            </>
          )}
        </div>
      </Panel>
    </div>
  )
}

const Enrol = ({
  secret,
  confirm,
  cancel,
}: {
  secret: Secret
  confirm: (code: string) => Promise<void>
  cancel: () => void
}): ReactElement => {
  const { t } = useText()
  const [busy, setBusy] = useState(false)
  return (
    <div className="row" style={{ alignItems: 'flex-start', gap: 20 }}>
      <QRCode value={secret.uri} type="svg" size={150} bordered={false} errorLevel="M" />
      <div className="stack" style={{ flex: 1, minWidth: 200 }}>
        <p>{t('totp.scan')}</p>
        <p>
          <span className="quiet">{t('totp.secret')}</span>
          <br />
          <code data-testid="settings-totp-secret" data-secret={secret.secret}>
            {secret.secret.match(/.{1,4}/g)?.join(' ') ?? secret.secret}
          </code>
        </p>
        <Form<{ code: string }>
          layout="vertical"
          requiredMark={false}
          onFinish={({ code }) => {
            setBusy(true)
            void confirm(code.replaceAll(/\s/g, '')).finally(() => setBusy(false))
          }}
        >
          <Form.Item name="code" label={t('totp.code')} rules={[{ required: true, message: t('form.required') }]}>
            <Input inputMode="numeric" autoComplete="one-time-code" maxLength={8} data-testid="settings-totp-code" />
          </Form.Item>
          <div className="row">
            <Button type="primary" htmlType="submit" loading={busy} data-testid="settings-totp-confirm">
              {t('totp.confirm')}
            </Button>
            <Button onClick={cancel}>{t('common.cancel')}</Button>
          </div>
        </Form>
      </div>
    </div>
  )
}

/** Shown once. */
export const RecoveryCodes = ({ codes, done }: { codes: readonly string[]; done: () => void }): ReactElement => {
  const { t } = useText()
  return (
    <>
      <Alert type="warning" showIcon title={t('totp.codes')} />
      <ul className="otp" style={{ columns: 2, fontSize: 14 }} data-testid="settings-recovery-codes">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div className="row">
        <Button
          onClick={() =>
            keep(new Blob([`${codes.join('\n')}\n`], { type: 'text/plain' }), 'holdfast-recovery-codes.txt')
          }
        >
          {t('totp.download')}
        </Button>
        <Button type="primary" onClick={done} data-testid="settings-codes-kept">
          {t('totp.kept')}
        </Button>
      </div>
    </>
  )
}
