// One change for many records: said, previewed, then carried out batch by batch with its progress; it can be stopped between two batches.
import { DeleteOutlined, PlusOutlined } from '@ant-design/icons'
import { useQueryClient } from '@tanstack/react-query'
import { Alert, Button, Input, Modal, Progress, Select } from 'antd'
import { useRef, useState, type ReactElement } from 'react'
import { post } from '../api.ts'
import type { BulkAnswer, BulkPreviewAnswer, BulkRefused, FieldInfo, TypeInfo, Value } from '../contract.ts'
import { askedFilters, type ListState } from '../list-query.ts'
import { useAbilities, useMe } from '../session.ts'
import { useText } from '../text.ts'
import { FieldInput } from './field-input.tsx'
import { LinkSelect } from './link-select.tsx'
import { useNotify } from './notify.ts'

interface Props {
  readonly type: TypeInfo
  readonly state: ListState
  /** null: all that the list holds. */
  readonly records: readonly { readonly id: string; readonly version: number }[] | null
  readonly close: (changed: boolean) => void
}

const kinds = ['choice', 'date', 'datetime', 'tags', 'boolean']
const owner = 'owner'
/** Records the server changes in one call. */
const batch = 100

interface Line {
  readonly field: string
  readonly value: Value
}

interface Done extends BulkAnswer {
  readonly stopped: boolean
}

