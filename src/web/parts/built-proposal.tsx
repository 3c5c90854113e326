// A policy on its way into the document: as one of the house's own, with a reason, to a second person.
import { useQueryClient } from '@tanstack/react-query'
import { Alert, Button, Form, Input, Modal } from 'antd'
import { useState, type ReactElement } from 'react'
import { get, post } from '../api.ts'
import type { PolicyControlAnswer } from '../contract.ts'
import { useText } from '../text.ts'
import { useNotify } from './notify.ts'

export const BuiltProposal = ({ id, text, ready }: { id: string; text: string; ready: boolean }): ReactElement => {
  const { t } = useText()
  const notify = useNotify()
  const client = useQueryClient()
  const [open, setOpen] = useState(false)
  const [busy, setBusy] = useState(false)
  const [form] = Form.useForm<{ reason: string }>()
  const send = async ({ reason }: { reason: string }): Promise<void> => {
    setBusy(true)
    const made = await notify.attempt(async () => {
      const { document, versions } = await get<PolicyControlAnswer>('/api/policies/control')
      const base = versions.find(({ active }) => active)?.number ?? 0
      const policies = [...document.policies.filter((policy) => policy.id !== id), { id, text }]
      return post<{ id: string }>('/api/policies/changes', {
        title: reason.trim(),
        document: { ...document, policies },
        base,
      })
    })
    setBusy(false)
    if (!made) return
    notify.done(t('matrix.sent'))
    setOpen(false)
    void client.invalidateQueries({ queryKey: ['policies'] })
  }
  return (
    <>
      <Button type="primary" disabled={!ready} onClick={() => setOpen(true)} data-testid="built-propose">
        {t('builder.propose')}
      </Button>
      <Modal
        open={open}
        title={t('builder.proposeTitle', { id })}
        onCancel={() => setOpen(false)}
        okText={t('matrix.send')}
        okButtonProps={{ loading: busy, htmlType: 'submit', form: 'built-reason', 'data-testid': 'built-send' }}
        cancelText={t('common.cancel')}
      >
        <Alert
          type="info"
          showIcon
          title={t('matrix.second')}
          description={t('builder.proposeAbout')}
          style={{ marginBottom: 12 }}
        />
        <Form<{ reason: string }>
          form={form}
          id="built-reason"
          layout="vertical"
          requiredMark={false}
          onFinish={(given) => void send(given)}
        >
          <Form.Item
            name="reason"
            label={t('matrix.reason')}
            rules={[{ required: true, whitespace: true, message: t('form.required') }]}
          >
            <Input.TextArea rows={2} maxLength={200} data-testid="built-reason" />
          </Form.Item>
        </Form>
      </Modal>
    </>
  )
}
