// Import in three steps: choose a file, check what was guessed, see what became of every row.
import { CloudUploadOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import { useRef, useState, type DragEvent, type ReactElement } from 'react'
import { remove, send } from '../api.ts'
import type { ImportPreview, TypeInfo } from '../contract.ts'
import { ImportCheck, type Choice } from '../parts/import-check.tsx'
import { ImportPast } from '../parts/import-past.tsx'
import { ImportRunning } from '../parts/import-running.tsx'
import { useNotify } from '../parts/notify.ts'
import { PageHead } from '../parts/page-head.tsx'
import { useText } from '../text.ts'
import '../style/table.css'
import '../style/import.css'

export default function Import(): ReactElement {
  const { t } = useText()
  const notify = useNotify()
  const [file, setFile] = useState<File | null>(null)
  const [preview, setPreview] = useState<ImportPreview | null>(null)
  const [running, setRunning] = useState<{ id: string; type: TypeInfo } | null>(null)
  const [busy, setBusy] = useState(false)
  const [wanted, setWanted] = useState<string | null>(null)
  const upload = async (chosen: File, choice: Choice = {}): Promise<void> => {
    setBusy(true)
    setFile(chosen)
    setWanted(choice.type ?? null)
    const form = new FormData()
    for (const [name, value] of Object.entries(choice)) form.append(name, value as string)
    form.append('file', chosen)
    const answer = await notify.attempt(() => send<ImportPreview>('/api/imports', form))
    if (answer) {
      if (preview) remove(`/api/imports/${preview.id}`).catch(() => undefined)
      setPreview(answer)
    }
    setBusy(false)
  }
  const restart = (): void => {
    if (preview && !running) remove(`/api/imports/${preview.id}`).catch(() => undefined)
    setFile(null)
    setPreview(null)
    setRunning(null)
  }
  const step = running ? 2 : preview ? 1 : 0
  return (
    <>
      <PageHead title={t('import.title')} about={t('import.about')} />
      <ol className="import-steps">
        {[t('import.stepFile'), t('import.stepCheck'), t('import.stepResult')].map((name, index) => (
          <li
            key={name}
            data-state={index < step ? 'done' : index === step ? 'now' : 'later'}
            aria-current={index === step ? 'step' : undefined}
          >
            <span>{index + 1}</span>
            {name}
          </li>
        ))}
      </ol>
      {running ? (
        <ImportRunning id={running.id} type={running.type} restart={restart} />
      ) : preview && file ? (
        <ImportCheck
          key={preview.id}
          preview={preview}
          wanted={wanted}
          busy={busy}
          again={(choice) => void upload(file, choice)}
          cancel={restart}
          started={setRunning}
        />
      ) : (
        <div className="stack">
          <Drop busy={busy} take={(chosen) => void upload(chosen)} />
          <ImportPast />
        </div>
      )}
    </>
  )
}

const Drop = ({ busy, take }: { busy: boolean; take: (file: File) => void }): ReactElement => {
  const { t } = useText()
  const [over, setOver] = useState(false)
  const input = useRef<HTMLInputElement>(null)
  const drop = (event: DragEvent): void => {
    event.preventDefault()
    setOver(false)
    const file = event.dataTransfer.files[0]
    if (file) take(file)
  }
  return (
    <div
      className="drop"
      data-over={over}
      onDragOver={(event) => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <CloudUploadOutlined aria-hidden="true" />
      <p>
        <b>{t('import.drop')}</b>
      </p>
      <p className="quiet">{t('import.dropAbout')}</p>
      <Button type="primary" loading={busy} onClick={() => input.current?.click()} data-testid="import-choose">
        {t('import.choose')}
      </Button>
      <input
        ref={input}
        type="file"
        accept=".csv,.txt,.tsv,text/csv,text/plain"
        className="visually-hidden"
        tabIndex={-1}
        aria-label={t('import.choose')}
        onChange={(event) => {
          const file = event.target.files?.[0]
          if (file) take(file)
          event.target.value = ''
        }}
        data-testid="import-file"
      />
    </div>
  )
}
