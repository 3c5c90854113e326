// A secret that is shown this once: a key, a token. Closes by saying that it was stored.
import { CopyOutlined } from '@ant-design/icons'
import { Alert, Button, Modal } from 'antd'
import type { ReactElement } from 'react'
import { useText } from '../text.ts'
import { useNotify } from './notify.ts'

interface Props {
  readonly title: string
  readonly about: string
  readonly done: string
  readonly secret: string
  readonly testId: string
  readonly close: () => void
}

export const SecretOnce = ({ title, about, done, secret, testId, close }: Props): ReactElement => {
  const { t } = useText()
  const notify = useNotify()
  const copy = (): void =>
    void notify.attempt(async () => {
      await navigator.clipboard.writeText(secret)
      notify.done(t('common.copied'))
    })
  return (
    <Modal
      open
      title={title}
      closable={false}
      keyboard={false}
      mask={{ closable: false }}
      footer={
        <Button type="primary" onClick={close} data-testid={`${testId}-kept`}>
          {done}
        </Button>
      }
    >
      <div className="stack">
        <Alert type="warning" showIcon title={about} />
        <div className="row" style={{ flexWrap: 'nowrap' }}>
          <code className="otp" style={{ fontSize: 14, overflowWrap: 'anywhere' }} data-testid={testId}>
            {secret}
          </code>
          <Button icon={<CopyOutlined />} onClick={copy} aria-label={t('common.copy')} />
        </div>
      </div>
    </Modal>
  )
}
