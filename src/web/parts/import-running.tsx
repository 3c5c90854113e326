// An import on its way and what became of it: progress, counts, notes, and the rows that were refused as a file.
import { CheckCircleFilled, DownloadOutlined } from '@ant-design/icons'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Alert, Button, Progress } from 'antd'
import type { ReactElement } from 'react'
import { useNavigate } from 'react-router'
import { download, get, remove } from '../api.ts'
import type { ImportState, TypeInfo } from '../contract.ts'
import { whole } from '../format.ts'
import { useText } from '../text.ts'
import { LegacyDone } from './import-legacy.tsx'
import { useNotify } from './notify.ts'
import { Panel } from './page-head.tsx'

export const ImportRunning = ({
  id,
  type,
  restart,
}: {
  id: string
  type: TypeInfo
  restart: () => void
}): ReactElement => {
  const { t, both, noun, language } = useText()
  const notify = useNotify()
  const go = useNavigate()
  const client = useQueryClient()
  const answer = useQuery({
    queryKey: ['import', id],
    queryFn: async () => {
      const state = await get<ImportState>(`/api/imports/${id}`)
      if (state.state !== 'running' && state.state !== 'preview') {
        void client.invalidateQueries({ queryKey: ['list'] })
        void client.invalidateQueries({ queryKey: ['home'] })
      }
      return state
    },
    refetchInterval: ({ state }) =>
      state.data && state.data.state !== 'running' && state.data.state !== 'preview' ? false : 500,
    staleTime: 0,
  })
  const state = answer.data
  const over = state !== undefined && state.state !== 'running' && state.state !== 'preview'
  const counts = [
    ['read', state?.read],
    ['created', state?.created],
    ['updated', state?.updated],
    ['unchanged', state?.unchanged],
    ['refused', state?.refused],
    ...(state?.accountsCreated ? [['accountsCreated', state.accountsCreated] as const] : []),
  ] as const
  return (
    <Panel
      title={
        over ? (
          <span className="row">
            {state.state === 'done' ? <CheckCircleFilled style={{ color: '#1b6b3a' }} /> : null}
            {t(`import.state.${state.state}`)}
          </span>
        ) : (
          t('import.state.running')
        )
      }
      data-testid="import-result"
    >
      <div className="stack" data-state={state?.state ?? 'running'} data-testid="import-state">
        {over && state.state === 'done' ? null : (
          <Progress
            percent={Math.floor((state?.progress ?? 0) * 100)}
            status={state?.state === 'failed' ? 'exception' : over ? 'normal' : 'active'}
            aria-label={t('import.progress')}
          />
        )}
        {state?.error ? <Alert type="error" showIcon title={state.error} /> : null}
        <dl className="import-counts">
          {counts.map(([name, value]) => (
            <div key={name} data-name={name} data-bad={name === 'refused' && (value ?? 0) > 0}>
              <dd data-testid={`import-${name}`}>{value === undefined ? '…' : whole(value, language)}</dd>
              <dt>{name === 'accountsCreated' ? t('import.accountsCreated') : t(`import.count.${name}`)}</dt>
            </div>
          ))}
        </dl>
        {over && state.unknownOwners.length > 0 ? (
          <Alert
            type="warning"
            showIcon
            title={t('import.unknownOwners', { names: state.unknownOwners.slice(0, 20).join(t('common.listComma')) })}
          />
        ) : null}
        {over && state.warnings.length > 0 ? (
          <details>
            <summary>
              {t('import.warnings')} ({whole(state.warnings.length, language)})
            </summary>
            <ul className="import-notes">
              {state.warnings.slice(0, 100).map((note, index) => (
                <li key={index}>
                  <span className="quiet">{t('import.line', { line: note.line })}</span> {both(note)}
                </li>
              ))}
            </ul>
          </details>
        ) : null}
        {over && state.legacy ? <LegacyDone read={state.legacy} /> : null}
        {over && state.hasRefusedFile ? (
          <Alert
            type="info"
            showIcon
            title={t('import.refusedAbout')}
            action={
              <Button
                size="small"
                icon={<DownloadOutlined />}
                onClick={() => void notify.attempt(() => download(`/api/imports/${id}/refused.csv`, 'refused.csv'))}
                data-testid="import-refused-file"
              >
                {t('import.refusedFile')}
              </Button>
            }
          />
        ) : null}
        <div className="row">
          {over ? (
            <>
              <Button type="primary" onClick={() => void go(`/${type.plural}`)} data-testid="import-show">
                {t('import.show', { what: noun(type.plurals) })}
              </Button>
              <Button onClick={restart} data-testid="import-again">
                {t('import.again')}
              </Button>
            </>
          ) : (
            <Button danger onClick={() => void notify.attempt(() => remove(`/api/imports/${id}`))}>
              {t('import.stop')}
            </Button>
          )}
        </div>
      </div>
    </Panel>
  )
}
