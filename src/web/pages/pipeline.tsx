// Deals by stage: drag a card with mouse, finger or keyboard; a lost deal asks why.
import {
  closestCorners,
  DndContext,
  DragOverlay,
  KeyboardSensor,
  MouseSensor,
  TouchSensor,
  useDroppable,
  useDraggable,
  useSensor,
  useSensors,
  type Announcements,
  type DragEndEvent,
  type KeyboardCoordinateGetter,
} from '@dnd-kit/core'
import { PlusOutlined } from '@ant-design/icons'
import { useInfiniteQuery, useQuery, useQueryClient, type InfiniteData } from '@tanstack/react-query'
import { Button, Form, Input, Modal } from 'antd'
import { useState, type ReactElement } from 'react'
import { Link } from 'react-router'
import { get, post } from '../api.ts'
import type { Both, PageAnswer, RecordAnswer, StageSum, TypeInfo } from '../contract.ts'
import { counted, day, money, shortMoney } from '../format.ts'
import { CreateDrawer } from '../parts/create-drawer.tsx'
import { Failure } from '../parts/failure.tsx'
import { useNotify } from '../parts/notify.ts'
import { PageHead } from '../parts/page-head.tsx'
import { LinkTitle } from '../parts/value.tsx'
import { Waiting } from '../parts/waiting.tsx'
import { useAbilities, useMe, useType } from '../session.ts'
import { useText } from '../text.ts'
import { learnTitles, titleOf } from '../titles.ts'
import '../style/pipeline.css'

interface Stage {
  readonly value: string
  readonly label: Both
  readonly probability?: number
  readonly closed?: 'won' | 'lost'
}

interface Move {
  readonly deal: RecordAnswer
  readonly from: string
  readonly to: string
}

export default function Pipeline(): ReactElement {
  const type = useType('deal')
  return type ? <Board type={type} /> : <Waiting />
}

const Board = ({ type }: { type: TypeInfo }): ReactElement => {
  const { t, both, noun, language } = useText()
  const { currency } = useMe()
  const abilities = useAbilities('deal')
  const [held, setHeld] = useState<RecordAnswer | null>(null)
  const [asking, setAsking] = useState<Move | null>(null)
  const [creating, setCreating] = useState(false)
  const client = useQueryClient()
  const move = useMove()
  const sums = useQuery({
    queryKey: ['list', 'deal', 'pipeline'],
    queryFn: () => get<{ stages: readonly StageSum[] }>('/api/pipeline'),
  })
  const stages: readonly Stage[] = type.fields.find((field) => field.name === 'stage')?.options ?? []
  const sensors = useSensors(
    useSensor(MouseSensor, { activationConstraint: { distance: 6 } }),
    useSensor(TouchSensor, { activationConstraint: { delay: 180, tolerance: 8 } }),
    useSensor(KeyboardSensor, { coordinateGetter: byColumn }),
  )
  const drop = ({ active, over }: DragEndEvent): void => {
    setHeld(null)
    const deal = active.data.current?.deal as RecordAnswer | undefined
    const from = String(deal?.values.stage)
    if (!deal || !over || over.id === from) return
    const to = String(over.id)
    const stage = stages.find((each) => each.value === to)
    if (stage?.closed === 'lost') setAsking({ deal, from, to })
    else void move({ deal, from, to })
  }
  const nameOf = (id: unknown): string => {
    const stage = stages.find((each) => each.value === id)
    return stage ? both(stage.label) : ''
  }
  const announcements: Announcements = {
    onDragStart: ({ active }) => t('pipeline.picked', { deal: dealName(type, active.data.current?.deal) }),
    onDragOver: ({ over }) => (over ? t('pipeline.over', { stage: nameOf(over.id) }) : ''),
    onDragEnd: ({ over }) => (over ? t('pipeline.dropped', { stage: nameOf(over.id) }) : t('pipeline.back')),
    onDragCancel: () => t('pipeline.back'),
  }
  const open = (sums.data?.stages ?? []).filter((sum) => !stages.find((each) => each.value === sum.stage)?.closed)
  const total = open.reduce((sum, each) => sum + each.amount, 0)
  const weighted = open.reduce(
    (sum, each) => sum + (each.amount * (stages.find((stage) => stage.value === each.stage)?.probability ?? 0)) / 100,
    0,
  )
  if (sums.error) return <Failure error={sums.error} again={() => void sums.refetch()} />
  return (
    <div className="board-page">
      <PageHead
        title={t('nav.pipeline')}
        about={
          sums.data
            ? t('pipeline.about', {
                total: money(total, currency, language),
                weighted: money(Math.round(weighted), currency, language),
              })
            : '…'
        }
        actions={
          abilities.create ? (
            <Button type="primary" icon={<PlusOutlined />} onClick={() => setCreating(true)} data-testid="pipeline-new">
              {t('record.new', { what: noun(type.label) })}
            </Button>
          ) : undefined
        }
      />
      <DndContext
        sensors={sensors}
        collisionDetection={closestCorners}
        accessibility={{ announcements, screenReaderInstructions: { draggable: t('pipeline.instructions') } }}
        onDragStart={({ active }) => setHeld((active.data.current?.deal as RecordAnswer | undefined) ?? null)}
        onDragEnd={drop}
        onDragCancel={() => setHeld(null)}
      >
        <div className="board">
          {stages.map((stage) => (
            <Column
              key={stage.value}
              type={type}
              stage={stage}
              sum={sums.data?.stages.find((sum) => sum.stage === stage.value)}
              held={held}
            />
          ))}
        </div>
        <DragOverlay dropAnimation={null}>{held ? <Face type={type} deal={held} lifted /> : null}</DragOverlay>
      </DndContext>
      {asking ? (
        <LostDialog
          close={() => setAsking(null)}
          lose={(reason) => {
            setAsking(null)
            void move(asking, reason)
          }}
        />
      ) : null}
      {creating ? (
        <CreateDrawer
          type={type}
          close={() => setCreating(false)}
          created={() => {
            setCreating(false)
            void client.invalidateQueries({ queryKey: ['list', 'deal'] })
          }}
        />
      ) : null}
    </div>
  )
}

