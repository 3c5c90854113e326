// A command for the command line, with what it is for and a button that copies it.
import { CopyOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import type { ReactElement } from 'react'
import { useText } from '../text.ts'
import { useNotify } from './notify.ts'
import '../style/keys.css'

export const Command = ({ what, text }: { what: string; text: string }): ReactElement => {
  const { t } = useText()
  const notify = useNotify()
  const copy = (): void =>
    void notify.attempt(async () => {
      await navigator.clipboard.writeText(text)
      notify.done(t('common.copied'))
    })
  return (
    <div>
      <dt>{what}</dt>
      <dd>
        <code>{text}</code>
        <Button
          size="small"
          type="text"
          icon={<CopyOutlined />}
          aria-label={`${t('common.copy')} ${what}`}
          onClick={copy}
        />
      </dd>
    </div>
  )
}
