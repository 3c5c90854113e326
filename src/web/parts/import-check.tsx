// What was guessed of a file, to be checked: type, encoding, delimiter, and the field each column goes into.
import { Alert, Button, Checkbox, Select } from 'antd'
import { useState, type ReactElement } from 'react'
import { post } from '../api.ts'
import type { ImportPreview, TypeInfo } from '../contract.ts'
import { whole } from '../format.ts'
import { useCatalogue, useMe } from '../session.ts'
import { textOr, useText } from '../text.ts'
import { ImportLegacy, legacyOf, noOldCipher, type OldCipher } from './import-legacy.tsx'
import { useNotify } from './notify.ts'
import { Panel } from './page-head.tsx'

export interface Choice {
  readonly encoding?: string
  readonly delimiter?: string
  readonly type?: string
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

type Order = 'dmy' | 'mdy'

export const ImportCheck = ({
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
  const [old, setOld] = useState<OldCipher>(noOldCipher)
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
  const columns = preview.columns
  const undecided = columns.some(
    (column) => column.dateOrder === 'ask' && mapping[String(column.index)] && !orders[String(column.index)],
  )
  const linked = type.fields.some((field) => field.to === 'account' && used.includes(field.name))
  const legacy = legacyOf(old)
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
        ...(legacy ? { legacy } : {}),
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
      <ImportLegacy columns={columns} value={old} change={setOld} />
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
          disabled={missing.length > 0 || doubled !== undefined || undecided || legacy === null || busy}
          onClick={() => void run()}
          data-testid="import-run"
        >
          {t('import.run')}
        </Button>
        <span className="quiet small">{t('import.twice')}</span>
      </div>
    </div>
  )
}
