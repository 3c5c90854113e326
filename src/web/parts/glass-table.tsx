// Emergency accesses: running, waiting for a second person, judged.
import { Button, Input, Modal } from 'antd'
import { useState, type ReactElement } from 'react'
import { Link } from 'react-router'
import { post } from '../api.ts'
import type { GlassItem } from '../contract.ts'
import { instant } from '../format.ts'
import { useCatalogue, useDirectory, useMe } from '../session.ts'
import { useText } from '../text.ts'
import { useNotify } from './notify.ts'
import { Panel } from './page-head.tsx'
import { Table } from './table.tsx'

export const GlassTable = ({ items, changed }: { items: readonly GlassItem[]; changed: () => void }): ReactElement => {
  const { t, both, language } = useText()
  const me = useMe()
  const notify = useNotify()
  const types = useCatalogue()
  const { users, teams } = useDirectory()
  const [reviewing, setReviewing] = useState<GlassItem | null>(null)
  const manages = me.may.includes('alarm.manage')
  const nameOf = (id: string): string => [...users, ...teams].find((one) => one.id === id)?.name ?? `…${id.slice(-6)}`
  const end = async (item: GlassItem): Promise<void> => {
    await notify.attempt(() => post(`/api/break-glass/${item.id}/end`))
    changed()
  }
  const acts = (item: GlassItem): ReactElement | null => {
    const state = stateOf(item)
    if (state === 'running' && (manages || item.userId === me.id))
      return (
        <Button size="small" danger onClick={() => void end(item)} data-testid="emergency-end">
          {t('emergency.end')}
        </Button>
      )
    if (state === 'waiting' && manages && item.userId !== me.id)
      return (
        <Button size="small" type="primary" onClick={() => setReviewing(item)} data-testid="emergency-review">
          {t('emergency.review')}
        </Button>
      )
    return null
  }
  const found = (item: GlassItem): ReactElement | null => {
    if (item.reviewedBy !== null)
      return (
        <div className="quiet small">
          {t('emergency.found', { note: item.note ?? '', who: nameOf(item.reviewedBy) })}
        </div>
      )
    return stateOf(item) === 'waiting' && item.userId === me.id ? (
      <div className="quiet small">{t('emergency.notMine')}</div>
    ) : null
  }
  return (
    <Panel title={t('emergency.list')} flush>
      {items.length === 0 ? (
        <p className="quiet card-body">{t('emergency.none')}</p>
      ) : (
        <Table
          data-testid="emergency-table"
          headings={['when', 'who', 'scope', 'reason', 'reads', 'state'].map((name) => t(`emergency.${name}`))}
        >
          {items.map((item) => {
            const type = types.find((one) => one.name === item.type)
            const state = stateOf(item)
            return (
              <tr key={item.id} data-state={state}>
                <td style={{ paddingBlock: 6 }}>
                  {instant(item.openedAt, language)}
                  <div className="quiet small">
                    {t('emergency.until', { at: instant(item.endedAt ?? item.expiresAt, language) })}
                  </div>
                </td>
                <td>{nameOf(item.userId)}</td>
                <td>
                  {type ? both(type.plurals) : item.type} · {t(`emergency.scopes.${item.scope}`)}{' '}
                  {type && item.scope === 'record' ? (
                    <Link to={`/${type.plural}/${item.of}`}>{nameOf(item.of)}</Link>
                  ) : (
                    nameOf(item.of)
                  )}
                </td>
                <td style={{ whiteSpace: 'normal', minWidth: 220 }}>
                  {item.reason}
                  {found(item)}
                </td>
                <td className="mono">{item.reads ?? '–'}</td>
                <td>
                  <span
                    className="state"
                    data-state={state === 'justified' ? 'pass' : state === 'running' ? 'active' : 'fail'}
                  >
                    {t(`emergency.${state}`)}
                  </span>
                </td>
                <td>{acts(item)}</td>
              </tr>
            )
          })}
        </Table>
      )}
      {reviewing ? (
        <Review
          item={reviewing}
          who={nameOf(reviewing.userId)}
          close={() => {
            setReviewing(null)
            changed()
          }}
        />
      ) : null}
    </Panel>
  )
}

const stateOf = (item: GlassItem): 'running' | 'waiting' | 'justified' | 'unjustified' => {
  if (item.justified !== null) return item.justified ? 'justified' : 'unjustified'
  return item.endedAt === null && new Date(item.expiresAt) > new Date() ? 'running' : 'waiting'
}

const Review = ({ item, who, close }: { item: GlassItem; who: string; close: () => void }): ReactElement => {
  const { t, language } = useText()
  const notify = useNotify()
  const [note, setNote] = useState('')
  const run = async (justified: boolean): Promise<void> => {
    await notify.attempt(async () => {
      await post(`/api/break-glass/${item.id}/review`, { justified, note: note.trim() })
      close()
    })
  }
  return (
    <Modal
      open
      title={t('emergency.review')}
      onCancel={close}
      footer={[
        <Button key="no" danger disabled={note.trim() === ''} onClick={() => void run(false)}>
          {t('emergency.no')}
        </Button>,
        <Button
          key="yes"
          type="primary"
          data-testid="emergency-justified"
          disabled={note.trim() === ''}
          onClick={() => void run(true)}
        >
          {t('emergency.yes')}
        </Button>,
      ]}
    >
      <p className="quiet small">
        {who} · {instant(item.openedAt, language)} · {t('emergency.viewed', { count: item.reads ?? '–' })}
      </p>
      <p style={{ marginBottom: 10 }}>{item.reason}</p>
      <Input.TextArea
        rows={3}
        maxLength={1000}
        value={note}
        aria-label={t('emergency.note')}
        placeholder={t('emergency.note')}
        onChange={(event) => setNote(event.target.value)}
        data-testid="emergency-note"
      />
    </Modal>
  )
}
