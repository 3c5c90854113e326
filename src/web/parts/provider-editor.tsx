// Sets up a provider of identity: where it is, who we are to it, what its claims mean, and who may come.
import { MinusCircleOutlined, PlusOutlined } from '@ant-design/icons'
import { Button, Drawer, Form, Input, Radio, Select, Switch } from 'antd'
import { useState, type ReactElement } from 'react'
import { post } from '../api.ts'
import type { IdentityProvider, IdentityProviderDraft, IdentityProviderSettings } from '../contract.ts'
import { useRoleChoices } from '../roles.ts'
import { useText } from '../text.ts'
import { LinkSelect } from './link-select.tsx'
import { useNotify } from './notify.ts'

interface Props {
  /** null: a new one. */
  readonly provider: IdentityProvider | null
  readonly close: () => void
  readonly saved: () => void
}

type Values = Omit<IdentityProviderDraft, 'id' | 'version' | 'settings'> &
  Omit<IdentityProviderSettings, 'defaultRole'> & { readonly defaultRole?: string | null }

const usual: IdentityProviderSettings = {
  origin: '',
  scopes: ['openid', 'email', 'profile'],
  claims: { email: 'email', name: 'name', groups: 'groups' },
  rules: [],
  defaultRole: null,
  accounts: 'existing',
  domains: [],
  trustMfa: false,
  only: false,
  signOut: true,
}

const pair = { display: 'grid', gridTemplateColumns: '1fr 1fr', gap: '0 12px' }

