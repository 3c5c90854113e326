// Emergency access: open it with a reason, see what is open, end it, and review what others opened.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Alert, Button, Form, Input, InputNumber, Select } from 'antd'
import { useState, type ReactElement } from 'react'
import { Link } from 'react-router'
import { get, post } from '../api.ts'
import type { GlassItem } from '../contract.ts'
import { instant } from '../format.ts'
import { Failure } from '../parts/failure.tsx'
import { GlassTable } from '../parts/glass-table.tsx'
import { useNotify } from '../parts/notify.ts'
import { PageHead, Panel } from '../parts/page-head.tsx'
import { Waiting } from '../parts/waiting.tsx'
import { useDirectory, useMe, useWorkedWith } from '../session.ts'
import { useText } from '../text.ts'
import '../style/journal.css'
import '../style/table.css'

export default function Emergency(): ReactElement {
  const { t } = useText()
  const client = useQueryClient()
  const answer = useQuery({
    queryKey: ['break-glass'],
    queryFn: () => get<{ possible: boolean; items: readonly GlassItem[] }>('/api/break-glass'),
    refetchInterval: 15_000,
  })
  if (answer.error) return <Failure error={answer.error} again={() => void answer.refetch()} />
  if (!answer.data) return <Waiting />
  const again = (): void => {
    void answer.refetch()
    void client.invalidateQueries({ queryKey: ['inbox'] })
  }
  return (
    <>
      <PageHead title={t('emergency.title')} about={t('emergency.about')} />
      <div className="stack">
        {answer.data.possible ? <Asking done={again} /> : null}
        <GlassTable items={answer.data.items} changed={again} />
      </div>
    </>
  )
}

/** Only whoever works with records, and only with a second factor, can ask; the others see what they may review. */
const Asking = ({ done }: { done: () => void }): ReactElement | null => {
  const { t } = useText()
  const me = useMe()
  const types = useWorkedWith()
  if (types.length === 0) return null
  if (me.secondFactor) return <Ask types={types} done={done} />
  return (
    <Alert
      type="info"
      showIcon
      title={t('emergency.needsFactor')}
      action={<Link to="/settings">{t('nav.settings')}</Link>}
      data-testid="emergency-needs-factor"
    />
  )
}

interface Wish {
  readonly type: string
  readonly scope: GlassItem['scope']
  readonly of: string
  readonly reason: string
  readonly minutes: number
}

const Ask = ({ types, done }: { types: ReturnType<typeof useWorkedWith>; done: () => void }): ReactElement => {
  const { t, both, language } = useText()
  const notify = useNotify()
  const { users, teams } = useDirectory()
  const [form] = Form.useForm<Wish>()
  // Nothing is there to watch at first.
  const scope = (Form.useWatch('scope', form) as GlassItem['scope'] | undefined) ?? 'record'
  const [busy, setBusy] = useState(false)
  const run = async (wish: Wish): Promise<void> => {
    setBusy(true)
    const of = /[0-9a-f]{8}-[0-9a-f-]{27}/u.exec(wish.of)?.[0] ?? wish.of
    const glass = await notify.attempt(() => post<GlassItem>('/api/break-glass', { ...wish, of }))
    setBusy(false)
    if (!glass) return
    notify.done(t('emergency.opened', { at: instant(glass.expiresAt, language) }))
    form.resetFields(['of', 'reason'])
    done()
  }
  const needed = { required: true, whitespace: true, message: t('form.required') }
  const people = scope === 'team' ? teams : users
  return (
    <Panel title={t('emergency.ask')}>
      <Form<Wish>
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{ type: types[0]?.name, scope: 'record', minutes: 15 }}
        onFinish={(wish) => void run(wish)}
      >
        <div className="row" style={{ alignItems: 'flex-start' }}>
          <Form.Item name="type" label={t('emergency.type')}>
            <Select
              style={{ width: 150 }}
              options={types.map((type) => ({ value: type.name, label: both(type.plurals) }))}
            />
          </Form.Item>
          <Form.Item name="scope" label={t('emergency.scope')}>
            <Select
              style={{ width: 190 }}
              options={['record', 'owner', 'team'].map((value) => ({ value, label: t(`emergency.scopes.${value}`) }))}
              onChange={() => form.resetFields(['of'])}
            />
          </Form.Item>
          <Form.Item name="of" label={t(`emergency.${scope}`)} rules={[needed]}>
            {scope === 'record' ? (
              <Input style={{ width: 360 }} data-testid="emergency-of" />
            ) : (
              <Select
                style={{ width: 360 }}
                showSearch={{ optionFilterProp: 'label' }}
                options={people.map((one) => ({ value: one.id, label: one.name }))}
              />
            )}
          </Form.Item>
          <Form.Item name="minutes" label={t('emergency.minutes')}>
            <InputNumber min={1} max={60} precision={0} />
          </Form.Item>
        </div>
        <Form.Item name="reason" label={t('emergency.reason')} rules={[needed]}>
          <Input.TextArea
            rows={2}
            maxLength={500}
            placeholder={t('emergency.reasonHint')}
            data-testid="emergency-reason"
          />
        </Form.Item>
        <Button htmlType="submit" type="primary" danger loading={busy} data-testid="emergency-run">
          {t('emergency.run')}
        </Button>
      </Form>
    </Panel>
  )
}
