// Provisioning: the address to enter at a provider of identity, and the tokens it comes with.
import { PlusOutlined } from '@ant-design/icons'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Button, Checkbox, Form, Input, InputNumber, Modal, Select } from 'antd'
import { useState, type ReactElement } from 'react'
import { get, post } from '../api.ts'
import type { IdentityProvider, ProvisioningToken } from '../contract.ts'
import { day, instant } from '../format.ts'
import { Failure } from '../parts/failure.tsx'
import { useNotify } from '../parts/notify.ts'
import { PageHead, Panel } from '../parts/page-head.tsx'
import { RevokeButton } from '../parts/revoke-button.tsx'
import { SecretOnce } from '../parts/secret-once.tsx'
import { Table } from '../parts/table.tsx'
import { Waiting } from '../parts/waiting.tsx'
import { useText } from '../text.ts'
import '../style/journal.css'

export default function Provisioning(): ReactElement {
  const { t } = useText()
  const queries = useQueryClient()
  const [making, setMaking] = useState(false)
  const [made, setMade] = useState<string | null>(null)
  const tokens = useQuery({
    queryKey: ['provisioning-tokens'],
    queryFn: () => get<{ items: readonly ProvisioningToken[] }>('/api/provisioning-tokens'),
  })
  const providers = useQuery({
    queryKey: ['identity-providers'],
    queryFn: () => get<{ items: readonly IdentityProvider[] }>('/api/identity-providers'),
  })
  const failed = tokens.error ?? providers.error
  if (failed) return <Failure error={failed} again={() => void tokens.refetch()} />
  if (!tokens.data || !providers.data) return <Waiting />
  const active = providers.data.items.filter((provider) => provider.active)
  const changed = (): void => void queries.invalidateQueries({ queryKey: ['provisioning-tokens'] })
  return (
    <>
      <PageHead
        title={t('provisioning.title')}
        about={t('provisioning.about')}
        actions={
          <Button
            type="primary"
            icon={<PlusOutlined />}
            disabled={active.length === 0}
            onClick={() => setMaking(true)}
            data-testid="provisioning-new"
          >
            {t('provisioning.new')}
          </Button>
        }
      />
      <div className="stack">
        <Panel title={t('provisioning.address')}>
          <code>{`${active[0]?.settings.origin ?? location.origin}/scim/v2`}</code>
        </Panel>
        <Panel title={t('provisioning.tokens')} flush>
          {tokens.data.items.length === 0 ? (
            <p className="quiet card-body">
              {t(active.length === 0 ? 'provisioning.noProvider' : 'provisioning.none')}
            </p>
          ) : (
            <Tokens items={tokens.data.items} providers={providers.data.items} changed={changed} />
          )}
        </Panel>
      </div>
      {making ? (
        <NewToken
          providers={active}
          close={() => setMaking(false)}
          made={(token) => {
            setMaking(false)
            setMade(token)
            changed()
          }}
        />
      ) : null}
      {made === null ? null : (
        <SecretOnce
          title={t('provisioning.once')}
          about={t('provisioning.onceAbout')}
          done={t('provisioning.kept')}
          secret={made}
          testId="provisioning-secret"
          close={() => setMade(null)}
        />
      )}
    </>
  )
}

const stateOf = (token: ProvisioningToken): 'live' | 'revokedState' | 'ended' =>
  token.revokedAt !== null ? 'revokedState' : new Date(token.expiresAt) <= new Date() ? 'ended' : 'live'

const Tokens = ({
  items,
  providers,
  changed,
}: {
  items: readonly ProvisioningToken[]
  providers: readonly IdentityProvider[]
  changed: () => void
}): ReactElement => {
  const { t, language } = useText()
  return (
    <Table
      headings={[
        t('provisioning.label'),
        t('provisioning.provider'),
        t('provisioning.prefix'),
        t('provisioning.scopes'),
        t('provisioning.seen'),
        t('provisioning.expires'),
        t('provisioning.state'),
      ]}
    >
      {items.map((token) => {
        const state = stateOf(token)
        return (
          <tr key={token.id} data-testid="provisioning-row" data-live={state === 'live'}>
            <td>{token.label}</td>
            <td>{providers.find((provider) => provider.id === token.providerId)?.name ?? ''}</td>
            <td>
              <code>{token.prefix}…</code>
            </td>
            <td>{token.scopes.map((scope) => t(`provisioning.scope.${scope}`)).join(t('common.listComma'))}</td>
            <td>
              {token.seenAt === null ? (
                <span className="quiet">{t('provisioning.never')}</span>
              ) : (
                instant(token.seenAt, language)
              )}
            </td>
            <td>{day(token.expiresAt.slice(0, 10), language)}</td>
            <td>
              <span className="state" data-state={state === 'live' ? 'pass' : 'none'}>
                {t(`provisioning.${state}`)}
              </span>
            </td>
            <td>
              {token.revokedAt === null ? (
                <RevokeButton
                  path={`/api/provisioning-tokens/${token.id}`}
                  sure={t('provisioning.revokeSure')}
                  label={t('provisioning.revoke')}
                  done={t('provisioning.revoked')}
                  changed={changed}
                  data-testid="provisioning-revoke"
                />
              ) : null}
            </td>
          </tr>
        )
      })}
    </Table>
  )
}

interface Values {
  readonly providerId: string
  readonly label: string
  readonly scopes: readonly string[]
  readonly days: number
}

const NewToken = ({
  providers,
  close,
  made,
}: {
  providers: readonly IdentityProvider[]
  close: () => void
  made: (token: string) => void
}): ReactElement => {
  const { t } = useText()
  const notify = useNotify()
  const [form] = Form.useForm<Values>()
  const [busy, setBusy] = useState(false)
  const run = async (values: Values): Promise<void> => {
    setBusy(true)
    const answer = await notify.attempt(() => post<{ token: string }>('/api/provisioning-tokens', values))
    setBusy(false)
    if (answer) made(answer.token)
  }
  return (
    <Modal
      open
      title={t('provisioning.new')}
      onCancel={close}
      okText={t('provisioning.create')}
      okButtonProps={{ loading: busy, 'data-testid': 'provisioning-create' }}
      onOk={() => form.submit()}
    >
      <Form<Values>
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{ providerId: providers[0]?.id, label: '', scopes: ['users', 'groups'], days: 365 }}
        onFinish={(values) => void run(values)}
      >
        <Form.Item name="providerId" label={t('provisioning.provider')}>
          <Select options={providers.map(({ id, name }) => ({ value: id, label: name }))} />
        </Form.Item>
        <Form.Item
          name="label"
          label={t('provisioning.label')}
          rules={[{ required: true, whitespace: true, message: t('form.required') }]}
        >
          <Input autoFocus maxLength={100} data-testid="provisioning-label" />
        </Form.Item>
        <Form.Item name="scopes" label={t('provisioning.scopes')}>
          <Checkbox.Group
            options={['users', 'groups', 'read-only'].map((scope) => ({
              value: scope,
              label: t(`provisioning.scope.${scope}`),
            }))}
          />
        </Form.Item>
        <Form.Item name="days" label={t('provisioning.days')}>
          <InputNumber min={1} max={730} precision={0} />
        </Form.Item>
      </Form>
    </Modal>
  )
}
