// Rotations on their way, with rate and remaining time, and those of the past. What a reload forgets the server remembers.
import { useQueryClient } from '@tanstack/react-query'
import { Button, Progress } from 'antd'
import { useEffect, useRef, useState, type ReactElement } from 'react'
import { post } from '../api.ts'
import type { JobAnswer, JobsAnswer } from '../contract.ts'
import { instant, whole } from '../format.ts'
import { useDirectory, useMay } from '../session.ts'
import { failureText, textOr, useText } from '../text.ts'
import { useNotify } from './notify.ts'
import { Panel } from './page-head.tsx'

export const isKeyJob = ({ kind }: JobAnswer): boolean => kind.startsWith('keys.') || kind.startsWith('search.')
export const isOpenJob = ({ state }: JobAnswer): boolean => state === 'queued' || state === 'running'

/** Pieces a second of a job that ended; null where it was too quick or too small to tell. */
export const rateOf = ({ done, createdAt, finishedAt }: JobAnswer): number | null => {
  if (finishedAt === null) return null
  const seconds = (Date.parse(finishedAt) - Date.parse(createdAt)) / 1000
  return done > 0 && seconds > 0 ? done / seconds : null
}

/** Seconds in words: about 3 min. */
export const useDuration = (): ((seconds: number) => string) => {
  const { t, language } = useText()
  return (seconds) =>
    seconds < 1
      ? t('keyJobs.moment')
      : seconds < 90
        ? t('keyJobs.seconds', { count: whole(Math.ceil(seconds), language) })
        : seconds < 5400
          ? t('keyJobs.minutes', { count: whole(Math.ceil(seconds / 60), language) })
          : t('keyJobs.hours', { count: whole(Math.ceil(seconds / 3600), language) })
}

const kindText = (kind: string): string => textOr(`keyJobs.kind.${kind.replaceAll('.', '-')}`, kind)

export const JobsUnderWay = ({ jobs }: { jobs: JobsAnswer['items'] }): ReactElement => (
  <div className="under-way" aria-live="polite">
    {jobs.map((job) => (
      <UnderWay key={job.id} job={job} />
    ))}
  </div>
)

const UnderWay = ({ job }: { job: JobAnswer }): ReactElement => {
  const { t, language } = useText()
  const notify = useNotify()
  const client = useQueryClient()
  const may = useMay()
  const duration = useDuration()
  const rate = useRate(job)
  const part = job.total === null || job.total === 0 ? null : Math.min(1, job.done / job.total)
  const cancel = async (): Promise<void> => {
    await notify.attempt(() => post(`/api/jobs/${job.id}/cancel`))
    await client.invalidateQueries({ queryKey: ['jobs'] })
  }
  return (
    <Panel
      title={t('keyJobs.running', { what: kindText(job.kind) })}
      data-testid="keys-job"
      extra={
        may('job.manage') ? (
          <Button size="small" onClick={() => void cancel()} data-testid="keys-job-cancel">
            {t('keyJobs.cancel')}
          </Button>
        ) : null
      }
    >
      <Progress
        percent={part === null ? 0 : Math.floor(part * 1000) / 10}
        status="active"
        aria-label={t('keyJobs.progress')}
      />
      <p className="quiet small">
        {job.state === 'queued'
          ? t('keyJobs.queued')
          : t('keyJobs.at', {
              done: whole(job.done, language),
              total: job.total === null ? '…' : whole(job.total, language),
            })}
        {rate === null ? null : ` · ${t('keyJobs.rate', { rate: whole(Math.round(rate), language) })}`}
        {rate === null || job.total === null || rate <= 0
          ? null
          : ` · ${t('keyJobs.left', { time: duration((job.total - job.done) / rate) })}`}
        {` · ${t('keyJobs.meanwhile')}`}
      </p>
    </Panel>
  )
}

/** Pieces a second, from what was seen over the last quarter of a minute. */
const useRate = (job: JobAnswer): number | null => {
  const seen = useRef<{ at: number; done: number }[]>([])
  const [rate, setRate] = useState<number | null>(null)
  useEffect(() => {
    const at = performance.now()
    seen.current = [...seen.current.filter((one) => at - one.at < 15_000), { at, done: job.done }]
    const [first] = seen.current
    if (!first || at - first.at < 500) return
    setRate(((job.done - first.done) * 1000) / (at - first.at))
  }, [job])
  return rate !== null && rate > 0 ? rate : null
}

export const PastJobs = ({ jobs }: { jobs: JobsAnswer['items'] }): ReactElement => {
  const { t, language } = useText()
  const { users } = useDirectory()
  const notify = useNotify()
  const client = useQueryClient()
  const may = useMay()
  const duration = useDuration()
  const retry = async (id: string): Promise<void> => {
    await notify.attempt(() => post(`/api/jobs/${id}/retry`))
    await client.invalidateQueries({ queryKey: ['jobs'] })
  }
  return (
    <div className="table-box">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{t('keyJobs.what')}</th>
            <th scope="col">{t('keys.state')}</th>
            <th scope="col">{t('keyJobs.begun')}</th>
            <th scope="col">{t('keyJobs.took')}</th>
            <th scope="col" className="number">
              {t('keyJobs.pieces')}
            </th>
            <th scope="col">{t('keyJobs.by')}</th>
            <th scope="col">
              <span className="visually-hidden">{t('common.actions')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {jobs.map((job) => (
            <tr key={job.id} data-testid="keys-past-job" data-kind={job.kind} data-state={job.state}>
              <td>{kindText(job.kind)}</td>
              <td>
                <span
                  className="state"
                  data-state={job.state === 'done' ? 'pass' : job.state === 'failed' ? 'fail' : 'error'}
                >
                  {t(`keyJobs.state.${job.state}`)}
                </span>
                {job.errorCode === null ? null : <div className="small">{failureText(job.errorCode)}</div>}
              </td>
              <td>{instant(job.createdAt, language)}</td>
              <td>
                {job.finishedAt === null
                  ? ''
                  : duration((Date.parse(job.finishedAt) - Date.parse(job.createdAt)) / 1000)}
              </td>
              <td className="number">{whole(job.done, language)}</td>
              <td>{users.find((user) => user.id === job.startedBy)?.name ?? t('common.system')}</td>
              <td className="number">
                {job.state === 'done' || !may('job.manage') ? null : (
                  <Button size="small" onClick={() => void retry(job.id)} data-testid="keys-job-retry">
                    {t('keyJobs.retry')}
                  </Button>
                )}
              </td>
            </tr>
          ))}
          {jobs.length === 0 ? (
            <tr>
              <td colSpan={7} className="quiet">
                {t('keyJobs.none')}
              </td>
            </tr>
          ) : null}
        </tbody>
      </table>
    </div>
  )
}
