// How one field is found, or where the whole index is kept, changed: what each choice tells a thief is said before it is taken.
import { useQueryClient } from '@tanstack/react-query'
import { Alert, Checkbox, Modal, Radio, Select } from 'antd'
import { useState, type ReactElement } from 'react'
import { patch } from '../api.ts'
import type { JobAnswer, KeysAnswer, SearchAnswer } from '../contract.ts'
import { textOr, useText } from '../text.ts'
import { useNotify } from './notify.ts'
import { useStepUp } from './step-up.tsx'

export const SearchDialog = ({
  search,
  field,
  close,
}: {
  search: SearchAnswer
  /** Null: where the index is kept. */
  field: KeysAnswer['fields'][number] | null
  close: () => void
}): ReactElement => {
  const { t, both } = useText()
  const notify = useNotify()
  const client = useQueryClient()
  const place = field && search.fields.find((one) => one.type === field.type && one.field === field.field)
  const [modes, setModes] = useState<readonly string[]>(place?.modes ?? [])
  const [partitions, setPartitions] = useState(place?.partitions ?? 4)
  const [storage, setStorage] = useState(search.storage)
  const stepUp = useStepUp()
  const [busy, setBusy] = useState(false)
  const run = async (): Promise<void> => {
    setBusy(true)
    const fields = place ? [{ type: place.type, field: place.field, modes, partitions }] : []
    const job = await notify.attempt(() => patch<JobAnswer>('/api/keys/search', { storage, fields, ...stepUp.proof }))
    setBusy(false)
    if (!job) return
    await client.invalidateQueries({ queryKey: ['jobs'] })
    close()
  }
  return (
    <Modal
      open
      width={560}
      title={field ? t('dataMap.changeTitle', { field: both(field.label) }) : t('dataMap.storageTitle')}
      onCancel={close}
      okText={t('dataMap.apply')}
      okButtonProps={{ disabled: !stepUp.ready, loading: busy, 'data-testid': 'map-change-run' }}
      onOk={() => void run()}
    >
      <div className="stack">
        {place ? (
          <>
            <div className="mode-choices">
              {place.possible.map((mode) => (
                <Checkbox
                  key={mode}
                  checked={modes.includes(mode)}
                  onChange={(event) =>
                    setModes(event.target.checked ? [...modes, mode] : modes.filter((one) => one !== mode))
                  }
                  data-testid={`map-mode-${mode}`}
                >
                  <b>{textOr(`dataMap.mode.${mode}`, mode)}</b>
                  <span className="quiet small">{textOr(`dataMap.tells.${mode}`, '')}</span>
                </Checkbox>
              ))}
            </div>
            <div className="row">
              <span id="map-partitions">{t('dataMap.partitions')}</span>
              <Select<number>
                value={partitions}
                onChange={setPartitions}
                aria-labelledby="map-partitions"
                options={[1, 2, 4, 8, 16].map((value) => ({ value, label: String(value) }))}
                style={{ width: 76 }}
              />
              <span className="quiet small">{t('dataMap.partitionsAbout')}</span>
            </div>
          </>
        ) : (
          <Radio.Group
            value={storage}
            onChange={(event) => setStorage(event.target.value === 'memory' ? 'memory' : 'database')}
            options={[
              { value: 'database', label: t('dataMap.storageDatabase') },
              { value: 'memory', label: t('dataMap.storageMemory') },
            ]}
          />
        )}
        <Alert type="info" showIcon title={t('dataMap.rebuilds')} />
        {stepUp.field(() => void run())}
      </div>
    </Modal>
  )
}