const dealName = (type: TypeInfo, deal: unknown): string =>
  typeof deal === 'object' && deal !== null ? titleOf(type, deal as RecordAnswer) : ''

/** With the keyboard a card goes a whole column left or right. */
const byColumn: KeyboardCoordinateGetter = (event, { currentCoordinates, context }) => {
  const step = event.code === 'ArrowRight' ? 1 : event.code === 'ArrowLeft' ? -1 : 0
  if (step === 0) return undefined
  event.preventDefault()
  const columns = [...context.droppableRects.entries()].sort(([, a], [, b]) => a.left - b.left)
  const over = context.over?.id ?? (context.active?.data.current?.deal as RecordAnswer | undefined)?.values.stage
  const at = columns.findIndex(([id]) => id === over)
  const next = columns[at + step]
  return next ? { x: next[1].left + 8, y: next[1].top + 50 } : currentCoordinates
}

const columnKey = (stage: string) => ['list', 'deal', 'column', stage] as const
type Column = InfiniteData<PageAnswer, string | null>

/** Moves a card at once on screen, then on the server; takes it back where the server refuses. */
const useMove = (): ((move: Move, reason?: string) => Promise<void>) => {
  const client = useQueryClient()
  const notify = useNotify()
  const { t } = useText()
  return async ({ deal, from, to }, reason) => {
    const pages = client.getQueryData<Column>(columnKey(from))?.pages ?? []
    const known = Object.assign({}, ...pages.map((page) => page.titles)) as Readonly<Record<string, string>>
    const cards = (stage: string, change: (items: readonly RecordAnswer[]) => readonly RecordAnswer[]): void => {
      client.setQueryData<Column>(columnKey(stage), (column) => {
        const [first, ...rest] = column?.pages ?? []
        if (!column || !first) return column
        const others = rest.map((page) => ({ ...page, items: page.items.filter((item) => item.id !== deal.id) }))
        const head = { ...first, items: change(first.items), titles: { ...known, ...first.titles } }
        return { ...column, pages: [head, ...others] }
      })
    }
    cards(from, (items) => items.filter((item) => item.id !== deal.id))
    cards(to, (items) => [{ ...deal, values: { ...deal.values, stage: to } }, ...items])
    await notify.attempt(async () => {
      const next = await post<RecordAnswer>(`/api/deals/${deal.id}/stage`, {
        stage: to,
        version: deal.version,
        ...(reason === undefined ? {} : { reason }),
      })
      cards(to, (items) => items.map((item) => (item.id === deal.id ? next : item)))
      client.setQueryData(['record', 'deal', deal.id], next)
      notify.done(t('pipeline.moved'))
    })
    await client.invalidateQueries({ queryKey: ['list', 'deal'] })
    void client.invalidateQueries({ queryKey: ['home'] })
  }
}

