// The webhooks of the house: one's own with everything, those of others to be ended alone.
import { Button } from 'antd'
import { useState, type ReactElement } from 'react'
import { post } from '../api.ts'
import type { WebhookItem, WebhookTried } from '../contract.ts'
import { instant } from '../format.ts'
import { useCatalogue, useDirectory } from '../session.ts'
import { useText } from '../text.ts'
import { useNotify } from './notify.ts'
import { RevokeButton } from './revoke-button.tsx'
import { Table } from './table.tsx'
import { useResult } from './webhook-result.ts'

interface Props {
  readonly items: readonly WebhookItem[]
  readonly changed: () => void
  readonly edit: (hook: WebhookItem) => void
  readonly look: (hook: WebhookItem) => void
}

export const WebhookTable = (props: Props): ReactElement => {
  const { t } = useText()
  return (
    <Table
      headings={[
        t('webhooks.name'),
        t('webhooks.url'),
        t('webhooks.types'),
        t('webhooks.events'),
        t('webhooks.owner'),
        t('webhooks.state'),
      ]}
      data-testid="webhooks-table"
    >
      {props.items.map((hook) => (
        <HookRow key={hook.id} hook={hook} {...props} />
      ))}
    </Table>
  )
}

const HookRow = ({ hook, changed, edit, look }: Props & { hook: WebhookItem }): ReactElement => {
  const { t, both, language } = useText()
  const types = useCatalogue()
  const { users } = useDirectory()
  const state = hook.stopped ?? (hook.active ? 'active' : 'paused')
  const named = hook.types.map((name) => {
    const type = types.find((one) => one.name === name)
    return type ? both(type.plurals) : name
  })
  return (
    <tr data-testid="webhooks-row" data-state={state}>
      <td>{hook.name}</td>
      <td className="mono" style={{ overflowWrap: 'anywhere' }}>
        {hook.url}
      </td>
      <td>{named.join(t('common.listComma'))}</td>
      <td>
        {hook.events.length === 4
          ? t('webhooks.allEvents')
          : hook.events.map((event) => t(`webhooks.event.${event}`)).join(t('common.listComma'))}
      </td>
      <td>
        {users.find((user) => user.id === hook.ownerId)?.name ?? hook.ownerId.slice(0, 8)}
        {hook.own ? <span className="quiet"> · {t('webhooks.you')}</span> : null}
      </td>
      <td>
        <div>
          <span
            className="state"
            data-state={hook.stopped !== null ? 'fail' : hook.active ? 'pass' : 'none'}
            data-testid="webhooks-state"
          >
            {t(`webhooks.states.${state}`)}
          </span>
        </div>
        {hook.own ? (
          <Button
            type="link"
            size="small"
            danger={hook.dead > 0}
            style={{ paddingInline: 0 }}
            onClick={() => look(hook)}
            data-testid="webhooks-deliveries"
          >
            {hook.dead > 0 ? t('webhooks.dead', { count: hook.dead }) : t('webhooks.deliveries')}
          </Button>
        ) : null}
        {hook.formerUntil === null ? null : (
          <div className="quiet">{t('webhooks.former', { until: instant(hook.formerUntil, language) })}</div>
        )}
      </td>
      <td>
        <div className="row" style={{ flexWrap: 'nowrap', justifyContent: 'flex-end' }}>
          {hook.own ? <Own hook={hook} edit={edit} /> : null}
          <RevokeButton
            path={`/api/webhooks/${hook.id}`}
            sure={t('webhooks.removeSure')}
            label={t('webhooks.remove')}
            done={t('webhooks.removed')}
            changed={changed}
            data-testid="webhooks-remove"
          />
        </div>
      </td>
    </tr>
  )
}

const Own = ({ hook, edit }: Pick<Props, 'edit'> & { hook: WebhookItem }): ReactElement => {
  const { t } = useText()
  const notify = useNotify()
  const result = useResult()
  const [busy, setBusy] = useState(false)
  const test = async (): Promise<void> => {
    setBusy(true)
    const tried = await notify.attempt(() => post<WebhookTried>(`/api/webhooks/${hook.id}/test`))
    setBusy(false)
    if (tried?.ok === true) notify.done(t('webhooks.testOk', { status: tried.status ?? '' }))
    else if (tried) notify.fail(new Error(t('webhooks.testFailed', { why: result(tried) })))
  }
  return (
    <>
      <Button size="small" loading={busy} onClick={() => void test()} data-testid="webhooks-test">
        {t('webhooks.test')}
      </Button>
      <Button size="small" onClick={() => edit(hook)} data-testid="webhooks-edit">
        {t('webhooks.change')}
      </Button>
    </>
  )
}
