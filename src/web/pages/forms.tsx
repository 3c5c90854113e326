// Web forms: which there are, how to embed each, and what was sent that could not become a lead.
import { PlusOutlined } from '@ant-design/icons'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Alert, Button, Popconfirm } from 'antd'
import { useState, type ReactElement } from 'react'
import { get, post, remove } from '../api.ts'
import type { CaptureFormInfo, CaptureFormsAnswer, CaptureQuarantineAnswer } from '../contract.ts'
import { bytes, instant } from '../format.ts'
import { Failure } from '../parts/failure.tsx'
import { FormEditor } from '../parts/form-editor.tsx'
import { FormEmbed } from '../parts/form-embed.tsx'
import { useNotify } from '../parts/notify.ts'
import { PageHead, Panel } from '../parts/page-head.tsx'
import { Waiting } from '../parts/waiting.tsx'
import { useText } from '../text.ts'
import '../style/table.css'
import '../style/value.css'

/** What is said of the suite that entries are sealed by, where it is not the usual one. */
const suiteTexts = { 18: 'forms.suiteNew', 20: 'forms.suiteGm' } as Readonly<
  Record<number, 'forms.suiteNew' | 'forms.suiteGm' | undefined>
>

export default function Forms(): ReactElement {
  const { t } = useText()
  const queries = useQueryClient()
  const [editing, setEditing] = useState<CaptureFormInfo | 'new' | null>(null)
  const answer = useQuery({ queryKey: ['forms'], queryFn: () => get<CaptureFormsAnswer>('/api/capture/forms') })
  const aside = useQuery({
    queryKey: ['forms', 'quarantine'],
    queryFn: () => get<CaptureQuarantineAnswer>('/api/capture/quarantine'),
  })
  const failed = answer.error ?? aside.error
  if (failed) return <Failure error={failed} again={() => void queries.invalidateQueries({ queryKey: ['forms'] })} />
  if (!answer.data || !aside.data) return <Waiting />
  const changed = (): void => void queries.invalidateQueries({ queryKey: ['forms'] })
  return (
    <>
      <PageHead
        title={t('forms.title')}
        about={t('forms.about')}
        actions={
          <Button type="primary" icon={<PlusOutlined />} onClick={() => setEditing('new')} data-testid="forms-new">
            {t('forms.new')}
          </Button>
        }
      />
      <div className="stack">
        {answer.data.suite === 17 ? null : (
          <Alert
            type={[18, 20].includes(answer.data.suite) ? 'info' : 'warning'}
            showIcon
            title={t(suiteTexts[answer.data.suite] ?? 'forms.suiteNone', { suite: answer.data.suiteName })}
          />
        )}
        <Existing answer={answer.data} edit={setEditing} />
        <Aside items={aside.data.items} changed={changed} />
      </div>
      {editing === null ? null : (
        <FormEditor
          form={editing === 'new' ? null : editing}
          answer={answer.data}
          close={() => setEditing(null)}
          saved={changed}
        />
      )}
    </>
  )
}

const Existing = ({
  answer,
  edit,
}: {
  answer: CaptureFormsAnswer
  edit: (form: CaptureFormInfo) => void
}): ReactElement => {
  const { t, both, language } = useText()
  const [embedding, setEmbedding] = useState<CaptureFormInfo | null>(null)
  return (
    <Panel title={t('forms.list')} flush data-testid="forms-list">
      {answer.forms.length === 0 ? (
        <p className="quiet card-body">{t('forms.none')}</p>
      ) : (
        <div className="table-box">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">{t('forms.heading')}</th>
                <th scope="col">{t('forms.name')}</th>
                <th scope="col">{t('forms.state')}</th>
                <th scope="col" className="number">
                  {t('forms.waiting')}
                </th>
                <th scope="col" className="number">
                  {t('forms.aside')}
                </th>
                <th scope="col">{t('forms.changed')}</th>
                <th scope="col">
                  <span className="visually-hidden">{t('common.actions')}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {answer.forms.map((form) => (
                <tr key={form.name} data-testid="forms-row" data-form={form.name}>
                  <td>{both(form.definition.title)}</td>
                  <td>
                    <code>{form.name}</code>
                  </td>
                  <td>{t(form.active ? 'forms.on' : 'forms.off')}</td>
                  <td className="number">{form.waiting}</td>
                  <td className="number">{form.quarantined}</td>
                  <td>{instant(form.updatedAt, language)}</td>
                  <td>
                    <span className="row" style={{ flexWrap: 'nowrap' }}>
                      <Button size="small" onClick={() => edit(form)} data-testid="forms-edit">
                        {t('forms.edit')}
                      </Button>
                      <Button size="small" onClick={() => setEmbedding(form)} data-testid="forms-embed">
                        {t('forms.embed')}
                      </Button>
                      {form.active ? (
                        <Button
                          size="small"
                          type="link"
                          href={`/capture/${form.name}?lang=${language}`}
                          target="_blank"
                        >
                          {t('forms.open')}
                        </Button>
                      ) : null}
                    </span>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {embedding ? <FormEmbed form={embedding} answer={answer} close={() => setEmbedding(null)} /> : null}
    </Panel>
  )
}

const Aside = ({ items, changed }: { items: CaptureQuarantineAnswer['items']; changed: () => void }): ReactElement => {
  const { t, language } = useText()
  const notify = useNotify()
  const act = async (work: () => Promise<unknown>, said: string): Promise<void> => {
    const done = await notify.attempt(async () => {
      await work()
      return true
    })
    if (done) notify.done(said)
    changed()
  }
  return (
    <Panel title={t('forms.quarantine')} flush data-testid="forms-quarantine">
      {items.length === 0 ? (
        <p className="quiet card-body">{t('forms.quarantineNone')}</p>
      ) : (
        <div className="table-box">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">{t('forms.received')}</th>
                <th scope="col">{t('forms.name')}</th>
                <th scope="col">{t('forms.reason')}</th>
                <th scope="col" className="number">
                  {t('forms.size')}
                </th>
                <th scope="col">
                  <span className="visually-hidden">{t('common.actions')}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {items.map((item) => (
                <tr key={item.id} data-testid="forms-aside" data-reason={item.reason}>
                  <td>{instant(item.receivedAt, language)}</td>
                  <td>
                    <code>{item.form}</code>
                  </td>
                  <td>{t(`forms.why.${item.reason}`)}</td>
                  <td className="number">{bytes(item.bytes, language)}</td>
                  <td>
                    <span className="row" style={{ flexWrap: 'nowrap' }}>
                      <Button
                        size="small"
                        onClick={() =>
                          void act(() => post(`/api/capture/quarantine/${item.id}/retry`), t('forms.retried'))
                        }
                      >
                        {t('forms.retry')}
                      </Button>
                      <Popconfirm
                        title={t('forms.deleteSure')}
                        okText={t('forms.delete')}
                        cancelText={t('common.cancel')}
                        onConfirm={() =>
                          void act(() => remove(`/api/capture/quarantine/${item.id}`), t('forms.deleted'))
                        }
                      >
                        <Button size="small" danger>
                          {t('forms.delete')}
                        </Button>
                      </Popconfirm>
                    </span>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  )
}
