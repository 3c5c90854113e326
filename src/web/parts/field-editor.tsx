// The form of a new field: what it is, whose data it is, and what follows from that for how it is kept.
import { MinusCircleOutlined, PlusOutlined } from '@ant-design/icons'
import { Alert, Button, Checkbox, Form, Input, Modal, Select } from 'antd'
import { useState, type ReactElement } from 'react'
import { post } from '../api.ts'
import type { CustomFieldsAnswer } from '../contract.ts'
import { useCatalogue } from '../session.ts'
import { useText } from '../text.ts'
import { useNotify } from './notify.ts'
import '../style/journal.css'

interface Wish {
  readonly type: string
  readonly zh?: string
  readonly en?: string
  readonly name: string
  readonly kind: string
  readonly dataClass: string
  readonly group: string
  readonly purpose: string
  readonly inList?: boolean
  readonly searched?: boolean
  readonly options?: readonly { readonly value: string; readonly zh?: string; readonly en?: string }[]
}

const classes = ['public', 'internal', 'personal', 'sensitive'] as const
const groups = ['custom', 'basic', 'contact', 'identity', 'financial', 'notes'] as const
const aboutPeople = (dataClass: string | undefined): boolean => dataClass === 'personal' || dataClass === 'sensitive'

export const FieldEditor = ({
  answer: { kinds, types: taking },
  close,
  saved,
}: {
  answer: CustomFieldsAnswer
  close: () => void
  saved: () => void
}): ReactElement => {
  const { t, both } = useText()
  const types = useCatalogue()
  const notify = useNotify()
  const [form] = Form.useForm<Wish>()
  const [busy, setBusy] = useState(false)
  const kind = Form.useWatch('kind', form)
  const dataClass = Form.useWatch('dataClass', form)
  const sealed = aboutPeople(dataClass)
  const offered = kinds.filter((one) => !sealed || one.sealable)
  const searchable = sealed && kinds.some((one) => one.kind === kind && one.searchable)
  const save = async (wish: Wish): Promise<void> => {
    setBusy(true)
    await notify.attempt(async () => {
      await post('/api/custom-fields', {
        type: wish.type,
        name: wish.name,
        kind: wish.kind,
        dataClass: wish.dataClass,
        group: wish.group,
        inList: wish.inList === true,
        searched: searchable && wish.searched === true,
        label: { zh: wish.zh ?? '', en: wish.en ?? '' },
        purpose: { zh: wish.purpose, en: wish.purpose },
        ...(wish.kind === 'choice'
          ? {
              options: (wish.options ?? []).map(({ value, zh, en }) => ({
                value,
                label: { zh: zh ?? en ?? value, en: en ?? zh ?? value },
              })),
            }
          : {}),
      })
      saved()
      close()
    })
    setBusy(false)
  }
  const required = [{ required: true, message: t('form.required') }]
  return (
    <Modal
      open
      title={t('fields.new')}
      width={640}
      onCancel={close}
      okText={t('fields.add')}
      cancelText={t('common.cancel')}
      confirmLoading={busy}
      okButtonProps={{ 'data-testid': 'fields-save' }}
      onOk={() => form.submit()}
    >
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{ type: 'account', kind: 'text', dataClass: 'internal', group: 'custom', inList: true }}
        onFinish={(values) => void save(values)}
      >
        <div className="two">
          <Form.Item name="type" label={t('fields.type')}>
            <Select
              options={types
                .filter((type) => taking.includes(type.name))
                .map((type) => ({ value: type.name, label: both(type.label) }))}
            />
          </Form.Item>
          <Form.Item name="name" label={t('fields.name')} extra={t('fields.nameAbout')} rules={required}>
            <Input prefix="x_" maxLength={40} spellCheck={false} data-testid="fields-name" />
          </Form.Item>
        </div>
        <div className="two">
          <Form.Item name="zh" label={t('fields.zh')} dependencies={['en']} rules={[oneOf(t('fields.oneLabel'))]}>
            <Input maxLength={100} data-testid="fields-zh" />
          </Form.Item>
          <Form.Item name="en" label={t('fields.en')}>
            <Input maxLength={100} data-testid="fields-en" />
          </Form.Item>
        </div>
        <div className="two">
          <Form.Item name="dataClass" label={t('fields.dataClass')}>
            <Select
              options={classes.map((value) => ({ value, label: t(`dataClass.${value}`) }))}
              onChange={(next: string) => {
                if (aboutPeople(next) && !kinds.some((one) => one.kind === kind && one.sealable))
                  form.setFieldValue('kind', 'text')
              }}
              data-testid="fields-class"
            />
          </Form.Item>
          <Form.Item name="kind" label={t('fields.kind')}>
            <Select
              options={offered.map((one) => ({ value: one.kind, label: t(`fields.kinds.${one.kind}`) }))}
              data-testid="fields-kind"
            />
          </Form.Item>
        </div>
        <Alert
          type={sealed ? 'success' : 'info'}
          showIcon
          title={t(sealed ? 'fields.willSeal' : 'fields.willBePlain')}
          style={{ marginBottom: 16 }}
        />
        <div className="two">
          <Form.Item name="group" label={t('fields.group')} extra={t('fields.groupAbout')}>
            <Select options={groups.map((value) => ({ value, label: t(`group.${value}`) }))} />
          </Form.Item>
          <Form.Item name="purpose" label={t('fields.purpose')} extra={t('fields.purposeAbout')} rules={required}>
            <Input maxLength={100} data-testid="fields-purpose" />
          </Form.Item>
        </div>
        {kind === 'choice' ? <Options /> : null}
        <Form.Item name="inList" valuePropName="checked" noStyle>
          <Checkbox>{t('fields.inList')}</Checkbox>
        </Form.Item>{' '}
        {searchable ? (
          <Form.Item name="searched" valuePropName="checked" noStyle>
            <Checkbox>{t('fields.searched')}</Checkbox>
          </Form.Item>
        ) : null}
      </Form>
    </Modal>
  )
}

