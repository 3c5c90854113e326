// A file that turned up: its digest and marks are worked out here, the file itself goes nowhere.
import { Upload } from 'antd'
import { useState, type ReactElement } from 'react'
import { post } from '../api.ts'
import type { ExportFoundItem } from '../contract.ts'
import { instant } from '../format.ts'
import { useCatalogue, useDirectory } from '../session.ts'
import { useText } from '../text.ts'
import { useNotify } from './notify.ts'
import { Panel } from './page-head.tsx'

export const FoundFile = (): ReactElement => {
  const { t, both, language } = useText()
  const notify = useNotify()
  const types = useCatalogue()
  const { users } = useDirectory()
  const [found, setFound] = useState<{ name: string; items: readonly ExportFoundItem[] } | null>(null)
  const check = async (file: File): Promise<void> => {
    const answer = await notify.attempt(async () =>
      post<{ items: readonly ExportFoundItem[] }>('/api/exports/check', await fingerprint(file)),
    )
    if (answer) setFound({ name: file.name, items: answer.items })
  }
  return (
    <Panel title={t('alarms.file')}>
      <Upload.Dragger
        accept=".csv,.txt"
        showUploadList={false}
        beforeUpload={(file) => {
          void check(file)
          return false
        }}
      >
        <p>{t('alarms.fileHint')}</p>
      </Upload.Dragger>
      {found === null ? null : (
        <div style={{ marginTop: 12 }} data-testid="found-file">
          {found.items.length === 0 ? <p>{t('alarms.fileUnknown', { name: found.name })}</p> : null}
          {found.items.map((item) => {
            const type = types.find((one) => one.name === item.type)
            return (
              <p key={item.id}>
                {t('alarms.fileFrom', {
                  who: users.find((user) => user.id === item.userId)?.name ?? item.userId,
                  when: instant(item.startedAt, language),
                  what: type ? both(type.plurals) : item.type,
                  rows: item.rows ?? 0,
                })}{' '}
                {t(item.unchanged ? 'alarms.fileSame' : 'alarms.fileChanged')}{' '}
                {t(item.journalled ? 'alarms.fileJournal' : 'alarms.fileNoJournal')}
              </p>
            )
          })}
        </div>
      )}
    </Panel>
  )
}

const fingerprint = async (file: File): Promise<{ sha256: string; marks: readonly string[] }> => {
  const bytes = await file.arrayBuffer()
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  const marks = new TextDecoder().decode(bytes).match(/(?<=HF-)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/gu) ?? []
  return {
    sha256: [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join(''),
    marks: [...new Set(marks)].slice(0, 50),
  }
}
