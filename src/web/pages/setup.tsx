// The first visit, by the one-time link: language, organisation and administrator, then the recovery sheet, shown once.
import { DownloadOutlined, PrinterOutlined } from '@ant-design/icons'
import { useQueryClient } from '@tanstack/react-query'
import { Alert, Button, Checkbox, Form, Input, Radio } from 'antd'
import { lazy, Suspense, useState, type ReactElement } from 'react'
import { useNavigate, useSearchParams } from 'react-router'
import { carryCsrf, keep, post } from '../api.ts'
import type { Language, SetupDone, SetupRequest } from '../contract.ts'
import { day } from '../format.ts'
import { Outside } from '../parts/outside.tsx'
import { NewPasswordItem } from '../parts/password.tsx'
import { Waiting } from '../parts/waiting.tsx'
import { enter } from '../session.ts'
import { switchLanguage, useText } from '../text.ts'

const Restore = lazy(() => import('./restore.tsx'))

type Values = Pick<SetupRequest, 'organisation' | 'name' | 'email' | 'password' | 'profile'>

const profiles = ['international', 'gm', 'post-quantum'] as const

export default function Setup(): ReactElement {
  const [search] = useSearchParams()
  const [chosen, setChosen] = useState(false)
  const [done, setDone] = useState<SetupDone | null>(null)
  const [restoring, setRestoring] = useState(false)
  const token = search.get('token') ?? ''
  if (done) return <Recovery done={done} />
  if (!chosen) return <ChooseLanguage next={() => setChosen(true)} />
  if (restoring)
    return (
      <Suspense fallback={<Waiting />}>
        <Restore token={token} back={() => setRestoring(false)} />
      </Suspense>
    )
  return <Administrator token={token} back={() => setChosen(false)} restore={() => setRestoring(true)} done={setDone} />
}

const Trail = ({ step }: { step: number }): ReactElement => {
  const { t } = useText()
  const names = [t('setup.stepLanguage'), t('setup.stepAdministrator'), t('setup.stepSheet')]
  return (
    <ol className="trail no-print">
      {names.map((name, index) => (
        <li
          key={name}
          data-state={index < step ? 'done' : index === step ? 'now' : 'later'}
          aria-current={index === step ? 'step' : undefined}
        >
          {name}
        </li>
      ))}
    </ol>
  )
}

const ChooseLanguage = ({ next }: { next: () => void }): ReactElement => {
  const { t, language } = useText()
  const choose = (wanted: Language): void => {
    switchLanguage(wanted)
    next()
  }
  return (
    <Outside title={t('setup.welcome')} about={t('setup.welcomeAbout')} wide>
      <Trail step={0} />
      <div className="choices">
        <button
          type="button"
          className="choice"
          lang="zh-CN"
          aria-pressed={language === 'zh'}
          onClick={() => choose('zh')}
          data-testid="setup-language-zh"
        >
          中文
          <small>界面与报告使用简体中文</small>
        </button>
        <button
          type="button"
          className="choice"
          lang="en"
          aria-pressed={language === 'en'}
          onClick={() => choose('en')}
          data-testid="setup-language-en"
        >
          English
          <small>Screens and reports in English</small>
        </button>
      </div>
    </Outside>
  )
}