export const BulkDialog = ({ type, state, records, close }: Props): ReactElement => {
  const { t, both, noun } = useText()
  const me = useMe()
  const abilities = useAbilities(type.name)
  const notify = useNotify()
  const client = useQueryClient()
  const fields = type.fields.filter(
    (field) => kinds.includes(field.kind) && !field.sealed && abilities.groups[field.group]?.edit === true,
  )
  const [lines, setLines] = useState<readonly Line[]>([{ field: '', value: null }])
  const [reason, setReason] = useState('')
  const [preview, setPreview] = useState<BulkPreviewAnswer | null>(null)
  const [progress, setProgress] = useState<number | null>(null)
  const [done, setDone] = useState<Done | null>(null)
  const [busy, setBusy] = useState(false)
  const stop = useRef(false)
  const stopped = (): boolean => stop.current
  const change = (next: readonly Line[]): void => {
    setLines(next)
    setPreview(null)
  }
  const said = lines.filter(({ field }) => field !== '')
  const needsReason = said.some(({ field, value }) => whyNeeded(fields, field, value))
  const body = {
    values: Object.fromEntries(said.flatMap(({ field, value }) => (field === owner ? [] : [[field, value]]))),
    ...(said.some(({ field }) => field === owner)
      ? { ownerId: said.find(({ field }) => field === owner)?.value ?? null }
      : {}),
    ...(needsReason ? { reason: reason.trim() } : {}),
  }
  const look = async (): Promise<void> => {
    setBusy(true)
    const filters = askedFilters(state, me.id)
    const of =
      records === null
        ? { ...(filters.length > 0 ? { filters } : {}), ...(state.q.trim() === '' ? {} : { search: state.q.trim() }) }
        : { records }
    const answer = await notify.attempt(() =>
      post<BulkPreviewAnswer>(`/api/${type.plural}/bulk/preview`, { ...body, ...of }),
    )
    if (answer) setPreview(answer)
    setBusy(false)
  }
  const run = async (wanted: BulkPreviewAnswer): Promise<void> => {
    setBusy(true)
    stop.current = false
    const act = crypto.randomUUID()
    const sum = { changed: 0, unchanged: 0, refused: [] as readonly BulkRefused[], stopped: false }
    for (let from = 0; from < wanted.records.length; from += batch) {
      if (stopped()) {
        sum.stopped = true
        break
      }
      setProgress(Math.round((100 * from) / wanted.records.length))
      const answer = await notify.attempt(() =>
        post<BulkAnswer>(`/api/${type.plural}/bulk`, {
          ...body,
          act,
          records: wanted.records.slice(from, from + batch),
        }),
      )
      if (!answer) {
        sum.stopped = true
        break
      }
      sum.changed += answer.changed
      sum.unchanged += answer.unchanged
      sum.refused = together([...sum.refused, ...answer.refused])
    }
    setProgress(null)
    setDone(sum)
    setBusy(false)
    await client.invalidateQueries({ queryKey: ['list', type.name] })
  }
  const leave = (): void => {
    stop.current = true
    close(done !== null)
  }
  const ready = said.length > 0 && (!needsReason || reason.trim() !== '')
  return (
    <Modal
      open
      width={600}
      title={t('bulk.title', { what: noun(type.plurals) })}
      onCancel={leave}
      mask={{ closable: false }}
      footer={
        done ? (
          <Button type="primary" onClick={leave} data-testid="bulk-close">
            {t('bulk.close')}
          </Button>
        ) : progress !== null ? (
          <Button onClick={() => (stop.current = true)} data-testid="bulk-stop">
            {t('bulk.stop')}
          </Button>
        ) : (
          <>
            <Button onClick={leave}>{t('common.cancel')}</Button>
            {preview && preview.records.length > 0 ? (
              <Button type="primary" loading={busy} onClick={() => void run(preview)} data-testid="bulk-run">
                {t('bulk.run', { count: preview.records.length })}
              </Button>
            ) : (
              <Button
                type="primary"
                disabled={!ready}
                loading={busy}
                onClick={() => void look()}
                data-testid="bulk-look"
              >
                {t('bulk.look')}
              </Button>
            )}
          </>
        )
      }
    >
      {done ? (
        <Outcome
          title={t(done.stopped ? 'bulk.stoppedAfter' : 'bulk.changed', { count: done.changed })}
          type={done.refused.length > 0 || done.stopped ? 'warning' : 'success'}
          refused={done.refused}
          testId="bulk-done"
        />
      ) : progress !== null ? (
        <Progress percent={progress} aria-label={t('bulk.running')} />
      ) : (
        <>
          <p style={{ marginBottom: 10 }}>
            {records === null ? t('bulk.aboutAll') : t('bulk.about', { count: records.length })}
          </p>
          {lines.map((line, at) => (
            <BulkLine
              key={at}
              line={line}
              fields={fields}
              taken={lines.map(({ field }) => field)}
              assign={abilities.assign}
              pool={type.pool}
              change={(next) => change(lines.map((one, i) => (i === at ? next : one)))}
              remove={lines.length > 1 ? () => change(lines.filter((_, i) => i !== at)) : undefined}
            />
          ))}
          <Button
            size="small"
            type="dashed"
            icon={<PlusOutlined />}
            disabled={lines.length > fields.length}
            onClick={() => change([...lines, { field: '', value: null }])}
            data-testid="bulk-add"
          >
            {t('bulk.add')}
          </Button>
          {needsReason ? (
            <Input
              style={{ marginTop: 10 }}
              value={reason}
              maxLength={500}
              placeholder={t('bulk.reason')}
              aria-label={t('bulk.reason')}
              onChange={(event) => {
                setReason(event.target.value)
                setPreview(null)
              }}
              data-testid="bulk-reason"
            />
          ) : null}
          {preview ? (
            <Outcome
              title={
                preview.records.length === 0
                  ? t('bulk.none')
                  : `${t('bulk.would', { count: preview.records.length, total: preview.total })}${preview.unchanged === 0 ? '' : t('bulk.same', { same: preview.unchanged })}`
              }
              note={preview.capped ? t('bulk.capped', { count: preview.total }) : undefined}
              type={preview.refused.length > 0 || preview.records.length === 0 ? 'warning' : 'info'}
              refused={preview.refused}
              testId="bulk-preview"
            />
          ) : null}
          {said.map(({ field }) => fields.find((one) => one.name === field)).some((field) => field?.kind === 'tags') ? (
            <p className="quiet" style={{ marginTop: 8 }}>
              {t('bulk.tags', { what: both(fields.find(({ kind }) => kind === 'tags')?.label ?? type.label) })}
            </p>
          ) : null}
        </>
      )}
    </Modal>
  )
}

