// Makes or changes a webhook: where it goes, and what of.
import { Button, Checkbox, Drawer, Form, Input, Popconfirm, Switch } from 'antd'
import { useState, type ReactElement } from 'react'
import { patch, post } from '../api.ts'
import type { WebhookEventName, WebhookItem, WebhookMade, WebhookRequest } from '../contract.ts'
import { useCatalogue } from '../session.ts'
import { useText } from '../text.ts'
import { useNotify } from './notify.ts'

const events: readonly WebhookEventName[] = ['created', 'changed', 'assigned', 'removed']

interface Props {
  /** null: a new one. */
  readonly hook: WebhookItem | null
  readonly close: () => void
  /** With a secret that was made. */
  readonly done: (secret: string | null) => void
}

export const WebhookDialog = ({ hook, close, done }: Props): ReactElement => {
  const { t, both } = useText()
  const notify = useNotify()
  const types = useCatalogue().filter((type) => type.name !== 'user' && type.name !== 'team')
  const [form] = Form.useForm<WebhookRequest>()
  const [busy, setBusy] = useState(false)
  const run = async (values: WebhookRequest): Promise<void> => {
    setBusy(true)
    const wish = { ...values, name: values.name.trim(), url: values.url.trim() }
    const secret = await notify.attempt(async () => {
      if (hook === null) return (await post<WebhookMade>('/api/webhooks', wish)).secret
      await patch<WebhookItem>(`/api/webhooks/${hook.id}`, wish)
      notify.done(t('webhooks.saved'))
      return null
    })
    setBusy(false)
    if (secret !== undefined) done(secret)
  }
  const rotate = async ({ id }: WebhookItem): Promise<void> => {
    const made = await notify.attempt(() => post<{ secret: string }>(`/api/webhooks/${id}/secret`))
    if (made) done(made.secret)
  }
  const needed = { required: true, whitespace: true, message: t('form.required') }
  const some = { required: true, type: 'array' as const, min: 1, message: t('form.required') }
  return (
    <Drawer
      open
      size={560}
      title={t(hook === null ? 'webhooks.new' : 'webhooks.edit')}
      onClose={close}
      extra={
        <Button type="primary" loading={busy} onClick={() => form.submit()} data-testid="webhooks-save">
          {t(hook === null ? 'webhooks.create' : 'webhooks.save')}
        </Button>
      }
    >
      <Form<WebhookRequest>
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={hook ?? { types: [], events: ['created', 'changed', 'assigned', 'removed'], active: true }}
        onFinish={(values) => void run(values)}
      >
        <Form.Item name="name" label={t('webhooks.name')} extra={t('webhooks.nameHow')} rules={[needed]}>
          <Input autoFocus maxLength={100} data-testid="webhooks-name" />
        </Form.Item>
        <Form.Item name="url" label={t('webhooks.url')} extra={t('webhooks.urlHow')} rules={[needed]}>
          <Input maxLength={2000} placeholder="https://erp.example.com/hooks/crm" data-testid="webhooks-url" />
        </Form.Item>
        <Form.Item name="types" label={t('webhooks.types')} rules={[some]}>
          <Checkbox.Group
            options={types.map((type) => ({
              value: type.name,
              label: <span data-testid={`webhooks-type-${type.name}`}>{both(type.plurals)}</span>,
            }))}
          />
        </Form.Item>
        <Form.Item name="events" label={t('webhooks.events')} rules={[some]}>
          <Checkbox.Group options={events.map((event) => ({ value: event, label: t(`webhooks.event.${event}`) }))} />
        </Form.Item>
        <Form.Item name="active" label={t('webhooks.active')} valuePropName="checked">
          <Switch data-testid="webhooks-active" />
        </Form.Item>
        {hook === null ? null : (
          <Form.Item label={t('webhooks.once')} extra={t('webhooks.secretSure')}>
            <Popconfirm
              title={t('webhooks.secretSure')}
              okText={t('webhooks.secret')}
              cancelText={t('common.cancel')}
              onConfirm={() => void rotate(hook)}
            >
              <Button data-testid="webhooks-rotate">{t('webhooks.secret')}</Button>
            </Popconfirm>
          </Form.Item>
        )}
      </Form>
    </Drawer>
  )
}
