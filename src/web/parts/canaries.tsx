// Canaries: records nobody has a reason to open, marked by their address.
import { useQuery } from '@tanstack/react-query'
import { Button, Input } from 'antd'
import { useState, type ReactElement } from 'react'
import { get, post, remove } from '../api.ts'
import type { CanaryItem } from '../contract.ts'
import { instant } from '../format.ts'
import { useCatalogue } from '../session.ts'
import { useText } from '../text.ts'
import { useNotify } from './notify.ts'
import { Panel } from './page-head.tsx'

export const Canaries = (): ReactElement => {
  const { t, both, language } = useText()
  const notify = useNotify()
  const types = useCatalogue()
  const [address, setAddress] = useState('')
  const [note, setNote] = useState('')
  const answer = useQuery({
    queryKey: ['canaries'],
    queryFn: () => get<{ items: readonly CanaryItem[] }>('/api/canaries'),
  })
  const items = answer.data?.items ?? []
  const found = /(\w+)\/([0-9a-f]{8}-[0-9a-f-]{27})/u.exec(address)
  const type = types.find((one) => one.plural === found?.[1])
  const mark = async (): Promise<void> => {
    await notify.attempt(async () => {
      await post('/api/canaries', { type: type?.name ?? '', recordId: found?.[2] ?? '', note })
      setAddress('')
      setNote('')
    })
    await answer.refetch()
  }
  const unmark = async (item: CanaryItem): Promise<void> => {
    await notify.attempt(() => remove(`/api/canaries/${item.type}/${item.recordId}`))
    await answer.refetch()
  }
  return (
    <Panel title={t('alarms.canaries')}>
      <p className="quiet small" style={{ marginBottom: 10 }}>
        {t('alarms.canariesAbout')}
      </p>
      <div className="row">
        <Input
          style={{ width: 380 }}
          value={address}
          aria-label={t('alarms.address')}
          placeholder={t('alarms.address')}
          onChange={(event) => setAddress(event.target.value.trim())}
          data-testid="canary-address"
        />
        <Input
          style={{ width: 240 }}
          value={note}
          maxLength={500}
          aria-label={t('alarms.canaryNote')}
          placeholder={t('alarms.canaryNote')}
          onChange={(event) => setNote(event.target.value)}
        />
        <Button disabled={!type} onClick={() => void mark()} data-testid="canary-mark">
          {t('alarms.mark')}
        </Button>
      </div>
      {items.length === 0 ? null : (
        <table className="table" style={{ marginTop: 12 }} data-testid="canaries">
          <tbody>
            {items.map((item) => {
              const of = types.find((one) => one.name === item.type)
              return (
                <tr key={item.recordId}>
                  <td>{of ? both(of.label) : item.type}</td>
                  <td className="mono">{item.recordId}</td>
                  <td>{item.note}</td>
                  <td>{instant(item.markedAt, language)}</td>
                  <td className="table-action">
                    <Button size="small" type="text" onClick={() => void unmark(item)}>
                      {t('alarms.unmark')}
                    </Button>
                  </td>
                </tr>
              )
            })}
          </tbody>
        </table>
      )}
    </Panel>
  )
}
