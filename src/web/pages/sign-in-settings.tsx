// How people sign in: which roles need a second factor, how long a confirmation counts, and the mail server that invitations go through.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Alert, Button, Form, Input, InputNumber, Popconfirm, Select } from 'antd'
import { useState, type ReactElement } from 'react'
import { get, post, remove } from '../api.ts'
import type { MailServerWish, MailSettings, SignInRulesAnswer } from '../contract.ts'
import { Failure } from '../parts/failure.tsx'
import { useNotify } from '../parts/notify.ts'
import { PageHead, Panel } from '../parts/page-head.tsx'
import { Waiting } from '../parts/waiting.tsx'
import { useRoleChoices } from '../roles.ts'
import { refreshMe } from '../session.ts'
import { useText } from '../text.ts'
import '../style/journal.css'

export default function SignInSettings(): ReactElement {
  const { t } = useText()
  const rules = useQuery({ queryKey: ['sign-in-rules'], queryFn: () => get<SignInRulesAnswer>('/api/sign-in-rules') })
  const mail = useQuery({ queryKey: ['mail'], queryFn: () => get<MailSettings>('/api/mail'), staleTime: 0 })
  const error = rules.error ?? mail.error
  if (error) return <Failure error={error} again={() => void rules.refetch()} />
  if (!rules.data || !mail.data) return <Waiting />
  return (
    <>
      <PageHead title={t('nav.sign-in-settings')} about={t('rules.about')} />
      <div className="two">
        <Rules rules={rules.data} />
        <Mail settings={mail.data} />
      </div>
    </>
  )
}

const Rules = ({ rules }: { rules: SignInRulesAnswer }): ReactElement => {
  const { t } = useText()
  const client = useQueryClient()
  const notify = useNotify()
  const [busy, setBusy] = useState(false)
  const roles = useRoleChoices()
  const save = async (values: SignInRulesAnswer): Promise<void> => {
    setBusy(true)
    await notify.attempt(async () => {
      await post('/api/sign-in-rules', values)
      notify.done(t('rules.saved'))
      await client.invalidateQueries({ queryKey: ['sign-in-rules'] })
      await refreshMe(client)
    })
    setBusy(false)
  }
  return (
    <Panel title={t('rules.title')} data-testid="rules">
      <Form<SignInRulesAnswer>
        layout="vertical"
        requiredMark={false}
        initialValues={rules}
        onFinish={(values) => void save(values)}
      >
        <Form.Item name="secondFactorRoles" label={t('rules.roles')} extra={t('rules.rolesAbout')}>
          <Select mode="multiple" options={roles} placeholder={t('rules.none')} data-testid="rules-roles" />
        </Form.Item>
        <Form.Item
          name="confirmMinutes"
          label={t('rules.minutes')}
          extra={t('rules.minutesAbout')}
          rules={[{ required: true, message: t('form.required') }]}
        >
          <InputNumber min={1} max={60} precision={0} data-testid="rules-minutes" />
        </Form.Item>
        <Button type="primary" htmlType="submit" loading={busy} data-testid="rules-save">
          {t('common.save')}
        </Button>
      </Form>
    </Panel>
  )
}

const Mail = ({ settings }: { settings: MailSettings }): ReactElement => {
  const { t } = useText()
  const client = useQueryClient()
  const notify = useNotify()
  const [form] = Form.useForm<MailServerWish>()
  const [busy, setBusy] = useState(false)
  const act = async (work: () => Promise<unknown>, said: string): Promise<void> => {
    setBusy(true)
    await notify.attempt(async () => {
      await work()
      notify.done(said)
    })
    // Whether there is mail is also asked by the page of people and the sign-in page.
    await Promise.all(['mail', 'health'].map((key) => client.invalidateQueries({ queryKey: [key] })))
    setBusy(false)
  }
  const save = (values: MailServerWish): Promise<void> => {
    const { password = '', ...server } = values
    return act(
      () =>
        post('/api/mail', { ...server, username: server.username.trim(), ...(password === '' ? {} : { password }) }),
      t('mail.saved'),
    )
  }
  const needed = { required: true, message: t('form.required') }
  const server = settings.server
  return (
    <Panel title={t('mail.title')} data-testid="mail">
      <p style={{ marginBottom: 12 }}>{t('mail.about')}</p>
      {server?.paused ? (
        <Alert
          type="warning"
          showIcon
          style={{ marginBottom: 12 }}
          data-testid="mail-paused"
          title={t('mail.resume.title')}
          description={t('mail.resume.about')}
          action={
            <Popconfirm
              title={t('mail.resume.sure')}
              okText={t('mail.resume.go')}
              cancelText={t('common.cancel')}
              onConfirm={() => void act(() => post('/api/mail/resume'), t('mail.resume.done'))}
            >
              <Button size="small" disabled={busy} data-testid="mail-resume">
                {t('mail.resume.go')}
              </Button>
            </Popconfirm>
          }
        />
      ) : null}
      {settings.waiting + settings.failed > 0 ? (
        <Alert
          type={settings.failed > 0 ? 'warning' : 'info'}
          showIcon
          style={{ marginBottom: 12 }}
          title={t('mail.queue', { waiting: settings.waiting, failed: settings.failed })}
          {...(settings.lastError === null ? {} : { description: t('mail.lastError', { code: settings.lastError }) })}
        />
      ) : null}
      <Form<MailServerWish>
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={server ?? { host: '', port: 587, security: 'starttls', username: '', from: '' }}
        onFinish={(values) => void save(values)}
      >
        <Form.Item name="host" label={t('mail.host')} rules={[needed]}>
          <Input maxLength={253} placeholder="smtp.example.com" data-testid="mail-host" />
        </Form.Item>
        <div className="row" style={{ alignItems: 'start', flexWrap: 'nowrap' }}>
          <Form.Item name="port" label={t('mail.port')} rules={[needed]}>
            <InputNumber min={1} max={65535} precision={0} data-testid="mail-port" />
          </Form.Item>
          <Form.Item name="security" label={t('mail.security')} style={{ flex: 1 }}>
            <Select
              options={(['starttls', 'tls', 'none'] as const).map((value) => ({ value, label: t(`mail.${value}`) }))}
              data-testid="mail-security"
            />
          </Form.Item>
        </div>
        <Form.Item name="username" label={t('mail.username')}>
          <Input maxLength={320} autoComplete="off" data-testid="mail-username" />
        </Form.Item>
        <Form.Item name="password" label={t('mail.password')}>
          <Input.Password
            autoComplete="new-password"
            placeholder={server?.passwordSet ? t('mail.passwordSet') : ''}
            data-testid="mail-password"
          />
        </Form.Item>
        <Form.Item name="from" label={t('mail.from')} rules={[needed, { type: 'email', message: t('form.email') }]}>
          <Input maxLength={320} placeholder="crm@example.com" data-testid="mail-from" />
        </Form.Item>
        <div className="row">
          <Button type="primary" htmlType="submit" loading={busy} data-testid="mail-save">
            {t('common.save')}
          </Button>
          {server ? (
            <>
              <Button
                disabled={busy || server.paused}
                onClick={() => void act(() => post('/api/mail/test'), t('mail.tested'))}
                data-testid="mail-test"
              >
                {t('mail.test')}
              </Button>
              <Popconfirm
                title={t('mail.offAbout')}
                okText={t('mail.off')}
                onConfirm={() => void act(() => remove('/api/mail'), t('mail.saved'))}
              >
                <Button danger>{t('mail.off')}</Button>
              </Popconfirm>
            </>
          ) : null}
        </div>
      </Form>
    </Panel>
  )
}
