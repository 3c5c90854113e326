// Instead of a new CRM, an old one: choose a backup, say what opens it, watch it come back, sign in as before.
import { FolderOpenOutlined, UploadOutlined } from '@ant-design/icons'
import { useQueryClient } from '@tanstack/react-query'
import { Alert, Button, Form, Input, Progress } from 'antd'
import { useEffect, useRef, useState, type ReactElement } from 'react'
import { useNavigate } from 'react-router'
import { post } from '../api.ts'
import type { RestoreFound, RestoreJob, RestoreRequest } from '../contract.ts'
import { whole } from '../format.ts'
import { Outside } from '../parts/outside.tsx'
import { RestoreList } from '../parts/restore-list.tsx'
import { useText } from '../text.ts'
import '../style/table.css'

type Choice = Omit<RestoreRequest, 'token' | 'repository'>

export default function Restore({ token, back }: { token: string; back: () => void }): ReactElement {
  const { t } = useText()
  const [found, setFound] = useState<RestoreFound | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const [job, setJob] = useState<RestoreJob | null>(null)
  const say = (error: unknown): void =>
    setProblem(error instanceof TypeError ? t('common.unreachable') : (error as Error).message)

  const look = async (repository?: string): Promise<void> => {
    setProblem(null)
    try {
      setFound(await post<RestoreFound>('/api/restore/look', { token, ...(repository ? { repository } : {}) }))
    } catch (error) {
      say(error)
    }
  }
  const begin = async (choice: Choice): Promise<void> => {
    setProblem(null)
    try {
      const repository = found?.repository ?? ''
      const { job: begun } = await post<{ job: RestoreJob }>('/api/restore', { token, repository, ...choice })
      setJob(begun)
    } catch (error) {
      say(error)
    }
  }
  const first = useRef(look)
  useEffect(() => void first.current(), [])
  const running = job?.state === 'running'
  useEffect(() => {
    if (!running) return
    const timer = setInterval(() => {
      // A moment without an answer is no failure: the server exchanges its house.
      post<{ job: RestoreJob | null }>('/api/restore/state', { token }).then(
        (answer) => setJob(answer.job),
        () => undefined,
      )
    }, 500)
    return () => clearInterval(timer)
  }, [running, token])

  if (job?.state === 'done') return <Done rows={job.rows} webhooks={job.webhooks} mail={job.mail} />
  return (
    <Outside title={t('restore.title')} about={t('restore.about')} wide>
      {token === '' ? <Alert type="warning" showIcon title={t('setup.noToken')} style={{ marginBottom: 14 }} /> : null}
      {(problem ?? job?.error) ? (
        <Alert
          type="error"
          showIcon
          title={problem ?? job?.error}
          description={problem === null ? t('restore.nothingChanged') : undefined}
          style={{ marginBottom: 14 }}
          data-testid="restore-problem"
        />
      ) : null}
      {running ? (
        <div aria-live="polite" data-testid="restore-running">
          <p>{t('restore.running')}</p>
          <Progress percent={Math.floor(job.progress * 100)} status="active" aria-label={t('restore.progress')} />
          <p className="small quiet mono">{job.what}</p>
          <p className="small quiet">{t('restore.stay')}</p>
        </div>
      ) : null}
      {/* Kept while it runs: after a refusal what was typed is still there. */}
      <div hidden={running}>
        <Folder key={found?.repository} now={found?.repository ?? ''} look={look} />
        {found ? (
          <Ask key={found.repository} found={found} begin={begin} back={back} />
        ) : (
          <Button size="large" onClick={back}>
            {t('common.back')}
          </Button>
        )}
      </div>
    </Outside>
  )
}

const Folder = ({ now, look }: { now: string; look: (folder: string) => Promise<void> }): ReactElement => {
  const { t } = useText()
  const [busy, setBusy] = useState(false)
  const open = async ({ folder }: { folder: string }): Promise<void> => {
    setBusy(true)
    await look(folder.trim())
    setBusy(false)
  }
  return (
    <Form<{ folder: string }>
      layout="vertical"
      requiredMark={false}
      initialValues={{ folder: now }}
      onFinish={(values) => void open(values)}
    >
      <Form.Item label={t('restore.folder')} htmlFor="restore-folder">
        <div className="row" style={{ flexWrap: 'nowrap' }}>
          <Form.Item name="folder" noStyle>
            <Input id="restore-folder" className="mono" maxLength={1000} data-testid="restore-folder" />
          </Form.Item>
          <Button htmlType="submit" icon={<FolderOpenOutlined />} loading={busy} data-testid="restore-look">
            {t('restore.look')}
          </Button>
        </div>
      </Form.Item>
    </Form>
  )
}

