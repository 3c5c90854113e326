// Keys of old systems that imports read: whose data they held, and the record that each was destroyed. Nothing where there was none.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Button, Form, Input, Modal } from 'antd'
import { useState, type ReactElement } from 'react'
import { get, post } from '../api.ts'
import type { KeyDestruction, OldKey, OldKeyDestruction } from '../contract.ts'
import { day, instant, whole } from '../format.ts'
import { useMe } from '../session.ts'
import { useText } from '../text.ts'
import { useNotify } from './notify.ts'
import { Panel } from './page-head.tsx'

export const OldKeys = (): ReactElement | null => {
  const { t, language } = useText()
  const me = useMe()
  const [asked, setAsked] = useState<OldKey | null>(null)
  const answer = useQuery({
    queryKey: ['old-keys'],
    queryFn: () => get<{ readonly items: readonly OldKey[] }>('/api/old-keys'),
  })
  const items = answer.data?.items ?? []
  if (items.length === 0) return null
  return (
    <Panel title={t('oldKeys.title')} flush data-testid="old-keys">
      <p className="quiet" style={{ margin: '12px 15px' }}>
        {t('oldKeys.about')}
      </p>
      <div className="table-box">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{t('oldKeys.fingerprint')}</th>
              <th scope="col">{t('oldKeys.ciphers')}</th>
              <th scope="col">{t('oldKeys.imported')}</th>
              <th scope="col" className="number">
                {t('oldKeys.subjects')}
              </th>
              <th scope="col">{t('oldKeys.destruction')}</th>
            </tr>
          </thead>
          <tbody>
            {items.map((item) => (
              <tr key={item.fingerprint}>
                <td className="mono break">{item.fingerprint}</td>
                <td>{item.ciphers.map((one) => one.toUpperCase()).join(t('common.listComma'))}</td>
                <td>{instant(item.lastImport, language)}</td>
                <td className="number">{whole(item.subjects, language)}</td>
                <td className="wrap">
                  {item.destruction ? (
                    <Record record={item.destruction} />
                  ) : me.may.includes('keys.rotate') ? (
                    <Button size="small" onClick={() => setAsked(item)} data-testid="old-key-destroyed">
                      {t('oldKeys.record')}
                    </Button>
                  ) : (
                    t('oldKeys.missing')
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {asked ? <Ask item={asked} close={() => setAsked(null)} /> : null}
    </Panel>
  )
}

const Record = ({ record }: { record: KeyDestruction }): ReactElement => {
  const { t, language } = useText()
  const { destroyedOn, destroyedBy, how, witness } = record
  return <>{t('oldKeys.recorded', { day: day(destroyedOn, language), by: destroyedBy, how, witness })}</>
}

const Ask = ({ item, close }: { item: OldKey; close: () => void }): ReactElement => {
  const { t } = useText()
  const notify = useNotify()
  const queries = useQueryClient()
  const [form] = Form.useForm<OldKeyDestruction>()
  const [busy, setBusy] = useState(false)
  const save = async (values: OldKeyDestruction): Promise<void> => {
    setBusy(true)
    const done = await notify.attempt(() => post(`/api/old-keys/${item.fingerprint}/destroyed`, values))
    setBusy(false)
    if (done === undefined) return
    await queries.invalidateQueries({ queryKey: ['old-keys'] })
    close()
  }
  const needed = [{ required: true, whitespace: true, message: t('erasure.needed') }]
  return (
    <Modal
      open
      title={t('oldKeys.recordTitle')}
      okText={t('oldKeys.record')}
      cancelText={t('common.cancel')}
      confirmLoading={busy}
      onOk={() => form.submit()}
      onCancel={close}
    >
      <Form form={form} layout="vertical" requiredMark={false} onFinish={(values) => void save(values)}>
        <Form.Item name="destroyedOn" label={t('oldKeys.on')} rules={needed}>
          <Input type="date" />
        </Form.Item>
        <Form.Item name="destroyedBy" label={t('oldKeys.by')} rules={needed}>
          <Input maxLength={100} />
        </Form.Item>
        <Form.Item name="how" label={t('oldKeys.how')} rules={needed}>
          <Input.TextArea maxLength={500} rows={2} placeholder={t('oldKeys.howHint')} />
        </Form.Item>
        <Form.Item name="witness" label={t('oldKeys.witness')} rules={needed}>
          <Input maxLength={100} />
        </Form.Item>
      </Form>
    </Modal>
  )
}