export const ProviderEditor = ({ provider, close, saved }: Props): ReactElement => {
  const { t } = useText()
  const notify = useNotify()
  const [form] = Form.useForm<Values>()
  const [busy, setBusy] = useState(false)
  const roles = useRoleChoices()
  const first = {
    name: provider?.name ?? '',
    issuer: provider?.issuer ?? '',
    clientId: provider?.clientId ?? '',
    active: provider?.active ?? true,
    ...usual,
    origin: location.origin,
    ...provider?.settings,
  }
  const save = async (values: Values): Promise<void> => {
    setBusy(true)
    const { name, issuer, clientId, secret, active, defaultRole, ...settings } = values
    const done = await notify.attempt(() =>
      post<IdentityProvider>('/api/identity-providers', {
        ...(provider ? { id: provider.id } : {}),
        name: name.trim(),
        issuer: issuer.trim(),
        clientId: clientId.trim(),
        ...(secret === undefined || secret === '' ? {} : { secret }),
        active,
        version: provider?.version ?? 0,
        settings: {
          ...settings,
          defaultRole: defaultRole ?? null,
          rules: settings.rules.map((rule) => ({ ...rule, teamId: rule.teamId ?? null })),
        },
      } satisfies IdentityProviderDraft),
    )
    setBusy(false)
    if (!done) return
    notify.done(t('sso.saved'))
    saved()
  }
  const needed = { required: true, whitespace: true, message: t('form.required') }
  return (
    <Drawer
      open
      size={680}
      title={t(provider ? 'sso.edit' : 'sso.new')}
      onClose={close}
      extra={
        <Button type="primary" loading={busy} onClick={() => form.submit()} data-testid="sso-save">
          {t('common.save')}
        </Button>
      }
    >
      <Form<Values>
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={first}
        onFinish={(values) => void save(values)}
      >
        <div style={pair}>
          <Form.Item name="name" label={t('sso.name')} extra={t('sso.nameHow')} rules={[needed]}>
            <Input autoFocus maxLength={60} data-testid="sso-name" />
          </Form.Item>
          <Form.Item name="active" label={t('sso.active')} valuePropName="checked">
            <Switch />
          </Form.Item>
        </div>
        <Form.Item name="issuer" label={t('sso.issuer')} extra={t('sso.issuerHow')} rules={[needed]}>
          <Input maxLength={500} placeholder="https://login.example.com" data-testid="sso-issuer" />
        </Form.Item>
        <div style={pair}>
          <Form.Item name="clientId" label={t('sso.clientId')} rules={[needed]}>
            <Input maxLength={300} autoComplete="off" data-testid="sso-client-id" />
          </Form.Item>
          <Form.Item
            name="secret"
            label={t('sso.secret')}
            extra={t(provider?.hasSecret ? 'sso.secretKept' : 'sso.secretHow')}
          >
            <Input.Password maxLength={1000} autoComplete="new-password" data-testid="sso-secret" />
          </Form.Item>
        </div>
        <Form.Item name="origin" label={t('sso.origin')} extra={t('sso.originHow')} rules={[needed]}>
          <Input maxLength={300} data-testid="sso-origin" />
        </Form.Item>
        <Form.Item name="accounts" label={t('sso.accounts')} extra={t('sso.accountsHow')}>
          <Radio.Group
            data-testid="sso-accounts"
            options={[
              { value: 'existing', label: t('sso.accountsExisting') },
              { value: 'create', label: t('sso.accountsCreate') },
            ]}
          />
        </Form.Item>
        <Form.Item name="domains" label={t('sso.domains')} extra={t('sso.domainsHow')}>
          <Select mode="tags" open={false} suffix={null} placeholder="example.com" tokenSeparators={[' ', ',']} />
        </Form.Item>
        <Form.Item label={t('sso.rules')} extra={t('sso.rulesHow')}>
          <Form.List name="rules">
            {(fields, { add, remove }) => (
              <div className="stack">
                {fields.map(({ key, name }) => (
                  <div key={key} style={{ display: 'grid', gridTemplateColumns: '1fr 1fr 1fr 32px', gap: 8 }}>
                    <Form.Item name={[name, 'group']} noStyle rules={[needed]}>
                      <Input placeholder={t('sso.group')} aria-label={t('sso.group')} data-testid="sso-rule-group" />
                    </Form.Item>
                    <Form.Item name={[name, 'role']} noStyle rules={[needed]}>
                      <Select options={roles} placeholder={t('apiKeys.role')} aria-label={t('apiKeys.role')} />
                    </Form.Item>
                    <Form.Item name={[name, 'teamId']} noStyle>
                      <LinkSelect type="team" placeholder={t('apiKeys.team')} aria-label={t('apiKeys.team')} />
                    </Form.Item>
                    <Button
                      type="text"
                      icon={<MinusCircleOutlined />}
                      onClick={() => remove(name)}
                      aria-label={t('sso.ruleRemove')}
                    />
                  </div>
                ))}
                <div>
                  <Button
                    size="small"
                    icon={<PlusOutlined />}
                    onClick={() => add({ group: '', role: 'sales', teamId: null })}
                    data-testid="sso-rule-add"
                  >
                    {t('sso.ruleAdd')}
                  </Button>
                </div>
              </div>
            )}
          </Form.List>
        </Form.Item>
        <Form.Item name="defaultRole" label={t('sso.defaultRole')} extra={t('sso.defaultRoleHow')}>
          <Select allowClear options={roles} placeholder={t('sso.defaultRoleNone')} data-testid="sso-default-role" />
        </Form.Item>
        {(['only', 'trustMfa', 'signOut'] as const).map((name) => (
          <Form.Item
            key={name}
            name={name}
            label={t(`sso.${name}`)}
            extra={t(`sso.${name}How`)}
            valuePropName="checked"
          >
            <Switch />
          </Form.Item>
        ))}
        <div style={{ display: 'grid', gridTemplateColumns: '1fr 1fr 1fr', gap: '0 12px' }}>
          {(['email', 'name', 'groups'] as const).map((claim) => (
            <Form.Item key={claim} name={['claims', claim]} label={t(`sso.claim.${claim}`)} rules={[needed]}>
              <Input maxLength={100} />
            </Form.Item>
          ))}
        </div>
        <Form.Item name="scopes" label={t('sso.scopes')}>
          <Select mode="tags" open={false} suffix={null} tokenSeparators={[' ', ',']} />
        </Form.Item>
      </Form>
    </Drawer>
  )
}
