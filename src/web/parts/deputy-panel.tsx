// Deputies: who stands in for whom while somebody is away; named and ended here.
import { PlusOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Button, Form, Modal, Select } from 'antd'
import type { Dayjs } from 'dayjs'
import { useState, type ReactElement } from 'react'
import { get, post } from '../api.ts'
import type { DeputiesAnswer, DeputyItem } from '../contract.ts'
import { instant } from '../format.ts'
import { useDirectory, useMe } from '../session.ts'
import { useText } from '../text.ts'
import { Failure } from './failure.tsx'
import { stateOf } from './grant-table.tsx'
import { instants, ReasonItem, SpanItem, usualSpan } from './lend-dialog.tsx'
import { LinkSelect } from './link-select.tsx'
import { useNotify } from './notify.ts'
import { Panel } from './page-head.tsx'
import { Table } from './table.tsx'

export const DeputyPanel = (): ReactElement | null => {
  const { t } = useText()
  const answer = useQuery({ queryKey: ['deputies'], queryFn: () => get<DeputiesAnswer>('/api/deputies'), staleTime: 0 })
  const [naming, setNaming] = useState(false)
  if (answer.error) return <Failure error={answer.error} again={() => void answer.refetch()} />
  if (!answer.data) return null
  const { items, mayNameFor, days } = answer.data
  const again = (): void => void answer.refetch()
  return (
    <Panel
      title={t('deputies.title')}
      flush
      extra={
        mayNameFor.length === 0 ? undefined : (
          <Button size="small" icon={<PlusOutlined />} onClick={() => setNaming(true)} data-testid="deputy-name">
            {t('deputies.name')}
          </Button>
        )
      }
    >
      {items.length === 0 ? (
        <p className="quiet card-body">{t('deputies.none')}</p>
      ) : (
        <Deputies answer={answer.data} changed={again} />
      )}
      {naming ? (
        <NameDeputy
          people={mayNameFor}
          days={days}
          close={() => setNaming(false)}
          done={() => {
            setNaming(false)
            again()
          }}
        />
      ) : null}
    </Panel>
  )
}

const Deputies = ({ answer, changed }: { answer: DeputiesAnswer; changed: () => void }): ReactElement => {
  const { t, language } = useText()
  const me = useMe()
  const notify = useNotify()
  const { users } = useDirectory()
  const nameOf = (id: string): string => users.find((one) => one.id === id)?.name ?? `…${id.slice(-6)}`
  const end = async (item: DeputyItem): Promise<void> => {
    await notify.attempt(async () => {
      await post(`/api/deputies/${item.id}/end`)
      notify.done(t('deputies.ended'))
    })
    changed()
  }
  const may = (item: DeputyItem): boolean =>
    [item.personId, item.deputyId, item.passedTo ?? item.namedBy].includes(me.id) ||
    answer.mayNameFor.includes(item.personId)
  return (
    <Table
      data-testid="deputies-table"
      headings={[
        t('deputies.person'),
        t('deputies.deputy'),
        t('grants.time'),
        t('grants.reason'),
        t('deputies.namedBy'),
        t('grants.state'),
      ]}
    >
      {answer.items.map((item) => {
        const state = stateOf(item)
        return (
          <tr key={item.id} data-state={state}>
            <td>{nameOf(item.personId)}</td>
            <td>{nameOf(item.deputyId)}</td>
            <td style={{ paddingBlock: 6 }}>
              {instant(item.startsAt, language)}
              <div className="quiet small">{t('lend.until', { at: instant(item.expiresAt, language) })}</div>
            </td>
            <td style={{ whiteSpace: 'normal', minWidth: 160 }}>{item.reason}</td>
            <td>
              {nameOf(item.namedBy)}
              {item.passedTo === null ? null : (
                <div className="quiet small">{t('grants.passed', { who: nameOf(item.passedTo) })}</div>
              )}
            </td>
            <td>
              <span className="state" data-state={state === 'running' ? 'active' : ''}>
                {t(`grants.states.${state}`)}
              </span>
              {item.endedBy === null ? null : <div className="quiet small">{nameOf(item.endedBy)}</div>}
            </td>
            <td className="table-action">
              {(state === 'running' || state === 'coming') && may(item) ? (
                <Button size="small" danger onClick={() => void end(item)} data-testid="deputy-end">
                  {t('deputies.end')}
                </Button>
              ) : null}
            </td>
          </tr>
        )
      })}
    </Table>
  )
}

interface Wish {
  readonly person: string
  readonly deputy: string
  readonly span: readonly [Dayjs, Dayjs]
  readonly reason: string
}

const NameDeputy = ({
  people,
  days,
  close,
  done,
}: {
  people: readonly string[]
  days: number
  close: () => void
  done: () => void
}): ReactElement => {
  const { t } = useText()
  const me = useMe()
  const notify = useNotify()
  const { users } = useDirectory()
  const [form] = Form.useForm<Wish>()
  const [busy, setBusy] = useState(false)
  const send = async ({ span, ...wish }: Wish): Promise<void> => {
    setBusy(true)
    await notify.attempt(async () => {
      await post('/api/deputies', { ...wish, ...instants(span) })
      notify.done(t('deputies.done'))
      done()
    })
    setBusy(false)
  }
  const needed = { required: true, message: t('form.required') }
  return (
    <Modal
      open
      title={t('deputies.name')}
      onCancel={close}
      okText={t('deputies.run')}
      okButtonProps={{ loading: busy, 'data-testid': 'deputy-run' }}
      onOk={() => form.submit()}
    >
      <p style={{ marginBottom: 10 }}>{t('deputies.about', { days })}</p>
      <Form<Wish>
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{ person: me.id, span: usualSpan(7) }}
        onFinish={(wish) => void send(wish)}
      >
        <Form.Item name="person" label={t('deputies.person')} rules={[needed]}>
          <Select<string>
            showSearch={{ optionFilterProp: 'label' }}
            disabled={people.length === 1}
            options={users.filter(({ id }) => people.includes(id)).map(({ id, name }) => ({ value: id, label: name }))}
            data-testid="deputy-person"
          />
        </Form.Item>
        <Form.Item name="deputy" label={t('deputies.deputy')} rules={[needed]}>
          <LinkSelect type="user" autoFocus data-testid="deputy-to" />
        </Form.Item>
        <SpanItem />
        <ReasonItem testId="deputy-reason" hint={t('deputies.reasonHint')} />
      </Form>
    </Modal>
  )
}
