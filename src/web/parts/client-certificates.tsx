// Certificates by which programs sign in: whom each acts as, how long it lasts, when it was last used; bound, and taken out of force.
import { PlusOutlined } from '@ant-design/icons'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { App, Button, Form, Input, Modal, Select } from 'antd'
import { useRef, useState, type ReactElement } from 'react'
import { get, post, remove } from '../api.ts'
import type { ClientCertificateItem, ClientCertificatesAnswer } from '../contract.ts'
import { ago, instant } from '../format.ts'
import { useDirectory } from '../session.ts'
import { useText } from '../text.ts'
import { Failure } from './failure.tsx'
import { useNotify } from './notify.ts'
import { Panel } from './page-head.tsx'
import { Table } from './table.tsx'

const monthMs = 30 * 86_400_000

export const ClientCertificates = (): ReactElement => {
  const { t } = useText()
  const [binding, setBinding] = useState(false)
  const answer = useQuery({
    queryKey: ['client-certificates'],
    queryFn: () => get<ClientCertificatesAnswer>('/api/client-certificates'),
  })
  return (
    <Panel
      title={t('clientCert.title')}
      flush
      data-testid="client-certificates"
      extra={
        answer.data?.configured ? (
          <Button
            size="small"
            icon={<PlusOutlined />}
            onClick={() => setBinding(true)}
            data-testid="client-certificate-bind"
          >
            {t('clientCert.bind')}
          </Button>
        ) : null
      }
    >
      {answer.error ? <Failure error={answer.error} again={() => void answer.refetch()} /> : null}
      {answer.data && !answer.data.configured ? (
        <p className="card-body quiet">{t('clientCert.notConfigured')}</p>
      ) : null}
      {answer.data && (answer.data.configured || answer.data.items.length > 0) ? (
        <Items items={answer.data.items} />
      ) : null}
      {binding ? <Bind close={() => setBinding(false)} /> : null}
    </Panel>
  )
}

const Items = ({ items }: { items: readonly ClientCertificateItem[] }): ReactElement => {
  const { t, language } = useText()
  const { users } = useDirectory()
  const { modal } = App.useApp()
  const notify = useNotify()
  const client = useQueryClient()
  const [now] = useState(Date.now)
  const revoke = (item: ClientCertificateItem): void => {
    modal.confirm({
      title: t('clientCert.revokeTitle', { label: item.label }),
      content: t('clientCert.revokeAbout'),
      okText: t('clientCert.revoke'),
      okButtonProps: { danger: true },
      onOk: async () => {
        const done = await notify.attempt(async () => {
          await remove(`/api/client-certificates/${item.fingerprint}`)
          return true
        })
        if (done) notify.done(t('clientCert.revoked'))
        await client.invalidateQueries({ queryKey: ['client-certificates'] })
      },
    })
  }
  return (
    <Table
      headings={[
        t('clientCert.label'),
        t('clientCert.user'),
        t('clientCert.fingerprint'),
        t('clientCert.expires'),
        t('clientCert.seen'),
      ]}
    >
      {items.map((item) => {
        const left = Date.parse(item.notAfter) - now
        return (
          <tr key={item.fingerprint} data-testid="client-certificate">
            <td>{item.label}</td>
            <td>{users.find((user) => user.id === item.userId)?.name ?? '—'}</td>
            <td className="mono" title={item.fingerprint}>
              {item.fingerprint.slice(0, 16)}…
            </td>
            <td>
              {instant(item.notAfter, language).slice(0, -3)}{' '}
              {left < 0 ? (
                <span className="state" data-state="fail">
                  {t('clientCert.expired')}
                </span>
              ) : left < monthMs ? (
                <span className="state" data-state="error">
                  {t('clientCert.soon')}
                </span>
              ) : null}
            </td>
            <td>{item.seenAt === null ? t('clientCert.never') : ago(item.seenAt, language)}</td>
            <td className="number">
              <Button size="small" danger onClick={() => revoke(item)} data-testid="client-certificate-revoke">
                {t('clientCert.revoke')}
              </Button>
            </td>
          </tr>
        )
      })}
      {items.length === 0 ? (
        <tr>
          <td colSpan={6} className="quiet">
            {t('clientCert.none')}
          </td>
        </tr>
      ) : null}
    </Table>
  )
}

interface Wish {
  readonly label: string
  readonly userId: string
  readonly certificate: string
}

const Bind = ({ close }: { close: () => void }): ReactElement => {
  const { t } = useText()
  const { users } = useDirectory()
  const notify = useNotify()
  const client = useQueryClient()
  const chooser = useRef<HTMLInputElement>(null)
  const [form] = Form.useForm<Wish>()
  const [busy, setBusy] = useState(false)
  const run = async (wish: Wish): Promise<void> => {
    setBusy(true)
    const done = await notify.attempt(() => post<{ fingerprint: string }>('/api/client-certificates', wish))
    setBusy(false)
    if (!done) return
    notify.done(t('clientCert.bound'))
    await client.invalidateQueries({ queryKey: ['client-certificates'] })
    close()
  }
  const required = [{ required: true, whitespace: true, message: t('form.required') }]
  return (
    <Modal
      open
      title={t('clientCert.bindTitle')}
      onCancel={close}
      okText={t('clientCert.bind')}
      okButtonProps={{ loading: busy, 'data-testid': 'client-certificate-run' }}
      onOk={() => form.submit()}
    >
      <Form<Wish> form={form} layout="vertical" requiredMark={false} onFinish={(wish) => void run(wish)}>
        <p className="quiet" style={{ marginBottom: 10 }}>
          {t('clientCert.about')}
        </p>
        <Form.Item name="label" label={t('clientCert.label')} rules={required}>
          <Input
            autoFocus
            maxLength={100}
            placeholder={t('clientCert.labelHint')}
            data-testid="client-certificate-label"
          />
        </Form.Item>
        <Form.Item name="userId" label={t('clientCert.user')} rules={required}>
          <Select
            showSearch={{ optionFilterProp: 'label' }}
            options={users.filter((user) => user.active).map((user) => ({ value: user.id, label: user.name }))}
            data-testid="client-certificate-user"
          />
        </Form.Item>
        <Form.Item
          name="certificate"
          label={t('clientCert.certificate')}
          rules={required}
          extra={
            <span className="row">
              {t('clientCert.certificateHint')}
              <Button size="small" onClick={() => chooser.current?.click()}>
                {t('clientCert.choose')}
              </Button>
            </span>
          }
        >
          <Input.TextArea
            rows={6}
            maxLength={20_000}
            className="mono"
            placeholder="-----BEGIN CERTIFICATE-----"
            data-testid="client-certificate-text"
          />
        </Form.Item>
        <input
          ref={chooser}
          type="file"
          accept=".pem,.crt,.cer"
          hidden
          aria-label={t('clientCert.choose')}
          data-testid="client-certificate-file"
          onChange={(event) => {
            void event.target.files?.[0]?.text().then((certificate) => form.setFieldsValue({ certificate }))
            event.target.value = ''
          }}
        />
      </Form>
    </Modal>
  )
}