/** A loss and the way into the pool are told why. */
const whyNeeded = (fields: readonly FieldInfo[], name: string, value: Value): boolean =>
  name === owner
    ? value === null
    : name === 'stage' &&
      fields
        .find((field) => field.name === name)
        ?.options?.some((one) => one.value === value && one.closed === 'lost') === true

/** The same reason of two batches is one. */
const together = (refused: readonly BulkRefused[]): readonly BulkRefused[] =>
  [...Map.groupBy(refused, ({ reason }) => reason)].map(([reason, of]) => ({
    reason,
    count: of.reduce((sum, { count }) => sum + count, 0),
    records: of.flatMap(({ records }) => records),
  }))

const BulkLine = ({
  line,
  fields,
  taken,
  assign,
  pool,
  change,
  remove,
}: {
  line: Line
  fields: readonly FieldInfo[]
  taken: readonly string[]
  assign: boolean
  pool: boolean
  change: (line: Line) => void
  remove: (() => void) | undefined
}): ReactElement => {
  const { t, both } = useText()
  const field = fields.find(({ name }) => name === line.field)
  const options = [
    ...(assign ? [{ value: owner, label: t('record.owner') }] : []),
    ...fields.map(({ name, label }) => ({ value: name, label: both(label) })),
  ].filter(({ value }) => value === line.field || !taken.includes(value))
  return (
    <div className="bulk-line">
      <Select<string>
        value={line.field === '' ? null : line.field}
        placeholder={t('bulk.field')}
        aria-label={t('bulk.field')}
        options={options}
        showSearch={{ optionFilterProp: 'label' }}
        onChange={(name) =>
          change({ field: name, value: fields.find((one) => one.name === name)?.kind === 'boolean' ? false : null })
        }
        data-testid="bulk-field"
      />
      {line.field === owner ? (
        <LinkSelect
          type="user"
          value={typeof line.value === 'string' ? line.value : null}
          onChange={(value) => change({ ...line, value })}
          placeholder={pool ? t('bulk.toPool') : t('record.owner')}
          aria-label={t('record.owner')}
          data-testid="bulk-value"
        />
      ) : field ? (
        <FieldInput
          field={field}
          value={line.value}
          onChange={(value) => change({ ...line, value })}
          aria-label={both(field.label)}
          data-testid="bulk-value"
        />
      ) : (
        <span />
      )}
      {remove ? (
        <Button
          type="text"
          icon={<DeleteOutlined />}
          aria-label={t('bulk.remove')}
          title={t('bulk.remove')}
          onClick={remove}
        />
      ) : null}
    </div>
  )
}

const Outcome = ({
  title,
  note,
  type,
  refused,
  testId,
}: {
  title: string
  note?: string | undefined
  type: 'info' | 'success' | 'warning'
  refused: readonly BulkRefused[]
  testId: string
}): ReactElement => {
  const { t, language } = useText()
  return (
    <Alert
      style={{ marginTop: 12 }}
      showIcon
      type={type}
      title={title}
      data-testid={testId}
      description={
        note === undefined && refused.length === 0 ? undefined : (
          <>
            {note === undefined ? null : <p>{note}</p>}
            {refused.length === 0 ? null : (
              <ul className="bulk-refused">
                {refused.map(({ reason, count, records }) => (
                  <li key={reason}>
                    {t('bulk.refused', { count, reason })}
                    <span className="quiet">
                      {records
                        .flatMap(({ title: name }) => (name === '' ? [] : [name]))
                        .slice(0, 5)
                        .join(language === 'zh' ? '、' : ', ')}
                    </span>
                  </li>
                ))}
              </ul>
            )}
          </>
        )
      }
    />
  )
}
