// The fields of a record by group, read: masked groups can be revealed with a reason, for a minute.
import { EyeOutlined, LockOutlined } from '@ant-design/icons'
import { Button, Form, Input, Modal } from 'antd'
import { useEffect, useState, type ReactElement } from 'react'
import { post } from '../api.ts'
import type { FieldInfo, RecordAnswer, TypeInfo, Value } from '../contract.ts'
import { useAbilities, useMe } from '../session.ts'
import { textOr, useText } from '../text.ts'
import { Lock } from './lock.tsx'
import { useNotify } from './notify.ts'
import { isPartial } from './partial.ts'
import { byGroup } from './record-form.tsx'
import { FieldValue } from './value.tsx'

type Revealed = Readonly<Record<string, Readonly<Record<string, Value>>>>
const shownFor = 60_000

interface Props {
  readonly type: TypeInfo
  readonly record: RecordAnswer
  readonly edit?: (field: string) => void
}

export const RecordView = ({ type, record, edit }: Props): ReactElement => {
  const { t } = useText()
  const [asking, setAsking] = useState<string | null>(null)
  const [revealed, setRevealed] = useState<Revealed>({})
  const abilities = useAbilities(type.name)
  const partial = isPartial(record, abilities)
  // Nobody is sent to themself, or to an owner where there is none: in the pool who claims it is the owner.
  const whom =
    record.ownerId === useMe().id ? 'AskAdministrator' : record.ownerId === null && type.pool ? 'Claim' : 'Ask'
  useEffect(() => {
    if (Object.keys(revealed).length === 0) return undefined
    const timer = window.setTimeout(() => setRevealed({}), shownFor)
    return () => window.clearTimeout(timer)
  }, [revealed])
  return (
    <div className="card" data-testid="record-fields">
      {byGroup(type.fields).map(([group, fields]) => {
        const state = record.groups[group] ?? 'plain'
        const open = revealed[group]
        const seen = fields.filter((field) => state !== 'hidden' || record.values[field.name] !== undefined)
        if (seen.length === 0)
          return (
            <section key={group} className="field-group" data-state="hidden">
              <div className="field-group-head">
                <h2>{textOr(`group.${group}`, group)}</h2>
                <span className="quiet small">
                  <LockOutlined /> {t(`access.hidden${whom}`)}
                </span>
              </div>
            </section>
          )
        return (
          <section key={group} className="field-group" data-state={open ? 'revealed' : state}>
            <div className="field-group-head">
              <h2>{textOr(`group.${group}`, group)}</h2>
              {state === 'masked' && !open ? (
                partial || abilities.groups[group]?.unmask === false ? (
                  <span className="quiet small">
                    <LockOutlined /> {t(`access.masked${whom}`)}
                  </span>
                ) : (
                  <Button
                    size="small"
                    icon={<EyeOutlined />}
                    onClick={() => setAsking(group)}
                    data-testid={`record-unmask-${group}`}
                  >
                    {t('record.unmask')}
                  </Button>
                )
              ) : null}
              {open ? (
                <span className="row small">
                  <span className="quiet">{t('record.revealed')}</span>
                  <Button size="small" onClick={() => setRevealed({})}>
                    {t('record.hide')}
                  </Button>
                </span>
              ) : null}
            </div>
            <dl className="fields">
              {seen.map((field) => (
                <Field
                  key={field.name}
                  field={field}
                  type={type.name}
                  record={record.id}
                  value={open ? (open[field.name] ?? null) : record.values[field.name]}
                  state={open ? 'plain' : state}
                  edit={edit}
                />
              ))}
            </dl>
          </section>
        )
      })}
      {asking === null ? null : (
        <Unmask
          type={type}
          record={record}
          group={asking}
          close={() => setAsking(null)}
          reveal={(values) => setRevealed({ ...revealed, [asking]: values })}
        />
      )}
    </div>
  )
}

const Field = ({
  field,
  type,
  record,
  value,
  state,
  edit,
}: {
  field: FieldInfo
  type: string
  record: string
  value: Value | undefined
  state: 'plain' | 'masked' | 'hidden'
  edit: ((field: string) => void) | undefined
}): ReactElement => {
  const { both } = useText()
  const wide = field.kind === 'longtext' || field.kind === 'address'
  return (
    <div
      className="field"
      data-wide={wide}
      onDoubleClick={() => edit?.(field.name)}
      data-testid={`record-field-${field.name}`}
    >
      <dt>
        {both(field.label)}
        <Lock field={field} type={type} record={record} />
      </dt>
      <dd>
        <FieldValue field={field} value={value} state={state} full />
      </dd>
    </div>
  )
}

const Unmask = ({
  type,
  record,
  group,
  close,
  reveal,
}: {
  type: TypeInfo
  record: RecordAnswer
  group: string
  close: () => void
  reveal: (values: Readonly<Record<string, Value>>) => void
}): ReactElement => {
  const { t } = useText()
  const notify = useNotify()
  const [form] = Form.useForm<{ reason: string }>()
  const [busy, setBusy] = useState(false)
  const run = async ({ reason }: { reason: string }): Promise<void> => {
    setBusy(true)
    const answer = await notify.attempt(() =>
      post<{ values: Readonly<Record<string, Value>> }>(`/api/${type.plural}/${record.id}/unmask`, { group, reason }),
    )
    setBusy(false)
    if (answer) {
      reveal(answer.values)
      close()
    }
  }
  return (
    <Modal
      open
      title={t('record.unmaskTitle', { group: textOr(`group.${group}`, group) })}
      onCancel={close}
      okText={t('record.unmask')}
      okButtonProps={{ loading: busy, 'data-testid': 'record-unmask-run' }}
      onOk={() => form.submit()}
    >
      <Form form={form} layout="vertical" requiredMark={false} onFinish={(values) => void run(values)}>
        <p style={{ marginBottom: 10 }}>{t('record.unmaskAbout')}</p>
        <Form.Item
          name="reason"
          label={t('record.reason')}
          rules={[{ required: true, whitespace: true, message: t('form.required') }]}
        >
          <Input autoFocus maxLength={300} placeholder={t('record.reasonHint')} data-testid="record-unmask-reason" />
        </Form.Item>
      </Form>
    </Modal>
  )
}
