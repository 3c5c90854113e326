// The bell in the bar: how much is unread, asked for every two minutes, and the panel behind it.
import { BellOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Popover } from 'antd'
import { lazy, Suspense, useState, type ReactElement } from 'react'
import { get } from '../api.ts'
import type { UnreadAnswer } from '../contract.ts'
import { useText } from '../text.ts'
import { Waiting } from './waiting.tsx'

const Panel = lazy(() => import('./bell-panel.tsx'))

export const Bell = (): ReactElement => {
  const { t } = useText()
  const [open, setOpen] = useState(false)
  const answer = useQuery({
    queryKey: ['unread'],
    queryFn: () => get<UnreadAnswer>('/api/notifications/unread'),
    refetchInterval: 120_000,
    staleTime: 5_000,
  })
  const unread = answer.data?.unread ?? 0
  return (
    <Popover
      trigger="click"
      placement="bottomRight"
      open={open}
      onOpenChange={setOpen}
      arrow={false}
      classNames={{ root: 'bell-pop' }}
      destroyOnHidden
      content={
        <Suspense fallback={<Waiting />}>
          <Panel close={() => setOpen(false)} />
        </Suspense>
      }
    >
      <button
        type="button"
        className="bell"
        aria-label={unread === 0 ? t('bell.title') : `${t('bell.title')} · ${t('bell.unread', { count: unread })}`}
        aria-expanded={open}
        title={t('bell.title')}
        data-testid="bell"
      >
        <BellOutlined />
        {unread === 0 ? null : (
          <b aria-hidden="true" data-testid="bell-count">
            {unread > 99 ? '99+' : unread}
          </b>
        )}
      </button>
    </Popover>
  )
}
