// Providers of identity: which there are, what to enter at each, and how their people come in.
import { PlusOutlined } from '@ant-design/icons'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Button, Popconfirm } from 'antd'
import { useState, type ReactElement } from 'react'
import { get, post, remove } from '../api.ts'
import type { IdentityProvider } from '../contract.ts'
import { Failure } from '../parts/failure.tsx'
import { useNotify } from '../parts/notify.ts'
import { PageHead, Panel } from '../parts/page-head.tsx'
import { ProviderEditor } from '../parts/provider-editor.tsx'
import { Waiting } from '../parts/waiting.tsx'
import { useType } from '../session.ts'
import { useText } from '../text.ts'
import '../style/journal.css'
import '../style/table.css'

export default function SingleSignOn(): ReactElement {
  const { t } = useText()
  const queries = useQueryClient()
  const [editing, setEditing] = useState<IdentityProvider | 'new' | null>(null)
  const answer = useQuery({
    queryKey: ['identity-providers'],
    queryFn: () => get<{ items: readonly IdentityProvider[] }>('/api/identity-providers'),
  })
  if (answer.error) return <Failure error={answer.error} again={() => void answer.refetch()} />
  if (!answer.data) return <Waiting />
  const changed = (): void => {
    void queries.invalidateQueries({ queryKey: ['identity-providers'] })
    void queries.invalidateQueries({ queryKey: ['health', 'sso'] })
  }
  return (
    <>
      <PageHead
        title={t('sso.title')}
        about={t('sso.about')}
        actions={
          <Button type="primary" icon={<PlusOutlined />} onClick={() => setEditing('new')} data-testid="sso-new">
            {t('sso.new')}
          </Button>
        }
      />
      <div className="stack">
        {answer.data.items.length === 0 ? (
          <Panel title={t('sso.providers')}>
            <p className="quiet" data-testid="sso-none">
              {t('sso.none')}
            </p>
          </Panel>
        ) : null}
        {answer.data.items.map((provider) => (
          <One key={provider.id} provider={provider} edit={() => setEditing(provider)} changed={changed} />
        ))}
      </div>
      {editing === null ? null : (
        <ProviderEditor
          provider={editing === 'new' ? null : editing}
          close={() => setEditing(null)}
          saved={() => {
            setEditing(null)
            changed()
          }}
        />
      )}
    </>
  )
}

const One = ({
  provider,
  edit,
  changed,
}: {
  provider: IdentityProvider
  edit: () => void
  changed: () => void
}): ReactElement => {
  const { t, both } = useText()
  const notify = useNotify()
  const [busy, setBusy] = useState(false)
  const probe = async (): Promise<void> => {
    setBusy(true)
    await notify.attempt(async () => {
      await post(`/api/identity-providers/${provider.id}/probe`)
      notify.done(t('sso.answers'))
    })
    setBusy(false)
  }
  const { settings } = provider
  const roles = useType('user')?.fields.find((field) => field.name === 'role')?.options ?? []
  const roleName = (role: string): string => {
    const found = roles.find((option) => option.value === role)
    return found ? both(found.label) : role
  }
  const rows: readonly (readonly [string, string])[] = [
    [t('sso.issuer'), provider.issuer],
    [t('sso.clientId'), provider.clientId],
    [t('sso.callback'), provider.callback],
    [t('sso.logout'), provider.logout],
  ]
  return (
    <Panel
      title={
        <>
          {provider.name}{' '}
          <span className="state" data-state={provider.active ? 'pass' : 'none'}>
            {t(provider.active ? 'sso.on' : 'sso.off')}
          </span>
        </>
      }
      extra={
        <>
          <Button
            size="small"
            loading={busy}
            disabled={!provider.active}
            onClick={() => void probe()}
            data-testid="sso-probe"
          >
            {t('sso.probe')}
          </Button>
          <Button size="small" onClick={edit} data-testid="sso-edit">
            {t('sso.edit')}
          </Button>
          <Popconfirm
            title={t('sso.removeSure')}
            okText={t('sso.remove')}
            cancelText={t('common.cancel')}
            onConfirm={() =>
              void notify
                .attempt(async () => {
                  await remove(`/api/identity-providers/${provider.id}`)
                  notify.done(t('sso.removed'))
                })
                .then(changed)
            }
          >
            <Button size="small" danger data-testid="sso-remove">
              {t('sso.remove')}
            </Button>
          </Popconfirm>
        </>
      }
      flush
      data-testid="sso-provider"
    >
      <div className="table-box">
        <table className="table">
          <tbody>
            {rows.map(([name, value]) => (
              <tr key={name}>
                <th scope="row" style={{ width: 220 }}>
                  {name}
                </th>
                <td>
                  <code style={{ overflowWrap: 'anywhere' }}>{value}</code>
                </td>
              </tr>
            ))}
            <tr>
              <th scope="row">{t('sso.accounts')}</th>
              <td>
                {t(settings.accounts === 'create' ? 'sso.accountsCreate' : 'sso.accountsExisting')}
                {settings.domains.length === 0 ? '' : ` · ${settings.domains.join(t('common.listComma'))}`}
              </td>
            </tr>
            <tr>
              <th scope="row">{t('sso.rules')}</th>
              <td>
                {settings.rules.length === 0
                  ? t('sso.rulesNone')
                  : settings.rules.map((rule) => `${rule.group} → ${roleName(rule.role)}`).join(t('common.listComma'))}
              </td>
            </tr>
          </tbody>
        </table>
      </div>
    </Panel>
  )
}
