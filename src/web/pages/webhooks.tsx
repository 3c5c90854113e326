// Webhooks: who is told of what, with whose rights; a new one's secret is shown once, and what did not arrive can be sent again.
import { PlusOutlined } from '@ant-design/icons'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Alert, Button, Popconfirm } from 'antd'
import { useState, type ReactElement } from 'react'
import { get, post } from '../api.ts'
import type { WebhookItem, WebhooksResumed } from '../contract.ts'
import { Failure } from '../parts/failure.tsx'
import { useNotify } from '../parts/notify.ts'
import { PageHead, Panel } from '../parts/page-head.tsx'
import { SecretOnce } from '../parts/secret-once.tsx'
import { Waiting } from '../parts/waiting.tsx'
import { Undelivered } from '../parts/webhook-deliveries.tsx'
import { WebhookDialog } from '../parts/webhook-dialog.tsx'
import { WebhookTable } from '../parts/webhook-table.tsx'
import { useText } from '../text.ts'
import '../style/journal.css'

export default function Webhooks(): ReactElement {
  const { t } = useText()
  const queries = useQueryClient()
  const [open, setOpen] = useState<WebhookItem | 'new' | null>(null)
  const [looked, setLooked] = useState<WebhookItem | null>(null)
  const [secret, setSecret] = useState<string | null>(null)
  const answer = useQuery({
    queryKey: ['webhooks'],
    queryFn: () => get<{ items: readonly WebhookItem[] }>('/api/webhooks'),
  })
  if (answer.error) return <Failure error={answer.error} again={() => void answer.refetch()} />
  if (!answer.data) return <Waiting />
  const changed = (): void => void queries.invalidateQueries({ queryKey: ['webhooks'] })
  return (
    <>
      <PageHead
        title={t('webhooks.title')}
        about={t('webhooks.about')}
        actions={
          <Button type="primary" icon={<PlusOutlined />} onClick={() => setOpen('new')} data-testid="webhooks-new">
            {t('webhooks.new')}
          </Button>
        }
      />
      <Restored items={answer.data.items} changed={changed} />
      <Panel title={t('webhooks.title')} flush>
        {answer.data.items.length === 0 ? (
          <p className="quiet card-body" data-testid="webhooks-none">
            {t('webhooks.none')}
          </p>
        ) : (
          <WebhookTable items={answer.data.items} changed={changed} edit={setOpen} look={setLooked} />
        )}
      </Panel>
      {open === null ? null : (
        <WebhookDialog
          hook={open === 'new' ? null : open}
          close={() => setOpen(null)}
          done={(made) => {
            setOpen(null)
            setSecret(made)
            changed()
          }}
        />
      )}
      {looked === null ? null : <Undelivered hook={looked} changed={changed} close={() => setLooked(null)} />}
      {secret === null ? null : (
        <SecretOnce
          title={t('webhooks.once')}
          about={t('webhooks.onceAbout')}
          done={t('webhooks.kept')}
          secret={secret}
          testId="webhooks-secret"
          close={() => setSecret(null)}
        />
      )}
    </>
  )
}

/** After a restore nothing is sent until somebody says so here. */
const Restored = ({ items, changed }: { items: readonly WebhookItem[]; changed: () => void }): ReactElement | null => {
  const { t } = useText()
  const notify = useNotify()
  const count = items.filter(({ stopped }) => stopped === 'restored').length
  if (count === 0) return null
  const resume = async (): Promise<void> => {
    const done = await notify.attempt(() => post<WebhooksResumed>('/api/webhooks/resume'))
    if (done) notify.done(t('webhooks.resume.done', { count: done.resumed }))
    changed()
  }
  return (
    <Alert
      type="warning"
      showIcon
      style={{ marginBottom: 14 }}
      data-testid="webhooks-restored"
      title={t('webhooks.resume.title', { count })}
      description={t('webhooks.resume.about')}
      action={
        <Popconfirm
          title={t('webhooks.resume.sure')}
          okText={t('webhooks.resume.go')}
          cancelText={t('common.cancel')}
          onConfirm={() => void resume()}
        >
          <Button size="small" data-testid="webhooks-resume">
            {t('webhooks.resume.go')}
          </Button>
        </Popconfirm>
      }
    />
  )
}
