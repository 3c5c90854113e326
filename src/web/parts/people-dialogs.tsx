// Dialogs of people and teams: invite, the one-time password shown once, role and team of a user, a team's name and place.
import { CopyOutlined } from '@ant-design/icons'
import { Alert, Button, Checkbox, Form, Input, Modal, Select } from 'antd'
import { useState, type ReactElement } from 'react'
import { patch, post } from '../api.ts'
import type { Language, RecordAnswer, TypeInfo, Value } from '../contract.ts'
import { useRoleChoices } from '../roles.ts'
import { useHealth } from '../session.ts'
import { useText } from '../text.ts'
import { LinkSelect } from './link-select.tsx'
import { useNotify } from './notify.ts'
import { changedValues } from './record-form.tsx'

interface Invitation {
  readonly name: string
  readonly email: string
  readonly role: string
  readonly teamId: string | null
  readonly language: Language
  readonly byMail?: boolean
}

const languages = [
  { value: 'zh' as const, label: '中文' },
  { value: 'en' as const, label: 'English' },
]

export const Invite = ({
  close,
  invited,
}: {
  close: () => void
  invited: (made: { name: string; password: string | null }) => void
}): ReactElement => {
  const { t, language } = useText()
  const notify = useNotify()
  const roles = useRoleChoices()
  const mail = useHealth().data?.mail ?? false
  const [form] = Form.useForm<Invitation>()
  const [busy, setBusy] = useState(false)
  const run = async (values: Invitation): Promise<void> => {
    setBusy(true)
    const answer = await notify.attempt(() =>
      post<{ password: string | null }>('/api/users/invite', {
        ...values,
        name: values.name.trim(),
        email: values.email.trim(),
        teamId: values.teamId ?? null,
      }),
    )
    setBusy(false)
    if (answer) invited({ name: values.name, password: answer.password })
  }
  const needed = { required: true, whitespace: true, message: t('form.required') }
  return (
    <Modal
      open
      title={t('people.invite')}
      onCancel={close}
      okText={t('people.inviteRun')}
      okButtonProps={{ loading: busy, 'data-testid': 'people-invite-run' }}
      onOk={() => form.submit()}
    >
      <Form<Invitation>
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{ role: 'sales', language }}
        onFinish={(values) => void run(values)}
      >
        <Form.Item name="name" label={t('setup.name')} rules={[needed]}>
          <Input autoFocus maxLength={200} data-testid="people-invite-name" />
        </Form.Item>
        <Form.Item name="email" label={t('signIn.email')} rules={[needed, { type: 'email', message: t('form.email') }]}>
          <Input type="email" maxLength={320} autoComplete="off" data-testid="people-invite-email" />
        </Form.Item>
        <Form.Item name="role" label={t('people.role')} rules={[{ required: true }]}>
          <Select showSearch={{ optionFilterProp: 'label' }} options={roles} data-testid="people-invite-role" />
        </Form.Item>
        <Form.Item name="teamId" label={t('people.team')}>
          <LinkSelect type="team" data-testid="people-invite-team" />
        </Form.Item>
        <Form.Item name="language" label={t('common.language')}>
          <Select options={languages} />
        </Form.Item>
        {mail ? (
          <Form.Item name="byMail" valuePropName="checked" initialValue={true}>
            <Checkbox data-testid="people-invite-mail">{t('people.byMail')}</Checkbox>
          </Form.Item>
        ) : null}
      </Form>
    </Modal>
  )
}

export const OneTimePassword = ({
  name,
  password,
  close,
}: {
  name: string
  password: string
  close: () => void
}): ReactElement => {
  const { t } = useText()
  const notify = useNotify()
  const copy = (): void =>
    void notify.attempt(async () => {
      await navigator.clipboard.writeText(password)
      notify.done(t('common.copied'))
    })
  return (
    <Modal
      open
      title={t('people.oneTime')}
      onCancel={close}
      mask={{ closable: false }}
      footer={
        <Button type="primary" onClick={close} data-testid="people-password-done">
          {t('people.oneTimeDone')}
        </Button>
      }
    >
      <div className="stack">
        <p>{t('people.oneTimeAbout', { name })}</p>
        <div className="row" style={{ flexWrap: 'nowrap' }}>
          <div className="otp" style={{ flex: 1 }} data-testid="people-password">
            {password}
          </div>
          <Button icon={<CopyOutlined />} onClick={copy} aria-label={t('common.copy')} />
        </div>
        <Alert type="warning" showIcon title={t('people.oneTimeWarning')} />
      </div>
    </Modal>
  )
}

