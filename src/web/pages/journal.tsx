// The journal: who did what, when, from where; each entry's place in the tree, the last checkpoint, and a check of the whole.
import { CheckCircleFilled, CloseCircleFilled, SafetyOutlined } from '@ant-design/icons'
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { Alert, Button, Input, Select, Tooltip } from 'antd'
import { Fragment, useState, type ReactElement } from 'react'
import { Link, useSearchParams } from 'react-router'
import { get, post } from '../api.ts'
import type { JournalAnswer, JournalEntry, JournalVerified } from '../contract.ts'
import { instant, whole } from '../format.ts'
import { Failure } from '../parts/failure.tsx'
import { journalActs } from '../parts/journal-acts.ts'
import { LinkSelect } from '../parts/link-select.tsx'
import { useNotify } from '../parts/notify.ts'
import { PageHead, Panel } from '../parts/page-head.tsx'
import { Waiting } from '../parts/waiting.tsx'
import { useCatalogue, useMay } from '../session.ts'
import { actText, purposeText, textOr, useText } from '../text.ts'
import '../style/table.css'
import '../style/journal.css'

export default function Journal(): ReactElement {
  const { t, both, language } = useText()
  const [search, setSearch] = useSearchParams()
  const types = useCatalogue()
  const may = useMay()
  const names = ['actor', 'act', 'obj', 'recordId'] as const
  const asked = new URLSearchParams(names.flatMap((name) => (search.get(name) ? [[name, search.get(name) ?? '']] : [])))
  const answer = useInfiniteQuery({
    queryKey: ['journal', asked.toString()],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam }) =>
      get<JournalAnswer>(
        `/api/journal?${new URLSearchParams([...asked, ['limit', '100'], ...(pageParam === null ? [] : [['before', pageParam]])]).toString()}`,
      ),
    getNextPageParam: (page) => page.next ?? null,
    placeholderData: keepPreviousData,
    staleTime: 0,
  })
  const set = (name: string, value: string | null): void => {
    const next = new URLSearchParams(search)
    if (value) next.set(name, value)
    else next.delete(name)
    setSearch(next, { replace: true })
  }
  if (answer.error) return <Failure error={answer.error} again={() => void answer.refetch()} />
  const items = answer.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <>
      <PageHead title={t('journal.title')} about={t('journal.about')} />
      <Checkpoint checkpoint={answer.data?.pages[0]?.checkpoint ?? null} verifies={may('journal.verify')} />
      <div className="tools" style={{ marginTop: 14 }}>
        <div style={{ width: 180 }}>
          <LinkSelect
            type="user"
            value={search.get('actor')}
            onChange={(value) => set('actor', value)}
            placeholder={t('journal.anybody')}
            aria-label={t('journal.who')}
            data-testid="journal-actor"
          />
        </div>
        <Select<string>
          allowClear
          showSearch={{ optionFilterProp: 'label' }}
          style={{ width: 180 }}
          value={search.get('act')}
          placeholder={t('journal.anything')}
          aria-label={t('journal.what')}
          options={journalActs
            .map((act) => ({ value: act, label: actText(act) }))
            .toSorted((a, b) => a.label.localeCompare(b.label, language))}
          popupMatchSelectWidth={false}
          onChange={(value: string | undefined) => set('act', value ?? null)}
          data-testid="journal-act"
        />
        <Select<string>
          allowClear
          style={{ width: 150 }}
          value={search.get('obj')}
          placeholder={t('journal.anyType')}
          aria-label={t('journal.onWhat')}
          options={types.map((type) => ({ value: type.name, label: both(type.label) }))}
          onChange={(value: string | undefined) => set('obj', value ?? null)}
          data-testid="journal-obj"
        />
        {search.get('recordId') ? (
          <Input
            style={{ width: 210 }}
            allowClear
            value={search.get('recordId') ?? ''}
            onChange={(event) => set('recordId', event.target.value)}
            aria-label={t('journal.recordId')}
          />
        ) : null}
        <span className="tools-gap" />
        <Button onClick={() => void answer.refetch()} loading={answer.isRefetching}>
          {t('common.refresh')}
        </Button>
      </div>
      {answer.data === undefined ? (
        <Waiting />
      ) : (
        <Entries items={items} stale={answer.isPlaceholderData} ofRecord={(id) => set('recordId', id)} />
      )}
      {answer.hasNextPage ? (
        <div className="table-foot" style={{ justifyContent: 'center' }}>
          <Button
            loading={answer.isFetchingNextPage}
            onClick={() => void answer.fetchNextPage()}
            data-testid="journal-more"
          >
            {t('common.loadMore')}
          </Button>
        </div>
      ) : null}
    </>
  )
}