const Column = ({
  type,
  stage,
  sum,
  held,
}: {
  type: TypeInfo
  stage: Stage
  sum: StageSum | undefined
  held: RecordAnswer | null
}): ReactElement => {
  const { t, both, language } = useText()
  const { currency } = useMe()
  const client = useQueryClient()
  const { setNodeRef, isOver } = useDroppable({ id: stage.value })
  const filter = encodeURIComponent(JSON.stringify([{ field: 'stage', op: 'eq', value: stage.value }]))
  const deals = useInfiniteQuery({
    queryKey: columnKey(stage.value),
    initialPageParam: null as string | null,
    queryFn: async ({ pageParam }) => {
      const page = await get<PageAnswer>(
        `/api/deals?filter=${filter}&sort=updatedAt&dir=desc&limit=20${pageParam === null ? '' : `&cursor=${encodeURIComponent(pageParam)}`}`,
      )
      learnTitles(client, page.titles)
      return page
    },
    getNextPageParam: (page) => page.next ?? null,
  })
  const pages = deals.data?.pages ?? []
  return (
    <section
      ref={setNodeRef}
      className="column"
      data-over={isOver && held?.values.stage !== stage.value}
      data-closed={stage.closed ?? 'no'}
      aria-label={both(stage.label)}
      data-testid={`pipeline-column-${stage.value}`}
    >
      <header className="column-head">
        <h2>
          {both(stage.label)} <span className="quiet">{sum ? counted(sum.count, sum.capped, language) : ''}</span>
        </h2>
        <span className="quiet small" data-testid={`pipeline-sum-${stage.value}`}>
          {sum ? shortMoney(sum.amount, currency, language) : ''}
        </span>
      </header>
      <div className="column-cards">
        {pages.flatMap((page) =>
          page.items.map((deal) => <Card key={deal.id} type={type} deal={deal} titles={page.titles} />),
        )}
        {deals.hasNextPage ? (
          <Button size="small" block loading={deals.isFetchingNextPage} onClick={() => void deals.fetchNextPage()}>
            {t('pipeline.more')}
          </Button>
        ) : null}
        {deals.data && pages.every((page) => page.items.length === 0) ? (
          <p className="column-none">{t('pipeline.none')}</p>
        ) : null}
      </div>
    </section>
  )
}

interface CardProps {
  readonly type: TypeInfo
  readonly deal: RecordAnswer
  readonly titles: Readonly<Record<string, string>>
}

const Card = ({ type, deal, titles }: CardProps): ReactElement => {
  const { attributes, listeners, setNodeRef, isDragging } = useDraggable({ id: deal.id, data: { deal } })
  const { t } = useText()
  return (
    <div
      ref={setNodeRef}
      className="card-holder"
      data-dragging={isDragging}
      {...attributes}
      {...listeners}
      role="group"
      aria-roledescription={t('pipeline.card')}
      aria-label={titleOf(type, deal)}
      data-testid="pipeline-card"
      data-id={deal.id}
    >
      <Face type={type} deal={deal} titles={titles} />
    </div>
  )
}

const Face = ({
  type,
  deal,
  titles,
  lifted = false,
}: Omit<CardProps, 'titles'> & { titles?: CardProps['titles']; lifted?: boolean }): ReactElement => {
  const { language } = useText()
  const { currency } = useMe()
  const { account, amount, closeDate } = deal.values
  return (
    <div className="deal" data-lifted={lifted}>
      <Link to={`/deals/${deal.id}`} className="deal-name" draggable={false}>
        {titleOf(type, deal)}
      </Link>
      {typeof account === 'string' ? (
        <div className="deal-account">
          <LinkTitle type="account" id={account} titles={titles} />
        </div>
      ) : null}
      <div className="deal-foot">
        <b>{typeof amount === 'number' ? money(amount, currency, language) : '—'}</b>
      </div>
      <div className="deal-foot">
        <span>{deal.ownerId ? <LinkTitle type="user" id={deal.ownerId} titles={titles} /> : null}</span>
        <span>{typeof closeDate === 'string' ? day(closeDate, language) : ''}</span>
      </div>
    </div>
  )
}

const LostDialog = ({ close, lose }: { close: () => void; lose: (reason: string) => void }): ReactElement => {
  const { t } = useText()
  const [form] = Form.useForm<{ reason: string }>()
  return (
    <Modal
      open
      title={t('pipeline.lostTitle')}
      onCancel={close}
      okText={t('pipeline.lose')}
      okButtonProps={{ 'data-testid': 'pipeline-lost-run' }}
      onOk={() => form.submit()}
    >
      <Form form={form} layout="vertical" requiredMark={false} onFinish={({ reason }) => lose(reason.trim())}>
        <Form.Item
          name="reason"
          label={t('pipeline.lostReason')}
          rules={[{ required: true, whitespace: true, message: t('form.required') }]}
        >
          <Input.TextArea autoFocus rows={2} maxLength={500} data-testid="pipeline-lost-reason" />
        </Form.Item>
      </Form>
    </Modal>
  )
}
