// A new record, from any page: a drawer with the form of its type.
import { useQueryClient } from '@tanstack/react-query'
import { Button, Drawer, Form } from 'antd'
import { useState, type ReactElement } from 'react'
import { post } from '../api.ts'
import type { RecordAnswer, TypeInfo, Value } from '../contract.ts'
import { useAbilities } from '../session.ts'
import { useText } from '../text.ts'
import { useNotify } from './notify.ts'
import { changedValues, RecordForm, showRefusal, writable, type Values } from './record-form.tsx'

interface Props {
  readonly type: TypeInfo
  readonly close: () => void
  readonly created: (record: RecordAnswer) => void
  readonly initial?: Readonly<Record<string, Value>>
}

export const CreateDrawer = ({ type, close, created, initial }: Props): ReactElement => {
  const { t, both, noun } = useText()
  const notify = useNotify()
  const client = useQueryClient()
  const [form] = Form.useForm<Values>()
  const [busy, setBusy] = useState(false)
  const fields = writable(type, useAbilities(type.name))
  const [defaults] = useState<Values>(() => ({ ...starting(type), ...initial }))
  const create = async (values: Values): Promise<void> => {
    setBusy(true)
    try {
      const record = await post<RecordAnswer>(`/api/${type.plural}`, {
        values: changedValues({}, { ...defaults, ...values }),
      })
      void client.invalidateQueries({ queryKey: ['list', type.name] })
      notify.done(t('record.created', { what: both(type.label) }))
      created(record)
    } catch (error) {
      if (!showRefusal(form, fields, error)) notify.fail(error)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Drawer
      open
      size={620}
      title={t('record.new', { what: noun(type.label) })}
      onClose={close}
      destroyOnHidden
      footer={
        <div className="row" style={{ justifyContent: 'flex-end' }}>
          <Button onClick={close}>{t('common.cancel')}</Button>
          <Button type="primary" loading={busy} onClick={() => form.submit()} data-testid="record-create">
            {t('record.create')}
          </Button>
        </div>
      }
    >
      <RecordForm
        form={form}
        type={type.name}
        fields={fields}
        initial={defaults}
        submit={(values) => void create(values)}
      />
    </Drawer>
  )
}

/** What a new record begins with: now for a follow-up, the first stage for a deal. */
const starting = (type: TypeInfo): Values => {
  const values: Values = {}
  for (const field of type.fields) {
    if (field.required && field.kind === 'datetime') values[field.name] = new Date().toISOString()
    if (field.name === 'stage' || field.name === 'status' || (field.required && field.kind === 'choice'))
      values[field.name] = field.options?.[0]?.value ?? null
  }
  return values
}
