// Who is there, asked once more before something that cannot be taken back: by the password here, or, of whoever has a second factor, by the
// one dialog that the server's answer opens.
import { Input } from 'antd'
import { useId, useState, type ReactElement } from 'react'
import { useMe } from '../session.ts'
import { useText } from '../text.ts'

export interface StepUp {
  /** Goes into the dialog; null where the second factor is asked for instead. submit: what Enter does. */
  readonly field: (submit: () => void) => ReactElement | null
  /** Whether what is asked for here is there. */
  readonly ready: boolean
  /** Goes into the body of the request. */
  readonly proof: { readonly password?: string }
  readonly forget: () => void
}

export const useStepUp = (): StepUp => {
  const [password, setPassword] = useState('')
  const { secondFactor } = useMe()
  return {
    field: (submit) => (secondFactor ? null : <Field value={password} change={setPassword} submit={submit} />),
    ready: secondFactor || password !== '',
    proof: secondFactor ? {} : { password },
    forget: () => setPassword(''),
  }
}

const Field = ({
  value,
  change,
  submit,
}: {
  value: string
  change: (value: string) => void
  submit: () => void
}): ReactElement => {
  const { t } = useText()
  const id = useId()
  return (
    <div className="step-up">
      <label htmlFor={id}>{t('keyActions.password')}</label>
      <Input.Password
        id={id}
        value={value}
        autoComplete="current-password"
        onChange={(event) => change(event.target.value)}
        onPressEnter={() => (value === '' ? undefined : submit())}
        data-testid="step-up-password"
      />
    </div>
  )
}
