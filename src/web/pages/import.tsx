// Import in three steps: choose a file, check what was guessed, see what became of every row.
import { CheckCircleFilled, CloudUploadOutlined, DownloadOutlined } from '@ant-design/icons'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Alert, Button, Checkbox, Progress, Select } from 'antd'
import { useRef, useState, type DragEvent, type ReactElement } from 'react'
import { useNavigate } from 'react-router'
import { download, get, post, remove, send } from '../api.ts'
import type { Both, ImportPreview, ImportState, TypeInfo } from '../contract.ts'
import { whole } from '../format.ts'
import { useNotify } from '../parts/notify.ts'
import { PageHead, Panel } from '../parts/page-head.tsx'
import { useCatalogue, useMe } from '../session.ts'
import { textOr, useText } from '../text.ts'
import '../style/table.css'
import '../style/import.css'

interface Choice {
  readonly encoding?: string
  readonly delimiter?: string
  readonly type?: string
}

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
        <Running id={running.id} type={running.type} restart={restart} />
      ) : preview && file ? (
        <Check
          key={preview.id}
          preview={preview}
          wanted={wanted}
          busy={busy}
          again={(choice) => void upload(file, choice)}
          cancel={restart}
          started={setRunning}
        />
      ) : (
        <Drop busy={busy} take={(chosen) => void upload(chosen)} />
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

/** Columns may go to these besides fields, as the server understands them; those that speak of names make up the name. */
const specials = [
  'owner',
  'importKey',
  'account id',
  'first name',
  'last name',
  'deleted',
  'created at',
  'id',
  'owner id',
] as const
const joined = ['address', 'longtext', 'tags']

const delimiters = [',', ';', '\t', '|']

/** What the server adds for dates with slashes whose order of day and month the values do not tell. */
type Column = ImportPreview['columns'][number] & { readonly dateOrder?: string }
type Order = 'dmy' | 'mdy'

const Check = ({
  preview,
  wanted,
  busy,
  again,
  cancel,
  started,
}: {
  preview: ImportPreview
  wanted: string | null
  busy: boolean
  again: (choice: Choice) => void
  cancel: () => void
  started: (running: { id: string; type: TypeInfo }) => void
}): ReactElement => {
  const { t, both, language } = useText()
  const notify = useNotify()
  const me = useMe()
  const types = useCatalogue().filter(
    (type) => me.abilities[type.name]?.import && type.name !== 'user' && type.name !== 'team',
  )
  const [mapping, setMapping] = useState<Readonly<Record<string, string | null>>>(() =>
    Object.fromEntries(preview.columns.map((column) => [String(column.index), column.suggestion])),
  )
  const [createAccounts, setCreateAccounts] = useState(true)
  const [orders, setOrders] = useState<Readonly<Record<string, Order>>>({})
  const [starting, setStarting] = useState(false)
  const type = types.find((each) => each.name === (wanted ?? preview.suggestedType)) ?? types[0]
  if (!type) return <Alert type="warning" showIcon title={t('import.notAllowed')} />
  const choice = { encoding: preview.encoding, delimiter: preview.delimiter, type: type.name }
  const used = Object.values(mapping).filter((name): name is string => name !== null)
  const joins = (name: string): boolean => joined.includes(type.fields.find((field) => field.name === name)?.kind ?? '')
  const doubled = used.find((name, index) => used.indexOf(name) !== index && !joins(name))
  const named = used.includes('last name') || used.includes('first name')
  const missing = type.fields.filter(
    (field) =>
      field.required &&
      !used.includes(field.name) &&
      !(type.name === 'deal' && field.name === type.title && (used.includes('product') || used.includes('account'))) &&
      !(field.kind === 'name' && named) &&
      field.kind !== 'choice' &&
      field.kind !== 'datetime',
  )
  const columns: readonly Column[] = preview.columns
  const undecided = columns.some(
    (column) => column.dateOrder === 'ask' && mapping[String(column.index)] && !orders[String(column.index)],
  )
  const linked = type.fields.some((field) => field.to === 'account' && used.includes(field.name))
  const run = async (): Promise<void> => {
    setStarting(true)
    const answer = await notify.attempt(() =>
      post<{ id: string }>(`/api/imports/${preview.id}/run`, {
        type: type.name,
        encoding: preview.encoding,
        delimiter: preview.delimiter,
        mapping,
        createAccounts: linked && createAccounts,
        ...(Object.keys(orders).length > 0 ? { dateOrders: orders } : {}),
      }),
    )
    setStarting(false)
    if (answer) started({ id: answer.id, type })
  }
  const fieldOptions = [
    { value: '', label: t('import.leaveOut') },
    ...type.fields.map((field) => ({ value: field.name, label: both(field.label) + (field.required ? ' *' : '') })),
    ...specials.map((name) => ({ value: name, label: t(`import.special.${name.replace(' ', '-')}`) })),
  ]
  const doubledField = type.fields.find((field) => field.name === doubled)
  return (
    <div className="stack">
      <Panel
        title={preview.fileName}
        extra={
          <span className="quiet small" data-testid="import-estimate">
            {t('import.rows', { rows: whole(preview.rowsEstimate, language) })}
            {preview.preset
              ? ` · ${t('import.preset', { name: textOr(`import.presets.${preview.preset}`, preview.preset) })}`
              : ''}
          </span>
        }
      >
        <div className="import-choices">
          <label>
            <span>{t('import.as')}</span>
            <Select<string>
              value={type.name}
              disabled={busy}
              onChange={(next) => again({ ...choice, type: next })}
              options={types.map((each) => ({ value: each.name, label: both(each.plurals) }))}
              data-testid="import-type"
            />
          </label>
          <label>
            <span>{t('import.encoding')}</span>
            <Select<string>
              value={preview.encoding}
              disabled={busy}
              onChange={(next) => again({ ...choice, encoding: next })}
              options={[
                ...new Set([
                  preview.encoding,
                  ...preview.candidates,
                  'utf-8',
                  'gb18030',
                  'big5',
                  'utf-16le',
                  'shift_jis',
                  'windows-1252',
                ]),
              ].map((name) => ({ value: name, label: name.toUpperCase() }))}
              data-testid="import-encoding"
            />
          </label>
          <label>
            <span>{t('import.delimiter')}</span>
            <Select<string>
              value={preview.delimiter}
              disabled={busy}
              onChange={(next) => again({ ...choice, delimiter: next })}
              options={[...new Set([...delimiters, preview.delimiter])].map((mark) => ({
                value: mark,
                label: textOr(
                  `import.mark.${mark === '\t' ? 'tab' : mark === ';' ? 'semicolon' : mark === '|' ? 'pipe' : mark === ',' ? 'comma' : 'other'}`,
                  mark,
                ),
              }))}
              data-testid="import-delimiter"
            />
          </label>
        </div>
        {preview.problems.map((problem) => (
          <Alert key={problem.en} type="warning" showIcon title={both(problem)} style={{ marginTop: 10 }} />
        ))}
      </Panel>
      <div className="table-box">
        <table className="table" data-testid="import-mapping">
          <thead>
            <tr>
              <th scope="col">{t('import.column')}</th>
              <th scope="col">{t('import.samples')}</th>
              <th scope="col">{t('import.field')}</th>
            </tr>
          </thead>
          <tbody>
            {columns.map((column) => {
              const name = mapping[String(column.index)] ?? null
              return (
                <tr key={column.index} data-left-out={name === null}>
                  <td>
                    <b>
                      {column.heading === '' ? t('import.noHeading', { number: column.index + 1 }) : column.heading}
                    </b>
                    {column.warning ? <div className="import-warning">{both(column.warning)}</div> : null}
                  </td>
                  <td className="import-samples">
                    {preview.rows
                      .map((row) => row[column.index] ?? '')
                      .filter((sample) => sample !== '')
                      .slice(0, 3)
                      .map((sample, index) => (
                        <span key={`${index}${sample}`}>{sample}</span>
                      ))}
                  </td>
                  <td className="import-target">
                    <Select<string>
                      value={name ?? ''}
                      style={{ width: 230 }}
                      status={name !== null && name === doubled ? 'error' : ''}
                      showSearch={{ optionFilterProp: 'label' }}
                      aria-label={t('import.fieldFor', { column: column.heading })}
                      options={fieldOptions}
                      onChange={(next) => setMapping({ ...mapping, [String(column.index)]: next === '' ? null : next })}
                      data-testid={`import-map-${column.index}`}
                    />
                    {column.dateOrder === 'ask' && name !== null ? (
                      <Select<Order>
                        style={{ width: 230, marginTop: 4 }}
                        value={orders[String(column.index)] ?? null}
                        placeholder={t('import.dateOrderAsk')}
                        aria-label={t('import.dateOrder')}
                        options={[
                          { value: 'dmy', label: t('import.dmy') },
                          { value: 'mdy', label: t('import.mdy') },
                        ]}
                        onChange={(next) => setOrders({ ...orders, [String(column.index)]: next })}
                        data-testid={`import-order-${column.index}`}
                      />
                    ) : null}
                  </td>
                </tr>
              )
            })}
          </tbody>
        </table>
      </div>
      {linked ? (
        <Checkbox checked={createAccounts} onChange={(event) => setCreateAccounts(event.target.checked)}>
          {t('import.createAccounts')}
        </Checkbox>
      ) : null}
      {missing.length > 0 ? (
        <Alert
          type="warning"
          showIcon
          title={t('import.missing', { fields: missing.map((field) => both(field.label)).join(t('common.listComma')) })}
        />
      ) : null}
      {doubledField ? (
        <Alert type="error" showIcon title={t('import.doubled', { field: both(doubledField.label) })} />
      ) : null}
      <div className="row">
        <Button onClick={cancel}>{t('common.cancel')}</Button>
        <Button
          type="primary"
          loading={starting}
          disabled={missing.length > 0 || doubled !== undefined || undecided || busy}
          onClick={() => void run()}
          data-testid="import-run"
        >
          {t('import.run', { rows: whole(preview.rowsEstimate, language) })}
        </Button>
        <span className="quiet small">{t('import.twice')}</span>
      </div>
    </div>
  )
}

/** What the server tells besides the counts once it is done. */
interface Extras {
  readonly accountsCreated: number
  readonly unknownOwners: readonly string[]
  readonly warnings: readonly (Both & { readonly line: number })[]
}

const Running = ({ id, type, restart }: { id: string; type: TypeInfo; restart: () => void }): ReactElement => {
  const { t, both, noun, language } = useText()
  const notify = useNotify()
  const go = useNavigate()
  const client = useQueryClient()
  const answer = useQuery({
    queryKey: ['import', id],
    queryFn: async () => {
      const state = await get<ImportState & Partial<Extras>>(`/api/imports/${id}`)
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
        {over && state.unknownOwners && state.unknownOwners.length > 0 ? (
          <Alert
            type="warning"
            showIcon
            title={t('import.unknownOwners', { names: state.unknownOwners.slice(0, 20).join(t('common.listComma')) })}
          />
        ) : null}
        {over && state.warnings && state.warnings.length > 0 ? (
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
