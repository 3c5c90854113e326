// What others did that concerns me, newest first, each record named as I may see it now; above it what is due by today.
import { ClockCircleOutlined, EyeInvisibleOutlined, SwapOutlined, WarningOutlined } from '@ant-design/icons'
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'
import { createElement, type ComponentType, type ReactElement } from 'react'
import { Link } from 'react-router'
import { get, post } from '../api.ts'
import type { NotificationItem, NotificationsAnswer, ReadRequest, UnreadAnswer } from '../contract.ts'
import { ago, instant } from '../format.ts'
import { useCatalogue } from '../session.ts'
import { useText } from '../text.ts'
import { Due } from './bell-due.tsx'
import { Failure } from './failure.tsx'
import { iconOf } from './icons.ts'
import { Waiting } from './waiting.tsx'

export default function BellPanel({ close }: { close: () => void }): ReactElement {
  const { t } = useText()
  const client = useQueryClient()
  const answer = useInfiniteQuery({
    queryKey: ['notifications'],
    queryFn: async ({ pageParam }) => {
      const page = await get<NotificationsAnswer>(
        `/api/notifications?limit=20${pageParam === '' ? '' : `&cursor=${encodeURIComponent(pageParam)}`}`,
      )
      client.setQueryData<UnreadAnswer>(['unread'], { unread: page.unread })
      return page
    },
    initialPageParam: '',
    getNextPageParam: (last: NotificationsAnswer) => last.next,
    staleTime: 0,
  })
  const items = answer.data?.pages.flatMap((page) => page.items) ?? []
  const [newest] = items
  const read = async (which: ReadRequest): Promise<void> => {
    client.setQueryData(['unread'], await post<UnreadAnswer>('/api/notifications/read', which))
    await client.invalidateQueries({ queryKey: ['notifications'] })
  }
  const open = (item: NotificationItem): void => {
    // Following a link does not wait for the mark.
    if (item.readAt === null) void read({ ids: [item.id] }).catch(() => undefined)
    close()
  }
  return (
    <section className="bell-panel" aria-label={t('bell.title')} data-testid="bell-panel">
      <header>
        <h2>{t('bell.title')}</h2>
        {newest && items.some(({ readAt }) => readAt === null) ? (
          <Button
            type="link"
            size="small"
            onClick={() => void read({ until: newest.createdAt }).catch(() => undefined)}
            data-testid="bell-read"
          >
            {t('bell.read')}
          </Button>
        ) : null}
      </header>
      <Due close={close} />
      {answer.isPending ? <Waiting /> : null}
      {answer.error ? <Failure error={answer.error} again={() => void answer.refetch()} /> : null}
      {answer.data && items.length === 0 ? (
        <p className="bell-none" data-testid="bell-none">
          {t('bell.none')}
        </p>
      ) : null}
      <ul>
        {items.map((item) => (
          <Line key={item.id} item={item} open={() => open(item)} />
        ))}
      </ul>
      {answer.hasNextPage ? (
        <Button type="text" block loading={answer.isFetchingNextPage} onClick={() => void answer.fetchNextPage()}>
          {t('bell.more')}
        </Button>
      ) : null}
    </section>
  )
}

const Line = ({ item, open }: { item: NotificationItem; open: () => void }): ReactElement => {
  const { t, language } = useText()
  const { title, to } = useTitle(item)
  const inside = (
    <>
      <span className="bell-icon">{createElement(iconFor(item))}</span>
      <span className="bell-title">{title}</span>
      <span className="bell-about">
        {item.by === null ? t(`bell.kind.${item.kind}`) : t(`bell.by.${item.kind}`, { who: item.by })}
        <time dateTime={item.createdAt} title={instant(item.createdAt, language)}>
          {ago(item.createdAt, language)}
        </time>
      </span>
      {item.readAt === null ? <i className="bell-dot" role="img" aria-label={t('bell.new')} /> : null}
    </>
  )
  return (
    <li data-testid="bell-item" data-kind={item.kind} data-unread={item.readAt === null} data-hidden={item.hidden}>
      {to === undefined ? (
        <button type="button" onClick={open}>
          {inside}
        </button>
      ) : (
        <Link to={to} onClick={open}>
          {inside}
        </Link>
      )}
    </li>
  )
}

const iconFor = ({ kind, type, hidden }: NotificationItem): ComponentType =>
  kind === 'role'
    ? ClockCircleOutlined
    : kind === 'hand-over'
      ? SwapOutlined
      : kind === 'policy-failed' || kind === 'break-glass' || kind === 'webhooks-restored'
        ? WarningOutlined
        : hidden
          ? EyeInvisibleOutlined
          : iconOf(type ?? '')

/** What a notice is called, and where it leads. */
const useTitle = ({
  kind,
  number,
  record,
  type: name,
  hidden,
}: NotificationItem): { readonly title: string; readonly to?: string } => {
  const { t, both } = useText()
  const type = useCatalogue().find((one) => one.name === name)
  if (kind === 'hand-over')
    return {
      title: record?.title ? t('bell.from', { who: record.title, count: number }) : t('bell.many', { count: number }),
    }
  if (kind === 'role') return { title: t('bell.role'), to: '/grants' }
  if (kind === 'break-glass' && name === null) return { title: t('bell.emergency'), to: '/emergency' }
  if (kind === 'webhooks-restored') return { title: t('bell.webhooksRestored', { count: number }), to: '/webhooks' }
  if (kind === 'policy-failed') return { title: t('bell.policyFailed'), to: '/policies/changes' }
  if (number > 1)
    return type
      ? {
          title: t('bell.manyOf', { what: both(type.plurals), count: number }),
          to: `/${type.plural}${kind === 'assigned' ? '?view=mine' : ''}`,
        }
      : { title: t('bell.many', { count: number }) }
  if (hidden || !type || !record) return { title: t('bell.gone') }
  return { title: record.title ?? both(type.label), to: `/${type.plural}/${record.id}` }
}
