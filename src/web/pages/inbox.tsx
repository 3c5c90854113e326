// The approvals inbox: everything that waits for my decision, decided in place.
import { useQueryClient } from '@tanstack/react-query'
import { Button, Input, Modal } from 'antd'
import { useState, type ReactElement } from 'react'
import { Link } from 'react-router'
import { post } from '../api.ts'
import type { InboxAnswer } from '../contract.ts'
import { instant } from '../format.ts'
import { ExportRequests } from '../parts/export-requests.tsx'
import { Failure } from '../parts/failure.tsx'
import { GlassTable } from '../parts/glass-table.tsx'
import { useInbox } from '../parts/inbox.ts'
import { useNotify } from '../parts/notify.ts'
import { PageHead, Panel } from '../parts/page-head.tsx'
import { RecertifyLines } from '../parts/recertify-lines.tsx'
import { Table } from '../parts/table.tsx'
import { Waiting } from '../parts/waiting.tsx'
import { useDirectory, useMay } from '../session.ts'
import { useText } from '../text.ts'
import '../style/journal.css'

export default function Inbox(): ReactElement {
  const { t, language } = useText()
  const client = useQueryClient()
  const may = useMay()
  const answer = useInbox()
  if (answer.error) return <Failure error={answer.error} again={() => void answer.refetch()} />
  if (!answer.data) return <Waiting />
  const { count, policies, exports, emergencies, rights } = answer.data
  const again = (): void => {
    void answer.refetch()
    void client.invalidateQueries({ queryKey: ['recertifications'] })
  }
  return (
    <>
      <PageHead title={t('inbox.title')} about={t('inbox.about')} />
      <div className="stack" data-testid="inbox" data-count={count}>
        {count === 0 ? (
          <Panel title={t('inbox.waiting')}>
            <p className="quiet">{t('inbox.none')}</p>
          </Panel>
        ) : null}
        {policies.length > 0 ? <Policies items={policies} changed={again} /> : null}
        {exports.length > 0 ? (
          <ExportRequests items={exports} approves={may('export.approve')} decided={again} />
        ) : null}
        {emergencies.length > 0 ? <GlassTable items={emergencies} changed={again} /> : null}
        {rights ? (
          <Panel
            title={t('inbox.rights', { count: rights.lines })}
            extra={
              <>
                <span
                  className={new Date(rights.dueAt) < new Date() ? 'state' : 'quiet small'}
                  data-state={new Date(rights.dueAt) < new Date() ? 'fail' : undefined}
                >
                  {t(new Date(rights.dueAt) < new Date() ? 'recertify.overdue' : 'recertify.due', {
                    at: instant(rights.dueAt, language),
                  })}
                </span>
                <Link to="/recertification">{t('recertify.title')}</Link>
              </>
            }
            flush
          >
            <RecertifyLines campaign={rights.campaign} changed={again} />
          </Panel>
        ) : null}
      </div>
    </>
  )
}

type Change = InboxAnswer['policies'][number]

const Policies = ({ items, changed }: { items: readonly Change[]; changed: () => void }): ReactElement => {
  const { t, language } = useText()
  const { users } = useDirectory()
  const [deciding, setDeciding] = useState<{ readonly change: Change; readonly approve: boolean } | null>(null)
  return (
    <Panel title={t('inbox.policies')} flush>
      <Table data-testid="inbox-policies" headings={['what', 'by', 'when'].map((name) => t(`inbox.${name}`))}>
        {items.map((change) => (
          <tr key={change.id}>
            <td>
              <Link to="/policies/changes">{change.title}</Link>
            </td>
            <td>{users.find(({ id }) => id === change.createdBy)?.name ?? `…${change.createdBy.slice(-6)}`}</td>
            <td>{instant(change.createdAt, language)}</td>
            <td className="table-action">
              <span className="row" style={{ flexWrap: 'nowrap' }}>
                <Button
                  size="small"
                  type="primary"
                  onClick={() => setDeciding({ change, approve: true })}
                  data-testid="inbox-approve"
                >
                  {t('alarms.approve')}
                </Button>
                <Button size="small" onClick={() => setDeciding({ change, approve: false })} data-testid="inbox-refuse">
                  {t('alarms.refuse')}
                </Button>
              </span>
            </td>
          </tr>
        ))}
      </Table>
      {deciding ? (
        <Decide
          {...deciding}
          close={() => {
            setDeciding(null)
            changed()
          }}
        />
      ) : null}
    </Panel>
  )
}

const Decide = ({ change, approve, close }: { change: Change; approve: boolean; close: () => void }): ReactElement => {
  const { t } = useText()
  const notify = useNotify()
  const [reason, setReason] = useState('')
  const run = async (): Promise<void> => {
    await notify.attempt(async () => {
      await post(`/api/policies/changes/${change.id}/decision`, { approve, reason: reason.trim() })
      notify.done(t('inbox.decided'))
      close()
    })
  }
  return (
    <Modal
      open
      title={`${t(approve ? 'alarms.approve' : 'alarms.refuse')} · ${change.title}`}
      onCancel={close}
      onOk={() => void run()}
      okText={t(approve ? 'alarms.approve' : 'alarms.refuse')}
      okButtonProps={{ danger: !approve, disabled: reason.trim() === '', 'data-testid': 'inbox-run' }}
    >
      {approve ? <p style={{ marginBottom: 10 }}>{t('inbox.policyNow')}</p> : null}
      <Input
        autoFocus
        maxLength={1000}
        value={reason}
        aria-label={t('lend.reason')}
        placeholder={t('lend.reason')}
        onChange={(event) => setReason(event.target.value)}
        data-testid="inbox-reason"
      />
    </Modal>
  )
}
