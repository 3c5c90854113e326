// The button that takes something out of force for good: asks once, tells that it is done, and has the list read anew either way.
import { Button, Popconfirm } from 'antd'
import type { ReactElement } from 'react'
import { remove } from '../api.ts'
import { useText } from '../text.ts'
import { useNotify } from './notify.ts'

export const RevokeButton = ({
  path,
  sure,
  label,
  done,
  changed,
  'data-testid': testId,
}: {
  /** What is deleted. */
  readonly path: string
  readonly sure: string
  readonly label: string
  readonly done: string
  readonly changed: () => void
  readonly 'data-testid': string
}): ReactElement => {
  const { t } = useText()
  const notify = useNotify()
  const revoke = (): void =>
    void notify
      .attempt(async () => {
        await remove(path)
        notify.done(done)
      })
      .then(changed)
  return (
    <Popconfirm title={sure} okText={label} cancelText={t('common.cancel')} onConfirm={revoke}>
      <Button size="small" danger data-testid={testId}>
        {label}
      </Button>
    </Popconfirm>
  )
}
