// A person's own account: password, second factor, language, and where they are signed in.
import { useQueryClient } from '@tanstack/react-query'
import { Alert, Button, Form, Input, Modal, QRCode } from 'antd'
import { useEffect, useState, type ReactElement } from 'react'
import { keep, post, remove } from '../api.ts'
import { LanguageSwitch } from '../parts/language.tsx'
import { useNotify } from '../parts/notify.ts'
import { PageHead, Panel } from '../parts/page-head.tsx'
import { NewPasswordItem } from '../parts/password.tsx'
import { Sessions } from '../parts/sessions.tsx'
import { refreshMe, useMe } from '../session.ts'
import { useText } from '../text.ts'
import '../style/journal.css'

export default function Settings(): ReactElement {
  const { t } = useText()
  const me = useMe()
  useEffect(() => {
    if (location.hash === '#totp') document.getElementById('totp')?.scrollIntoView()
  }, [])
  return (
    <>
      <PageHead title={t('settings.title')} about={`${me.name} · ${me.email}`} />
      <div className="stack">
        <div className="two">
          <SecondFactor />
          <Password />
        </div>
        <Panel title={t('settings.language')}>
          <div className="row">
            <LanguageSwitch signedIn />
            <span className="quiet">{t('settings.languageAbout')}</span>
          </div>
        </Panel>
        <Panel title={t('settings.sessions')} flush>
          <Sessions path="/api/sessions" single />
        </Panel>
      </div>
    </>
  )
}

const Password = (): ReactElement => {
  const { t } = useText()
  const me = useMe()
  const notify = useNotify()
  const client = useQueryClient()
  const [form] = Form.useForm<{ current: string; password: string }>()
  const [busy, setBusy] = useState(false)
  const change = async (values: { current: string; password: string }): Promise<void> => {
    setBusy(true)
    await notify.attempt(async () => {
      await post('/api/me/password', values)
      form.resetFields()
      notify.done(t('settings.passwordChanged'))
      await refreshMe(client)
    })
    setBusy(false)
  }
  return (
    <Panel title={t('settings.password')}>
      <Form form={form} layout="vertical" requiredMark={false} onFinish={(values) => void change(values)}>
        <Form.Item
          name="current"
          label={t('newPassword.current')}
          rules={[{ required: true, message: t('form.required') }]}
        >
          <Input.Password autoComplete="current-password" data-testid="settings-current" />
        </Form.Item>
        <NewPasswordItem label={t('newPassword.next')} testId="settings-password" email={me.email} name={me.name} />
        <Button htmlType="submit" loading={busy} data-testid="settings-password-save">
          {t('newPassword.submit')}
        </Button>
      </Form>
    </Panel>
  )
}

interface Secret {
  readonly secret: string
  readonly uri: string
}

const SecondFactor = (): ReactElement => {
  const { t } = useText()
  const me = useMe()
  const notify = useNotify()
  const client = useQueryClient()
  const [secret, setSecret] = useState<Secret | null>(null)
  const [codes, setCodes] = useState<readonly string[] | null>(null)
  const [removing, setRemoving] = useState(false)
  const begin = async (): Promise<void> => setSecret((await notify.attempt(() => post<Secret>('/api/me/totp'))) ?? null)
  const confirm = async (code: string): Promise<void> => {
    await notify.attempt(async () => {
      const answer = await post<{ recoveryCodes: readonly string[] }>('/api/me/totp/confirm', { code })
      setCodes(answer.recoveryCodes)
      setSecret(null)
      await refreshMe(client)
    })
  }
  return (
    <div id="totp">
      <Panel title={t('totp.title')} data-testid="settings-totp">
        <div className="stack">
          {codes ? (
            <RecoveryCodes codes={codes} done={() => setCodes(null)} />
          ) : me.totp ? (
            <>
              <Alert type="success" showIcon title={t('totp.on')} data-testid="settings-totp-on" />
              <div>
                <Button danger onClick={() => setRemoving(true)} data-testid="settings-totp-remove">
                  {t('totp.remove')}
                </Button>
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
      {removing ? <RemoveFactor close={() => setRemoving(false)} removed={() => refreshMe(client)} /> : null}
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

const RecoveryCodes = ({ codes, done }: { codes: readonly string[]; done: () => void }): ReactElement => {
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

const RemoveFactor = ({ close, removed }: { close: () => void; removed: () => Promise<void> }): ReactElement => {
  const { t } = useText()
  const notify = useNotify()
  const [form] = Form.useForm<{ password: string }>()
  const run = async ({ password }: { password: string }): Promise<void> => {
    await notify.attempt(async () => {
      await remove('/api/me/totp', { password })
      close()
      await removed()
    })
  }
  return (
    <Modal
      open
      title={t('totp.remove')}
      onCancel={close}
      okText={t('totp.remove')}
      okButtonProps={{ danger: true }}
      onOk={() => form.submit()}
    >
      <Form form={form} layout="vertical" requiredMark={false} onFinish={(values) => void run(values)}>
        <p style={{ marginBottom: 10 }}>{t('totp.removeAbout')}</p>
        <Form.Item
          name="password"
          label={t('newPassword.current')}
          rules={[{ required: true, message: t('form.required') }]}
        >
          <Input.Password autoFocus autoComplete="current-password" />
        </Form.Item>
      </Form>
    </Modal>
  )
}
