// A role of the house's own made from another one: from which, its names in both languages, what it is for, and the id that stays.
import { Form, Input, Modal, Select } from 'antd'
import { useState, type ReactElement } from 'react'
import type { MatrixAnswer, RoleMade } from '../contract.ts'
import { useText } from '../text.ts'

interface Wish {
  readonly from: string
  readonly zh: string
  readonly en: string
  readonly aboutZh?: string
  readonly aboutEn?: string
  readonly name: string
}

interface Props {
  readonly matrix: MatrixAnswer
  /** Whether the draft takes it. */
  readonly make: (role: RoleMade) => Promise<boolean>
  readonly close: () => void
}

export const RoleDialog = ({ matrix, make, close }: Props): ReactElement => {
  const { t, both } = useText()
  const [form] = Form.useForm<Wish>()
  const [busy, setBusy] = useState(false)
  const [named, setNamed] = useState(false)
  const run = async (wish: Wish): Promise<void> => {
    setBusy(true)
    const done = await make({ name: wish.name.trim(), from: wish.from, ...wordsOf(wish) })
    setBusy(false)
    if (done) close()
  }
  const needed = { required: true, whitespace: true, message: t('form.required') }
  return (
    <Modal
      open
      width={560}
      title={t('matrix.role.new')}
      onCancel={close}
      okText={t('matrix.role.add')}
      okButtonProps={{ loading: busy, 'data-testid': 'role-add' }}
      cancelText={t('common.cancel')}
      onOk={() => form.submit()}
    >
      <p className="quiet" style={{ marginBottom: 10 }}>
        {t('matrix.role.newAbout')}
      </p>
      <Form<Wish>
        form={form}
        layout="vertical"
        requiredMark={false}
        onFinish={(wish) => void run(wish)}
        onValuesChange={(changed: Partial<Wish>, { en }) => {
          if ('name' in changed) setNamed(true)
          else if ('en' in changed && !named) form.setFieldValue('name', idOf(en))
        }}
      >
        <Form.Item name="from" label={t('matrix.role.from')} extra={t('matrix.role.fromAbout')} rules={[needed]}>
          <Select<string>
            showSearch={{ optionFilterProp: 'label' }}
            options={matrix.roles
              .filter(({ name }) => matrix.copied.includes(name))
              .map(({ name, label }) => ({ value: name, label: both(label) }))}
            data-testid="role-from"
          />
        </Form.Item>
        <RoleWords />
        <Form.Item
          name="name"
          label={t('matrix.role.id')}
          extra={t('matrix.role.idAbout')}
          rules={[needed, { pattern: /^[a-z0-9][a-z0-9-]{0,39}$/, message: t('matrix.role.idForm') }]}
        >
          <Input maxLength={40} className="mono" autoComplete="off" data-testid="role-id" />
        </Form.Item>
      </Form>
    </Modal>
  )
}

/** Names and description in both languages: whoever reads either finds the role. */
export const RoleWords = (): ReactElement => {
  const { t } = useText()
  const needed = { required: true, whitespace: true, message: t('form.required') }
  const texts = [
    ['zh', 'aboutZh'],
    ['en', 'aboutEn'],
  ] as const
  return (
    <>
      <div className="role-words">
        {texts.map(([name]) => (
          <Form.Item key={name} name={name} label={t(`matrix.role.${name}`)} rules={[needed]}>
            <Input maxLength={40} autoComplete="off" data-testid={`role-${name}`} />
          </Form.Item>
        ))}
      </div>
      <div className="role-words">
        {texts.map(([name, about]) => (
          <Form.Item
            key={about}
            name={about}
            label={t(`matrix.role.${about}`)}
            dependencies={texts.map(([, other]) => other)}
            rules={[
              ({ getFieldValue }) => ({
                validator: async (_, value: string | undefined) => {
                  const other = String(getFieldValue(name === 'zh' ? 'aboutEn' : 'aboutZh') ?? '').trim()
                  if (other !== '' && (value ?? '').trim() === '') throw new Error(t('matrix.role.both'))
                  await Promise.resolve()
                },
              }),
            ]}
          >
            <Input maxLength={300} autoComplete="off" data-testid={`role-${about}`} />
          </Form.Item>
        ))}
      </div>
    </>
  )
}

/** As the interface takes them. */
export const wordsOf = ({ zh, en, aboutZh = '', aboutEn = '' }: Pick<Wish, 'zh' | 'en' | 'aboutZh' | 'aboutEn'>): Pick<RoleMade, 'label' | 'about'> => ({
  label: { zh: zh.trim(), en: en.trim() },
  ...(aboutZh.trim() === '' ? {} : { about: { zh: aboutZh.trim(), en: aboutEn.trim() } }),
}) // prettier-ignore

const idOf = (text: string): string =>
  text
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 40)
