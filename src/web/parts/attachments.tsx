// Files on a record: drop or choose them, watch them go up, take them down again, delete them.
import { DeleteOutlined, DownloadOutlined, LockOutlined, PaperClipOutlined, WarningOutlined } from '@ant-design/icons'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { App, Button, Input, Modal, Progress, Select, Tooltip } from 'antd'
import { useRef, useState, type DragEvent, type ReactElement } from 'react'
import { get, remove, upload } from '../api.ts'
import type { AttachmentItem, AttachmentsAnswer, RecordAnswer, TypeInfo } from '../contract.ts'
import { bytes, moment } from '../format.ts'
import { useAbilities } from '../session.ts'
import { textOr, useText } from '../text.ts'
import { Failure } from './failure.tsx'
import { isPartial } from './partial.ts'
import { useNotify } from './notify.ts'
import { Waiting } from './waiting.tsx'
import '../style/attachments.css'

interface Props {
  readonly type: TypeInfo
  readonly record: RecordAnswer
}

interface Going {
  readonly key: number
  readonly name: string
  /** 0 … 1 */
  readonly done: number
  readonly stop: AbortController
}

export const Attachments = ({ type, record }: Props): ReactElement => {
  const { t, language } = useText()
  const client = useQueryClient()
  const path = `/api/${type.plural}/${record.id}/attachments`
  const key = ['attachments', type.name, record.id]
  const answer = useQuery({ queryKey: key, queryFn: () => get<AttachmentsAnswer>(path) })
  const abilities = useAbilities(type.name)
  const groups = Object.entries(abilities.groups).flatMap(([group, can]) =>
    can.edit && type.fields.some((field) => field.group === group) ? [group] : [],
  )
  // Of a record that is merely shared the server gives no file out and lets none be deleted.
  const partial = isPartial(record, abilities)
  if (answer.error) return <Failure error={answer.error} again={() => void answer.refetch()} />
  if (!answer.data) return <Waiting />
  const again = (): void => void client.invalidateQueries({ queryKey: key })
  return (
    <div className="stack">
      {groups.length > 0 && record.deletedAt === null && !partial ? (
        <Drop path={path} groups={groups} limit={answer.data.limit} added={again} />
      ) : null}
      {answer.data.items.length === 0 ? (
        <p className="quiet">{t('files.none')}</p>
      ) : (
        <ul className="files" data-testid="record-files">
          {answer.data.items.map((file) => (
            <Line
              key={file.id}
              path={path}
              file={file}
              deletes={!partial && groups.includes(file.group)}
              opens={!partial}
              gone={again}
            />
          ))}
        </ul>
      )}
      <p className="quiet small">{t('files.about', { limit: bytes(answer.data.limit, language) })}</p>
    </div>
  )
}

