// An epoch's end: what the database counts that still needs it, and only with nothing left, behind the password, its destruction.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Alert, Modal } from 'antd'
import { useState, type ReactElement } from 'react'
import { get, post } from '../api.ts'
import type { EpochNeedsAnswer } from '../contract.ts'
import { whole } from '../format.ts'
import { textOr, useText } from '../text.ts'
import { useNotify } from './notify.ts'
import { useStepUp } from './step-up.tsx'
import { Waiting } from './waiting.tsx'

export const DestroyEpoch = ({ epoch, close }: { epoch: number; close: () => void }): ReactElement => {
  const { t, language } = useText()
  const notify = useNotify()
  const client = useQueryClient()
  const stepUp = useStepUp()
  const [busy, setBusy] = useState(false)
  const answer = useQuery({
    queryKey: ['keys', 'needs', epoch],
    queryFn: () => get<EpochNeedsAnswer>(`/api/keys/epochs/${String(epoch)}/needs`),
    staleTime: 0,
  })
  const needs = Object.entries(answer.data?.needs ?? {})
  const free = answer.data !== undefined && needs.every(([, count]) => count === 0)
  const run = async (): Promise<void> => {
    setBusy(true)
    const done = await notify.attempt(() => post('/api/keys/epochs/destroy', { epoch, ...stepUp.proof }))
    setBusy(false)
    if (done === undefined) return
    notify.done(t('keyActions.destroyed', { number: epoch }))
    void client.invalidateQueries({ queryKey: ['keys'] })
    close()
  }
  return (
    <Modal
      open
      title={t('keyActions.destroyTitle', { number: epoch })}
      onCancel={close}
      okText={t('keyActions.destroyRun')}
      okButtonProps={{
        danger: true,
        disabled: !free || !stepUp.ready,
        loading: busy,
        'data-testid': 'keys-destroy-run',
      }}
      onOk={() => void run()}
    >
      <div className="stack" data-testid="keys-needs" data-free={free}>
        <p>{t('keyActions.destroyAbout')}</p>
        {answer.data ? (
          <table className="table">
            <thead>
              <tr>
                <th scope="col">{t('keyActions.needsWhat')}</th>
                <th scope="col">{t('keyActions.needsTable')}</th>
                <th scope="col" className="number">
                  {t('keyActions.needsRows')}
                </th>
              </tr>
            </thead>
            <tbody>
              {needs.map(([table, count]) => (
                <tr key={table}>
                  <td>{textOr(`keyActions.table.${table.replaceAll('.', '-')}`, table)}</td>
                  <td className="mono">{table}</td>
                  <td className="number">{whole(count, language)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        ) : (
          <Waiting />
        )}
        {answer.data ? (
          <Alert
            type={free ? 'success' : 'warning'}
            showIcon
            title={t(free ? 'keyActions.nothingNeeds' : 'keyActions.stillNeeded')}
          />
        ) : null}
        {free ? stepUp.field(() => void run()) : null}
      </div>
    </Modal>
  )
}
