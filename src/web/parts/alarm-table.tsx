// The alarms, those nobody settled first, and what came of each.
import { useQueryClient } from '@tanstack/react-query'
import { Button, Input, Modal } from 'antd'
import { useState, type ReactElement } from 'react'
import { post } from '../api.ts'
import type { AlarmItem } from '../contract.ts'
import { instant } from '../format.ts'
import { useCatalogue, useDirectory, useMe } from '../session.ts'
import { actText, textOr, useText } from '../text.ts'
import { useNotify } from './notify.ts'
import { Panel } from './page-head.tsx'

export const AlarmTable = ({ items, manages }: { items: readonly AlarmItem[]; manages: boolean }): ReactElement => {
  const { t, both, language } = useText()
  const me = useMe()
  const types = useCatalogue()
  const { users } = useDirectory()
  const [settling, setSettling] = useState<AlarmItem | null>(null)
  const nameOf = (id: string): string => users.find((user) => user.id === id)?.name ?? id.slice(0, 8)
  const open = items.filter((item) => item.settledAt === null).length
  const about = ({ kind, detail, type, recordId }: AlarmItem): string => {
    const found = types.find((one) => one.name === type)
    const record = found ? `${both(found.label)} …${(recordId ?? '').slice(-6)}` : ''
    if (kind === 'pace')
      return t('alarms.pace', {
        limit: textOr(`alarms.limit.${String(detail.limit)}`, String(detail.limit)),
        count: Number(detail.count),
        allowed: Number(detail.allowed),
      })
    if (kind === 'policy-not-activated')
      return t('alarms.policyFailed', {
        at: instant(String(detail.at), language),
        why: textOr(`policyChanges.failures.${String(detail.why)}`, String(detail.why)),
      })
    return kind === 'canary'
      ? t('alarms.canary', { act: actText(String(detail.act)), record })
      : typeof detail.reason === 'string'
        ? detail.reason
        : record
  }
  return (
    <Panel
      title={t('alarms.list')}
      extra={<span className="quiet small">{t('alarms.open', { count: open })}</span>}
      flush
    >
      {items.length === 0 ? (
        <p className="quiet card-body" data-testid="alarms-none">
          {t('alarms.none')}
        </p>
      ) : (
        <div className="table-box">
          <table className="table" data-testid="alarms-table">
            <thead>
              <tr>
                {['when', 'kind', 'who', 'what', 'outcome'].map((name) => (
                  <th key={name} scope="col">
                    {t(`alarms.${name}`)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {items.map((item) => (
                <tr key={item.id} data-testid="alarms-row" data-kind={item.kind}>
                  <td>{instant(item.createdAt, language)}</td>
                  <td>
                    <span className="state" data-state={item.settledAt === null ? 'fail' : 'none'}>
                      {textOr(`alarms.kinds.${item.kind}`, item.kind)}
                    </span>
                  </td>
                  <td>{item.userId === null ? t('alarms.house') : nameOf(item.userId)}</td>
                  <td>{about(item)}</td>
                  <td>
                    {item.settledAt !== null ? (
                      <span title={instant(item.settledAt, language)}>
                        {item.note} <span className="quiet">· {nameOf(item.settledBy ?? '')}</span>
                      </span>
                    ) : manages && item.userId !== me.id ? (
                      <Button size="small" onClick={() => setSettling(item)} data-testid="alarms-settle">
                        {t('alarms.settle')}
                      </Button>
                    ) : (
                      <span className="quiet">{t('alarms.waiting')}</span>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {settling ? <Settle item={settling} about={about(settling)} close={() => setSettling(null)} /> : null}
    </Panel>
  )
}

const Settle = ({ item, about, close }: { item: AlarmItem; about: string; close: () => void }): ReactElement => {
  const { t } = useText()
  const notify = useNotify()
  const queries = useQueryClient()
  const [note, setNote] = useState('')
  const run = async (): Promise<void> => {
    await notify.attempt(async () => {
      await post(`/api/alarms/${item.id}/settle`, { note })
      close()
    })
    await queries.invalidateQueries({ queryKey: ['alarms'] })
  }
  return (
    <Modal
      open
      title={t('alarms.settle')}
      okText={t('alarms.settleRun')}
      okButtonProps={{ disabled: note.trim() === '', 'data-testid': 'alarms-settle-run' }}
      onOk={() => void run()}
      onCancel={close}
    >
      <p style={{ marginBottom: 10 }}>{about}</p>
      <Input.TextArea
        rows={3}
        maxLength={1000}
        value={note}
        aria-label={t('alarms.outcome')}
        placeholder={t('alarms.settleHint')}
        onChange={(event) => setNote(event.target.value)}
        data-testid="alarms-note"
      />
    </Modal>
  )
}
