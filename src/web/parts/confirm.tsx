// The one dialog that asks who is there before something dangerous: by password, or by the second factor where there is one.
import { KeyOutlined } from '@ant-design/icons'
import { Alert, Button, Form, Input, Modal } from 'antd'
import { useEffect, useState, type ReactElement } from 'react'
import { isProblem, onConfirmNeeded, post } from '../api.ts'
import { answerWithPasskey, isBrokenOff, passkeysHere } from '../passkey.ts'
import { useSession } from '../session.ts'
import { useText } from '../text.ts'

interface Asked {
  readonly settle: (done: boolean) => void
}

export const ConfirmHost = (): ReactElement | null => {
  const [asked, setAsked] = useState<Asked | null>(null)
  useEffect(() => {
    onConfirmNeeded(
      () =>
        new Promise((resolve) => {
          setAsked({
            settle: (done) => {
              setAsked(null)
              resolve(done)
            },
          })
        }),
    )
  }, [])
  return asked ? <ConfirmDialog settle={asked.settle} /> : null
}

const ConfirmDialog = ({ settle }: Asked): ReactElement => {
  const { t } = useText()
  const me = useSession().data
  const [form] = Form.useForm<{ proof: string }>()
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)
  const bySecond = me?.secondFactor ?? false
  const prove = async (work: () => Promise<unknown>): Promise<void> => {
    setBusy(true)
    setProblem(null)
    try {
      await post('/api/me/confirm', await work())
      settle(true)
    } catch (error) {
      form.resetFields()
      setProblem(
        isBrokenOff(error)
          ? t('passkey.brokenOff')
          : isProblem(error, 'sign-in-failed')
            ? t(bySecond ? 'confirm.wrongCode' : 'confirm.wrongPassword')
            : (error as Error).message,
      )
    } finally {
      setBusy(false)
    }
  }
  return (
    <Modal
      open
      width={420}
      title={t('confirm.title')}
      onCancel={() => settle(false)}
      okText={t('confirm.submit')}
      okButtonProps={{ loading: busy, 'data-testid': 'confirm-submit' }}
      onOk={() => form.submit()}
    >
      <div className="stack">
        <p>{t(bySecond ? 'confirm.aboutSecond' : 'confirm.about')}</p>
        {problem === null ? null : <Alert type="error" showIcon title={problem} data-testid="confirm-problem" />}
        {bySecond && (me?.passkeysPossible ?? false) && passkeysHere() ? (
          <Button
            block
            icon={<KeyOutlined />}
            disabled={busy}
            onClick={() => void prove(async () => ({ passkey: await answerWithPasskey('/api/me/confirm/challenge') }))}
            data-testid="confirm-passkey"
          >
            {t('passkey.use')}
          </Button>
        ) : null}
        <Form<{ proof: string }>
          form={form}
          layout="vertical"
          requiredMark={false}
          onFinish={({ proof }) =>
            void prove(() => Promise.resolve(bySecond ? { code: proof.trim() } : { password: proof }))
          }
        >
          <Form.Item
            name="proof"
            label={t(bySecond ? 'signIn.code' : 'signIn.password')}
            rules={[{ required: true, message: t('form.required') }]}
            style={{ marginBottom: 0 }}
          >
            {bySecond ? (
              <Input
                autoFocus
                inputMode="numeric"
                autoComplete="one-time-code"
                maxLength={64}
                data-testid="confirm-code"
              />
            ) : (
              <Input.Password autoFocus autoComplete="current-password" data-testid="confirm-password" />
            )}
          </Form.Item>
        </Form>
      </div>
    </Modal>
  )
}
