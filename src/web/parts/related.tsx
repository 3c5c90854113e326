// Records that point to this one, by the links of the catalogue: the contacts and deals of an account, and so on.
import { PlusOutlined } from '@ant-design/icons'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState, type ReactElement } from 'react'
import { Link, useNavigate } from 'react-router'
import { get } from '../api.ts'
import type { FieldInfo, PageAnswer, RecordAnswer, TypeInfo } from '../contract.ts'
import { useAbilities, useCatalogue } from '../session.ts'
import { useText } from '../text.ts'
import { learnTitles } from '../titles.ts'
import { columnFields } from './columns.tsx'
import { CreateDrawer } from './create-drawer.tsx'
import { Panel } from './page-head.tsx'
import { RecordTable } from './record-table.tsx'

const shown = 8

export const Related = ({ type, record }: { type: TypeInfo; record: RecordAnswer }): ReactElement => {
  const types = useCatalogue()
  const order = ['contact', 'deal', 'lead', 'account']
  const links = order.flatMap((name) => {
    const other = types.find((each) => each.name === name)
    const field = other?.fields.find((each) => each.kind === 'link' && each.to === type.name)
    return other && field ? [{ other, field }] : []
  })
  return (
    <>
      {links.map(({ other, field }) => (
        <RelatedList key={other.name} other={other} field={field} record={record} />
      ))}
    </>
  )
}

const RelatedList = ({
  other,
  field,
  record,
}: {
  other: TypeInfo
  field: FieldInfo
  record: RecordAnswer
}): ReactElement | null => {
  const { t, both, noun } = useText()
  const client = useQueryClient()
  const go = useNavigate()
  const abilities = useAbilities(other.name)
  const [adding, setAdding] = useState(false)
  const filter = JSON.stringify([{ field: field.name, op: 'eq', value: record.id }])
  const answer = useQuery({
    queryKey: ['list', other.name, 'related', field.name, record.id],
    queryFn: async () => {
      const page = await get<PageAnswer>(`/api/${other.plural}?filter=${encodeURIComponent(filter)}&limit=${shown}`)
      learnTitles(client, page.titles)
      return page
    },
  })
  const items = answer.data?.items ?? []
  const optional = other.name === 'lead' || other.name === 'account'
  if (answer.data === undefined || (optional && items.length === 0)) return null
  const title = field.name === 'parent' ? t('record.children') : both(other.plurals)
  const columns = columnFields(other, abilities)
    .filter((each) => (each.inList || each.name === other.title || each.name === 'owner') && each.name !== field.name)
    .slice(0, 5)
  return (
    <Panel
      flush
      title={title}
      data-testid={`record-related-${other.plural}`}
      extra={
        <>
          {answer.data.next === undefined ? null : (
            <Link to={`/${other.plural}?filter=${encodeURIComponent(filter)}`}>{t('common.all')}</Link>
          )}
          {abilities.create && !optional && record.deletedAt === null ? (
            <Button
              size="small"
              icon={<PlusOutlined />}
              onClick={() => setAdding(true)}
              aria-label={t('record.new', { what: noun(other.label) })}
            />
          ) : null}
        </>
      }
    >
      {items.length === 0 ? (
        <p className="card-body quiet">{t('list.none', { what: noun(other.plurals) })}</p>
      ) : (
        <RecordTable
          type={other}
          columns={columns}
          items={items}
          titles={answer.data.titles}
          state={{ sort: '', dir: 'asc' }}
        />
      )}
      {adding ? (
        <CreateDrawer
          type={other}
          initial={{ [field.name]: record.id }}
          close={() => setAdding(false)}
          created={(made) => void go(`/${other.plural}/${made.id}`)}
        />
      ) : null}
    </Panel>
  )
}
