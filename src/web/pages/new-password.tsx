// A one-time password has done its work: the person chooses an own one before anything else.
import { useQueryClient } from '@tanstack/react-query'
import { Alert, Button, Form, Input } from 'antd'
import { useState, type ReactElement } from 'react'
import { post } from '../api.ts'
import type { Me } from '../contract.ts'
import { Outside } from '../parts/outside.tsx'
import { NewPasswordItem } from '../parts/password.tsx'
import { enter, useMe } from '../session.ts'
import { useText } from '../text.ts'

interface Values {
  readonly current: string
  readonly password: string
}

export default function NewPassword(): ReactElement {
  const { t } = useText()
  const me = useMe()
  const client = useQueryClient()
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)
  const change = async (values: Values): Promise<void> => {
    setBusy(true)
    setProblem(null)
    try {
      enter(client, await post<Me>('/api/me/password', values))
    } catch (error) {
      setProblem((error as Error).message)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Outside title={t('newPassword.title')} about={t('newPassword.about')}>
      {problem === null ? null : <Alert type="error" showIcon title={problem} style={{ marginBottom: 14 }} />}
      <Form<Values> layout="vertical" requiredMark={false} onFinish={(values) => void change(values)}>
        <Form.Item
          name="current"
          label={t('newPassword.current')}
          rules={[{ required: true, message: t('form.required') }]}
        >
          <Input.Password
            size="large"
            autoFocus
            autoComplete="current-password"
            data-testid="signin-current-password"
          />
        </Form.Item>
        <NewPasswordItem
          large
          label={t('newPassword.next')}
          testId="signin-new-password"
          email={me.email}
          name={me.name}
        />
        <Button type="primary" size="large" htmlType="submit" block loading={busy} data-testid="signin-change">
          {t('newPassword.submit')}
        </Button>
      </Form>
    </Outside>
  )
}
