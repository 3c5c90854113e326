// What to put on a page of one's own so that it shows a web form: with the key and the script's hash pinned in it.
import { CopyOutlined } from '@ant-design/icons'
import { Button, Modal } from 'antd'
import type { ReactElement } from 'react'
import type { CaptureFormInfo, CaptureFormsAnswer } from '../contract.ts'
import { useText } from '../text.ts'
import { useNotify } from './notify.ts'
import '../style/cedar.css'

interface Props {
  readonly form: CaptureFormInfo
  readonly answer: CaptureFormsAnswer
  readonly close: () => void
}

const snippetOf = (
  { name }: CaptureFormInfo,
  { tenant, key, integrity }: CaptureFormsAnswer,
  language: string,
): string => {
  const address = `${window.location.origin}/capture/${name}`
  return `<div data-holdfast-form="${address}"
  data-holdfast-tenant="${tenant}"
  data-holdfast-key="${key}"
  data-holdfast-language="${language}"></div>
<script src="${address}/capture.js"
  integrity="${integrity}"
  crossorigin="anonymous" defer></script>`
}

export const FormEmbed = ({ form, answer, close }: Props): ReactElement => {
  const { t, language } = useText()
  const notify = useNotify()
  const snippet = snippetOf(form, answer, language)
  const copy = async (): Promise<void> => {
    const done = await notify.attempt(async () => {
      await navigator.clipboard.writeText(snippet)
      return true
    })
    if (done) notify.done(t('common.copied'))
  }
  return (
    <Modal
      open
      width={720}
      title={t('forms.embedTitle')}
      onCancel={close}
      footer={
        <Button type="primary" icon={<CopyOutlined />} onClick={() => void copy()}>
          {t('common.copy')}
        </Button>
      }
    >
      <p>{t('forms.embedAbout')}</p>
      <pre className="cedar" data-testid="forms-snippet">
        {snippet}
      </pre>
      <p className="quiet small">
        {form.definition.origins.length === 0
          ? t('forms.embedNowhere')
          : t('forms.embedWhere', { origins: form.definition.origins.join(t('common.listComma')) })}
      </p>
      <p className="quiet small">{t('forms.embedUpdate')}</p>
    </Modal>
  )
}
