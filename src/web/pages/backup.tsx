// Backups: make one of the three kinds, watch it, check them all, see which builds on which, and how to restore.
import { CheckCircleFilled, CopyOutlined, FolderOpenOutlined, SafetyCertificateOutlined } from '@ant-design/icons'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Alert, Button, Progress } from 'antd'
import { useEffect, useRef, type ReactElement } from 'react'
import { Link } from 'react-router'
import { get, post } from '../api.ts'
import type { BackupItem, BackupJob, BackupsAnswer } from '../contract.ts'
import { ago, bytes, instant, seconds, whole } from '../format.ts'
import { BackupTree, rowHeight, treeWidth } from '../parts/backup-tree.tsx'
import { Failure } from '../parts/failure.tsx'
import { useNotify } from '../parts/notify.ts'
import { OffSite } from '../parts/off-site.tsx'
import { PageHead, Panel } from '../parts/page-head.tsx'
import { Waiting } from '../parts/waiting.tsx'
import { useMay } from '../session.ts'
import { useText } from '../text.ts'
import '../style/table.css'
import '../style/journal.css'

const kinds = ['full', 'incremental', 'differential'] as const

export default function Backup(): ReactElement {
  const { t } = useText()
  const client = useQueryClient()
  const may = useMay()
  const notify = useNotify()
  const answer = useQuery({ queryKey: ['backups'], queryFn: () => get<BackupsAnswer>('/api/backups') })
  const job = useQuery({
    queryKey: ['backups', 'job'],
    queryFn: () => get<BackupJob | null>('/api/backups/job'),
    refetchInterval: ({ state }) => (state.data?.state === 'running' ? 400 : false),
    staleTime: 0,
  })
  const running = job.data?.state === 'running'
  const before = useRef(running)
  useEffect(() => {
    if (before.current && !running) {
      void client.invalidateQueries({ queryKey: ['backups'] })
      void client.invalidateQueries({ queryKey: ['home'] })
    }
    before.current = running
  }, [running, client])
  const start = async (path: string, body: object): Promise<void> => {
    await notify.attempt(() => post(path, body))
    await client.invalidateQueries({ queryKey: ['backups', 'job'] })
  }
  if (answer.error) return <Failure error={answer.error} again={() => void answer.refetch()} />
  if (!answer.data) return <Waiting />
  const items = [...answer.data.items].sort((a, b) => (a.at < b.at ? 1 : -1))
  const hasFull = items.some((item) => item.type === 'full')
  return (
    <>
      <PageHead
        title={t('backup.title')}
        about={t('backup.about')}
        actions={
          <>
            {may('backup.browse') && items.length > 0 ? (
              <Link to="/backup/browse">
                <Button icon={<FolderOpenOutlined />} data-testid="backup-browse">
                  {t('browse.title')}
                </Button>
              </Link>
            ) : null}
            {may('backup.verify') && items.length > 0 ? (
              <Button
                disabled={running}
                icon={<SafetyCertificateOutlined />}
                onClick={() => void start('/api/backups/verify', {})}
                data-testid="backup-verify"
              >
                {t('backup.verify')}
              </Button>
            ) : null}
            {may('backup.create')
              ? kinds.map((kind) => (
                  <Button
                    key={kind}
                    type={(hasFull ? 'incremental' : 'full') === kind ? 'primary' : 'default'}
                    disabled={running || (kind !== 'full' && !hasFull)}
                    title={kind !== 'full' && !hasFull ? t('backup.needsFull') : t(`backup.kindAbout.${kind}`)}
                    onClick={() => void start('/api/backups', { type: kind })}
                    data-testid={`backup-create-${kind}`}
                  >
                    {t(`backup.make.${kind}`)}
                  </Button>
                ))
              : null}
          </>
        }
      />
      <div className="stack">
        {job.data ? <Job job={job.data} /> : null}
        <Panel
          title={t('backup.list')}
          extra={<span className="quiet small mono">{answer.data.repository}</span>}
          flush
        >
          {items.length === 0 ? (
            <p className="nothing" data-testid="backup-none">
              {t('backup.none')}
            </p>
          ) : (
            <Backups items={items} />
          )}
        </Panel>
        <OffSite />
        <Restore repository={answer.data.repository} />
      </div>
    </>
  )
}

