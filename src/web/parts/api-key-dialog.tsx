// Makes a key for a program: for whom it speaks, what it may do, from where and how long.
import { Checkbox, Drawer, Button, Form, Input, InputNumber, Radio, Select } from 'antd'
import { useState, type ReactElement } from 'react'
import { post } from '../api.ts'
import type { KeyUse, NewApiKeyAnswer } from '../contract.ts'
import { useRoleChoices } from '../roles.ts'
import { useCatalogue } from '../session.ts'
import { useText } from '../text.ts'
import { LinkSelect } from './link-select.tsx'
import { useNotify } from './notify.ts'
import { useStepUp } from './step-up.tsx'

interface Values {
  readonly label: string
  readonly kind: 'service' | 'user'
  readonly userId?: string
  readonly name?: string
  readonly role: string
  readonly teamId?: string | null
  readonly networks: readonly string[]
  readonly perMinute: number
  readonly days: number
}

type Bounds = Readonly<Record<string, readonly KeyUse[]>>

const uses: readonly KeyUse[] = ['read', 'write', 'export']
const pair = { display: 'grid', gridTemplateColumns: '1fr 1fr', gap: '0 12px' }

export const NewApiKey = ({ close, made }: { close: () => void; made: (key: string) => void }): ReactElement => {
  const { t, both } = useText()
  const notify = useNotify()
  const types = useCatalogue()
  const [form] = Form.useForm<Values>()
  const [busy, setBusy] = useState(false)
  const stepUp = useStepUp()
  const [bounds, setBounds] = useState<Bounds>({})
  const kind = (Form.useWatch('kind', form) as Values['kind'] | undefined) ?? 'service'
  const roles = useRoleChoices()
  const given = Object.fromEntries(Object.entries(bounds).filter(([, allowed]) => allowed.length > 0))
  const run = async (values: Values): Promise<void> => {
    if (Object.keys(given).length === 0) {
      notify.fail(new Error(t('apiKeys.scopeNeeded')))
      return
    }
    setBusy(true)
    const { label, networks, perMinute, days } = values
    const answer = await notify.attempt(() =>
      post<NewApiKeyAnswer>('/api/api-keys', {
        label: label.trim(),
        ...(values.kind === 'user'
          ? { userId: values.userId }
          : { service: { name: (values.name ?? '').trim(), role: values.role, teamId: values.teamId ?? null } }),
        bounds: given,
        networks,
        perMinute,
        days,
        ...stepUp.proof,
      }),
    )
    setBusy(false)
    if (answer) made(answer.key)
  }
  const needed = { required: true, whitespace: true, message: t('form.required') }
  const allow = (type: string, allowed: readonly KeyUse[]): void => setBounds((now) => ({ ...now, [type]: allowed }))
  return (
    <Drawer
      open
      size={620}
      title={t('apiKeys.new')}
      onClose={close}
      extra={
        <Button
          type="primary"
          loading={busy}
          disabled={!stepUp.ready}
          onClick={() => form.submit()}
          data-testid="api-keys-create"
        >
          {t('apiKeys.create')}
        </Button>
      }
    >
      <Form<Values>
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{ kind: 'service', role: 'sales', networks: [], perMinute: 600, days: 90 }}
        onFinish={(values) => void run(values)}
      >
        <Form.Item name="label" label={t('apiKeys.label')} extra={t('apiKeys.labelHow')} rules={[needed]}>
          <Input autoFocus maxLength={100} data-testid="api-keys-label" />
        </Form.Item>
        <Form.Item
          name="kind"
          label={t('apiKeys.owner')}
          {...(kind === 'service' ? { extra: t('apiKeys.serviceHow') } : {})}
        >
          <Radio.Group
            options={[
              { value: 'service', label: t('apiKeys.service') },
              { value: 'user', label: t('apiKeys.existing') },
            ]}
          />
        </Form.Item>
        {kind === 'user' ? (
          <Form.Item
            name="userId"
            label={t('apiKeys.existing')}
            rules={[{ required: true, message: t('form.required') }]}
          >
            <LinkSelect type="user" data-testid="api-keys-user" />
          </Form.Item>
        ) : (
          <>
            <Form.Item name="name" label={t('apiKeys.serviceName')} rules={[needed]}>
              <Input maxLength={100} data-testid="api-keys-service" />
            </Form.Item>
            <div style={pair}>
              <Form.Item name="role" label={t('apiKeys.role')}>
                <Select options={roles} />
              </Form.Item>
              <Form.Item name="teamId" label={t('apiKeys.team')}>
                <LinkSelect type="team" />
              </Form.Item>
            </div>
          </>
        )}
        <Form.Item label={t('apiKeys.scope')} extra={t('apiKeys.scopeHow')}>
          <table className="table" data-testid="api-keys-scope">
            <thead>
              <tr>
                <th scope="col">{t('apiKeys.records')}</th>
                {uses.map((use) => (
                  <th key={use} scope="col">
                    {t(`apiKeys.use.${use}`)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {types.map((type) => (
                <tr key={type.name}>
                  <td>{both(type.plurals)}</td>
                  {uses.map((use) => {
                    const now = bounds[type.name] ?? []
                    // Of people and teams a key sees the names, nothing else.
                    const staff = (type.name === 'user' || type.name === 'team') && use !== 'read'
                    return (
                      <td key={use}>
                        {staff ? null : (
                          <Checkbox
                            checked={now.includes(use)}
                            aria-label={`${both(type.plurals)} · ${t(`apiKeys.use.${use}`)}`}
                            data-testid={`api-keys-${type.name}-${use}`}
                            onChange={({ target }) =>
                              allow(type.name, target.checked ? [...now, use] : now.filter((one) => one !== use))
                            }
                          />
                        )}
                      </td>
                    )
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        </Form.Item>
        <Form.Item name="networks" label={t('apiKeys.networks')} extra={t('apiKeys.networksHow')}>
          <Select mode="tags" open={false} suffix={null} placeholder="10.0.0.0/8" tokenSeparators={[' ', ',']} />
        </Form.Item>
        <div style={pair}>
          <Form.Item name="days" label={t('apiKeys.days')}>
            <InputNumber min={1} max={730} precision={0} style={{ width: '100%' }} />
          </Form.Item>
          <Form.Item name="perMinute" label={t('apiKeys.perMinute')}>
            <InputNumber min={1} max={100_000} precision={0} style={{ width: '100%' }} />
          </Form.Item>
        </div>
        {stepUp.field(() => form.submit())}
      </Form>
    </Drawer>
  )
}