const Checkpoint = ({
  checkpoint,
  verifies,
}: {
  checkpoint: JournalAnswer['checkpoint']
  verifies: boolean
}): ReactElement => {
  const { t, language } = useText()
  const notify = useNotify()
  const [busy, setBusy] = useState(false)
  const [result, setResult] = useState<JournalVerified | null>(null)
  const [note, setNote] = useState(false)
  const verify = async (): Promise<void> => {
    setBusy(true)
    setResult((await notify.attempt(() => post<JournalVerified>('/api/journal/verify'))) ?? null)
    setBusy(false)
  }
  return (
    <Panel
      title={
        <span className="row">
          <SafetyOutlined /> {t('journal.checkpoint')}
        </span>
      }
      extra={
        verifies ? (
          <Button size="small" type="primary" loading={busy} onClick={() => void verify()} data-testid="journal-verify">
            {t('journal.verify')}
          </Button>
        ) : null
      }
      data-testid="journal-checkpoint"
    >
      {checkpoint ? (
        <dl className="facts">
          <div>
            <dt>{t('journal.size')}</dt>
            <dd>{whole(checkpoint.size, language)}</dd>
          </div>
          <div>
            <dt>{t('journal.root')}</dt>
            <dd className="mono break">{checkpoint.root}</dd>
          </div>
          <div>
            <dt>{t('journal.signedAt')}</dt>
            <dd>{instant(checkpoint.at, language)}</dd>
          </div>
          <div>
            <dt>{t('journal.note')}</dt>
            <dd>
              <Button
                size="small"
                type="link"
                style={{ padding: 0 }}
                onClick={() => setNote(!note)}
                aria-expanded={note}
              >
                {t(note ? 'common.hide' : 'common.show')}
              </Button>
            </dd>
          </div>
        </dl>
      ) : (
        <p className="quiet">{t('journal.noCheckpoint')}</p>
      )}
      {note && checkpoint ? <pre className="source">{checkpoint.note}</pre> : null}
      {result ? (
        <div style={{ marginTop: 10 }} data-testid="journal-verified" data-ok={result.ok}>
          <Alert
            type={result.ok ? 'success' : 'error'}
            showIcon
            icon={result.ok ? <CheckCircleFilled /> : <CloseCircleFilled />}
            title={
              result.ok
                ? t('journal.ok', { entries: whole(result.entries, language) })
                : t('journal.bad', {
                    index: result.firstBad?.index ?? 0,
                    entry: result.firstBad?.entry ?? '',
                  })
            }
            description={
              result.ok ? <span className="mono break">{result.root}</span> : (result.firstBad?.what ?? undefined)
            }
          />
        </div>
      ) : null}
    </Panel>
  )
}

