// A person's own account: password, second factor, language, and where they are signed in.
import { useQueryClient } from '@tanstack/react-query'
import { Button, Form, Input } from 'antd'
import { useEffect, useState, type ReactElement } from 'react'
import { post } from '../api.ts'
import { Devices } from '../parts/devices.tsx'
import { LanguageSwitch } from '../parts/language.tsx'
import { useNotify } from '../parts/notify.ts'
import { PageHead, Panel } from '../parts/page-head.tsx'
import { Passkeys } from '../parts/passkeys.tsx'
import { NewPasswordItem } from '../parts/password.tsx'
import { EndOthers, Sessions } from '../parts/sessions.tsx'
import { Totp } from '../parts/totp.tsx'
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
          <Passkeys />
          <Totp />
        </div>
        <Password />
        <Panel title={t('settings.language')}>
          <div className="row">
            <LanguageSwitch signedIn />
            <span className="quiet">{t('settings.languageAbout')}</span>
          </div>
        </Panel>
        <Panel title={t('settings.sessions')} extra={<EndOthers />} flush>
          <Sessions path="/api/sessions" endPath="/api/sessions" />
        </Panel>
        <Devices />
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
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        style={{ maxWidth: 440 }}
        onFinish={(values) => void change(values)}
      >
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
