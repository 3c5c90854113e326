// What happened with a customer and what is to be done: follow-ups with a quick line to add one, and tasks.
import { PlusOutlined } from '@ant-design/icons'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Button, DatePicker, Input, Select, Tabs } from 'antd'
import type { Dayjs } from 'dayjs'
import { createElement, useState, type ReactElement } from 'react'
import { Link } from 'react-router'
import { get, post } from '../api.ts'
import type { PageAnswer, RecordAnswer, TypeInfo } from '../contract.ts'
import { moment } from '../format.ts'
import { useAbilities, useType } from '../session.ts'
import { useText } from '../text.ts'
import { learnTitles, titleOf } from '../titles.ts'
import { Attachments } from './attachments.tsx'
import { CreateDrawer } from './create-drawer.tsx'
import { kindIcon } from './kind-icon.ts'
import { History } from './history.tsx'
import { useNotify } from './notify.ts'
import { TaskLines } from './task-lines.tsx'
import { LinkTitle } from './value.tsx'
import { Waiting } from './waiting.tsx'

interface Props {
  readonly type: TypeInfo
  readonly record: RecordAnswer
}

export const Activity = ({ type, record }: Props): ReactElement => {
  const { t } = useText()
  const followup = useType('followup')
  const task = useType('task')
  const links = (other: TypeInfo | undefined): boolean =>
    other?.fields.some((field) => field.kind === 'link' && field.to === type.name) ?? false
  const items = [
    ...(followup && links(followup)
      ? [
          {
            key: 'followups',
            label: <span data-testid="record-tab-followups">{t('activity.followups')}</span>,
            children: <Followups type={type} record={record} followup={followup} />,
          },
        ]
      : []),
    ...(task && links(task)
      ? [
          {
            key: 'tasks',
            label: <span data-testid="record-tab-tasks">{t('activity.tasks')}</span>,
            children: <Tasks type={type} record={record} task={task} />,
          },
        ]
      : []),
    {
      key: 'files',
      label: <span data-testid="record-tab-files">{t('activity.files')}</span>,
      children: <Attachments type={type} record={record} />,
    },
    {
      key: 'history',
      label: <span data-testid="record-tab-history">{t('activity.history')}</span>,
      children: <History type={type} record={record} />,
    },
  ]
  return (
    <div className="card activity">
      <Tabs items={items} destroyOnHidden />
    </div>
  )
}

const useLinked = (other: TypeInfo, type: TypeInfo, id: string, sort: string) => {
  const client = useQueryClient()
  const filter = JSON.stringify([{ field: linkName(other, type), op: 'eq', value: id }])
  return useQuery({
    queryKey: ['list', other.name, 'of', type.name, id],
    queryFn: async () => {
      const page = await get<PageAnswer>(
        `/api/${other.plural}?filter=${encodeURIComponent(filter)}&sort=${sort}&dir=desc&limit=50`,
      )
      learnTitles(client, page.titles)
      return page
    },
  })
}

const linkName = (other: TypeInfo, type: TypeInfo): string =>
  other.fields.find((field) => field.kind === 'link' && field.to === type.name)?.name ?? type.name

/** Links a new follow-up or task takes over from the record it is added to: the contact's account too. */
const linksFrom = (other: TypeInfo, type: TypeInfo, record: RecordAnswer): Record<string, string> => {
  const links: Record<string, string> = { [linkName(other, type)]: record.id }
  for (const field of type.fields) {
    const value = record.values[field.name]
    const same = other.fields.find((each) => each.kind === 'link' && each.name === field.name && each.to === field.to)
    if (same && typeof value === 'string' && links[same.name] === undefined) links[same.name] = value
  }
  return links
}

