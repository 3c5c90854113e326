// One record of a backup beside what it is today; values that were lost are chosen and taken over, by an ordinary change with its rights.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Alert, Button, Checkbox, Drawer } from 'antd'
import { useState, type ReactElement } from 'react'
import { Link } from 'react-router'
import { get, isProblem, patch, post } from '../api.ts'
import type { BrowseAnswer, BrowsedAnswer, FieldInfo, RecordAnswer, TypeInfo } from '../contract.ts'
import { instant } from '../format.ts'
import { useText } from '../text.ts'
import { titleOf } from '../titles.ts'
import { SinceTag } from './browse-list.tsx'
import { Failure } from './failure.tsx'
import { useNotify } from './notify.ts'
import { FieldValue } from './value.tsx'
import { Waiting } from './waiting.tsx'

interface Props {
  readonly browsing: BrowseAnswer
  readonly type: TypeInfo
  readonly id: string
  readonly close: () => void
}

export const BrowseRecord = ({ browsing, type, id, close }: Props): ReactElement => {
  const { t } = useText()
  const then = useQuery({
    queryKey: ['browse', browsing.id, type.plural, 'record', id],
    queryFn: () => get<BrowsedAnswer>(`/api/backups/browsings/${browsing.id}/${type.plural}/${id}`),
  })
  const now = useQuery({
    queryKey: ['browse', 'now', type.name, id],
    queryFn: async () => {
      try {
        return await get<RecordAnswer>(`/api/${type.plural}/${id}`)
      } catch (error) {
        if (isProblem(error, 'not-found')) return null
        throw error
      }
    },
    staleTime: 0,
  })
  const problem = then.error ?? now.error
  return (
    <Drawer
      open
      size={760}
      onClose={close}
      title={then.data ? titleOf(type, then.data.record) : t('browse.record')}
      data-testid="browse-record"
    >
      {problem ? (
        <Failure error={problem} again={() => void Promise.all([then.refetch(), now.refetch()])} />
      ) : !then.data || now.data === undefined ? (
        <Waiting />
      ) : (
        <Compared browsing={browsing} type={type} then={then.data} now={now.data} />
      )}
    </Drawer>
  )
}

interface ComparedProps {
  readonly browsing: BrowseAnswer
  readonly type: TypeInfo
  readonly then: BrowsedAnswer
  readonly now: RecordAnswer | null
}

const Compared = ({ browsing, type, then, now }: ComparedProps): ReactElement => {
  const { t, both, language } = useText()
  const queries = useQueryClient()
  const notify = useNotify()
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const [busy, setBusy] = useState(false)
  const { record, since, titles } = then
  const empty = (value: unknown): boolean => value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0) // prettier-ignore
  // What was empty and is empty says nothing.
  const fields = type.fields.filter(
    ({ name }) => record.values[name] !== undefined && !(empty(record.values[name]) && empty(now?.values[name])),
  )
  const differs = ({ name }: FieldInfo): boolean =>
    now !== null && JSON.stringify(now.values[name] ?? null) !== JSON.stringify(record.values[name] ?? null)
  // What is masked here or there is not known, and cannot be taken over.
  const known = (field: FieldInfo): boolean =>
    !field.sealed || (record.groups[field.group] === 'plain' && now?.groups[field.group] === 'plain')
  const done = async (text: string): Promise<void> => {
    setChosen(new Set())
    notify.done(text)
    await queries.invalidateQueries({ queryKey: ['browse'] })
    await queries.invalidateQueries({ queryKey: ['record', type.name, record.id] })
    await queries.invalidateQueries({ queryKey: ['list'] })
  }
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    setBusy(true)
    await notify.attempt(work)
    setBusy(false)
  }
  const take = (): Promise<void> =>
    attempt(async () => {
      if (!now) return
      const values = Object.fromEntries([...chosen].map((name) => [name, record.values[name] ?? null]))
      await patch(`/api/${type.plural}/${record.id}`, { version: now.version, values })
      await done(t('browse.taken', { count: chosen.size }))
    })
  const recover = (): Promise<void> =>
    attempt(async () => {
      await post(`/api/${type.plural}/${record.id}/recover`)
      await done(t('browse.recovered'))
    })
  return (
    <div className="stack">
      <div className="row">
        <SinceTag since={since} />
        <span className="quiet small">{t('browse.versionThen', { version: record.version })}</span>
        {now ? <Link to={`/${type.plural}/${record.id}`}>{t('browse.toRecord')}</Link> : null}
      </div>
      {since === 'deleted' ? (
        <Alert
          type="info"
          showIcon
          title={t('browse.deletedAbout')}
          action={
            <Button size="small" loading={busy} onClick={() => void recover()} data-testid="browse-recover">
              {t('browse.recover')}
            </Button>
          }
        />
      ) : null}
      <table className="table browse-compare" data-testid="browse-compare">
        <thead>
          <tr>
            <th scope="col">{t('browse.field')}</th>
            <th scope="col">{instant(browsing.at, language)}</th>
            <th scope="col">{t('browse.today')}</th>
            <th scope="col">
              <span className="visually-hidden">{t('browse.take')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {fields.map((field) => (
            <tr key={field.name} data-differs={differs(field) || undefined} data-field={field.name}>
              <th scope="row">{both(field.label)}</th>
              <td>
                <FieldValue
                  field={field}
                  value={record.values[field.name]}
                  state={record.groups[field.group]}
                  titles={titles}
                  full
                />
              </td>
              <td>
                {now ? (
                  <FieldValue field={field} value={now.values[field.name]} state={now.groups[field.group]} full />
                ) : (
                  '—'
                )}
              </td>
              <td>
                {differs(field) && known(field) ? (
                  <Checkbox
                    checked={chosen.has(field.name)}
                    aria-label={t('browse.takeField', { field: both(field.label) })}
                    onChange={({ target }) =>
                      setChosen((before) => {
                        const next = new Set(before)
                        if (target.checked) next.add(field.name)
                        else next.delete(field.name)
                        return next
                      })
                    }
                    data-testid={`browse-take-${field.name}`}
                  />
                ) : null}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {now && fields.some((field) => differs(field) && known(field)) ? (
        <div className="row">
          <Button
            type="primary"
            disabled={chosen.size === 0}
            loading={busy}
            onClick={() => void take()}
            data-testid="browse-take"
          >
            {t('browse.take')}
          </Button>
          <span className="quiet small">{t('browse.takeAbout')}</span>
        </div>
      ) : null}
    </div>
  )
}