const Job = ({ job }: { job: BackupJob }): ReactElement => {
  const { t } = useText()
  const title =
    job.kind === 'verify'
      ? t(`backup.job.verify.${job.state}`)
      : t(`backup.job.create.${job.state}`, { kind: t(`backup.kind.${job.type}`) })
  return (
    <div data-testid="backup-job" data-state={job.state} data-kind={job.kind} aria-live="polite">
      <Alert
        type={job.state === 'failed' ? 'error' : job.state === 'done' ? 'success' : 'info'}
        showIcon
        title={title}
        description={
          job.state === 'running' ? (
            <>
              <Progress percent={Math.floor(job.progress * 100)} status="active" aria-label={t('backup.progress')} />
              <span className="small quiet">{job.what}</span>
            </>
          ) : job.error ? (
            job.error
          ) : undefined
        }
      />
    </div>
  )
}

const Backups = ({ items }: { items: readonly BackupItem[] }): ReactElement => {
  const { t, language } = useText()
  const notify = useNotify()
  const copy = async (id: string): Promise<void> => {
    await notify.attempt(async () => {
      await navigator.clipboard.writeText(id)
      notify.done(t('common.copied'))
    })
  }
  return (
    <div className="table-box">
      <table className="table" data-testid="backup-table">
        <thead>
          <tr>
            <th scope="col" style={{ width: treeWidth }}>
              <span className="visually-hidden">{t('backup.chain')}</span>
            </th>
            <th scope="col">{t('backup.column.kind')}</th>
            <th scope="col">{t('backup.column.at')}</th>
            <th scope="col">{t('backup.column.parent')}</th>
            <th scope="col" className="number">
              {t('backup.column.rows')}
            </th>
            <th scope="col" className="number">
              {t('backup.column.bytes')}
            </th>
            <th scope="col" className="number">
              {t('backup.column.seconds')}
            </th>
            <th scope="col">{t('backup.column.verified')}</th>
            <th scope="col">{t('backup.column.id')}</th>
          </tr>
        </thead>
        <tbody>
          {items.map((item, index) => {
            const parent = items.find((each) => each.id === item.parent)
            return (
              <tr
                key={item.id}
                style={{ height: rowHeight }}
                data-testid="backup-row"
                data-type={item.type}
                data-backup={item.id}
              >
                {index === 0 ? (
                  <td rowSpan={items.length} style={{ padding: 0, verticalAlign: 'top' }}>
                    <BackupTree items={items} />
                  </td>
                ) : null}
                <td>
                  <span className="kind" data-type={item.type}>
                    {t(`backup.kind.${item.type}`)}
                  </span>
                </td>
                <td title={ago(item.at, language)}>{instant(item.at, language)}</td>
                <td className="quiet">
                  {item.parent === null
                    ? '—'
                    : parent
                      ? `${t(`backup.kind.${parent.type}`)} ${instant(parent.at, language)}`
                      : item.parent}
                </td>
                <td className="number">{whole(item.rows, language)}</td>
                <td className="number">{bytes(item.bytes, language)}</td>
                <td className="number">{seconds(item.seconds, language)}</td>
                <td>
                  {item.verifiedAt ? (
                    <span style={{ color: '#1b6b3a' }}>
                      <CheckCircleFilled aria-hidden="true" /> {ago(item.verifiedAt, language)}
                    </span>
                  ) : (
                    <span className="quiet">{t('backup.notVerified')}</span>
                  )}
                </td>
                <td className="mono quiet nowrap" title={item.id}>
                  …{item.id.slice(-8)}
                  <Button
                    size="small"
                    type="text"
                    icon={<CopyOutlined />}
                    aria-label={`${t('common.copy')} ${item.id}`}
                    onClick={() => void copy(item.id)}
                  />
                </td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}

const Restore = ({ repository }: { repository: string }): ReactElement => {
  const { t } = useText()
  return (
    <Panel title={t('backup.restore')} data-testid="backup-restore">
      <div className="stack">
        <p>{t('backup.identityAbout')}</p>
        <p>{t('backup.restoreAbout')}</p>
        <pre className="source">{`npx holdfast backup list --repo ${repository}
npx holdfast backup verify --repo ${repository}
npx holdfast restore --repo ${repository} --identity KEYS/backup.identity --data NEW_DATA --keys KEYS
npx holdfast start --data NEW_DATA --keys KEYS`}</pre>
      </div>
    </Panel>
  )
}
