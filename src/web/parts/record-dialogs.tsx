// The questions asked before a record is shared, assigned, released or converted.
import { Alert, Form, Input, Modal, Select, Switch } from 'antd'
import { useState, type ReactElement, type ReactNode } from 'react'
import { useNavigate } from 'react-router'
import { post } from '../api.ts'
import type { RecordAnswer, TypeInfo, Value } from '../contract.ts'
import { useDirectory, useMe, useType } from '../session.ts'
import { useText } from '../text.ts'
import { FieldInput } from './field-input.tsx'
import { LinkSelect } from './link-select.tsx'
import { useNotify } from './notify.ts'

interface Props {
  readonly path: string
  readonly close: () => void
  readonly done: (record: RecordAnswer | null) => void
}

/** A dialog that asks, sends, and closes when the server agreed. */
const Ask = <Values extends object>({
  title,
  ok,
  testId,
  initial,
  close,
  run,
  children,
}: {
  title: string
  ok: string
  testId: string
  initial?: Partial<Values>
  close: () => void
  run: (values: Values) => Promise<void>
  children: ReactNode
}): ReactElement => {
  const notify = useNotify()
  const [form] = Form.useForm<Values>()
  const [busy, setBusy] = useState(false)
  const send = async (values: Values): Promise<void> => {
    setBusy(true)
    await notify.attempt(() => run(values))
    setBusy(false)
  }
  return (
    <Modal
      open
      title={title}
      onCancel={close}
      okText={ok}
      okButtonProps={{ loading: busy, 'data-testid': testId }}
      onOk={() => form.submit()}
    >
      <Form<Values>
        form={form}
        layout="vertical"
        requiredMark={false}
        {...(initial ? { initialValues: initial } : {})}
        onFinish={(values) => void send(values)}
      >
        {children}
      </Form>
    </Modal>
  )
}

export const ShareDialog = ({ path, record, close, done }: Props & { record: RecordAnswer }): ReactElement => {
  const { t } = useText()
  const { users } = useDirectory()
  return (
    <Ask<{ userIds: string[] }>
      title={t('record.shareTitle')}
      ok={t('record.share')}
      testId="record-share-run"
      initial={{ userIds: [...record.sharedWith] }}
      close={close}
      run={async ({ userIds }) => done(await post<RecordAnswer>(`${path}/share`, { userIds }))}
    >
      <p style={{ marginBottom: 10 }}>{t('record.shareAbout')}</p>
      <Form.Item name="userIds" label={t('record.shareWith')}>
        <Select<string[]>
          mode="multiple"
          autoFocus
          showSearch={{ optionFilterProp: 'label' }}
          options={users
            .filter((user) => (user.active && user.id !== record.ownerId) || record.sharedWith.includes(user.id))
            .map((user) => ({ value: user.id, label: user.name }))}
          data-testid="record-share-users"
        />
      </Form.Item>
    </Ask>
  )
}

export const AssignDialog = ({
  path,
  type,
  record,
  close,
  done,
}: Props & { type: TypeInfo; record: RecordAnswer }): ReactElement => {
  const { t } = useText()
  return (
    <Ask<{ ownerId: string | null }>
      title={t('record.assignTitle')}
      ok={t('record.assign')}
      testId="record-assign-run"
      initial={{ ownerId: record.ownerId }}
      close={close}
      run={async ({ ownerId }) => done(await post<RecordAnswer>(`${path}/assign`, { ownerId: ownerId ?? null }))}
    >
      <p style={{ marginBottom: 10 }}>{t('record.assignAbout')}</p>
      <Form.Item
        name="ownerId"
        label={t('record.owner')}
        extra={type.pool ? t('record.assignPool') : undefined}
        rules={type.pool ? [] : [{ required: true, message: t('form.required') }]}
      >
        <LinkSelect type="user" autoFocus data-testid="record-assign-owner" />
      </Form.Item>
    </Ask>
  )
}

export const ReleaseDialog = ({ path, close, done }: Props): ReactElement => {
  const { t } = useText()
  return (
    <Ask<{ reason: string }>
      title={t('record.releaseTitle')}
      ok={t('record.release')}
      testId="record-release-run"
      close={close}
      run={async ({ reason }) => done(await post<RecordAnswer>(`${path}/release`, { reason }))}
    >
      <p style={{ marginBottom: 10 }}>{t('record.releaseAbout')}</p>
      <Form.Item
        name="reason"
        label={t('record.reason')}
        rules={[{ required: true, whitespace: true, message: t('form.required') }]}
      >
        <Input autoFocus maxLength={300} data-testid="record-release-reason" />
      </Form.Item>
    </Ask>
  )
}

interface Converted {
  readonly account: RecordAnswer
  readonly contact: RecordAnswer
  readonly deal?: RecordAnswer
}
interface ConvertValues {
  readonly into?: string | null
  readonly withDeal: boolean
  readonly dealName?: string
  readonly amount?: Value
}

export const ConvertDialog = ({ path, record, close, done }: Props & { record: RecordAnswer }): ReactElement => {
  const { t } = useText()
  const go = useNavigate()
  const me = useMe()
  const amount = useType('deal')?.fields.find((field) => field.name === 'amount')
  const deals = me.abilities.deal?.create === true
  const [withDeal, setWithDeal] = useState(deals)
  const [into, setInto] = useState<string | null>(null)
  const company = typeof record.values.company === 'string' ? record.values.company : ''
  return (
    <Ask<ConvertValues>
      title={t('record.convertTitle')}
      ok={t('record.convert')}
      testId="record-convert-run"
      initial={{ withDeal: deals, dealName: company === '' ? String(record.values.name ?? '') : company }}
      close={close}
      run={async (values) => {
        const deal = withDeal
          ? { name: values.dealName, ...(typeof values.amount === 'number' ? { amount: values.amount } : {}) }
          : null
        const made = await post<Converted>(`${path}/convert`, {
          version: record.version,
          ...(into === null ? {} : { accountId: into }),
          ...(deal ? { deal } : {}),
        })
        done(null)
        await go(`/accounts/${made.account.id}`)
      }}
    >
      <p style={{ marginBottom: 10 }}>{t('record.convertAbout')}</p>
      {me.abilities.account?.groups.basic?.view ? (
        <Form.Item name="into" label={t('record.convertInto')}>
          <LinkSelect type="account" onChange={setInto} data-testid="record-convert-into" />
        </Form.Item>
      ) : null}
      {company === '' && into === null ? (
        <Alert type="info" showIcon title={t('record.convertNoCompany')} style={{ marginBottom: 12 }} />
      ) : null}
      {deals ? (
        <>
          <Form.Item name="withDeal" label={t('record.convertDeal')} valuePropName="checked">
            <Switch size="small" onChange={setWithDeal} />
          </Form.Item>
          {withDeal ? (
            <>
              <Form.Item
                name="dealName"
                label={t('record.convertDealName')}
                rules={[{ required: true, whitespace: true, message: t('form.required') }]}
              >
                <Input maxLength={500} data-testid="record-convert-deal" />
              </Form.Item>
              {amount ? (
                <Form.Item name="amount" label={t('record.convertAmount')}>
                  <FieldInput field={amount} />
                </Form.Item>
              ) : null}
            </>
          ) : null}
        </>
      ) : null}
    </Ask>
  )
}
