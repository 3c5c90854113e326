// The data map: how every field is kept and found, what that tells whoever steals the database, and how much of it attacks really recover.
import { EditOutlined, LockFilled, RadarChartOutlined } from '@ant-design/icons'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Alert, Button, Select, Segmented } from 'antd'
import { useState, type ReactElement } from 'react'
import { get, post } from '../api.ts'
import type { JobAnswer, KeysAnswer, LeakageAnswer, MeasuredAnswer, SearchAnswer } from '../contract.ts'
import { ago, instant, whole } from '../format.ts'
import { useCatalogue, useMay } from '../session.ts'
import { textOr, useText } from '../text.ts'
import { useNotify } from './notify.ts'
import { Panel } from './page-head.tsx'
import { SearchDialog } from './search-dialog.tsx'

type Kind = 'all' | 'sealed' | 'plain'
type Shown = KeysAnswer['fields'][number]
type Measured = LeakageAnswer['fields'][number]

interface Props {
  readonly keys: KeysAnswer
  readonly search: SearchAnswer
  readonly busy: boolean
}

export const DataMap = ({ keys, search, busy }: Props): ReactElement => {
  const { t, both } = useText()
  const types = useCatalogue()
  const may = useMay()
  const [type, setType] = useState<string | null>(null)
  const [kind, setKind] = useState<Kind>('all')
  const [changing, setChanging] = useState<Shown | 'storage' | null>(null)
  const last = useQuery({
    queryKey: ['keys', 'leakage'],
    queryFn: () => get<MeasuredAnswer | null>('/api/keys/leakage/last'),
  })
  const suite = keys.epochs.find((epoch) => epoch.state === 'active')?.suite ?? ''
  const shown = keys.fields.filter(
    (field) => (type === null || field.type === type) && (kind === 'all' || field.storage === kind),
  )
  const nameOf = (name: string): string => {
    const found = types.find((each) => each.name === name)
    return found ? both(found.label) : name
  }
  const sealed = keys.fields.filter((field) => field.storage === 'sealed').length
  return (
    <div className="stack">
      <Measure last={last.data ?? null} generation={search.generation} busy={busy} />
      <Panel
        flush
        title={
          <>
            {t('keys.map')}{' '}
            <span className="quiet small">{t('dataMap.count', { sealed, all: keys.fields.length })}</span>
          </>
        }
        data-testid="keys-map"
        extra={
          <>
            {may('keys.rotate') ? (
              <Button size="small" disabled={busy} onClick={() => setChanging('storage')} data-testid="map-storage">
                {t('dataMap.storageIs', { where: t(`dataMap.storage.${search.storage}`) })}
              </Button>
            ) : (
              <span className="quiet small">
                {t('dataMap.storageIs', { where: t(`dataMap.storage.${search.storage}`) })}
              </span>
            )}
            <Select<string>
              allowClear
              style={{ width: 150 }}
              value={type}
              placeholder={t('journal.anyType')}
              aria-label={t('journal.onWhat')}
              options={[...new Set(keys.fields.map((field) => field.type))].map((name) => ({
                value: name,
                label: nameOf(name),
              }))}
              onChange={(value: string | undefined) => setType(value ?? null)}
            />
            <Segmented<Kind>
              value={kind}
              onChange={setKind}
              options={[
                { value: 'all', label: t('common.all') },
                { value: 'sealed', label: t('keys.sealed') },
                { value: 'plain', label: t('keys.plain') },
              ]}
            />
          </>
        }
      >
        <p className="quiet small map-record">{both(keys.record)}</p>
        <div className="table-box">
          <table className="table map-table">
            <thead>
              <tr>
                <th scope="col">{t('keys.field')}</th>
                <th scope="col">{t('keys.class')}</th>
                <th scope="col">{t('keys.storage')}</th>
                <th scope="col">{t('keys.search')}</th>
                <th scope="col">{t('dataMap.thief')}</th>
                <th scope="col">{t('dataMap.measured')}</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((field) => {
                const place = search.fields.find((one) => one.type === field.type && one.field === field.field)
                const found = last.data?.leakage.fields.find(
                  (one) => one.type === field.type && one.field === field.field,
                )
                return (
                  <tr key={`${field.type}.${field.field}`} data-testid={`map-${field.type}-${field.field}`}>
                    <td className="wrap">
                      <div>{both(field.label)}</div>
                      <div className="quiet small">{nameOf(field.type)}</div>
                    </td>
                    <td>
                      <div>{textOr(`dataClass.${field.dataClass}`, field.dataClass)}</div>
                      <div className="quiet small">{textOr(`group.${field.group}`, field.group)}</div>
                    </td>
                    <td>
                      {field.storage === 'sealed' ? (
                        <>
                          <Suites of={field.suites} next={suite} />
                          <span className="lock" data-class={field.dataClass} aria-hidden="true">
                            <LockFilled />
                          </span>
                        </>
                      ) : (
                        <span className="quiet">{t('keys.plain')}</span>
                      )}
                    </td>
                    <td className="wrap">
                      {field.storage === 'plain'
                        ? t('dataMap.byDatabase')
                        : field.search
                            .map((mode) => textOr(`dataMap.mode.${mode}`, mode))
                            .join(t('common.listComma')) || t('dataMap.off')}
                      {place && place.possible.length > 0 && may('keys.rotate') ? (
                        <Button
                          size="small"
                          type="text"
                          icon={<EditOutlined />}
                          disabled={busy}
                          aria-label={`${t('dataMap.change')} ${nameOf(field.type)} ${both(field.label)}`}
                          onClick={() => setChanging(field)}
                          data-testid={`map-change-${field.type}-${field.field}`}
                        />
                      ) : null}
                    </td>
                    <td className="wrap quiet small">{both(field.leaks)}</td>
                    <td className="wrap small">
                      {field.storage === 'plain' ? <span className="quiet">—</span> : <Rates field={found} />}
                    </td>
                  </tr>
                )
              })}
            </tbody>
          </table>
        </div>
      </Panel>
      {changing === null ? null : (
        <SearchDialog
          search={search}
          field={changing === 'storage' ? null : changing}
          close={() => setChanging(null)}
        />
      )}
    </div>
  )
}

