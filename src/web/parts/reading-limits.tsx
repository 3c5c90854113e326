// How much one person may read, reveal and export before somebody hears of it.
import { useQuery } from '@tanstack/react-query'
import { Button, Checkbox, Form, InputNumber } from 'antd'
import type { ReactElement } from 'react'
import { get, put } from '../api.ts'
import type { LimitsAnswer } from '../contract.ts'
import { useRoleChoices } from '../roles.ts'
import { useText } from '../text.ts'
import { useNotify } from './notify.ts'
import { Panel } from './page-head.tsx'

export const ReadingLimits = ({ manages }: { manages: boolean }): ReactElement | null => {
  const { t } = useText()
  const notify = useNotify()
  const answer = useQuery({ queryKey: ['limits'], queryFn: () => get<LimitsAnswer>('/api/limits') })
  const roles = useRoleChoices()
  if (!answer.data) return null
  const save = async (limits: LimitsAnswer): Promise<void> => {
    const own = Object.entries(limits.exporting.roles).filter(([, rows]) => typeof rows === 'number')
    await notify.attempt(async () => {
      await put('/api/limits', {
        reading: limits.reading,
        exporting: { perDay: limits.exporting.perDay, roles: Object.fromEntries(own) },
        revealing: limits.revealing,
      })
      notify.done(t('alarms.limitsSaved'))
    })
    await answer.refetch()
  }
  const number = (name: readonly string[], label: string, needed = true, least = 1): ReactElement => (
    <Form.Item
      key={name.join('.')}
      name={[...name]}
      label={label}
      rules={needed ? [{ required: true, message: t('form.required') }] : []}
    >
      <InputNumber min={least} precision={0} style={{ width: 160 }} placeholder={needed ? '' : t('alarms.asAll')} />
    </Form.Item>
  )
  return (
    <Panel title={t('alarms.limits')}>
      <Form<LimitsAnswer>
        layout="vertical"
        disabled={!manages}
        initialValues={answer.data}
        onFinish={(values) => void save(values)}
        requiredMark={false}
      >
        <div className="row" style={{ alignItems: 'flex-end' }}>
          {(['openedPerMinute', 'openedPerHour', 'listedPerHour', 'readPerDay'] as const).map((name) =>
            number(['reading', name], t(`alarms.limit.${name}`)),
          )}
          {number(['revealing', 'perDay'], t('alarms.revealPerDay'), true, 0)}
        </div>
        <Form.Item name={['reading', 'endSession']} valuePropName="checked">
          <Checkbox>{t('alarms.endSession')}</Checkbox>
        </Form.Item>
        <div className="row" style={{ alignItems: 'flex-end' }}>
          {number(['exporting', 'perDay'], t('alarms.exportPerDay'))}
          {roles.map((role) => number(['exporting', 'roles', role.value], role.label, false))}
        </div>
        {manages ? (
          <Button htmlType="submit" type="primary">
            {t('common.save')}
          </Button>
        ) : null}
      </Form>
    </Panel>
  )
}
