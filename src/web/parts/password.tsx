// A new password: typed twice is once too often, so once, shown on demand, with its strength as the server judges it.
import { useQuery } from '@tanstack/react-query'
import { Form, Input } from 'antd'
import { useEffect, useState, type ReactElement } from 'react'
import { post } from '../api.ts'
import type { Strength } from '../contract.ts'
import { useText } from '../text.ts'
import '../style/outside.css'

interface Props {
  readonly label: string
  readonly testId: string
  readonly email?: string
  readonly name?: string
  readonly large?: boolean
}

/** A form item named `password`. */
export const NewPasswordItem = ({ label, testId, email, name, large = false }: Props): ReactElement => {
  const { t } = useText()
  const form = Form.useFormInstance<{ password?: string }>()
  const password = Form.useWatch('password', form) ?? ''
  const strength = useStrength(password, email, name)
  return (
    <Form.Item
      name="password"
      label={label}
      rules={[{ required: true, message: t('form.required') }]}
      extra={<Meter password={password} strength={strength} />}
    >
      <Input.Password size={large ? 'large' : 'middle'} autoComplete="new-password" data-testid={testId} />
    </Form.Item>
  )
}

const Meter = ({ password, strength }: { password: string; strength: Strength | undefined }): ReactElement => {
  const { t, both } = useText()
  const score = password === '' ? 0 : Math.max(1, strength?.score ?? 0)
  return (
    <div aria-live="polite" data-testid="password-strength" data-ok={strength?.ok ?? false}>
      <div className="strength" data-score={score} aria-hidden="true">
        <i />
        <i />
        <i />
        <i />
      </div>
      {password === ''
        ? t('password.hint')
        : strength === undefined
          ? t('password.checking')
          : strength.advice
            ? both(strength.advice)
            : t(strength.ok ? 'password.good' : 'password.weak')}
    </div>
  )
}

const useStrength = (password: string, email: string | undefined, name: string | undefined): Strength | undefined => {
  const [settled, setSettled] = useState('')
  useEffect(() => {
    const timer = window.setTimeout(() => setSettled(password), 250)
    return () => window.clearTimeout(timer)
  }, [password])
  const answer = useQuery({
    queryKey: ['strength', settled.length, hashed(settled), email, name],
    queryFn: () => post<Strength>('/api/password-strength', { password: settled, email, name }),
    enabled: settled !== '',
    gcTime: 0,
  })
  return settled === password ? answer.data : undefined
}

// The cache names a question, so the name must not be the password itself.
const hashed = (text: string): number => {
  let value = 7
  for (const letter of text) value = (Math.imul(value, 31) + (letter.codePointAt(0) ?? 0)) | 0
  return value
}
