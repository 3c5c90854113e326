// Dry runs over one document: a period is chosen, the run is watched, and the newest report is shown.
import { useQuery } from '@tanstack/react-query'
import { Alert, Button, DatePicker, Progress, Select } from 'antd'
import dayjs from 'dayjs'
import { useState, type ReactElement } from 'react'
import { get, post } from '../api.ts'
import type { DryRunAnswer, DryRunItem, DryRunsAnswer } from '../contract.ts'
import { instant } from '../format.ts'
import { failureText, useText } from '../text.ts'
import { DryRunReport } from './dry-run-report.tsx'
import { useNotify } from './notify.ts'

const periods = ['1', '7', '30', '90', 'own'] as const

export const DryRuns = ({ document }: { readonly document: unknown }): ReactElement => {
  const { t, language } = useText()
  const notify = useNotify()
  const [period, setPeriod] = useState<(typeof periods)[number]>('7')
  const [own, setOwn] = useState<readonly [dayjs.Dayjs, dayjs.Dayjs] | null>(null)
  const list = useQuery({
    queryKey: ['dry-runs', document],
    queryFn: () => post<DryRunsAnswer>('/api/policies/dry-runs/of', { document }),
    staleTime: 0,
  })
  const [chosen, setChosen] = useState<string | null>(null)
  const items = list.data?.items ?? []
  const shown = chosen ?? items[0]?.id
  const start = async (): Promise<void> => {
    const to = period === 'own' ? own?.[1] : dayjs()
    const from = period === 'own' ? own?.[0] : dayjs().subtract(Number(period), 'day')
    if (!from || !to) return
    const run = await notify.attempt(() =>
      post<DryRunItem>('/api/policies/dry-runs', { document, from: from.toISOString(), to: to.toISOString() }),
    )
    if (!run) return
    setChosen(run.id)
    void list.refetch()
  }
  return (
    <section className="stack" data-testid="dry-runs">
      <div>
        <h3>{t('dryRun.title')}</h3>
        <p className="quiet small">{t('dryRun.about')}</p>
      </div>
      <div className="row">
        <Select
          value={period}
          style={{ width: 150 }}
          aria-label={t('dryRun.period')}
          onChange={setPeriod}
          options={periods.map((value) => ({ value, label: t(`dryRun.periods.${value}`) }))}
        />
        {period === 'own' ? (
          <DatePicker.RangePicker
            showTime={{ format: 'HH:mm' }}
            format="YYYY-MM-DD HH:mm"
            onChange={(range) => setOwn(range?.[0] && range[1] ? [range[0], range[1]] : null)}
          />
        ) : null}
        <Button onClick={() => void start()} disabled={period === 'own' && own === null} data-testid="dry-run-start">
          {t('dryRun.start')}
        </Button>
        {items.length > 1 ? (
          <Select
            value={shown ?? null}
            style={{ minWidth: 330 }}
            aria-label={t('dryRun.earlier')}
            onChange={setChosen}
            options={items.map((one) => ({
              value: one.id,
              label: t('dryRun.fromTo', { from: instant(one.from, language), to: instant(one.to, language) }),
            }))}
          />
        ) : null}
      </div>
      {shown === undefined ? null : <Run key={shown} id={shown} />}
    </section>
  )
}

const Run = ({ id }: { readonly id: string }): ReactElement | null => {
  const { t, language } = useText()
  const notify = useNotify()
  const answer = useQuery({
    queryKey: ['dry-run', id],
    queryFn: () => get<DryRunAnswer>(`/api/policies/dry-runs/${id}`),
    refetchInterval: ({ state }) => (state.data && ['queued', 'running'].includes(state.data.state) ? 700 : false),
  })
  const run = answer.data
  if (!run) return null
  if (run.state === 'failed' || run.state === 'cancelled')
    return <Alert type="warning" showIcon title={run.state === 'failed' ? t('dryRun.failed', { code: failureText(run.errorCode ?? '') }) : t('dryRun.cancelled')} />
  if (run.report === null || run.state !== 'done')
    return (
      <div className="row" data-testid="dry-run-running">
        <Progress
          percent={run.total === null ? 0 : Math.floor((100 * run.done) / Math.max(1, run.total))}
          style={{ width: 320 }}
          aria-label={t('dryRun.title')}
        />
        <Button
          size="small"
          onClick={() => void notify.attempt(() => post(`/api/policies/dry-runs/${id}/cancel`)).then(() => answer.refetch())}
          data-testid="dry-run-cancel"
        >
          {t('common.cancel')}
        </Button>
      </div>
    )
  return (
    <>
      <p className="quiet small">
        {t('dryRun.fromTo', { from: instant(run.from, language), to: instant(run.to, language) })} ·{' '}
        {t('dryRun.against', { base: run.base })}
      </p>
      <DryRunReport report={run.report} />
    </>
  )
} // prettier-ignore
