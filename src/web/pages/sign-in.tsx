// Signing in: by a passkey alone, or e-mail and password and then the second factor where one is set.
import { useQueryClient } from '@tanstack/react-query'
import { KeyOutlined } from '@ant-design/icons'
import { Alert, Button, Checkbox, Divider, Form, Input } from 'antd'
import { useState, type ReactElement } from 'react'
import { isProblem, post } from '../api.ts'
import type { Me, SignIn as Request } from '../contract.ts'
import { Outside } from '../parts/outside.tsx'
import { SignOn, SignOnResult } from '../parts/sign-on.tsx'
import { answerWithPasskey, isBrokenOff, passkeysHere } from '../passkey.ts'
import { enter } from '../session.ts'
import { switchLanguage, useText } from '../text.ts'

export default function SignIn({ setupNeeded, mail }: { setupNeeded: boolean; mail: boolean }): ReactElement {
  const { t } = useText()
  const client = useQueryClient()
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)
  const [first, setFirst] = useState<Request | null>(null)

  const [remember, setRemember] = useState(false)
  const attempt = (request: Request): Promise<void> => run(() => post<Me>('/api/session', request), request)
  const byPasskey = (): Promise<void> =>
    run(async () => {
      const passkey = await answerWithPasskey('/api/passkey/challenge')
      return first
        ? post<Me>('/api/session', { ...first, passkey, remember })
        : post<Me>('/api/session/passkey', { passkey })
    })
  const run = async (work: () => Promise<Me>, request?: Request): Promise<void> => {
    setBusy(true)
    setProblem(null)
    try {
      const me = await work()
      if (localStorage.getItem('holdfast.language') === null) switchLanguage(me.language)
      enter(client, me)
    } catch (error) {
      if (isProblem(error, 'code-needed') && request?.code === undefined && request) setFirst(request)
      else if (isBrokenOff(error)) setProblem(t('passkey.brokenOff'))
      else setProblem(error instanceof TypeError ? t('common.unreachable') : (error as Error).message)
    } finally {
      setBusy(false)
    }
  }

  if (setupNeeded)
    return (
      <Outside title={t('signIn.notYet')}>
        <Alert type="info" showIcon title={t('signIn.notYetAbout')} data-testid="signin-setup-needed" />
      </Outside>
    )
  return (
    <Outside title={t('signIn.title')} about={first ? t('signIn.codeAbout') : t('signIn.about')}>
      <SignOnResult />
      {problem === null ? null : (
        <Alert type="error" showIcon title={problem} style={{ marginBottom: 14 }} data-testid="signin-problem" />
      )}
      {first ? (
        <Form<{ code: string }>
          layout="vertical"
          requiredMark={false}
          onFinish={({ code }) => void attempt({ ...first, code: code.trim(), remember })}
        >
          <Form.Item name="code" label={t('signIn.code')} rules={[{ required: true, message: t('form.required') }]}>
            <Input
              size="large"
              autoFocus
              inputMode="numeric"
              autoComplete="one-time-code"
              data-testid="signin-code"
              maxLength={64}
            />
          </Form.Item>
          <Form.Item>
            <Checkbox
              checked={remember}
              onChange={(event) => setRemember(event.target.checked)}
              data-testid="signin-remember"
            >
              {t('signIn.remember')}
            </Checkbox>
          </Form.Item>
          <Button type="primary" size="large" htmlType="submit" block loading={busy} data-testid="signin-code-submit">
            {t('signIn.submit')}
          </Button>
          {passkeysHere() ? (
            <Button
              size="large"
              block
              icon={<KeyOutlined />}
              disabled={busy}
              onClick={() => void byPasskey()}
              style={{ marginTop: 8 }}
              data-testid="signin-code-passkey"
            >
              {t('passkey.use')}
            </Button>
          ) : null}
          <Button type="link" block onClick={() => setFirst(null)} style={{ marginTop: 8 }}>
            {t('common.back')}
          </Button>
        </Form>
      ) : (
        <Form<Request>
          layout="vertical"
          requiredMark={false}
          onFinish={({ email, password }) => void attempt({ email: email.trim(), password })}
        >
          <Form.Item name="email" label={t('signIn.email')} rules={[{ required: true, message: t('form.required') }]}>
            <Input size="large" type="email" autoFocus autoComplete="username" data-testid="signin-email" />
          </Form.Item>
          <Form.Item
            name="password"
            label={t('signIn.password')}
            rules={[{ required: true, message: t('form.required') }]}
          >
            <Input.Password size="large" autoComplete="current-password" data-testid="signin-password" />
          </Form.Item>
          <Button type="primary" size="large" htmlType="submit" block loading={busy} data-testid="signin-submit">
            {t('signIn.submit')}
          </Button>
          {mail ? (
            <Button type="link" block href="/new-password" style={{ marginTop: 8 }} data-testid="signin-forgotten">
              {t('reset.forgotten')}
            </Button>
          ) : null}
          {passkeysHere() ? (
            <>
              <Divider plain>{t('signIn.or')}</Divider>
              <Button
                size="large"
                block
                icon={<KeyOutlined />}
                disabled={busy}
                onClick={() => void byPasskey()}
                data-testid="signin-passkey"
              >
                {t('passkey.signIn')}
              </Button>
            </>
          ) : null}
        </Form>
      )}
      {first ? null : <SignOn />}
    </Outside>
  )
}
