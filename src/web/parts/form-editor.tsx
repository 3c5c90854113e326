// Makes or changes a web form: its texts in both languages, what it asks for, where its leads go, who may embed it.
import { Button, Checkbox, Drawer, Form, Input, InputNumber, Select, Switch } from 'antd'
import { useState, type ReactElement } from 'react'
import { post } from '../api.ts'
import type { CaptureFormInfo, CaptureFormsAnswer, CaptureFormText } from '../contract.ts'
import { useText } from '../text.ts'
import { LinkSelect } from './link-select.tsx'
import { useNotify } from './notify.ts'

interface Props {
  /** null: a new one. */
  readonly form: CaptureFormInfo | null
  readonly answer: CaptureFormsAnswer
  readonly close: () => void
  readonly saved: () => void
}

const parts = ['title', 'intro', 'notice', 'submit', 'thanks'] as const

interface Values extends Pick<CaptureFormText, (typeof parts)[number] | 'source' | 'leastSeconds'> {
  readonly name: string
  readonly active: boolean
  readonly asked: readonly string[]
  readonly needed: readonly string[]
  readonly owner: string | null | undefined
  readonly origins: readonly string[]
}

const htmlLang = { zh: 'zh-CN', en: 'en' }
const pair = { display: 'grid', gridTemplateColumns: '1fr 1fr', gap: '0 12px' }

const usual = {
  title: { zh: '联系我们', en: 'Contact us' },
  intro: { zh: '请留下联系方式，我们会尽快与您联系。', en: 'Leave your details and we will get back to you.' },
  notice: { zh: '', en: '' },
  submit: { zh: '提交', en: 'Send' },
  thanks: { zh: '已收到，谢谢！我们会尽快与您联系。', en: 'Thank you, we have received it and will be in touch.' },
}

export const FormEditor = ({ form, answer, close, saved }: Props): ReactElement => {
  const { t, both } = useText()
  const notify = useNotify()
  const [busy, setBusy] = useState(false)
  const [fields] = Form.useForm<Values>()
  const asked = (Form.useWatch('asked', fields) as readonly string[] | undefined) ?? []
  const always = answer.fields.filter((field) => field.required).map((field) => field.name)
  const first: Values = form
    ? {
        ...form.definition,
        name: form.name,
        active: form.active,
        asked: form.definition.fields.map((field) => field.name),
        needed: form.definition.fields.filter((field) => field.required).map((field) => field.name),
      }
    : {
        ...usual,
        name: '',
        active: true,
        asked: ['name', 'company', 'mobile', 'email', 'notes'],
        needed: ['name'],
        owner: null,
        source: 'website',
        origins: [],
        leastSeconds: 2,
      }
  const save = async (values: Values): Promise<void> => {
    setBusy(true)
    const { name, active, asked: names, needed, owner, ...rest } = values
    const definition = {
      ...rest,
      owner: owner ?? null,
      // In the order of the catalogue, whatever the order of clicks.
      fields: answer.fields
        .filter((field) => names.includes(field.name))
        .map((field) => ({ name: field.name, required: field.required || needed.includes(field.name) })),
    }
    const done = await notify.attempt(() =>
      post<CaptureFormInfo>('/api/capture/forms', { name, active, version: form?.version ?? 0, definition }),
    )
    setBusy(false)
    if (!done) return
    notify.done(t('forms.saved'))
    saved()
    close()
  }
  const options = answer.fields.map((field) => ({
    value: field.name,
    label: both(field.label),
    disabled: field.required,
  }))
  return (
    <Drawer
      open
      size={680}
      title={form ? t('forms.edit') : t('forms.new')}
      onClose={close}
      extra={
        <Button type="primary" loading={busy} onClick={() => fields.submit()} data-testid="forms-save">
          {t('common.save')}
        </Button>
      }
    >
      <Form
        form={fields}
        layout="vertical"
        initialValues={first}
        onFinish={(values) => void save(values)}
        requiredMark={false}
      >
        <Form.Item
          name="name"
          label={t('forms.name')}
          extra={t('forms.nameHow')}
          rules={[{ required: true, pattern: /^[a-z0-9][a-z0-9-]{0,39}$/, message: t('forms.nameHow') }]}
        >
          <Input disabled={form !== null} data-testid="forms-name" />
        </Form.Item>
        <Form.Item name="active" label={t('forms.active')} valuePropName="checked">
          <Switch />
        </Form.Item>
        {parts.map((part) => (
          <div key={part} style={pair}>
            {(['zh', 'en'] as const).map((language) => (
              <Form.Item
                key={language}
                name={[part, language]}
                label={`${t(`forms.part.${part}`)} · ${language === 'zh' ? '中文' : 'English'}`}
                rules={
                  part === 'intro' || part === 'notice' ? [] : [{ required: true, message: t('forms.textNeeded') }]
                }
              >
                {part === 'title' || part === 'submit' ? (
                  <Input lang={htmlLang[language]} maxLength={200} data-testid={`forms-${part}-${language}`} />
                ) : (
                  // No autoSize: it measures by a style attribute, which our content policy refuses.
                  <Input.TextArea
                    lang={htmlLang[language]}
                    rows={2}
                    maxLength={2000}
                    data-testid={`forms-${part}-${language}`}
                  />
                )}
              </Form.Item>
            ))}
          </div>
        ))}
        <Form.Item name="asked" label={t('forms.asked')} extra={t('forms.askedHow')}>
          <Checkbox.Group options={options} />
        </Form.Item>
        <Form.Item name="needed" label={t('forms.needed')}>
          <Checkbox.Group
            options={options
              .filter(({ value }) => asked.includes(value))
              .map((option) => ({ ...option, disabled: always.includes(option.value) }))}
          />
        </Form.Item>
        <div style={pair}>
          <Form.Item name="owner" label={t('forms.owner')} extra={t('forms.ownerHow')}>
            <LinkSelect type="user" placeholder={t('forms.pool')} />
          </Form.Item>
          <Form.Item name="source" label={t('forms.source')}>
            <Select options={answer.sources.map(({ value, label }) => ({ value, label: both(label) }))} />
          </Form.Item>
        </div>
        <Form.Item name="origins" label={t('forms.origins')} extra={t('forms.originsHow')}>
          <Select
            mode="tags"
            open={false}
            suffix={null}
            placeholder="https://www.example.com"
            tokenSeparators={[' ', ',']}
          />
        </Form.Item>
        <Form.Item name="leastSeconds" label={t('forms.leastSeconds')} extra={t('forms.leastSecondsHow')}>
          <InputNumber min={0} max={60} precision={0} />
        </Form.Item>
      </Form>
    </Drawer>
  )
}
