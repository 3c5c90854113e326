// A record or a list on paper: asked for with its purpose, shown as sheets with who printed it, when, and the mark under which the journal has it.
import { ArrowLeftOutlined, PrinterOutlined } from '@ant-design/icons'
import { Button, Input } from 'antd'
import { useEffect, useState, type ReactElement } from 'react'
import { useNavigate, useSearchParams } from 'react-router'
import { post } from '../api.ts'
import type { FieldInfo, PrintAnswer, RecordAnswer, TypeInfo } from '../contract.ts'
import { instant } from '../format.ts'
import { askedFilters, readState, valueOf } from '../list-query.ts'
import { useColumns } from '../parts/columns.tsx'
import { Failure } from '../parts/failure.tsx'
import { byGroup } from '../parts/record-form.tsx'
import { FieldValue, LinkTitle } from '../parts/value.tsx'
import { useMe } from '../session.ts'
import { textOr, useText } from '../text.ts'
import { titleOf } from '../titles.ts'
import '../style/print.css'

interface Printed extends PrintAnswer {
  readonly purpose: string
}

/** id: of one record; absent: what the list of the address holds. */
export default function PrintPage({ type, id }: { type: TypeInfo; id?: string }): ReactElement {
  const { t, both, noun } = useText()
  const me = useMe()
  const go = useNavigate()
  const [search] = useSearchParams()
  const [purpose, setPurpose] = useState('')
  const [printed, setPrinted] = useState<Printed | null>(null)
  const [error, setError] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)
  const what = noun(id === undefined ? type.plurals : type.label)
  useEffect(() => {
    document.title = `${t('print.title', { what })} · ${t('common.product')}`
  }, [t, what])
  const state = readState(search)
  const ask = async (): Promise<void> => {
    setBusy(true)
    setError(null)
    const filters = askedFilters(state, me.id)
    const of =
      id === undefined
        ? {
            sort: state.sort,
            dir: state.dir,
            ...(filters.length > 0 ? { filters } : {}),
            ...(state.q.trim() === '' ? {} : { search: state.q.trim() }),
          }
        : { id }
    try {
      const said = purpose.trim()
      const answer = await post<PrintAnswer>(`/api/${type.plural}/print`, {
        ...of,
        ...(said === '' ? {} : { purpose: said }),
      })
      setPrinted({ ...answer, purpose: said })
    } catch (failed) {
      setError(failed)
    }
    setBusy(false)
  }
  const back = (): void => void go(id === undefined ? `/${type.plural}?${search.toString()}` : `/${type.plural}/${id}`)
  return (
    <div className="print-page">
      <div className="print-tools">
        <Button icon={<ArrowLeftOutlined />} onClick={back} data-testid="print-back">
          {t('print.back')}
        </Button>
        <Input
          value={purpose}
          maxLength={500}
          placeholder={t(id === undefined ? 'print.purposeList' : 'print.purpose')}
          aria-label={t('print.purposeLabel')}
          onChange={(event) => setPurpose(event.target.value)}
          onPressEnter={() => void ask()}
          data-testid="print-purpose"
        />
        <Button
          type={printed ? 'default' : 'primary'}
          loading={busy}
          onClick={() => void ask()}
          data-testid="print-make"
        >
          {t('print.make')}
        </Button>
        {printed ? (
          <Button type="primary" icon={<PrinterOutlined />} onClick={() => window.print()} data-testid="print-run">
            {t('print.run')}
          </Button>
        ) : null}
      </div>
      {error ? <Failure error={error} again={() => void ask()} /> : null}
      {printed ? (
        <Sheet type={type} printed={printed} one={id !== undefined} title={both(type.plurals)} />
      ) : error ? null : (
        <p className="quiet">{t(id === undefined ? 'print.aboutList' : 'print.about')}</p>
      )}
    </div>
  )
}

const Sheet = ({
  type,
  printed,
  one,
  title,
}: {
  type: TypeInfo
  printed: Printed
  one: boolean
  title: string
}): ReactElement => {
  const { t, language } = useText()
  const me = useMe()
  const { mark, at, items, titles, purpose } = printed
  const [record] = items
  const who = `${me.name} · ${instant(at, language)} · ${mark.slice(-12)}`
  return (
    <div className="print-sheet" data-testid="print-sheet">
      <div className="print-marks" aria-hidden="true">
        {Array.from({ length: 24 }, (_, i) => (
          <span key={i}>{who}</span>
        ))}
      </div>
      <h1>{one && record ? titleOf(type, record) : title}</h1>
      {one && record ? (
        <Fields type={type} record={record} titles={titles} />
      ) : (
        <Rows type={type} items={items} titles={titles} />
      )}
      <footer className="print-foot">
        <span>{t('print.by', { name: me.name, at: instant(at, language) })}</span>
        {purpose === '' ? null : <span>{t('print.for', { purpose })}</span>}
        {one ? null : <span>{t('print.rows', { count: items.length })}</span>}
        <span data-testid="print-mark">{t('print.mark', { mark })}</span>
      </footer>
    </div>
  )
}

interface Of {
  readonly type: TypeInfo
  readonly titles: Readonly<Record<string, string>>
}

const Value = ({
  field,
  record,
  titles,
}: { field: FieldInfo; record: RecordAnswer } & Omit<Of, 'type'>): ReactElement =>
  field.name === 'owner' && record.ownerId !== null ? (
    <LinkTitle type="user" id={record.ownerId} titles={titles} />
  ) : (
    <FieldValue
      full
      field={field}
      value={valueOf(record, field.name)}
      state={record.groups[field.group]}
      titles={titles}
    />
  )

const Rows = ({ type, items, titles }: Of & { items: readonly RecordAnswer[] }): ReactElement => {
  const { both } = useText()
  const { shown } = useColumns(type)
  return (
    <table>
      <thead>
        <tr>
          {shown.map((field) => (
            <th key={field.name} scope="col">
              {both(field.label)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {items.map((record) => (
          <tr key={record.id}>
            {shown.map((field) => (
              <td key={field.name}>
                <Value field={field} record={record} titles={titles} />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

const Fields = ({ type, record, titles }: Of & { record: RecordAnswer }): ReactElement => {
  const { both } = useText()
  return (
    <>
      {byGroup(type.fields).map(([group, fields]) => {
        const seen = fields.filter((field) => record.values[field.name] !== undefined)
        return seen.length === 0 ? null : (
          <section key={group}>
            <h2>{textOr(`group.${group}`, group)}</h2>
            <dl>
              {seen.map((field) => (
                <div key={field.name}>
                  <dt>{both(field.label)}</dt>
                  <dd>
                    <Value field={field} record={record} titles={titles} />
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        )
      })}
    </>
  )
}
