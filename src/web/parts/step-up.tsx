// The password once more, before something that cannot be taken back.
import { Input } from 'antd'
import { useId, type ReactElement } from 'react'
import { useText } from '../text.ts'

export const StepUp = ({
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