const Ask = ({
  found,
  begin,
  back,
}: {
  found: RestoreFound
  begin: (choice: Choice) => Promise<void>
  back: () => void
}): ReactElement => {
  const { t } = useText()
  const [backup, setBackup] = useState(found.backups[0]?.id ?? '')
  const [identity, setIdentity] = useState<{ readonly name: string; readonly text: string } | null>(null)
  const [path, setPath] = useState('')
  const [sheet, setSheet] = useState('')
  const input = useRef<HTMLInputElement>(null)
  if (found.backups.length === 0)
    return (
      <>
        <p className="nothing" data-testid="restore-none">
          {t('restore.none')}
        </p>
        <Button size="large" onClick={back}>
          {t('common.back')}
        </Button>
      </>
    )
  const missing = (!found.identityHeld && !identity && path.trim() === '') || (!found.keysFit && sheet.trim() === '')
  const go = (): void => {
    const given = identity ? { identity: identity.text } : path.trim() === '' ? {} : { identityPath: path.trim() }
    void begin({ backup, ...given, ...(sheet.trim() === '' ? {} : { sheet }) })
  }
  return (
    <Form layout="vertical" requiredMark={false} onFinish={go}>
      <RestoreList items={found.backups} chosen={backup} choose={setBackup} />
      {found.identityHeld ? null : (
        <Form.Item label={t('restore.identity')} extra={t('restore.identityAbout')} htmlFor="restore-identity-path">
          <div className="row" style={{ flexWrap: 'nowrap' }}>
            <Button icon={<UploadOutlined />} onClick={() => input.current?.click()}>
              {identity?.name ?? t('restore.identityChoose')}
            </Button>
            <Input
              id="restore-identity-path"
              className="mono"
              placeholder={t('restore.identityPath')}
              value={path}
              disabled={identity !== null}
              onChange={(event) => setPath(event.target.value)}
              maxLength={1000}
              data-testid="restore-identity-path"
            />
          </div>
          <input
            ref={input}
            type="file"
            className="visually-hidden"
            tabIndex={-1}
            aria-label={t('restore.identityChoose')}
            onChange={(event) => {
              const file = event.target.files?.[0]
              if (file) void file.text().then((text) => setIdentity({ name: file.name, text: text.slice(0, 20_000) }))
            }}
            data-testid="restore-identity"
          />
        </Form.Item>
      )}
      {found.keysFit ? (
        <Alert type="success" showIcon title={t('restore.keysFit')} style={{ marginBottom: 18 }} />
      ) : (
        <Form.Item label={t('restore.sheet')} extra={t('restore.sheetAbout')} htmlFor="restore-sheet">
          <Input.TextArea
            id="restore-sheet"
            className="mono"
            rows={3}
            autoComplete="off"
            spellCheck={false}
            value={sheet}
            onChange={(event) => setSheet(event.target.value)}
            maxLength={5000}
            data-testid="restore-sheet"
          />
        </Form.Item>
      )}
      <div className="row" style={{ marginTop: 26 }}>
        <Button size="large" onClick={back}>
          {t('common.back')}
        </Button>
        <Button
          type="primary"
          size="large"
          htmlType="submit"
          disabled={missing || backup === ''}
          data-testid="restore-begin"
        >
          {t('restore.begin')}
        </Button>
      </div>
    </Form>
  )
}

const Done = ({ rows, webhooks, mail }: { rows: number; webhooks: number; mail: boolean }): ReactElement => {
  const { t, language } = useText()
  const client = useQueryClient()
  const go = useNavigate()
  const enter = async (): Promise<void> => {
    await client.invalidateQueries()
    await go('/', { replace: true })
  }
  return (
    <Outside title={t('restore.done')} about={t('restore.doneAbout')} wide>
      <Alert
        type="success"
        showIcon
        title={t('restore.rows', { rows: whole(rows, language) })}
        style={{ marginBottom: 18 }}
        data-testid="restore-done"
      />
      {webhooks === 0 ? null : (
        <Alert
          type="warning"
          showIcon
          title={t('webhooks.resume.title', { count: webhooks })}
          description={t('webhooks.resume.later')}
          style={{ marginBottom: 18 }}
          data-testid="restore-webhooks"
        />
      )}
      {mail ? (
        <Alert
          type="warning"
          showIcon
          title={t('mail.resume.title')}
          description={t('mail.resume.later')}
          style={{ marginBottom: 18 }}
          data-testid="restore-mail"
        />
      ) : null}
      <Button type="primary" size="large" autoFocus onClick={() => void enter()} data-testid="restore-enter">
        {t('restore.enter')}
      </Button>
    </Outside>
  )
}
