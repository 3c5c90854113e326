// Signing in: e-mail and password, then the six digits where a second factor is set.
import { useQueryClient } from '@tanstack/react-query'
import { Alert, Button, Form, Input } from 'antd'
import { useState, type ReactElement } from 'react'
import { isProblem, post } from '../api.ts'
import type { Me, SignIn as Request } from '../contract.ts'
import { Outside } from '../parts/outside.tsx'
import { SignOn, SignOnResult } from '../parts/sign-on.tsx'
import { enter } from '../session.ts'
import { switchLanguage, useText } from '../text.ts'

export default function SignIn({ setupNeeded }: { setupNeeded: boolean }): ReactElement {
  const { t } = useText()
  const client = useQueryClient()
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)
  const [first, setFirst] = useState<Request | null>(null)

  const attempt = async (request: Request): Promise<void> => {
    setBusy(true)
    setProblem(null)
    try {
      const me = await post<Me>('/api/session', request)
      if (localStorage.getItem('holdfast.language') === null) switchLanguage(me.language)
      enter(client, me)
    } catch (error) {
      if (isProblem(error, 'code-needed') && request.code === undefined) setFirst(request)
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
          onFinish={({ code }) => void attempt({ ...first, code: code.trim() })}
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
          <Button type="primary" size="large" htmlType="submit" block loading={busy} data-testid="signin-code-submit">
            {t('signIn.submit')}
          </Button>
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
        </Form>
      )}
      {first ? null : <SignOn />}
    </Outside>
  )
}