const Entries = ({
  items,
  stale,
  ofRecord,
}: {
  items: readonly JournalEntry[]
  stale: boolean
  ofRecord: (id: string) => void
}): ReactElement => {
  const { t, both, language } = useText()
  const types = useCatalogue()
  const [open, setOpen] = useState<string | null>(null)
  return (
    <div className="table-box" data-stale={stale}>
      <table className="table journal" data-testid="journal-table">
        <thead>
          <tr>
            <th scope="col" className="number">
              {t('journal.place')}
            </th>
            <th scope="col">{t('journal.when')}</th>
            <th scope="col">{t('journal.who')}</th>
            <th scope="col">{t('journal.what')}</th>
            <th scope="col">{t('journal.onWhat')}</th>
            <th scope="col">{t('journal.whence')}</th>
            <th scope="col">{t('journal.purpose')}</th>
            <th scope="col">
              <span className="visually-hidden">{t('common.details')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {items.map((item) => {
            const type = types.find((each) => each.name === item.obj)
            const linked = type && type.name !== 'user' && type.name !== 'team' && item.recordId
            return (
              <Fragment key={item.id}>
                <tr data-denied={item.decision === 'deny'} data-testid="journal-row" data-act={item.act}>
                  <td className="number mono">
                    {item.index === null ? (
                      <Tooltip title={t('journal.notYet')}>
                        <span className="quiet">…</span>
                      </Tooltip>
                    ) : (
                      item.index
                    )}
                  </td>
                  <td>{instant(item.at, language)}</td>
                  <td>
                    {item.actor === '' ? <span className="quiet">{t('common.system')}</span> : item.actor}
                    {item.onBehalfOf.length > 0 ? (
                      <span className="quiet small" data-testid="journal-behalf">
                        {' '}
                        {t('journal.onBehalf', { who: item.onBehalfOf.join(t('common.listComma')) })}
                      </span>
                    ) : null}
                  </td>
                  <td>
                    <span className="act" data-act={item.act.split('.')[0]} data-denied={item.decision === 'deny'}>
                      {actText(item.act)}
                    </span>
                    {item.decision === 'deny' ? (
                      <span className="denied">
                        {item.act === 'denied' ? refusedAct(item.detail) : t('journal.denied')}
                      </span>
                    ) : null}
                  </td>
                  <td>
                    {type ? both(type.label) : textOr(`obj.${item.obj}`, item.obj)}{' '}
                    {item.recordId ? (
                      linked ? (
                        <Link to={`/${type.plural}/${item.recordId}`} className="mono">
                          …{item.recordId.slice(-6)}
                        </Link>
                      ) : (
                        <span className="mono quiet">…{item.recordId.slice(-6)}</span>
                      )
                    ) : null}
                    {item.groups.length > 0 ? (
                      <span className="quiet small">
                        {' '}
                        {item.groups.map((group) => textOr(`group.${group}`, group)).join(t('common.listComma'))}
                      </span>
                    ) : null}
                  </td>
                  <td className="quiet">
                    {textOr(`channel.${item.channel}`, item.channel)} <span className="mono">{item.ip}</span>
                  </td>
                  <td title={item.purpose}>{purposeText(item.purpose)}</td>
                  <td className="table-action">
                    <Button
                      size="small"
                      type="text"
                      aria-expanded={open === item.id}
                      onClick={() => setOpen(open === item.id ? null : item.id)}
                    >
                      {t('common.details')}
                    </Button>
                  </td>
                </tr>
                {open === item.id ? (
                  <tr>
                    <td colSpan={8} className="wrap">
                      <div className="row small" style={{ marginBottom: 6 }}>
                        <span className="quiet">{t('journal.entry')}</span>
                        <span className="mono">{item.id}</span>
                        {item.recordId ? (
                          <Button size="small" onClick={() => ofRecord(item.recordId ?? '')}>
                            {t('journal.ofRecord')}
                          </Button>
                        ) : null}
                      </div>
                      <pre className="source">{JSON.stringify(item.detail ?? {}, null, 2)}</pre>
                    </td>
                  </tr>
                ) : null}
              </Fragment>
            )
          })}
        </tbody>
      </table>
      {items.length === 0 ? <p className="nothing">{t('journal.none')}</p> : null}
    </div>
  )
}

/** What was refused: the entry's detail names the action, or why it was refused. */
const refusedAct = (detail: unknown): string =>
  typeof detail === 'object' && detail !== null && 'action' in detail && typeof detail.action === 'string'
    ? textOr(`refusedAct.${detail.action.replaceAll('.', '-')}`, actText(detail.action))
    : ''
