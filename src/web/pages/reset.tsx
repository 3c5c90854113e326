// A forgotten password: asked for by e-mail, and set anew with the link of the letter. An invitation opens the same page.
import { KeyOutlined } from '@ant-design/icons'
import { Alert, Button, Form, Input } from 'antd'
import { useState, type ReactElement } from 'react'
import { useNavigate } from 'react-router'
import { isProblem, post } from '../api.ts'
import { Outside } from '../parts/outside.tsx'
import { NewPasswordItem } from '../parts/password.tsx'
import { answerWithPasskey, isBrokenOff, passkeysHere } from '../passkey.ts'
import { useText } from '../text.ts'

export const Forgotten = (): ReactElement => {
  const { t } = useText()
  const navigate = useNavigate()
  const [busy, setBusy] = useState(false)
  const [sent, setSent] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)
  const ask = async (email: string): Promise<void> => {
    setBusy(true)
    setProblem(null)
    try {
      await post('/api/reset', { email: email.trim() })
      setSent(true)
    } catch (error) {
      setProblem(error instanceof TypeError ? t('common.unreachable') : (error as Error).message)
    }
    setBusy(false)
  }
  return (
    <Outside title={t('reset.title')} about={t('reset.about')}>
      {problem === null ? null : <Alert type="error" showIcon title={problem} style={{ marginBottom: 14 }} />}
      {sent ? (
        <Alert type="success" showIcon title={t('reset.sent')} data-testid="reset-sent" />
      ) : (
        <Form<{ email: string }> layout="vertical" requiredMark={false} onFinish={({ email }) => void ask(email)}>
          <Form.Item name="email" label={t('signIn.email')} rules={[{ required: true, message: t('form.required') }]}>
            <Input size="large" type="email" autoFocus autoComplete="username" data-testid="reset-email" />
          </Form.Item>
          <Button type="primary" size="large" htmlType="submit" block loading={busy} data-testid="reset-ask">
            {t('reset.ask')}
          </Button>
        </Form>
      )}
      <Button type="link" block onClick={() => void navigate('/')} style={{ marginTop: 8 }}>
        {t('reset.back')}
      </Button>
    </Outside>
  )
}

interface Chosen {
  readonly password: string
  readonly code?: string
}

export default function Reset(): ReactElement {
  const { t } = useText()
  // Behind #: the token reaches no server's log.
  const [token] = useState(() => location.hash.slice(1))
  const [busy, setBusy] = useState(false)
  const [done, setDone] = useState(false)
  const [factor, setFactor] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)
  const [form] = Form.useForm<Chosen>()
  const finish = async (more: () => Promise<{ readonly passkey?: unknown }>): Promise<void> => {
    const { password, code } = form.getFieldsValue()
    setBusy(true)
    setProblem(null)
    try {
      const given = code === undefined || code.trim() === '' ? {} : { code: code.trim() }
      await post('/api/reset/finish', { token, password, ...given, ...(await more()) })
      history.replaceState(null, '', '/new-password')
      setDone(true)
    } catch (error) {
      if (isProblem(error, 'code-needed')) setFactor(true)
      else setProblem(isBrokenOff(error) ? t('passkey.brokenOff') : (error as Error).message)
    }
    setBusy(false)
  }
  if (token === '' && !done) return <Forgotten />
  return (
    <Outside title={t('newPassword.title')} about={t('reset.choose')}>
      {problem === null ? null : (
        <Alert type="error" showIcon title={problem} style={{ marginBottom: 14 }} data-testid="reset-problem" />
      )}
      {done ? (
        <>
          <Alert
            type="success"
            showIcon
            title={t('reset.done')}
            style={{ marginBottom: 14 }}
            data-testid="reset-done"
          />
          <Button type="primary" size="large" block href="/" data-testid="reset-sign-in">
            {t('signIn.submit')}
          </Button>
        </>
      ) : (
        <Form<Chosen>
          form={form}
          layout="vertical"
          requiredMark={false}
          onFinish={() => void finish(() => Promise.resolve({}))}
        >
          <NewPasswordItem large label={t('newPassword.next')} testId="reset-password" email="" name="" />
          {factor ? (
            <>
              <p style={{ marginBottom: 10 }}>{t('reset.factor')}</p>
              <Form.Item name="code" label={t('signIn.code')}>
                <Input size="large" autoFocus autoComplete="one-time-code" maxLength={64} data-testid="reset-code" />
              </Form.Item>
              {passkeysHere() ? (
                <Button
                  size="large"
                  block
                  icon={<KeyOutlined />}
                  disabled={busy}
                  style={{ marginBottom: 10 }}
                  onClick={() =>
                    void finish(async () => ({ passkey: await answerWithPasskey('/api/passkey/challenge') }))
                  }
                >
                  {t('passkey.use')}
                </Button>
              ) : null}
            </>
          ) : null}
          <Button type="primary" size="large" htmlType="submit" block loading={busy} data-testid="reset-finish">
            {t('newPassword.submit')}
          </Button>
        </Form>
      )}
    </Outside>
  )
}