const Administrator = (props: {
  token: string
  back: () => void
  restore: () => void
  done: (done: SetupDone) => void
}): ReactElement => {
  const { t, language } = useText()
  const [form] = Form.useForm<Values>()
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string | null>(null)
  const email = Form.useWatch('email', form)
  const name = Form.useWatch('name', form)
  const create = async (values: Values): Promise<void> => {
    setBusy(true)
    setProblem(null)
    try {
      const done = await post<SetupDone>('/api/setup', { ...values, token: props.token, language })
      carryCsrf(done.me.csrf)
      props.done(done)
    } catch (error) {
      setProblem(error instanceof TypeError ? t('common.unreachable') : (error as Error).message)
    } finally {
      setBusy(false)
    }
  }
  const required = [{ required: true, whitespace: true, message: t('form.required') }]
  return (
    <Outside title={t('setup.title')} about={t('setup.about')} wide>
      <Trail step={1} />
      {props.token === '' ? (
        <Alert type="warning" showIcon title={t('setup.noToken')} style={{ marginBottom: 14 }} />
      ) : null}
      {problem === null ? null : (
        <Alert type="error" showIcon title={problem} style={{ marginBottom: 14 }} data-testid="setup-problem" />
      )}
      <Form<Values> form={form} layout="vertical" requiredMark={false} onFinish={(values) => void create(values)}>
        <Form.Item name="organisation" label={t('setup.organisation')} rules={required}>
          <Input size="large" autoFocus autoComplete="organization" maxLength={200} data-testid="setup-organisation" />
        </Form.Item>
        <Form.Item name="name" label={t('setup.name')} rules={required}>
          <Input size="large" autoComplete="name" maxLength={200} data-testid="setup-name" />
        </Form.Item>
        <Form.Item
          name="email"
          label={t('setup.email')}
          rules={[...required, { type: 'email', message: t('form.email') }]}
        >
          <Input size="large" type="email" autoComplete="username" maxLength={320} data-testid="setup-email" />
        </Form.Item>
        <NewPasswordItem large label={t('setup.password')} testId="setup-password" email={email} name={name} />
        <Form.Item
          name="profile"
          label={t('setupProfile.label')}
          initialValue="international"
          help={t('setupProfile.help')}
        >
          <Radio.Group className="profiles" data-testid="setup-profile">
            {profiles.map((name) => (
              <Radio key={name} value={name} data-testid={`setup-profile-${name}`}>
                {t(`setupProfile.${name}`)}
                <small>{t(`setupProfile.${name}About`)}</small>
              </Radio>
            ))}
          </Radio.Group>
        </Form.Item>
        <div className="row">
          <Button size="large" onClick={props.back}>
            {t('common.back')}
          </Button>
          <Button
            type="primary"
            size="large"
            htmlType="submit"
            loading={busy}
            disabled={props.token === ''}
            data-testid="setup-submit"
          >
            {t('setup.submit')}
          </Button>
        </div>
        <p className="quiet" style={{ marginTop: 22 }}>
          {t('setup.orRestore')}{' '}
          <Button type="link" style={{ padding: 0 }} onClick={props.restore} data-testid="setup-restore">
            {t('setup.restore')}
          </Button>
        </p>
      </Form>
    </Outside>
  )
}

const Recovery = ({ done }: { done: SetupDone }): ReactElement => {
  const { t, both, language } = useText()
  const [sure, setSure] = useState(false)
  const client = useQueryClient()
  const go = useNavigate()
  const { recovery } = done
  const finish = (): void => {
    enter(client, done.me)
    void client.invalidateQueries({ queryKey: ['health'] })
    void go('/', { replace: true })
  }
  return (
    <Outside title={t('setup.sheetTitle')} about={t('setup.sheetAbout')} wide>
      <Trail step={2} />
      <div className="sheet" data-testid="setup-sheet">
        <dl>
          <dt>{t('setup.sheetOrganisation')}</dt>
          <dd>{done.me.organisation}</dd>
          <dt>{t('setup.sheetFingerprint')}</dt>
          <dd className="mono">{recovery.fingerprint}</dd>
          <dt>{t('setup.sheetCreated')}</dt>
          <dd>{day(recovery.created, language)}</dd>
        </dl>
        <ol className="sheet-blocks">
          {recovery.blocks.map((block, index) => (
            <li key={`${index}${block}`}>
              <small>{index + 1}</small>
              {block}
            </li>
          ))}
        </ol>
        <p className="small quiet">{t('setup.sheetUse')}</p>
      </div>
      <div className="row no-print" style={{ margin: '14px 0' }}>
        <Button icon={<PrinterOutlined />} onClick={() => window.print()} data-testid="setup-print">
          {t('setup.print')}
        </Button>
        <Button
          icon={<DownloadOutlined />}
          onClick={() =>
            keep(new Blob([both(recovery.text)], { type: 'text/plain;charset=utf-8' }), 'holdfast-recovery-sheet.txt')
          }
          data-testid="setup-download"
        >
          {t('setup.download')}
        </Button>
      </div>
      <div className="no-print stack">
        <Checkbox checked={sure} onChange={(event) => setSure(event.target.checked)} data-testid="setup-kept">
          {t('setup.kept')}
        </Checkbox>
        <div>
          <Button type="primary" size="large" disabled={!sure} onClick={finish} data-testid="setup-finish">
            {t('setup.finish')}
          </Button>
        </div>
      </div>
    </Outside>
  )
}
