// How long rights may be lent, and how often all of them are confirmed anew.
import { Button, Form, InputNumber } from 'antd'
import type { ReactElement } from 'react'
import { put } from '../api.ts'
import type { LendingLimitsAnswer } from '../contract.ts'
import { useText } from '../text.ts'
import { useNotify } from './notify.ts'
import { Panel } from './page-head.tsx'

const names = ['grantDays', 'deputyDays', 'recertifyDays'] as const

export const LendingLimits = ({ limits, saved }: { limits: LendingLimitsAnswer; saved: () => void }): ReactElement => {
  const { t } = useText()
  const notify = useNotify()
  const save = async (wanted: LendingLimitsAnswer): Promise<void> => {
    await notify.attempt(async () => {
      await put('/api/grants/limits', wanted)
      notify.done(t('grants.limitsSaved'))
    })
    saved()
  }
  return (
    <Panel title={t('grants.limits')}>
      <Form<LendingLimitsAnswer>
        layout="vertical"
        requiredMark={false}
        initialValues={limits}
        onFinish={(wanted) => void save(wanted)}
      >
        <div className="row" style={{ alignItems: 'flex-end' }}>
          {names.map((name) => (
            <Form.Item
              key={name}
              name={name}
              label={t(`grants.limit.${name}`)}
              rules={[{ required: true, message: t('form.required') }]}
            >
              <InputNumber min={1} max={366} precision={0} suffix={t('grants.days')} style={{ width: 190 }} />
            </Form.Item>
          ))}
          <Form.Item>
            <Button htmlType="submit">{t('common.save')}</Button>
          </Form.Item>
        </div>
      </Form>
    </Panel>
  )
}
