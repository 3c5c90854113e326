// Looking into a backup: one is opened with its identity, its records are listed as they were, and a record is held against what it is today.
import { FolderOpenOutlined, UploadOutlined } from '@ant-design/icons'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Alert, Button, Form, Progress, Select } from 'antd'
import { useRef, useState, type ReactElement } from 'react'
import { useSearchParams } from 'react-router'
import { get, post, remove } from '../api.ts'
import type { BackupsAnswer, BrowseAnswer, BrowseRequest } from '../contract.ts'
import { instant, moment } from '../format.ts'
import { BrowseList } from '../parts/browse-list.tsx'
import { BrowseRecord } from '../parts/browse-record.tsx'
import { Failure } from '../parts/failure.tsx'
import { useNotify } from '../parts/notify.ts'
import { PageHead, Panel } from '../parts/page-head.tsx'
import { Waiting } from '../parts/waiting.tsx'
import { useType } from '../session.ts'
import { useText } from '../text.ts'
import '../style/table.css'
import '../style/browse.css'

const path = '/api/backups/browsings'

export default function Browse(): ReactElement {
  const { t, language } = useText()
  const queries = useQueryClient()
  const notify = useNotify()
  const answer = useQuery({
    queryKey: ['browsings'],
    queryFn: () => get<{ items: readonly BrowseAnswer[] }>(path),
    refetchInterval: ({ state }) => (state.data?.items[0]?.state === 'opening' ? 500 : 60_000),
    staleTime: 0,
  })
  if (answer.error) return <Failure error={answer.error} again={() => void answer.refetch()} />
  if (!answer.data) return <Waiting />
  const [one] = answer.data.items
  const changed = (): Promise<void> => queries.invalidateQueries({ queryKey: ['browsings'] })
  const close = async (): Promise<void> => {
    if (one) await notify.attempt(() => remove(`${path}/${one.id}`))
    queries.removeQueries({ queryKey: ['browse'] })
    await changed()
  }
  return (
    <>
      <PageHead
        title={t('browse.title')}
        about={
          one?.state === 'open'
            ? t('browse.of', { at: instant(one.at, language), until: moment(one.until, language) })
            : t('browse.about')
        }
        actions={
          one?.state === 'open' ? (
            <Button onClick={() => void close()} data-testid="browse-close">
              {t('browse.close')}
            </Button>
          ) : null
        }
      />
      {one?.state === 'opening' ? (
        <Panel title={t('browse.opening')}>
          <div aria-live="polite" data-testid="browse-opening">
            <Progress percent={Math.floor(one.progress * 100)} status="active" aria-label={t('browse.opening')} />
            <p className="small quiet">{t('browse.openingAbout')}</p>
          </div>
        </Panel>
      ) : one?.state === 'open' ? (
        <Opened browsing={one} />
      ) : (
        <Opening failed={one} close={close} begun={changed} />
      )}
    </>
  )
}

const Opened = ({ browsing }: { browsing: BrowseAnswer }): ReactElement => {
  const [params, setParams] = useSearchParams()
  const type = useType(params.get('type') ?? 'account')
  const id = params.get('id')
  return (
    <>
      <BrowseList
        browsing={browsing}
        plural={type?.plural ?? 'accounts'}
        choose={(plural) => setParams({ type: plural }, { replace: true })}
        look={(record) => setParams({ type: type?.plural ?? 'accounts', id: record })}
      />
      {id !== null && type ? (
        <BrowseRecord
          key={id}
          browsing={browsing}
          type={type}
          id={id}
          close={() => setParams({ type: type.plural }, { replace: true })}
        />
      ) : null}
    </>
  )
}

interface OpeningProps {
  readonly failed: BrowseAnswer | undefined
  readonly close: () => Promise<void>
  readonly begun: () => Promise<void>
}

const Opening = ({ failed, close, begun }: OpeningProps): ReactElement => {
  const { t, language } = useText()
  const notify = useNotify()
  const input = useRef<HTMLInputElement>(null)
  const [identity, setIdentity] = useState<{ readonly name: string; readonly text: string } | null>(null)
  const [chosen, setChosen] = useState<string | null>(failed?.backup ?? null)
  const [busy, setBusy] = useState(false)
  const answer = useQuery({ queryKey: ['backups'], queryFn: () => get<BackupsAnswer>('/api/backups') })
  if (answer.error) return <Failure error={answer.error} again={() => void answer.refetch()} />
  if (!answer.data) return <Waiting />
  const items = [...answer.data.items].sort((a, b) => (a.at < b.at ? 1 : -1))
  const backup = chosen ?? items[0]?.id
  const open = async (): Promise<void> => {
    if (backup === undefined) return
    setBusy(true)
    if (failed) await close()
    const body: BrowseRequest = { backup, ...(identity ? { identity: identity.text } : {}) }
    await notify.attempt(() => post(path, body))
    await begun()
    setBusy(false)
  }
  return (
    <Panel title={t('browse.open')}>
      {failed?.error ? (
        <Alert type="error" showIcon title={failed.error} style={{ marginBottom: 14 }} data-testid="browse-failed" />
      ) : null}
      {items.length === 0 ? (
        <p className="nothing" data-testid="browse-none">
          {t('backup.none')}
        </p>
      ) : (
        <Form layout="vertical" requiredMark={false} onFinish={() => void open()} style={{ maxWidth: 620 }}>
          <Form.Item label={t('browse.which')} htmlFor="browse-backup">
            <Select
              id="browse-backup"
              value={backup ?? null}
              onChange={setChosen}
              options={items.map((item) => ({
                value: item.id,
                label: `${instant(item.at, language)} · ${t(`backup.kind.${item.type}`)}`,
              }))}
              data-testid="browse-backup"
            />
          </Form.Item>
          <Form.Item label={t('browse.identity')} extra={t('browse.identityAbout')}>
            <Button
              icon={<UploadOutlined />}
              onClick={() => input.current?.click()}
              data-testid="browse-identity-choose"
            >
              {identity?.name ?? t('restore.identityChoose')}
            </Button>
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
              data-testid="browse-identity"
            />
          </Form.Item>
          <Button
            type="primary"
            htmlType="submit"
            icon={<FolderOpenOutlined />}
            loading={busy}
            data-testid="browse-open"
          >
            {t('browse.begin')}
          </Button>
        </Form>
      )}
    </Panel>
  )
}
