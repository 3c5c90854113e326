// Recertification: the open campaign with its lines and progress, and those of before with the digest of their record.
import { AuditOutlined } from '@ant-design/icons'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { App, Button, Progress } from 'antd'
import type { ReactElement } from 'react'
import { get, post } from '../api.ts'
import type { CampaignItem, RecertificationsAnswer } from '../contract.ts'
import { instant } from '../format.ts'
import { Failure } from '../parts/failure.tsx'
import { useNotify } from '../parts/notify.ts'
import { PageHead, Panel } from '../parts/page-head.tsx'
import { RecertifyLines } from '../parts/recertify-lines.tsx'
import { Table } from '../parts/table.tsx'
import { Waiting } from '../parts/waiting.tsx'
import { useDirectory } from '../session.ts'
import { useText } from '../text.ts'
import '../style/journal.css'

export default function Recertification(): ReactElement {
  const { t } = useText()
  const { modal } = App.useApp()
  const notify = useNotify()
  const client = useQueryClient()
  const answer = useQuery({
    queryKey: ['recertifications'],
    queryFn: () => get<RecertificationsAnswer>('/api/recertifications'),
    staleTime: 0,
  })
  if (answer.error) return <Failure error={answer.error} again={() => void answer.refetch()} />
  if (!answer.data) return <Waiting />
  const { items, manages, everyDays } = answer.data
  const open = items.find(({ finishedAt }) => finishedAt === null)
  const changed = (): void => {
    void client.invalidateQueries({ queryKey: ['recertifications'] })
    void client.invalidateQueries({ queryKey: ['recertify-lines'] })
    void client.invalidateQueries({ queryKey: ['inbox'] })
  }
  const act = async (path: string, said: string): Promise<void> => {
    await notify.attempt(async () => {
      await post(path)
      notify.done(said)
    })
    changed()
  }
  const finish = (campaign: CampaignItem): void =>
    void modal.confirm({
      title: t('recertify.finish'),
      content: t('recertify.finishAbout', { left: campaign.lines - campaign.kept - campaign.revoked }),
      okText: t('common.go'),
      onOk: () => act(`/api/recertifications/${campaign.id}/finish`, t('recertify.finished')),
    })
  return (
    <>
      <PageHead
        title={t('recertify.title')}
        about={t('recertify.about', { days: everyDays })}
        actions={
          manages && !open ? (
            <Button
              type="primary"
              icon={<AuditOutlined />}
              onClick={() => void act('/api/recertifications', t('recertify.started'))}
              data-testid="recertify-start"
            >
              {t('recertify.start')}
            </Button>
          ) : undefined
        }
      />
      <div className="stack">
        {open ? (
          <>
            <Panel
              title={t(`recertify.scope.${open.scope}`)}
              extra={
                manages ? (
                  <Button size="small" onClick={() => finish(open)} data-testid="recertify-finish">
                    {t('recertify.finish')}
                  </Button>
                ) : undefined
              }
            >
              <Standing campaign={open} />
            </Panel>
            <Panel title={t('recertify.lines')} flush>
              <RecertifyLines campaign={open.id} changed={changed} />
            </Panel>
          </>
        ) : (
          <Panel title={t('recertify.scope.all')}>
            <p className="quiet">{t('recertify.none')}</p>
          </Panel>
        )}
        <Past items={items.filter(({ finishedAt }) => finishedAt !== null)} />
      </div>
    </>
  )
}

const Standing = ({ campaign }: { campaign: CampaignItem }): ReactElement => {
  const { t, language } = useText()
  const decided = campaign.kept + campaign.revoked
  const late = new Date(campaign.dueAt) < new Date()
  return (
    <div data-testid="recertify-standing" data-decided={decided}>
      <div className="row" style={{ justifyContent: 'space-between' }}>
        <span>
          {t('recertify.progress', { decided, lines: campaign.lines })}
          <span className="quiet small">
            {' '}
            · {t('recertify.split', { kept: campaign.kept, revoked: campaign.revoked })}
          </span>
        </span>
        <span className={late ? 'state' : 'quiet small'} data-state={late ? 'fail' : undefined}>
          {t(late ? 'recertify.overdue' : 'recertify.due', { at: instant(campaign.dueAt, language) })}
        </span>
      </div>
      <Progress
        percent={campaign.lines === 0 ? 100 : Math.floor((decided / campaign.lines) * 100)}
        aria-label={t('recertify.lines')}
      />
    </div>
  )
}

const Past = ({ items }: { items: readonly CampaignItem[] }): ReactElement => {
  const { t, language } = useText()
  const { users } = useDirectory()
  const nameOf = (id: string): string => users.find((one) => one.id === id)?.name ?? t('common.system')
  return (
    <Panel title={t('recertify.past')} flush>
      {items.length === 0 ? (
        <p className="quiet card-body">{t('recertify.noPast')}</p>
      ) : (
        <Table
          data-testid="recertify-past"
          headings={['begun', 'what', 'result', 'ended', 'record'].map((name) => t(`recertify.${name}`))}
        >
          {items.map((one) => (
            <tr key={one.id}>
              <td style={{ paddingBlock: 6 }}>
                {instant(one.startedAt, language)}
                <div className="quiet small">{nameOf(one.startedBy)}</div>
              </td>
              <td>{t(`recertify.scope.${one.scope}`)}</td>
              <td>
                {t('recertify.split', { kept: one.kept, revoked: one.revoked })}
                {one.lines - one.kept - one.revoked > 0 ? (
                  <div>
                    <span className="state" data-state="fail">
                      {t('recertify.left', { left: one.lines - one.kept - one.revoked })}
                    </span>
                  </div>
                ) : null}
              </td>
              <td>
                {one.finishedAt === null ? null : instant(one.finishedAt, language)}
                <div className="quiet small">{one.finishedBy === null ? null : nameOf(one.finishedBy)}</div>
              </td>
              <td className="mono small" title={one.sha256 ?? ''}>
                {one.sha256?.slice(0, 16)}…
              </td>
              <td />
            </tr>
          ))}
        </Table>
      )}
    </Panel>
  )
}
