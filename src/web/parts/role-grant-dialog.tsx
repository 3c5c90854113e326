// A role lent to somebody for a while, by whoever manages grants.
import { Form, Modal, Select } from 'antd'
import type { Dayjs } from 'dayjs'
import { useState, type ReactElement } from 'react'
import { post } from '../api.ts'
import { useRoleChoices } from '../roles.ts'
import { useText } from '../text.ts'
import { instants, ReasonItem, SpanItem, usualSpan } from './lend-dialog.tsx'
import { LinkSelect } from './link-select.tsx'
import { useNotify } from './notify.ts'

interface Wish {
  readonly to: string
  readonly role: string
  readonly span: readonly [Dayjs, Dayjs]
  readonly reason: string
}

export const RoleGrantDialog = ({
  days,
  close,
  done,
}: {
  days: number
  close: () => void
  done: () => void
}): ReactElement => {
  const { t } = useText()
  const notify = useNotify()
  const [form] = Form.useForm<Wish>()
  const [busy, setBusy] = useState(false)
  const roles = useRoleChoices()
  const send = async ({ span, ...wish }: Wish): Promise<void> => {
    setBusy(true)
    await notify.attempt(async () => {
      await post('/api/grants/role', { ...wish, ...instants(span) })
      notify.done(t('lend.done'))
      done()
    })
    setBusy(false)
  }
  const needed = { required: true, message: t('form.required') }
  return (
    <Modal
      open
      title={t('grants.giveRole')}
      onCancel={close}
      okText={t('lend.run')}
      okButtonProps={{ loading: busy, 'data-testid': 'grant-run' }}
      onOk={() => form.submit()}
    >
      <p style={{ marginBottom: 10 }}>{t('grants.giveAbout', { days })}</p>
      <Form<Wish>
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{ span: usualSpan(7) }}
        onFinish={(wish) => void send(wish)}
      >
        <Form.Item name="to" label={t('lend.to')} rules={[needed]}>
          <LinkSelect type="user" autoFocus data-testid="grant-to" />
        </Form.Item>
        <Form.Item name="role" label={t('grants.roleLabel')} rules={[needed]}>
          <Select<string> showSearch={{ optionFilterProp: 'label' }} options={roles} data-testid="grant-role-name" />
        </Form.Item>
        <SpanItem />
        <ReasonItem testId="grant-reason" />
      </Form>
    </Modal>
  )
}