const oneOf =
  (message: string) =>
  ({ getFieldValue }: { getFieldValue: (name: string) => unknown }) => ({
    validator: (_: unknown, value: unknown): Promise<void> =>
      filled(value) || filled(getFieldValue('en')) ? Promise.resolve() : Promise.reject(new Error(message)),
  })

const filled = (value: unknown): boolean => typeof value === 'string' && value.trim() !== ''

const Options = (): ReactElement => {
  const { t } = useText()
  return (
    <Form.Item label={t('fields.options')}>
      <Form.List name="options" initialValue={[{}]}>
        {(rows, { add, remove }) => (
          <div className="stack" style={{ gap: 8 }}>
            {rows.map(({ key, name }) => (
              <div className="row" key={key} style={{ flexWrap: 'nowrap' }}>
                <Form.Item name={[name, 'value']} noStyle rules={[{ required: true, message: t('form.required') }]}>
                  <Input maxLength={64} placeholder={t('fields.optionValue')} aria-label={t('fields.optionValue')} />
                </Form.Item>
                <Form.Item name={[name, 'zh']} noStyle>
                  <Input maxLength={100} placeholder={t('fields.zh')} aria-label={t('fields.zh')} />
                </Form.Item>
                <Form.Item name={[name, 'en']} noStyle>
                  <Input maxLength={100} placeholder={t('fields.en')} aria-label={t('fields.en')} />
                </Form.Item>
                <Button
                  type="text"
                  icon={<MinusCircleOutlined />}
                  aria-label={t('fields.optionRemove')}
                  disabled={rows.length === 1}
                  onClick={() => remove(name)}
                />
              </div>
            ))}
            <div>
              <Button size="small" icon={<PlusOutlined />} onClick={() => add({})}>
                {t('fields.optionAdd')}
              </Button>
            </div>
          </div>
        )}
      </Form.List>
    </Form.Item>
  )
}
