// The life of a record, newest first: who changed what, before and after.
import { useQuery } from '@tanstack/react-query'
import type { ReactElement } from 'react'
import { get } from '../api.ts'
import type { HistoryItem, RecordAnswer, TypeInfo } from '../contract.ts'
import { moment } from '../format.ts'
import { actText, textOr, useText } from '../text.ts'
import { Failure } from './failure.tsx'
import { FieldValue, LinkTitle } from './value.tsx'
import { Waiting } from './waiting.tsx'

export const History = ({ type, record }: { type: TypeInfo; record: RecordAnswer }): ReactElement => {
  const { t, both, language } = useText()
  const answer = useQuery({
    queryKey: ['history', type.name, record.id, record.version],
    queryFn: () => get<{ items: readonly HistoryItem[] }>(`/api/${type.plural}/${record.id}/history`),
  })
  if (answer.error) return <Failure error={answer.error} again={() => void answer.refetch()} />
  if (!answer.data) return <Waiting />
  const items = [...answer.data.items].sort((a, b) => (a.at < b.at ? 1 : -1))
  if (items.length === 0) return <p className="quiet">{t('history.none')}</p>
  return (
    <ol className="line" data-testid="record-history">
      {items.map((item, index) => (
        <li key={`${item.at}${index}`}>
          <div className="line-head">
            <b>
              {item.onBehalfOf === undefined
                ? item.actor || t('common.system')
                : t('history.onBehalf', { who: item.actor, person: item.onBehalfOf })}
            </b>{' '}
            {actText(item.act)}
            <time dateTime={item.at} className="quiet">
              {moment(item.at, language)}
            </time>
            <span className="quiet small">v{item.version}</span>
          </div>
          {item.changes.length > 0 ? (
            <dl className="changes">
              {item.changes.map((change) => {
                const field = type.fields.find((each) => each.name === change.field)
                const created = item.act.endsWith('.create') || item.act.endsWith('.import')
                return (
                  <div key={change.field}>
                    <dt>{field ? both(field.label) : textOr(`history.${change.field}`, change.field)}</dt>
                    <dd>
                      {created || change.before === null ? null : (
                        <>
                          <s>
                            {field ? (
                              <FieldValue field={field} value={change.before} />
                            ) : (
                              <Fixed name={change.field} value={change.before} />
                            )}
                          </s>
                          <span className="quiet"> → </span>
                        </>
                      )}
                      {field ? (
                        <FieldValue field={field} value={change.after} />
                      ) : (
                        <Fixed name={change.field} value={change.after} />
                      )}
                    </dd>
                  </div>
                )
              })}
            </dl>
          ) : null}
        </li>
      ))}
    </ol>
  )
}

/** Owner, team and shares are ids, not fields of the catalogue. */
const Fixed = ({ name, value }: { name: string; value: HistoryItem['changes'][number]['after'] }): ReactElement => {
  const kind = name.startsWith('owner') || name.startsWith('shared') ? 'user' : name.startsWith('team') ? 'team' : null
  const ids = Array.isArray(value) ? (value as readonly string[]) : typeof value === 'string' ? [value] : []
  if (kind === null || ids.length === 0) return <>{value === null || ids.length === 0 ? '—' : String(value)}</>
  return (
    <>
      {ids.map((id, index) => (
        <span key={id}>
          {index > 0 ? ', ' : ''}
          <LinkTitle type={kind} id={id} />
        </span>
      ))}
    </>
  )
}