const Followups = ({ type, record, followup }: Props & { followup: TypeInfo }): ReactElement => {
  const { t, both, language } = useText()
  const list = useLinked(followup, type, record.id, 'at')
  const create = useAbilities('followup').create
  const kinds = followup.fields.find((field) => field.name === 'kind')?.options ?? []
  return (
    <div className="stack">
      {create && record.deletedAt === null ? <QuickFollowup type={type} record={record} followup={followup} /> : null}
      {list.data === undefined ? (
        <Waiting />
      ) : list.data.items.length === 0 ? (
        <p className="quiet">{t('activity.noFollowups')}</p>
      ) : (
        <ol className="line" data-testid="record-followups">
          {list.data.items.map((item) => {
            const kind = kinds.find((option) => option.value === item.values.kind)
            return (
              <li key={item.id}>
                <div className="line-head">
                  <span className="line-kind">
                    {createElement(kindIcon(item.values.kind))} {kind ? both(kind.label) : ''}
                  </span>
                  <time dateTime={String(item.values.at)} className="quiet">
                    {moment(String(item.values.at), language)}
                  </time>
                  {item.ownerId ? (
                    <span className="quiet">
                      <LinkTitle type="user" id={item.ownerId} titles={list.data.titles} />
                    </span>
                  ) : null}
                </div>
                <Link to={`/followups/${item.id}`} className="line-text">
                  {titleOf(followup, item)}
                </Link>
                {typeof item.values.nextAt === 'string' ? (
                  <div className="quiet small">
                    {t('activity.next')} {moment(item.values.nextAt, language)}
                  </div>
                ) : null}
              </li>
            )
          })}
        </ol>
      )}
    </div>
  )
}

const QuickFollowup = ({ type, record, followup }: Props & { followup: TypeInfo }): ReactElement => {
  const { t, both } = useText()
  const notify = useNotify()
  const client = useQueryClient()
  const [kind, setKind] = useState('call')
  const [summary, setSummary] = useState('')
  const [next, setNext] = useState<Dayjs | null>(null)
  const [busy, setBusy] = useState(false)
  const kinds = followup.fields.find((field) => field.name === 'kind')?.options ?? []
  const add = async (): Promise<void> => {
    if (summary.trim() === '') return
    setBusy(true)
    await notify.attempt(async () => {
      await post(`/api/${followup.plural}`, {
        values: {
          ...linksFrom(followup, type, record),
          kind,
          summary: summary.trim(),
          at: new Date().toISOString(),
          ...(next ? { nextAt: next.toISOString() } : {}),
        },
      })
      setSummary('')
      setNext(null)
      notify.done(t('activity.added'))
    })
    setBusy(false)
    void client.invalidateQueries({ queryKey: ['list', 'followup'] })
    void client.invalidateQueries({ queryKey: ['record', type.name, record.id] })
  }
  return (
    <form
      className="quick"
      onSubmit={(event) => {
        event.preventDefault()
        void add()
      }}
    >
      <Input.TextArea
        value={summary}
        rows={2}
        maxLength={500}
        placeholder={t('activity.quickHint')}
        aria-label={t('activity.quickHint')}
        onChange={(event) => setSummary(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void add()
        }}
        data-testid="record-followup-summary"
      />
      <div className="row quick-row">
        <Select<string>
          value={kind}
          onChange={setKind}
          aria-label={t('activity.kind')}
          options={kinds.map((option) => ({ value: option.value, label: both(option.label) }))}
          style={{ width: 84 }}
        />
        <DatePicker
          value={next}
          onChange={setNext}
          showTime={{ format: 'HH:mm' }}
          format="MM-DD HH:mm"
          placeholder={t('activity.next')}
          aria-label={t('activity.next')}
          style={{ width: 124 }}
        />
        <Button
          type="primary"
          htmlType="submit"
          loading={busy}
          disabled={summary.trim() === ''}
          data-testid="record-followup-add"
        >
          {t('activity.add')}
        </Button>
      </div>
    </form>
  )
}

const Tasks = ({ type, record, task }: Props & { task: TypeInfo }): ReactElement => {
  const { t } = useText()
  const list = useLinked(task, type, record.id, 'createdAt')
  const create = useAbilities('task').create
  const [adding, setAdding] = useState(false)
  return (
    <div className="stack">
      {create && record.deletedAt === null ? (
        <div>
          <Button icon={<PlusOutlined />} onClick={() => setAdding(true)} data-testid="record-task-new">
            {t('activity.newTask')}
          </Button>
        </div>
      ) : null}
      {list.data === undefined ? (
        <Waiting />
      ) : list.data.items.length === 0 ? (
        <p className="quiet">{t('activity.noTasks')}</p>
      ) : (
        <TaskLines task={task} items={list.data.items} />
      )}
      {adding ? (
        <CreateDrawer
          type={task}
          initial={linksFrom(task, type, record)}
          close={() => setAdding(false)}
          created={() => setAdding(false)}
        />
      ) : null}
    </div>
  )
}