/** The suites that the bytes of the field's cells name; while records are sealed anew, each with its number of cells. */
const Suites = ({ of, next }: { of: Shown['suites']; next: string }): ReactElement => {
  const { t, language } = useText()
  const [only, ...more] = of
  // Nothing is sealed yet: what the next value is sealed by.
  if (!only) return <span className="quiet">{next}</span>
  if (more.length === 0) return <>{only.suite}</>
  return (
    <span className="map-suites" title={t('dataMap.suitesAbout')}>
      {of.map(({ suite, cells }) => (
        <span key={suite} className="map-suite">
          {suite} <span className="quiet small">{cells === null ? '' : whole(cells, language)}</span>
        </span>
      ))}
    </span>
  )
}

/** When it was last measured, and the button that does it again. */
const Measure = ({
  last,
  generation,
  busy,
}: {
  last: MeasuredAnswer | null
  generation: number
  busy: boolean
}): ReactElement => {
  const { t, language } = useText()
  const notify = useNotify()
  const client = useQueryClient()
  const run = async (): Promise<void> => {
    await notify.attempt(() => post<JobAnswer>('/api/keys/leakage/measure'))
    await client.invalidateQueries({ queryKey: ['jobs'] })
  }
  const records = Math.max(
    0,
    ...(last?.leakage.fields.flatMap((field) => field.attacks.map((one) => one.records)) ?? []),
  )
  return (
    <Panel
      title={t('dataMap.measureTitle')}
      data-testid="map-measured"
      extra={
        <Button
          size="small"
          icon={<RadarChartOutlined />}
          disabled={busy}
          onClick={() => void run()}
          data-testid="map-measure"
        >
          {t('dataMap.measure')}
        </Button>
      }
    >
      <div className="stack">
        <p className="quiet">{t('dataMap.measureAbout')}</p>
        {last === null ? (
          <p>{t('dataMap.notMeasured')}</p>
        ) : (
          <p title={instant(last.at, language)} data-testid="map-measured-at">
            {t('dataMap.measuredAt', {
              at: instant(last.at, language),
              ago: ago(last.at, language),
              records: whole(records, language),
            })}
          </p>
        )}
        {last !== null && last.leakage.generation !== generation ? (
          <Alert type="warning" showIcon title={t('dataMap.stale')} />
        ) : null}
      </div>
    </Panel>
  )
}

const Rates = ({ field }: { field: Measured | undefined }): ReactElement => {
  const { t } = useText()
  if (!field || field.attacks.length === 0) return <span className="quiet">{field ? t('dataMap.nothing') : '—'}</span>
  return (
    <ul className="rates">
      {field.attacks.map((one) => (
        <li key={`${one.attack}.${one.mode}.${one.target}`} data-high={one.recovered > 0.2}>
          <span>
            {textOr(`dataMap.attack.${one.attack}`, one.attack)} · {textOr(`dataMap.target.${one.target}`, one.target)}
          </span>
          <b>{percent(one.recovered)}</b>
          <span className="quiet">
            {one.unkeyed === null
              ? t('dataMap.guess', { share: percent(one.guess) })
              : t('dataMap.unkeyed', { share: percent(one.unkeyed) })}
          </span>
        </li>
      ))}
    </ul>
  )
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`
