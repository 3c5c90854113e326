// The copy of the repository at another place: a person says where it is and confirms that it is there.
import { CheckCircleFilled } from '@ant-design/icons'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Button, Form, Input, InputNumber } from 'antd'
import { useState, type ReactElement } from 'react'
import { get, post } from '../api.ts'
import type { OffSiteAnswer, OffSiteRequest } from '../contract.ts'
import { ago, instant } from '../format.ts'
import { useMay } from '../session.ts'
import { useText } from '../text.ts'
import { useNotify } from './notify.ts'
import { Panel } from './page-head.tsx'

export const OffSite = (): ReactElement => {
  const { t, language } = useText()
  const may = useMay()
  const [editing, setEditing] = useState(false)
  const answer = useQuery({
    queryKey: ['backups', 'offsite'],
    queryFn: () => get<OffSiteAnswer | null>('/api/backups/offsite'),
  })
  const declared = answer.data ?? null
  return (
    <Panel title={t('offSite.title')} data-testid="offsite">
      <div className="stack">
        <p className="quiet">{t('offSite.about')}</p>
        {editing ? (
          <Declare declared={declared} close={() => setEditing(false)} />
        ) : (
          <div className="row" style={{ justifyContent: 'space-between' }}>
            {declared ? (
              <span data-testid="offsite-declared">
                <CheckCircleFilled style={{ color: '#1b6b3a' }} aria-hidden="true" /> <b>{declared.place}</b>{' '}
                {t('offSite.every', { days: declared.everyDays })} ·{' '}
                {declared.immutableDays > 0
                  ? t('offSite.locked', { days: declared.immutableDays })
                  : t('offSite.notLocked')}{' '}
                ·{' '}
                <span className="quiet" title={instant(declared.confirmedAt, language)}>
                  {t('offSite.confirmed', {
                    by: declared.confirmedBy || t('common.system'),
                    ago: ago(declared.confirmedAt, language),
                  })}
                </span>
              </span>
            ) : (
              <span>{answer.isPending ? '…' : t('offSite.none')}</span>
            )}
            {may('backup.create') ? (
              <Button onClick={() => setEditing(true)} data-testid="offsite-edit">
                {t(declared ? 'offSite.again' : 'offSite.declare')}
              </Button>
            ) : null}
          </div>
        )}
      </div>
    </Panel>
  )
}

const Declare = ({ declared, close }: { declared: OffSiteAnswer | null; close: () => void }): ReactElement => {
  const { t } = useText()
  const client = useQueryClient()
  const notify = useNotify()
  const [busy, setBusy] = useState(false)
  const save = async (values: OffSiteRequest): Promise<void> => {
    setBusy(true)
    await notify.attempt(async () => {
      client.setQueryData(['backups', 'offsite'], await post<OffSiteAnswer>('/api/backups/offsite', values))
      close()
    })
    setBusy(false)
  }
  const required = [{ required: true, message: t('form.required') }]
  const first = declared ?? { place: '', everyDays: 7, immutableDays: 30 }
  return (
    <Form<OffSiteRequest>
      layout="vertical"
      requiredMark={false}
      initialValues={first}
      onFinish={({ place, everyDays, immutableDays }) => void save({ place, everyDays, immutableDays })}
    >
      <div className="row" style={{ alignItems: 'flex-start' }}>
        <Form.Item name="place" label={t('offSite.place')} rules={[{ ...required[0], whitespace: true }]}>
          <Input autoFocus maxLength={200} style={{ width: 360 }} data-testid="offsite-place" />
        </Form.Item>
        <Form.Item name="everyDays" label={t('offSite.everyDays')} rules={required}>
          <InputNumber min={1} max={365} precision={0} data-testid="offsite-every" />
        </Form.Item>
        <Form.Item name="immutableDays" label={t('offSite.immutableDays')} rules={required}>
          <InputNumber min={0} max={36_500} precision={0} data-testid="offsite-immutable" />
        </Form.Item>
      </div>
      <div className="row">
        <Button type="primary" htmlType="submit" loading={busy} data-testid="offsite-save">
          {t('offSite.confirm')}
        </Button>
        <Button onClick={close}>{t('common.cancel')}</Button>
      </div>
    </Form>
  )
}
