// One record: its head with what can be done, its fields, what is related, what happened and its history.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Alert } from 'antd'
import { createElement, useEffect, useState, type ReactElement } from 'react'
import { Link } from 'react-router'
import { get } from '../api.ts'
import type { RecordAnswer, TypeInfo } from '../contract.ts'
import { ago, moment } from '../format.ts'
import { Activity } from '../parts/activity.tsx'
import { Failure } from '../parts/failure.tsx'
import { iconOf } from '../parts/icons.ts'
import { isPartial } from '../parts/partial.ts'
import { RecordActions } from '../parts/record-actions.tsx'
import { RecordEdit } from '../parts/record-edit.tsx'
import { RecordView } from '../parts/record-view.tsx'
import { useAnywhere } from '../parts/record-table.tsx'
import { Related } from '../parts/related.tsx'
import { FieldValue, LinkTitle } from '../parts/value.tsx'
import { Waiting } from '../parts/waiting.tsx'
import { useAbilities } from '../session.ts'
import { useText } from '../text.ts'
import { titleOf } from '../titles.ts'
import '../style/record.css'

export default function RecordPage({ type, id }: { type: TypeInfo; id: string }): ReactElement {
  const { t, both } = useText()
  const client = useQueryClient()
  const [editing, setEditing] = useState<string | null>(null)
  const abilities = useAbilities(type.name)
  const answer = useQuery({
    queryKey: ['record', type.name, id],
    queryFn: () => get<RecordAnswer>(`/api/${type.plural}/${id}`),
    staleTime: 0,
  })
  const record = answer.data
  const title = record ? titleOf(type, record) : ''
  useEffect(() => {
    document.title = `${title === '' ? both(type.label) : title} · ${t('common.product')}`
  }, [title, type, both, t])
  const edits =
    record?.deletedAt === null &&
    Object.values(abilities.groups).some((group) => group.edit) &&
    !isPartial(record, abilities)
  useAnywhere(edits && editing === null, (event) => {
    if (event.key === 'e') {
      event.preventDefault()
      setEditing('')
    }
  })
  if (answer.error) return <Failure error={answer.error} again={() => void answer.refetch()} />
  if (!record) return <Waiting />
  const changed = (next: RecordAnswer | null): void => {
    if (next) client.setQueryData(['record', type.name, id], next)
    else void client.invalidateQueries({ queryKey: ['record', type.name, id] })
    client.removeQueries({ queryKey: ['title', id] })
    void client.invalidateQueries({ queryKey: ['list', type.name] })
    void client.invalidateQueries({ queryKey: ['history', type.name, id] })
  }
  return (
    <>
      <Head type={type} record={record} title={title} changed={changed} edit={() => setEditing('')} />
      {record.deletedAt === null ? null : (
        <Alert type="warning" showIcon title={t('record.isDeleted')} style={{ marginBottom: 12 }} />
      )}
      <div className="record">
        <div className="stack">
          {editing === null ? (
            <RecordView type={type} record={record} {...(edits ? { edit: setEditing } : {})} />
          ) : (
            <RecordEdit
              type={type}
              record={record}
              {...(editing === '' ? {} : { focus: editing })}
              close={() => setEditing(null)}
              saved={(next) => {
                changed(next)
                setEditing(null)
              }}
            />
          )}
          <Related type={type} record={record} />
        </div>
        <Activity type={type} record={record} />
      </div>
    </>
  )
}

const Head = ({
  type,
  record,
  title,
  edit,
  changed,
}: {
  type: TypeInfo
  record: RecordAnswer
  title: string
  edit: () => void
  changed: (record: RecordAnswer | null) => void
}): ReactElement => {
  const { t, both, language } = useText()
  const marks = type.fields.filter((field) => ['grade', 'stage', 'status', 'priority'].includes(field.name))
  return (
    <header className="record-head">
      <span className="record-icon">{createElement(iconOf(type.name))}</span>
      <div className="record-name">
        <Link to={`/${type.plural}`} className="small quiet">
          {both(type.plurals)}
        </Link>
        <h1 data-testid="record-title">
          {title}
          {marks.map((field) =>
            record.values[field.name] ? (
              <FieldValue key={field.name} field={field} value={record.values[field.name]} />
            ) : null,
          )}
        </h1>
        <p className="small quiet record-facts">
          <span data-testid="record-owner">
            {t('record.owner')}{' '}
            {record.ownerId === null ? (
              <span className={type.pool ? 'pool-value' : ''}>{type.pool ? t('list.inPool') : '—'}</span>
            ) : (
              <b>
                <LinkTitle type="user" id={record.ownerId} />
              </b>
            )}
          </span>
          {record.teamId ? (
            <span>
              <LinkTitle type="team" id={record.teamId} />
            </span>
          ) : null}
          {record.sharedWith.length > 0 ? (
            <span>
              {t('record.sharedWith')}{' '}
              {record.sharedWith.map((user, index) => (
                <span key={user}>
                  {index > 0 ? t('common.listComma') : ''}
                  <LinkTitle type="user" id={user} />
                </span>
              ))}
            </span>
          ) : null}
          <span title={moment(record.updatedAt, language)}>
            {t('record.updated')} {ago(record.updatedAt, language)}
          </span>
          <span title={record.id}>v{record.version}</span>
        </p>
      </div>
      <div className="page-actions">
        <RecordActions type={type} record={record} edit={edit} changed={changed} />
      </div>
    </header>
  )
}
