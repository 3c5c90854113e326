// A person's word on a control that no machine decides alone: what was looked at and found, kept in the journal.
import { useQueryClient } from '@tanstack/react-query'
import { Form, Input, Modal } from 'antd'
import { useState, type ReactElement } from 'react'
import { post } from '../api.ts'
import type { ControlAnswer, ReviewAnswer } from '../contract.ts'
import { useText } from '../text.ts'
import { useNotify } from './notify.ts'

export const AttestDialog = ({ control, close }: { control: ControlAnswer; close: () => void }): ReactElement => {
  const { t, both } = useText()
  const client = useQueryClient()
  const notify = useNotify()
  const [form] = Form.useForm<{ note: string }>()
  const [busy, setBusy] = useState(false)
  const give = async ({ note }: { note: string }): Promise<void> => {
    setBusy(true)
    await notify.attempt(async () => {
      const body = { control: control.id, note: note.trim() }
      client.setQueryData(['review'], await post<ReviewAnswer>('/api/review/attest', body))
      notify.done(t('attest.done'))
      close()
    })
    setBusy(false)
  }
  return (
    <Modal
      open
      title={`${control.id} · ${both(control.title)}`}
      onCancel={close}
      okText={t('attest.give')}
      okButtonProps={{ loading: busy, 'data-testid': 'attest-give' }}
      onOk={() => form.submit()}
    >
      <Form form={form} layout="vertical" requiredMark={false} onFinish={(values) => void give(values)}>
        <p>{both(control.requirement)}</p>
        <Form.Item
          name="note"
          label={t('attest.note')}
          extra={t('attest.about')}
          rules={[{ required: true, whitespace: true, message: t('form.required') }]}
        >
          <Input.TextArea autoFocus rows={4} maxLength={2000} data-testid="attest-note" />
        </Form.Item>
      </Form>
    </Modal>
  )
}
