// Fields this organisation added to its records: what there are, how each is kept, and adding or no longer offering one.
import { PlusOutlined } from '@ant-design/icons'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Button, Popconfirm, Tag } from 'antd'
import { useState, type ReactElement } from 'react'
import { get, patch } from '../api.ts'
import type { CustomFieldInfo, CustomFieldsAnswer } from '../contract.ts'
import { Failure } from '../parts/failure.tsx'
import { FieldEditor } from '../parts/field-editor.tsx'
import { useNotify } from '../parts/notify.ts'
import { PageHead, Panel } from '../parts/page-head.tsx'
import { Table } from '../parts/table.tsx'
import { Waiting } from '../parts/waiting.tsx'
import { useCatalogue } from '../session.ts'
import { useText } from '../text.ts'

export default function Fields(): ReactElement {
  const { t, both } = useText()
  const queries = useQueryClient()
  const types = useCatalogue()
  const [adding, setAdding] = useState(false)
  const answer = useQuery({ queryKey: ['fields'], queryFn: () => get<CustomFieldsAnswer>('/api/custom-fields') })
  if (answer.error) return <Failure error={answer.error} again={() => void answer.refetch()} />
  if (!answer.data) return <Waiting />
  const changed = (): void => {
    void queries.invalidateQueries({ queryKey: ['fields'] })
    void queries.invalidateQueries({ queryKey: ['catalogue'] })
  }
  const { items } = answer.data
  return (
    <>
      <PageHead
        title={t('fields.title')}
        about={t('fields.about')}
        actions={
          <Button type="primary" icon={<PlusOutlined />} onClick={() => setAdding(true)} data-testid="fields-new">
            {t('fields.new')}
          </Button>
        }
      />
      <div className="stack">
        {items.length === 0 ? (
          <Panel title={t('fields.title')}>
            <p className="quiet">{t('fields.none')}</p>
          </Panel>
        ) : (
          types
            .filter((type) => items.some((item) => item.type === type.name))
            .map((type) => (
              <Panel key={type.name} title={both(type.label)} flush>
                <FieldRows items={items.filter((item) => item.type === type.name)} changed={changed} />
              </Panel>
            ))
        )}
      </div>
      {adding ? <FieldEditor answer={answer.data} close={() => setAdding(false)} saved={changed} /> : null}
    </>
  )
}

const FieldRows = ({ items, changed }: { items: readonly CustomFieldInfo[]; changed: () => void }): ReactElement => {
  const { t, both } = useText()
  const notify = useNotify()
  const offer = async (item: CustomFieldInfo, retired: boolean): Promise<void> => {
    await notify.attempt(async () => {
      await patch(`/api/custom-fields/${String(item.id)}`, { retired })
      changed()
    })
  }
  return (
    <Table
      headings={[
        t('fields.label'),
        t('fields.name'),
        t('fields.kind'),
        t('fields.dataClass'),
        t('fields.group'),
        t('fields.kept'),
      ]}
      data-testid="fields-table"
    >
      {items.map((item) => (
        <tr key={item.id} data-testid="fields-row" data-field={item.name}>
          <td>
            {both(item.label)} {item.retired ? <Tag>{t('fields.retired')}</Tag> : null}
          </td>
          <td>
            <code>{item.name}</code>
          </td>
          <td>{t(`fields.kinds.${item.kind}`)}</td>
          <td>{t(`dataClass.${item.dataClass}`)}</td>
          <td>{t(`group.${item.group}`)}</td>
          <td>{t(item.sealed ? (item.searched ? 'fields.sealedFound' : 'fields.sealed') : 'fields.plain')}</td>
          <td>
            {item.retired ? (
              <Button size="small" onClick={() => void offer(item, false)} data-testid="fields-offer">
                {t('fields.offer')}
              </Button>
            ) : (
              <Popconfirm
                title={t('fields.retireAsk')}
                description={t('fields.retireAbout')}
                onConfirm={() => void offer(item, true)}
                okText={t('fields.retire')}
                cancelText={t('common.cancel')}
              >
                <Button size="small" data-testid="fields-retire">
                  {t('fields.retire')}
                </Button>
              </Popconfirm>
            )}
          </td>
        </tr>
      ))}
    </Table>
  )
}
