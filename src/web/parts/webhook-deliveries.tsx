// What did not arrive from one webhook: waiting for another try, or given up and to be sent again. Which record it is about is not shown.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Button, Drawer } from 'antd'
import type { ReactElement } from 'react'
import { get, post } from '../api.ts'
import type { DeliveryItem, WebhookItem } from '../contract.ts'
import { instant } from '../format.ts'
import { useCatalogue } from '../session.ts'
import { useText } from '../text.ts'
import { Failure } from './failure.tsx'
import { useNotify } from './notify.ts'
import { Table } from './table.tsx'
import { Waiting } from './waiting.tsx'
import { useResult } from './webhook-result.ts'

interface Props {
  readonly hook: WebhookItem
  readonly changed: () => void
  readonly close: () => void
}

export const Undelivered = ({ hook, changed, close }: Props): ReactElement => {
  const { t } = useText()
  const notify = useNotify()
  const queries = useQueryClient()
  const path = `/api/webhooks/${hook.id}/deliveries`
  const answer = useQuery({
    queryKey: ['webhooks', hook.id],
    queryFn: () => get<{ items: readonly DeliveryItem[] }>(path),
  })
  const resend = async (delivery: DeliveryItem): Promise<void> => {
    await notify.attempt(async () => {
      await post(`${path}/${delivery.id}/resend`)
      notify.done(t('webhooks.resent'))
    })
    await queries.invalidateQueries({ queryKey: ['webhooks', hook.id] })
    changed()
  }
  return (
    <Drawer open size={820} title={t('webhooks.deliveriesOf', { name: hook.name })} onClose={close}>
      {answer.error ? (
        <Failure error={answer.error} again={() => void answer.refetch()} />
      ) : !answer.data ? (
        <Waiting />
      ) : answer.data.items.length === 0 ? (
        <p className="quiet" data-testid="webhooks-none-failed">
          {t('webhooks.noneFailed')}
        </p>
      ) : (
        <Deliveries items={answer.data.items} resend={(delivery) => void resend(delivery)} />
      )}
    </Drawer>
  )
}

const Deliveries = ({
  items,
  resend,
}: {
  items: readonly DeliveryItem[]
  resend: (delivery: DeliveryItem) => void
}): ReactElement => {
  const { t, both, language } = useText()
  const types = useCatalogue()
  const result = useResult()
  return (
    <Table
      headings={[
        t('webhooks.record'),
        t('webhooks.at'),
        t('webhooks.attempts'),
        t('webhooks.result'),
        t('webhooks.next'),
      ]}
    >
      {items.map((one) => {
        const type = types.find(({ name }) => name === one.type)
        return (
          <tr key={one.id} data-testid="webhooks-delivery" data-state={one.failedAt === null ? 'waiting' : 'dead'}>
            <td>
              {type ? both(type.label) : one.type} · {t(`webhooks.event.${one.event}`)}
            </td>
            <td>{instant(one.at, language)}</td>
            <td>{one.attempts}</td>
            <td>{result(one)}</td>
            <td>
              {one.failedAt === null ? (
                instant(one.nextAt, language)
              ) : (
                <span className="state" data-state="fail">
                  {t('webhooks.given')}
                </span>
              )}
            </td>
            <td>
              <Button size="small" onClick={() => resend(one)} data-testid="webhooks-resend">
                {t('webhooks.resend')}
              </Button>
            </td>
          </tr>
        )
      })}
    </Table>
  )
}
