// One person before the erasure: everything that is linked, what stands against it, and the form that does it.
import { Alert, Button, Form, Input } from 'antd'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState, type ReactElement } from 'react'
import { get, post } from '../api.ts'
import type { ErasureDone, ErasurePreviewAnswer, ErasureWish } from '../contract.ts'
import { whole } from '../format.ts'
import { useCatalogue, useMe } from '../session.ts'
import { useText } from '../text.ts'
import { MoreSame, useSame } from './erasure-more.tsx'
import { ErasureSameList, firstChosen } from './erasure-same.tsx'
import { Failure } from './failure.tsx'
import { useNotify } from './notify.ts'
import { Panel } from './page-head.tsx'
import { LinkTitle } from './value.tsx'
import { Waiting } from './waiting.tsx'

export const ErasurePreview = ({ query, close }: { query: string; close: () => void }): ReactElement => {
  const { t, both, language } = useText()
  const types = useCatalogue()
  const me = useMe()
  const [picked, pick] = useState<readonly string[] | null>(null)
  const answer = useQuery({
    queryKey: ['erasure-preview', query],
    queryFn: () => get<ErasurePreviewAnswer>(`/api/erasures/preview?${query}`),
    staleTime: 0,
  })
  const same = useSame(answer.data)
  if (answer.error) return <Failure error={answer.error} again={() => void answer.refetch()} />
  if (!answer.data) return <Waiting />
  const { data } = answer
  const held = data.holds.some((hold) => hold.liftedAt === null)
  const may = data.erased === null && !held && me.may.includes('erasure.run')
  const open = same.same.filter((one) => !one.held).map(({ subject }) => subject)
  const chosen = new Set((picked ?? firstChosen(data.same)).filter((one) => open.includes(one)))
  const asked = new URLSearchParams(query)
  const [type, record] = [asked.get('type'), asked.get('id')]
  const nameOf = (name: string): string => {
    const found = types.find((one) => one.name === name)
    return found ? both(found.plurals) : name
  }
  const facts: readonly (readonly [string, number])[] = [
    ...data.records.map((one) => [nameOf(one.type), one.count] as const),
    [t('erasure.attachments'), data.attachments],
    [t('erasure.keys'), data.keys],
    [t('erasure.tokens'), data.tokens],
    [t('erasure.images'), data.images],
    [t('erasure.backups'), data.backups],
    [t('erasure.captures'), data.captures],
  ]
  return (
    <Panel
      title={t('erasure.preview')}
      extra={<Button onClick={close}>{t('common.close')}</Button>}
      data-testid="erasure-preview"
    >
      <dl className="facts">
        {type === null || record === null ? null : (
          <div data-testid="erasure-of">
            <dt>{t('erasure.of')}</dt>
            <dd>
              <LinkTitle type={type} id={record} />
            </dd>
          </div>
        )}
        <div>
          <dt>{t('erasure.subject')}</dt>
          <dd className="mono break">{data.subject}</dd>
        </div>
        {facts.map(([name, count]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{whole(count, language)}</dd>
          </div>
        ))}
      </dl>
      {data.erased === null ? null : (
        <Alert type="success" showIcon title={t('erasure.already', { number: String(data.erased) })} />
      )}
      {held ? <Alert type="warning" showIcon title={t('erasure.held')} style={{ marginTop: 12 }} /> : null}
      <ErasureSameList
        same={same.same}
        more={<MoreSame data={data} same={same} />}
        unfinished={same.next !== null || data.unsearched.length > 0 || same.unread > 0}
        chosen={chosen}
        choose={may ? (one, on) => pick(on ? [...chosen, one] : [...chosen].filter((each) => each !== one)) : undefined}
      />
      {may ? <Act data={data} also={[...chosen]} close={close} /> : null}
      {data.erased === null && !held && me.may.includes('hold.manage') ? <Place subject={data.subject} /> : null}
    </Panel>
  )
}

interface Acting {
  readonly data: ErasurePreviewAnswer
  /** Who goes along. */
  readonly also: readonly string[]
  readonly close: () => void
}

const Act = ({ data, also, close }: Acting): ReactElement => {
  const { t } = useText()
  const notify = useNotify()
  const queries = useQueryClient()
  const [busy, setBusy] = useState(false)
  const run = async (values: Omit<ErasureWish, 'subject'>): Promise<void> => {
    setBusy(true)
    const done = await notify.attempt(() =>
      post<ErasureDone>('/api/erasures', { ...values, subject: data.subject, also } satisfies ErasureWish),
    )
    setBusy(false)
    if (!done) return
    notify.done(
      done.also.length === 0
        ? t('erasure.done', { number: String(done.number) })
        : t('erasureSame.done', { from: String(done.number), to: String(done.also.at(-1)?.number ?? done.number) }),
    )
    if (done.repositories.some((one) => one.deleted === null)) notify.fail(new Error(t('erasure.pending')))
    // Nothing of the person may stay in this page's memory.
    queries.removeQueries({ queryKey: ['record'] })
    queries.removeQueries({ queryKey: ['title'] })
    await queries.invalidateQueries()
    close()
  }
  return (
    <Form<Omit<ErasureWish, 'subject'>>
      layout="vertical"
      requiredMark={false}
      style={{ maxWidth: 520, marginTop: 16 }}
      onFinish={(values) => void run(values)}
    >
      <Alert
        type="error"
        showIcon
        title={t('erasure.final')}
        description={`${t('erasure.window', { days: String(data.backupDays) })} ${t('erasureClosing.preview')}`}
        style={{ marginBottom: 12 }}
      />
      <Form.Item name="reason" label={t('erasure.reason')} rules={[{ required: true, message: t('erasure.needed') }]}>
        <Input maxLength={200} placeholder={t('erasure.reasonHint')} data-testid="erasure-reason" />
      </Form.Item>
      <Form.Item
        name="code"
        label={t('erasure.code', { code: data.code })}
        rules={[{ required: true, message: t('erasure.needed') }]}
      >
        <Input autoComplete="off" className="mono" data-testid="erasure-code" />
      </Form.Item>
      <Button danger type="primary" htmlType="submit" loading={busy} data-testid="erasure-run">
        {also.length === 0 ? t('erasure.run') : t('erasureSame.run', { count: String(also.length + 1) })}
      </Button>
    </Form>
  )
}

const Place = ({ subject }: { subject: string }): ReactElement => {
  const { t } = useText()
  const notify = useNotify()
  const queries = useQueryClient()
  const place = async ({ reason }: { reason: string }): Promise<void> => {
    const made = await notify.attempt(() => post('/api/holds', { subject, reason }))
    if (made === undefined) return
    notify.done(t('erasure.holdPlaced'))
    await queries.invalidateQueries({ queryKey: ['erasures'] })
    await queries.invalidateQueries({ queryKey: ['erasure-preview'] })
  }
  return (
    <Form<{ reason: string }>
      layout="inline"
      requiredMark={false}
      style={{ marginTop: 20 }}
      onFinish={(values) => void place(values)}
    >
      <Form.Item
        name="reason"
        label={t('erasure.holdInstead')}
        rules={[{ required: true, message: t('erasure.needed') }]}
      >
        <Input maxLength={200} placeholder={t('erasure.reasonHint')} data-testid="hold-reason" />
      </Form.Item>
      <Button htmlType="submit" data-testid="hold-place">
        {t('erasure.placeHold')}
      </Button>
    </Form>
  )
}
