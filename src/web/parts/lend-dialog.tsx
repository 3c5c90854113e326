// A record lent for a while: to whom, to read or to write, from when until when, and why; and to whom it is lent already.
import { useQuery } from '@tanstack/react-query'
import { Button, DatePicker, Form, Input, Modal, Radio } from 'antd'
import dayjs, { type Dayjs } from 'dayjs'
import { useState, type ReactElement } from 'react'
import { get, post } from '../api.ts'
import type { GrantItem, GrantsAnswer, RecordAnswer, TypeInfo } from '../contract.ts'
import { instant } from '../format.ts'
import { useDirectory } from '../session.ts'
import { useText } from '../text.ts'
import { LinkSelect } from './link-select.tsx'
import { useNotify } from './notify.ts'

interface Wish {
  readonly to: string
  readonly level: 'read' | 'write'
  readonly span: readonly [Dayjs, Dayjs]
  readonly reason: string
}

export const LendDialog = ({
  type,
  record,
  close,
}: {
  type: TypeInfo
  record: RecordAnswer
  close: () => void
}): ReactElement => {
  const { t } = useText()
  const notify = useNotify()
  const [form] = Form.useForm<Wish>()
  const [busy, setBusy] = useState(false)
  const answer = useQuery({
    queryKey: ['grants', 'record', record.id],
    queryFn: () => get<Pick<GrantsAnswer, 'limits' | 'items'>>(`/api/grants/record?type=${type.name}&id=${record.id}`),
    staleTime: 0,
  })
  const send = async ({ to, level, span, reason }: Wish): Promise<void> => {
    setBusy(true)
    const body = { to, level, reason, type: type.name, record: record.id, ...instants(span) }
    const made = await notify.attempt(() => post<GrantItem>('/api/grants/record', body))
    setBusy(false)
    if (!made) return
    notify.done(t('lend.done'))
    form.resetFields()
    void answer.refetch()
  }
  return (
    <Modal
      open
      title={t('lend.title')}
      onCancel={close}
      okText={t('lend.run')}
      cancelText={t('common.close')}
      okButtonProps={{ loading: busy, 'data-testid': 'lend-run' }}
      onOk={() => form.submit()}
    >
      <p style={{ marginBottom: 10 }}>{t('lend.about', { days: answer.data?.limits.grantDays ?? '…' })}</p>
      <Form<Wish>
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{ level: 'read', span: usualSpan(7) }}
        onFinish={(wish) => void send(wish)}
      >
        <Form.Item name="to" label={t('lend.to')} rules={[{ required: true, message: t('form.required') }]}>
          <LinkSelect type="user" autoFocus data-testid="lend-to" />
        </Form.Item>
        <Form.Item name="level" label={t('lend.level')}>
          <Radio.Group
            data-testid="lend-level"
            options={(['read', 'write'] as const).map((value) => ({ value, label: t(`lend.levels.${value}`) }))}
          />
        </Form.Item>
        <SpanItem />
        <ReasonItem testId="lend-reason" />
      </Form>
      {(answer.data?.items ?? []).length > 0 ? (
        <>
          <h3 className="small" style={{ margin: '14px 0 6px' }}>
            {t('lend.now')}
          </h3>
          <ul style={{ listStyle: 'none', margin: 0, padding: 0 }} data-testid="lend-now">
            {answer.data?.items.map((item) => (
              <LentLine key={item.id} item={item} changed={() => void answer.refetch()} />
            ))}
          </ul>
        </>
      ) : null}
    </Modal>
  )
}

const LentLine = ({ item, changed }: { item: GrantItem; changed: () => void }): ReactElement => {
  const { t, language } = useText()
  const notify = useNotify()
  const { users } = useDirectory()
  const end = async (): Promise<void> => {
    await notify.attempt(() => post(`/api/grants/${item.id}/end`))
    changed()
  }
  return (
    <li className="row" style={{ justifyContent: 'space-between', paddingBlock: 4 }}>
      <span>
        {users.find(({ id }) => id === item.userId)?.name ?? item.userId.slice(0, 8)}
        <span className="quiet small">
          {' · '}
          {t(`lend.levels.${item.level ?? 'read'}`)} · {t('lend.until', { at: instant(item.expiresAt, language) })}
        </span>
      </span>
      <Button size="small" danger onClick={() => void end()} data-testid="lend-end">
        {t('lend.end')}
      </Button>
    </li>
  )
}

/** From now for so many days. */
export const usualSpan = (days: number): readonly [Dayjs, Dayjs] => [dayjs(), dayjs().add(days, 'day').endOf('day')]

/** A span as the interface wants it; a start that has passed is now. */
export const instants = ([from, until]: readonly [Dayjs, Dayjs]): {
  readonly from?: string
  readonly until: string
} => ({
  ...(from.isAfter(dayjs()) ? { from: from.toISOString() } : {}),
  until: until.toISOString(),
})

export const SpanItem = (): ReactElement => {
  const { t, language } = useText()
  return (
    <Form.Item name="span" label={t('lend.span')} rules={[{ required: true, message: t('form.required') }]}>
      <DatePicker.RangePicker
        style={{ width: '100%' }}
        showTime={{ format: 'HH:mm' }}
        format={language === 'zh' ? 'YYYY-MM-DD HH:mm' : 'DD MMM YYYY HH:mm'}
        minDate={dayjs().startOf('day')}
      />
    </Form.Item>
  )
}

export const ReasonItem = ({ testId, hint }: { testId: string; hint?: string }): ReactElement => {
  const { t } = useText()
  return (
    <Form.Item
      name="reason"
      label={t('lend.reason')}
      rules={[{ required: true, whitespace: true, message: t('form.required') }]}
    >
      <Input maxLength={500} placeholder={hint ?? t('lend.reasonHint')} data-testid={testId} />
    </Form.Item>
  )
}