export const UserDialog = ({
  user,
  close,
  done,
}: {
  user: RecordAnswer
  close: () => void
  done: () => void
}): ReactElement => {
  const { t } = useText()
  const notify = useNotify()
  const roles = useRoleChoices()
  const [form] = Form.useForm<Record<string, Value>>()
  const [busy, setBusy] = useState(false)
  const names = ['name', 'email', 'role', 'unit', 'language']
  const run = async (values: Record<string, Value>): Promise<void> => {
    const changed = changedValues(user.values, values)
    if (Object.keys(changed).length === 0) return close()
    setBusy(true)
    const answer = await notify.attempt(() =>
      patch(`/api/users/${user.id}`, { version: user.version, values: changed }).then(() => true),
    )
    setBusy(false)
    if (answer) done()
  }
  return (
    <Modal
      open
      title={t('people.edit')}
      onCancel={close}
      okText={t('common.save')}
      okButtonProps={{ loading: busy }}
      onOk={() => form.submit()}
    >
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={Object.fromEntries(names.map((name) => [name, user.values[name] ?? null]))}
        onFinish={(values) => void run(values)}
      >
        <Form.Item name="name" label={t('setup.name')} rules={[{ required: true, message: t('form.required') }]}>
          <Input maxLength={200} />
        </Form.Item>
        <Form.Item
          name="email"
          label={t('signIn.email')}
          rules={[
            { required: true, message: t('form.required') },
            { type: 'email', message: t('form.email') },
          ]}
        >
          <Input maxLength={320} />
        </Form.Item>
        <Form.Item name="role" label={t('people.role')}>
          <Select showSearch={{ optionFilterProp: 'label' }} options={roles} />
        </Form.Item>
        <Form.Item name="unit" label={t('people.team')}>
          <LinkSelect type="team" />
        </Form.Item>
        <Form.Item name="language" label={t('common.language')}>
          <Select options={languages} />
        </Form.Item>
      </Form>
    </Modal>
  )
}

export const TeamDialog = ({
  team,
  type,
  close,
  done,
}: {
  team: RecordAnswer | null
  type: TypeInfo
  close: () => void
  done: () => void
}): ReactElement => {
  const { t, both } = useText()
  const notify = useNotify()
  const [form] = Form.useForm<Record<string, Value>>()
  const [busy, setBusy] = useState(false)
  const run = async (values: Record<string, Value>): Promise<void> => {
    setBusy(true)
    const answer = await notify.attempt(async () => {
      const changed = changedValues(team?.values ?? {}, values)
      if (!team) await post('/api/teams', { values: changed })
      else if (Object.keys(changed).length > 0)
        await patch(`/api/teams/${team.id}`, { version: team.version, values: changed })
      return true
    })
    setBusy(false)
    if (answer) done()
  }
  const label = (name: string): string => {
    const field = type.fields.find((each) => each.name === name)
    return field ? both(field.label) : name
  }
  return (
    <Modal
      open
      title={t(team ? 'people.editTeam' : 'people.newTeam')}
      onCancel={close}
      okText={t('common.save')}
      okButtonProps={{ loading: busy, 'data-testid': 'people-team-run' }}
      onOk={() => form.submit()}
    >
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{ name: team?.values.name ?? '', parent: team?.values.parent ?? null }}
        onFinish={(values) => void run(values)}
      >
        <Form.Item
          name="name"
          label={label('name')}
          rules={[{ required: true, whitespace: true, message: t('form.required') }]}
        >
          <Input autoFocus maxLength={100} data-testid="people-team-name" />
        </Form.Item>
        <Form.Item name="parent" label={label('parent')}>
          <LinkSelect type="team" />
        </Form.Item>
      </Form>
    </Modal>
  )
}
