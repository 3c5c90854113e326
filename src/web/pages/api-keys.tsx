// Keys of programs: which there are, whom each speaks for and how far; a new one is shown once.
import { PlusOutlined } from '@ant-design/icons'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState, type ReactElement } from 'react'
import { get } from '../api.ts'
import type { ApiKeyItem } from '../contract.ts'
import { day, instant } from '../format.ts'
import { NewApiKey } from '../parts/api-key-dialog.tsx'
import { Failure } from '../parts/failure.tsx'
import { PageHead, Panel } from '../parts/page-head.tsx'
import { RevokeButton } from '../parts/revoke-button.tsx'
import { SecretOnce } from '../parts/secret-once.tsx'
import { Table } from '../parts/table.tsx'
import { Waiting } from '../parts/waiting.tsx'
import { useCatalogue, useDirectory } from '../session.ts'
import { useText } from '../text.ts'
import '../style/journal.css'

export default function ApiKeys(): ReactElement {
  const { t } = useText()
  const queries = useQueryClient()
  const [making, setMaking] = useState(false)
  const [made, setMade] = useState<string | null>(null)
  const answer = useQuery({
    queryKey: ['api-keys'],
    queryFn: () => get<{ items: readonly ApiKeyItem[] }>('/api/api-keys'),
  })
  if (answer.error) return <Failure error={answer.error} again={() => void answer.refetch()} />
  if (!answer.data) return <Waiting />
  const changed = (): void => {
    void queries.invalidateQueries({ queryKey: ['api-keys'] })
    void queries.invalidateQueries({ queryKey: ['directory'] })
  }
  return (
    <>
      <PageHead
        title={t('apiKeys.title')}
        about={t('apiKeys.about')}
        actions={
          <Button type="primary" icon={<PlusOutlined />} onClick={() => setMaking(true)} data-testid="api-keys-new">
            {t('apiKeys.new')}
          </Button>
        }
      />
      <Panel title={t('apiKeys.title')} flush>
        {answer.data.items.length === 0 ? (
          <p className="quiet card-body" data-testid="api-keys-none">
            {t('apiKeys.none')}
          </p>
        ) : (
          <Keys items={answer.data.items} changed={changed} />
        )}
      </Panel>
      {making ? (
        <NewApiKey
          close={() => setMaking(false)}
          made={(key) => {
            setMaking(false)
            setMade(key)
            changed()
          }}
        />
      ) : null}
      {made === null ? null : (
        <SecretOnce
          title={t('apiKeys.once')}
          about={t('apiKeys.onceAbout')}
          done={t('apiKeys.kept')}
          secret={made}
          testId="api-keys-secret"
          close={() => setMade(null)}
        />
      )}
    </>
  )
}

const Keys = ({ items, changed }: { items: readonly ApiKeyItem[]; changed: () => void }): ReactElement => {
  const { t, both, language } = useText()
  const types = useCatalogue()
  const { users } = useDirectory()
  const scopeOf = (key: ApiKeyItem): string =>
    Object.entries(key.bounds)
      .map(([name, allowed]) => {
        const type = types.find((one) => one.name === name)
        return `${type ? both(type.plurals) : name}: ${allowed.map((use) => t(`apiKeys.use.${use}`)).join(t('common.listComma'))}`
      })
      .join('\n')
  return (
    <Table
      headings={[
        t('apiKeys.label'),
        t('apiKeys.prefix'),
        t('apiKeys.owner'),
        t('apiKeys.scope'),
        t('apiKeys.networks'),
        t('apiKeys.seen'),
        t('apiKeys.expires'),
        t('apiKeys.state'),
      ]}
      data-testid="api-keys-table"
    >
      {items.map((key) => (
        <tr key={key.id} data-testid="api-keys-row" data-state={key.state}>
          <td>{key.label}</td>
          <td>
            <code>{key.prefix}…</code>
          </td>
          <td>{users.find((user) => user.id === key.userId)?.name ?? key.userId.slice(0, 8)}</td>
          <td style={{ whiteSpace: 'pre-line' }}>{scopeOf(key)}</td>
          <td className="mono" style={{ whiteSpace: 'pre-line' }}>
            {key.networks.length === 0 ? (
              <span className="quiet">{t('apiKeys.anywhere')}</span>
            ) : (
              key.networks.join('\n')
            )}
          </td>
          <td>
            {key.seenAt === null ? <span className="quiet">{t('apiKeys.never')}</span> : instant(key.seenAt, language)}
          </td>
          <td>{day(key.expiresAt.slice(0, 10), language)}</td>
          <td>
            <span className="state" data-state={key.state === 'live' ? 'pass' : 'none'}>
              {t(`apiKeys.states.${key.state}`)}
            </span>
          </td>
          <td>
            {key.state === 'revoked' ? null : (
              <RevokeButton
                path={`/api/api-keys/${key.id}`}
                sure={t('apiKeys.revokeSure')}
                label={t('apiKeys.revoke')}
                done={t('apiKeys.revoked')}
                changed={changed}
                data-testid="api-keys-revoke"
              />
            )}
          </td>
        </tr>
      ))}
    </Table>
  )
}
