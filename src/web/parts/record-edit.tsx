// Editing in place: sends only what changed; when somebody else was faster, shows what differs and lets the person choose.
import { Alert, Button, Form } from 'antd'
import { useState, type ReactElement } from 'react'
import { get, isProblem, patch } from '../api.ts'
import type { RecordAnswer, TypeInfo } from '../contract.ts'
import { useAbilities } from '../session.ts'
import { useText } from '../text.ts'
import { useNotify } from './notify.ts'
import { changedValues, RecordForm, showRefusal, writable, type Values } from './record-form.tsx'
import { FieldValue } from './value.tsx'

interface Props {
  readonly type: TypeInfo
  readonly record: RecordAnswer
  readonly focus?: string
  readonly close: () => void
  readonly saved: (record: RecordAnswer) => void
}

export const RecordEdit = ({ type, record, focus, close, saved }: Props): ReactElement => {
  const { t } = useText()
  const notify = useNotify()
  const [form] = Form.useForm<Values>()
  const [base, setBase] = useState(record)
  const [theirs, setTheirs] = useState<RecordAnswer | null>(null)
  const [busy, setBusy] = useState(false)
  const fields = writable(type, useAbilities(type.name), record.groups)
  const initial = Object.fromEntries(fields.map((field) => [field.name, record.values[field.name] ?? null]))

  const save = async (values: Values, on: RecordAnswer): Promise<void> => {
    const changed = changedValues(base.values, values)
    if (Object.keys(changed).length === 0) return close()
    setBusy(true)
    try {
      const next = await patch<RecordAnswer>(`/api/${type.plural}/${record.id}`, {
        version: on.version,
        values: changed,
      })
      notify.done(t('record.saved'))
      saved(next)
    } catch (error) {
      if (isProblem(error, 'conflict'))
        await notify.attempt(async () => setTheirs(await get<RecordAnswer>(`/api/${type.plural}/${record.id}`)))
      else if (!showRefusal(form, fields, error)) notify.fail(error)
    } finally {
      setBusy(false)
    }
  }
  const takeTheirs = (): void => {
    if (!theirs) return
    form.setFieldsValue(Object.fromEntries(fields.map((field) => [field.name, theirs.values[field.name] ?? null])))
    setBase(theirs)
    setTheirs(null)
  }
  return (
    <div className="card" data-testid="record-edit">
      {theirs ? (
        <Conflict
          type={type}
          before={base}
          theirs={theirs}
          take={takeTheirs}
          insist={() => void save(form.getFieldsValue(), theirs)}
        />
      ) : null}
      <div className="card-body">
        <RecordForm
          type={type.name}
          record={record.id}
          form={form}
          fields={fields}
          initial={initial}
          {...(focus === undefined ? {} : { focus })}
          submit={(values) => void save(values, base)}
        />
      </div>
      <div className="save-bar">
        <span className="quiet small">{t('record.editHint')}</span>
        <Button onClick={close} data-testid="record-cancel">
          {t('common.cancel')}
        </Button>
        <Button
          type="primary"
          loading={busy}
          disabled={theirs !== null}
          onClick={() => form.submit()}
          data-testid="record-save"
        >
          {t('common.save')}
        </Button>
      </div>
    </div>
  )
}

const Conflict = ({
  type,
  before,
  theirs,
  take,
  insist,
}: {
  type: TypeInfo
  before: RecordAnswer
  theirs: RecordAnswer
  take: () => void
  insist: () => void
}): ReactElement => {
  const { t, both } = useText()
  const changed = type.fields.filter(
    (field) => JSON.stringify(before.values[field.name] ?? null) !== JSON.stringify(theirs.values[field.name] ?? null),
  )
  return (
    <Alert
      type="warning"
      showIcon
      banner
      data-testid="record-conflict"
      title={t('record.conflict')}
      description={
        <div className="stack">
          <ul>
            {changed.map((field) => (
              <li key={field.name}>
                {both(field.label)}: <FieldValue field={field} value={before.values[field.name] ?? null} /> →{' '}
                <FieldValue field={field} value={theirs.values[field.name] ?? null} />
              </li>
            ))}
          </ul>
          <div className="row">
            <Button size="small" onClick={take} data-testid="record-conflict-theirs">
              {t('record.conflictTheirs')}
            </Button>
            <Button size="small" onClick={insist} data-testid="record-conflict-mine">
              {t('record.conflictMine')}
            </Button>
          </div>
        </div>
      }
    />
  )
}