const Drop = ({
  path,
  groups,
  limit,
  added,
}: {
  path: string
  groups: readonly string[]
  limit: number
  added: () => void
}): ReactElement => {
  const { t, language } = useText()
  const notify = useNotify()
  const chooser = useRef<HTMLInputElement>(null)
  const numbers = useRef(0)
  const [over, setOver] = useState(false)
  const [group, setGroup] = useState(groups.includes('notes') ? 'notes' : (groups[0] ?? 'basic'))
  const [going, setGoing] = useState<readonly Going[]>([])
  const send = async (file: File): Promise<void> => {
    if (file.size > limit) {
      notify.fail(new Error(t('files.tooLarge', { name: file.name, limit: bytes(limit, language) })))
      return
    }
    const one: Going = { key: ++numbers.current, name: file.name, done: 0, stop: new AbortController() }
    setGoing((all) => [...all, one])
    const form = new FormData()
    // Before the file: the server reads on only as far as it must.
    form.append('group', group)
    form.append('file', file, file.name)
    try {
      await upload(path, form, one.stop.signal, (done) =>
        setGoing((all) => all.map((each) => (each.key === one.key ? { ...each, done } : each))),
      )
      notify.done(t('files.added', { name: file.name }))
    } catch (error) {
      if (!one.stop.signal.aborted) notify.fail(error)
    }
    setGoing((all) => all.filter((each) => each.key !== one.key))
    added()
  }
  const take = (files: FileList | null): void => {
    // One after another: a phone's line carries them no faster side by side.
    const list = [...(files ?? [])]
    void list.reduce((before, file) => before.then(() => send(file)), Promise.resolve())
  }
  const drop = (event: DragEvent): void => {
    event.preventDefault()
    setOver(false)
    take(event.dataTransfer.files)
  }
  return (
    <div
      className="files-drop"
      data-over={over}
      data-testid="record-files-drop"
      onDragOver={(event) => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <div className="row">
        <Button icon={<PaperClipOutlined />} onClick={() => chooser.current?.click()} data-testid="record-files-choose">
          {t('files.add')}
        </Button>
        <input
          ref={chooser}
          type="file"
          multiple
          hidden
          aria-label={t('files.add')}
          data-testid="record-files-input"
          onChange={(event) => {
            take(event.target.files)
            event.target.value = ''
          }}
        />
        {groups.length > 1 ? (
          <Tooltip title={t('files.groupAbout')}>
            <Select<string>
              value={group}
              onChange={setGroup}
              aria-label={t('files.group')}
              options={groups.map((one) => ({ value: one, label: textOr(`group.${one}`, one) }))}
              style={{ minWidth: 112 }}
              data-testid="record-files-group"
            />
          </Tooltip>
        ) : null}
      </div>
      <span className="quiet small">{t('files.dropHere')}</span>
      {going.map((one) => (
        <div key={one.key} className="files-going" data-testid="record-files-going">
          <span className="files-name">{one.name}</span>
          <Progress percent={Math.floor(one.done * 100)} size="small" aria-label={one.name} />
          <Button type="link" size="small" onClick={() => one.stop.abort()}>
            {t('common.cancel')}
          </Button>
        </div>
      ))}
    </div>
  )
}

const Line = ({
  path,
  file,
  deletes,
  opens,
  gone,
}: {
  path: string
  file: AttachmentItem
  deletes: boolean
  opens: boolean
  gone: () => void
}): ReactElement => {
  const { t, language } = useText()
  const { modal } = App.useApp()
  const notify = useNotify()
  const [asking, setAsking] = useState(false)
  const address = `${path}/${file.id}/content`
  const drop = (): void => {
    modal.confirm({
      title: t('files.deleteTitle', { name: file.name }),
      content: t('files.deleteAbout'),
      okText: t('files.delete'),
      okButtonProps: { danger: true, 'data-testid': 'record-file-delete-run' },
      onOk: async () => {
        await notify.attempt(() => remove(`${path}/${file.id}`))
        gone()
      },
    })
  }
  return (
    <li data-testid="record-file" data-id={file.id}>
      <div className="files-head">
        {file.visibility === 'plain' ? (
          // A plain link: the browser writes a large file to the disk as it comes.
          <a href={address} download className="files-name" data-testid="record-file-download">
            {file.name}
          </a>
        ) : !opens ? (
          <span className="masked-value" title={t('record.groupMasked')}>
            {file.name} <LockOutlined aria-label={t('record.groupMasked')} />
          </span>
        ) : (
          <Button
            type="link"
            size="small"
            icon={<DownloadOutlined />}
            onClick={() => setAsking(true)}
            data-testid="record-file-unmask"
          >
            {file.name}
          </Button>
        )}
        {file.mismatch ? (
          <Tooltip title={t('files.mismatch', { type: file.type })}>
            <WarningOutlined className="files-warning" aria-label={t('files.mismatch', { type: file.type })} />
          </Tooltip>
        ) : null}
        {deletes ? (
          <Button
            type="text"
            size="small"
            icon={<DeleteOutlined />}
            aria-label={t('files.deleteTitle', { name: file.name })}
            onClick={drop}
            data-testid="record-file-delete"
          />
        ) : null}
      </div>
      <div className="quiet small files-facts">
        <span>{bytes(file.size, language)}</span>
        <span>{textOr(`group.${file.group}`, file.group)}</span>
        <span>{file.creator}</span>
        <time dateTime={file.createdAt}>{moment(file.createdAt, language)}</time>
      </div>
      {asking ? <Reason address={address} close={() => setAsking(false)} /> : null}
    </li>
  )
}

const Reason = ({ address, close }: { address: string; close: () => void }): ReactElement => {
  const { t } = useText()
  const [reason, setReason] = useState('')
  const link = useRef<HTMLAnchorElement>(null)
  const go = (): void => {
    if (reason.trim() === '') return
    link.current?.click()
    close()
  }
  return (
    <Modal
      open
      title={t('files.reasonTitle')}
      okText={t('files.download')}
      okButtonProps={{ disabled: reason.trim() === '' }}
      onOk={go}
      onCancel={close}
    >
      <p style={{ marginBottom: 10 }}>{t('record.unmaskAbout')}</p>
      <Input
        autoFocus
        maxLength={300}
        value={reason}
        placeholder={t('record.reasonHint')}
        aria-label={t('record.reasonHint')}
        onChange={(event) => setReason(event.target.value)}
        onPressEnter={go}
        data-testid="record-file-reason"
      />
      <a ref={link} href={`${address}?reason=${encodeURIComponent(reason.trim())}`} download hidden tabIndex={-1}>
        {t('files.download')}
      </a>
    </Modal>
  )
}
