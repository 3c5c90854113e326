// Export asks for a purpose before anything leaves; the purpose is written into the journal.
import { DownloadOutlined } from '@ant-design/icons'
import { Alert, Button, Form, Input, Modal } from 'antd'
import { useState, type ReactElement } from 'react'
import { download, isProblem, post } from '../api.ts'
import type { TypeInfo } from '../contract.ts'
import { askedFilters, type ListState } from '../list-query.ts'
import { useMe } from '../session.ts'
import { useText } from '../text.ts'
import { useNotify } from './notify.ts'

interface Props {
  readonly type: TypeInfo
  readonly state: ListState
  readonly count: string
  readonly close: () => void
}

export const ExportDialog = ({ type, state, count, close }: Props): ReactElement => {
  const { t, noun, language } = useText()
  const me = useMe()
  const notify = useNotify()
  const [form] = Form.useForm<{ purpose: string }>()
  const [busy, setBusy] = useState(false)
  const [beyond, setBeyond] = useState<string | null>(null)
  const run = async ({ purpose }: { purpose: string }): Promise<void> => {
    setBusy(true)
    const filters = askedFilters(state, me.id)
    const body = {
      purpose,
      language,
      ...(filters.length > 0 ? { filters } : {}),
      ...(state.q.trim() === '' ? {} : { search: state.q.trim() }),
    }
    await notify.attempt(async () => {
      try {
        await download(`/api/${type.plural}/export`, `${type.plural}.csv`, body)
      } catch (error) {
        if (!isProblem(error, 'export-needs-approval')) throw error
        setBeyond(error.message)
        return
      }
      notify.done(t('export.done'))
      close()
    })
    setBusy(false)
  }
  const ask = async (): Promise<void> => {
    const purpose = String(form.getFieldValue('purpose') ?? '').trim()
    const rows = Number(/\d+/u.exec(beyond ?? '')?.[0] ?? 0)
    await notify.attempt(async () => {
      await post('/api/exports/requests', { type: type.name, rows, purpose })
      notify.done(t('alarms.asked'))
      close()
    })
  }
  return (
    <Modal
      open
      title={t('export.title', { what: noun(type.plurals) })}
      onCancel={close}
      okText={t('export.run')}
      okButtonProps={{ icon: <DownloadOutlined />, loading: busy, 'data-testid': 'list-export-run' }}
      onOk={() => form.submit()}
    >
      <Form form={form} layout="vertical" requiredMark={false} onFinish={(values) => void run(values)}>
        <p style={{ marginBottom: 10 }}>{t('export.about', { count })}</p>
        <Form.Item
          name="purpose"
          label={t('export.purpose')}
          rules={[{ required: true, whitespace: true, message: t('export.purposeNeeded') }]}
        >
          <Input.TextArea
            autoFocus
            rows={2}
            maxLength={500}
            placeholder={t('export.purposeHint')}
            data-testid="list-export-purpose"
          />
        </Form.Item>
        {beyond === null ? (
          <Alert type="warning" showIcon title={t('export.warning')} />
        ) : (
          <Alert
            type="error"
            showIcon
            title={beyond}
            action={
              <Button size="small" onClick={() => void ask()} data-testid="export-ask">
                {t('alarms.ask')}
              </Button>
            }
          />
        )}
      </Form>
    </Modal>
  )
}
