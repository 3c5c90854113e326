// Somebody leaves: what they hold by type, who receives it, the password, then how far the passing on is.
import { useQuery } from '@tanstack/react-query'
import { Alert, Form, Modal, Progress, Select } from 'antd'
import { useState, type ReactElement } from 'react'
import { get, post } from '../api.ts'
import type { HandOverPreview, JobAnswer } from '../contract.ts'
import { useCatalogue, useDirectory } from '../session.ts'
import { useText } from '../text.ts'
import { useNotify } from './notify.ts'
import { useStepUp } from './step-up.tsx'
import '../style/table.css'

const pool = 'pool'

interface Props {
  readonly userId: string
  readonly name: string
  readonly close: () => void
}

export const HandOverDialog = ({ userId, name, close }: Props): ReactElement => {
  const { t, both } = useText()
  const notify = useNotify()
  const types = useCatalogue()
  const { users } = useDirectory()
  const [to, setTo] = useState<string | undefined>()
  const [byType, setByType] = useState<Readonly<Record<string, string>>>({})
  const stepUp = useStepUp()
  const [busy, setBusy] = useState(false)
  const [job, setJob] = useState<string | null>(null)
  const preview = useQuery({
    queryKey: ['hand-over', userId],
    queryFn: () => get<HandOverPreview>(`/api/users/${userId}/hand-over`),
  })
  const progress = useQuery({
    queryKey: ['hand-over-job', job],
    queryFn: () => get<JobAnswer>(`/api/hand-overs/${job ?? ''}`),
    enabled: job !== null,
    refetchInterval: (query) => (over(query.state.data) ? false : 700),
  })
  const people = users
    .filter((user) => user.active && user.id !== userId)
    .map((user) => ({ value: user.id, label: user.name }))
  const choices = [{ value: pool, label: t('handOver.pool') }, ...people]
  const held = (preview.data?.types ?? []).filter((one) => one.owned + one.shared > 0)
  const missing = held.some((one) => {
    const chosen = byType[one.type] ?? to
    return chosen === undefined || (chosen === pool && !one.pool && one.owned > 0)
  })
  const run = async (): Promise<void> => {
    setBusy(true)
    const own = Object.fromEntries(
      Object.entries(byType).map(([type, chosen]) => [type, chosen === pool ? null : chosen]),
    )
    const started = await notify.attempt(() =>
      post<JobAnswer>(`/api/users/${userId}/hand-over`, {
        to: to === undefined || to === pool ? null : to,
        byType: own,
        ...stepUp.proof,
      }),
    )
    setBusy(false)
    if (started) setJob(started.id)
  }
  const state = progress.data
  return (
    <Modal
      open
      width={640}
      title={t('handOver.title', { name })}
      onCancel={close}
      okText={t(job === null ? 'handOver.run' : 'handOver.close')}
      okButtonProps={{
        danger: job === null,
        disabled: job === null && (missing || !stepUp.ready || !preview.data),
        loading: busy,
        'data-testid': 'hand-over-run',
      }}
      onOk={() => (job === null ? void run() : close())}
    >
      {job !== null ? (
        <div data-testid="hand-over-progress" data-state={state?.state ?? 'queued'}>
          <Progress percent={percent(state)} {...(state?.state === 'failed' ? { status: 'exception' as const } : {})} />
          <p>{t(`handOver.state.${state?.state ?? 'queued'}`, { done: state?.done ?? 0, total: state?.total ?? 0 })}</p>
        </div>
      ) : (
        <Form layout="vertical" component="div">
          <p style={{ marginBottom: 10 }}>{t('handOver.about', { name })}</p>
          <Form.Item label={t('handOver.to')}>
            <Select
              showSearch={{ optionFilterProp: 'label' }}
              options={choices}
              value={to ?? null}
              onChange={(chosen: string) => setTo(chosen)}
              placeholder={t('handOver.toHint')}
              data-testid="hand-over-to"
            />
          </Form.Item>
          {held.length === 0 ? (
            <p className="quiet">{t('handOver.nothing')}</p>
          ) : (
            <table className="table" data-testid="hand-over-table">
              <thead>
                <tr>
                  <th scope="col">{t('handOver.type')}</th>
                  <th scope="col">{t('handOver.owned')}</th>
                  <th scope="col">{t('handOver.shared')}</th>
                  <th scope="col">{t('handOver.receiver')}</th>
                </tr>
              </thead>
              <tbody>
                {held.map((one) => {
                  const type = types.find((each) => each.name === one.type)
                  const label = type ? both(type.plurals) : one.type
                  return (
                    <tr key={one.type}>
                      <td>{label}</td>
                      <td className="mono">{one.owned}</td>
                      <td className="mono">{one.shared}</td>
                      <td>
                        <Select
                          size="small"
                          style={{ width: 200 }}
                          allowClear
                          showSearch={{ optionFilterProp: 'label' }}
                          aria-label={`${t('handOver.receiver')} ${label}`}
                          options={one.pool ? choices : people}
                          value={byType[one.type] ?? null}
                          placeholder={t('handOver.asAbove')}
                          onChange={(chosen: string | undefined) =>
                            setByType(
                              Object.fromEntries(
                                [...Object.entries(byType).filter(([type_]) => type_ !== one.type)].concat(
                                  chosen === undefined ? [] : [[one.type, chosen]],
                                ),
                              ),
                            )
                          }
                        />
                      </td>
                    </tr>
                  )
                })}
              </tbody>
            </table>
          )}
          <Lent lent={preview.data?.lent} name={name} />
          {stepUp.field(() => void run())}
          <Alert type="warning" showIcon title={t('handOver.warning', { name })} />
        </Form>
      )}
    </Modal>
  )
}

/** What is lent for a while ends with the account, or passes on. */
const Lent = ({ lent, name }: { lent: HandOverPreview['lent'] | undefined; name: string }): ReactElement | null => {
  const { t } = useText()
  const told = (['given', 'named', 'held', 'deputies'] as const).filter((one) => (lent?.[one] ?? 0) > 0)
  if (!lent || told.length === 0) return null
  return (
    <ul data-testid="hand-over-lent" style={{ margin: '0 0 14px', paddingInlineStart: 18 }}>
      {told.map((one) => (
        <li key={one}>{t(`handOver.lent.${one}`, { name, count: lent[one] })}</li>
      ))}
    </ul>
  )
}

const over = (job: JobAnswer | undefined): boolean =>
  job !== undefined && ['done', 'failed', 'cancelled'].includes(job.state)

const percent = (job: JobAnswer | undefined): number =>
  job?.state === 'done' ? 100 : job?.total ? Math.min(99, Math.floor((100 * job.done) / job.total)) : 0
