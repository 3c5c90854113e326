// The change that is being made to the matrix: what it means in words, what was refused, and its reason on the way to a second person.
import { Alert, Button, Form, Input, Modal } from 'antd'
import { useState, type ReactElement } from 'react'
import { post } from '../api.ts'
import type { MatrixDraftAnswer } from '../contract.ts'
import { useText } from '../text.ts'
import { useNotify } from './notify.ts'

interface Props {
  readonly draft: MatrixDraftAnswer
  readonly undo: () => void
  readonly discard: () => void
  readonly sent: () => void
}

export const MatrixDraft = ({ draft, undo, discard, sent }: Props): ReactElement => {
  const { t, both } = useText()
  const notify = useNotify()
  const [open, setOpen] = useState(false)
  const [busy, setBusy] = useState(false)
  const [form] = Form.useForm<{ reason: string }>()
  const count = draft.differences.length + draft.roles.length
  const send = async ({ reason }: { reason: string }): Promise<void> => {
    setBusy(true)
    const made = await notify.attempt(() =>
      post<{ id: string }>('/api/policies/changes', {
        title: reason.trim(),
        document: draft.document,
        base: draft.matrix.version,
      }),
    )
    setBusy(false)
    if (!made) return
    notify.done(t('matrix.sent'))
    setOpen(false)
    sent()
  }
  return (
    <div className="matrix-bar" role="status" data-testid="matrix-bar">
      <span>{t('matrix.pending', { count })}</span>
      <span className="row">
        <Button size="small" onClick={undo} data-testid="matrix-undo">
          {t('matrix.undo')}
        </Button>
        <Button size="small" onClick={discard} data-testid="matrix-discard">
          {t('matrix.discard')}
        </Button>
        <Button
          size="small"
          type="primary"
          disabled={count === 0}
          onClick={() => setOpen(true)}
          data-testid="matrix-review"
        >
          {t('matrix.review')}
        </Button>
      </span>
      <Modal
        open={open}
        width={640}
        title={t('matrix.reviewTitle')}
        onCancel={() => setOpen(false)}
        okText={t('matrix.send')}
        okButtonProps={{ loading: busy, htmlType: 'submit', form: 'matrix-reason', 'data-testid': 'matrix-send' }}
        cancelText={t('common.cancel')}
      >
        <ul className="matrix-differences" data-testid="matrix-differences">
          {draft.roles.map((one) => (
            <li key={one.role}>{both(one.words)}</li>
          ))}
          {draft.differences.map((one) => (
            <li key={`${one.role}/${one.type}/${one.scope}`}>{both(one.words)}</li>
          ))}
        </ul>
        {draft.left.length > 0 ? (
          <Alert
            type="warning"
            showIcon
            title={t('matrix.role.left')}
            description={draft.left.map((one) => both(one.label)).join(t('common.listComma'))}
            style={{ marginBottom: 8 }}
            data-testid="matrix-left"
          />
        ) : null}
        <Alert type="info" showIcon title={t('matrix.second')} style={{ marginBottom: 12 }} />
        <Form<{ reason: string }>
          form={form}
          id="matrix-reason"
          layout="vertical"
          requiredMark={false}
          onFinish={(given) => void send(given)}
        >
          <Form.Item
            name="reason"
            label={t('matrix.reason')}
            rules={[{ required: true, whitespace: true, message: t('form.required') }]}
          >
            <Input.TextArea rows={2} maxLength={200} data-testid="matrix-reason" />
          </Form.Item>
        </Form>
      </Modal>
    </div>
  )
}
