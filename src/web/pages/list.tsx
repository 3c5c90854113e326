// The list of one record type: one page for all of them, driven by the catalogue.
import {
  ExportOutlined,
  InboxOutlined,
  LeftOutlined,
  PlusOutlined,
  PrinterOutlined,
  RightOutlined,
  SearchOutlined,
} from '@ant-design/icons'
import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query'
import { Button, Input, Segmented, type InputRef } from 'antd'
import { useEffect, useRef, useState, type ReactElement } from 'react'
import { useNavigate, useSearchParams } from 'react-router'
import { get, post } from '../api.ts'
import type { PageAnswer, RecordAnswer, TypeInfo } from '../contract.ts'
import { counted } from '../format.ts'
import { askList, readState, writeState, type ListState, type View } from '../list-query.ts'
import { ColumnChooser, useColumns } from '../parts/columns.tsx'
import { CreateDrawer } from '../parts/create-drawer.tsx'
import { ExportDialog } from '../parts/export-dialog.tsx'
import { Failure } from '../parts/failure.tsx'
import { FilterButton, FilterChips } from '../parts/filters.tsx'
import { useNotify } from '../parts/notify.ts'
import { PageHead } from '../parts/page-head.tsx'
import { RecordTable, useAnywhere } from '../parts/record-table.tsx'
import { SelectionBar, useSelection } from '../parts/selection.tsx'
import { Waiting } from '../parts/waiting.tsx'
import { useAbilities, useMe } from '../session.ts'
import { useText } from '../text.ts'
import { learnTitles } from '../titles.ts'

const pageSize = 50

export default function List({ type }: { type: TypeInfo }): ReactElement {
  const { t, both, noun, language } = useText()
  const me = useMe()
  const abilities = useAbilities(type.name)
  const go = useNavigate()
  const [search, setSearch] = useSearchParams()
  const [exporting, setExporting] = useState(false)
  const state = readState(search)
  const columns = useColumns(type)
  const box = useRef<InputRef>(null)
  const asked = askList(state, me.id)
  const selection = useSelection(asked)
  const selects =
    state.view !== 'deleted' && (abilities.assign || Object.values(abilities.groups).some(({ edit }) => edit))
  const pages = usePages(type, asked)
  const count = useQuery({
    queryKey: ['list', type.name, 'count', asked],
    queryFn: () => get<{ count: number; capped: boolean }>(`/api/${type.plural}/count?${asked}`),
    placeholderData: keepPreviousData,
  })
  const creating = search.has('new') && abilities.create
  const change = (next: Partial<ListState>): void => setSearch(writeState({ ...state, ...next }), { replace: true })
  const create = (): void => setSearch(new URLSearchParams([...search, ['new', '1']]))
  const closeCreate = (): void => setSearch(writeState(state), { replace: true })
  useAnywhere(true, (event) => {
    if (event.key === '/') {
      event.preventDefault()
      box.current?.focus()
    }
    if (event.key === 'n' && abilities.create) {
      event.preventDefault()
      create()
    }
  })
  const total = count.data ? counted(count.data.count, count.data.capped, language) : '…'
  const filtered = state.q !== '' || state.filters.length > 0
  return (
    <div className="list-box">
      <PageHead
        title={state.view === 'pool' ? t('list.poolOf', { what: noun(type.plurals) }) : both(type.plurals)}
        actions={
          <>
            {state.view === 'deleted' ? null : (
              <Button
                icon={<PrinterOutlined />}
                onClick={() => void go(`/${type.plural}/print?${writeState(state).toString()}`)}
                aria-label={t('print.run')}
                title={t('print.run')}
                data-testid="list-print"
              />
            )}
            {abilities.export ? (
              <Button icon={<ExportOutlined />} onClick={() => setExporting(true)} data-testid="list-export">
                {t('list.export')}
              </Button>
            ) : null}
            {abilities.create ? (
              <Button type="primary" icon={<PlusOutlined />} onClick={create} data-testid="list-new">
                {t('record.new', { what: noun(type.label) })}
              </Button>
            ) : null}
          </>
        }
      />
      <div className="tools">
        <Segmented<View>
          value={state.view}
          onChange={(view) => change({ view })}
          options={viewsOf(type, abilities.delete).map((view) => ({
            value: view,
            label: <span data-testid={`list-view-${view}`}>{t(`list.view.${view}`)}</span>,
          }))}
          aria-label={t('list.views')}
        />
        {type.fields.some((field) => field.search.length > 0) ? (
          <SearchBox key={state.view} box={box} text={state.q} find={(q) => change({ q })} />
        ) : null}
        <FilterButton type={type} filters={state.filters} change={(filters) => change({ filters })} />
        <span className="tools-gap" />
        <span className="quiet" data-testid="list-count" aria-live="polite">
          {t('list.count', { count: total })}
        </span>
        <ColumnChooser type={type} columns={columns} />
      </div>
      <FilterChips type={type} filters={state.filters} change={(filters) => change({ filters })} />
      <SelectionBar type={type} state={state} selection={selection} total={total} />
      {pages.error ? (
        <Failure error={pages.error} again={pages.again} />
      ) : pages.data === undefined ? (
        <Waiting />
      ) : pages.data.items.length === 0 ? (
        <Nothing
          type={type}
          filtered={filtered}
          view={state.view}
          create={abilities.create ? create : undefined}
          importing={abilities.import ? () => void go('/import') : undefined}
        />
      ) : (
        <RecordTable
          keys
          type={type}
          columns={columns.shown}
          items={pages.data.items}
          titles={pages.data.titles}
          state={state}
          order={(sort, dir) => change({ sort, dir })}
          stale={pages.stale}
          {...(selects ? { selection } : {})}
          {...(state.view === 'pool' ? { action: (record) => <Claim type={type} record={record} /> } : {})}
          {...(state.view === 'deleted' ? { action: (record) => <Recover type={type} record={record} /> } : {})}
        />
      )}
      <div className="table-foot">
        <span className="keys-hint">{t('list.keys')}</span>
        <span className="tools-gap" />
        <Button
          size="small"
          icon={<LeftOutlined />}
          disabled={pages.number === 1}
          onClick={pages.back}
          data-testid="list-previous"
        >
          {t('list.previous')}
        </Button>
        <span>{t('list.page', { page: pages.number })}</span>
        <Button
          size="small"
          icon={<RightOutlined />}
          iconPlacement="end"
          disabled={pages.data?.next === undefined}
          onClick={pages.on}
          data-testid="list-next"
        >
          {t('list.next')}
        </Button>
      </div>
      {creating ? (
        <CreateDrawer
          type={type}
          close={closeCreate}
          created={(record) => void go(`/${type.plural}/${record.id}`, { replace: true })}
        />
      ) : null}
      {exporting ? <ExportDialog type={type} state={state} count={total} close={() => setExporting(false)} /> : null}
    </div>
  )
}

const viewsOf = (type: TypeInfo, deletes: boolean): readonly View[] => [
  'all',
  'mine',
  ...(type.pool ? (['pool'] as const) : []),
  ...(deletes ? (['deleted'] as const) : []),
]

interface Pages {
  readonly data: PageAnswer | undefined
  readonly error: unknown
  readonly stale: boolean
  readonly number: number
  readonly on: () => void
  readonly back: () => void
  readonly again: () => void
}

/** Keyset pages: the way back is the list of cursors come by. */
const usePages = (type: TypeInfo, asked: string): Pages => {
  const client = useQueryClient()
  const [trail, setTrail] = useState<{ asked: string; cursors: readonly string[] }>({ asked, cursors: [] })
  const cursors = trail.asked === asked ? trail.cursors : []
  const cursor = cursors.at(-1)
  const path = `/api/${type.plural}?${asked}&limit=${pageSize}${cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`}`
  const answer = useQuery({
    queryKey: ['list', type.name, path],
    queryFn: async () => {
      const page = await get<PageAnswer>(path)
      learnTitles(client, page.titles)
      return page
    },
    placeholderData: keepPreviousData,
  })
  return {
    data: answer.data,
    error: answer.error,
    stale: answer.isPlaceholderData,
    number: cursors.length + 1,
    on: () => {
      const next = answer.data?.next
      if (next !== undefined && !answer.isPlaceholderData) setTrail({ asked, cursors: [...cursors, next] })
    },
    back: () => setTrail({ asked, cursors: cursors.slice(0, -1) }),
    again: () => void answer.refetch(),
  }
}

const SearchBox = ({
  box,
  text,
  find,
}: {
  box: React.RefObject<InputRef | null>
  text: string
  find: (text: string) => void
}): ReactElement => {
  const { t } = useText()
  const [typed, setTyped] = useState(text)
  const latest = useRef({ text, find })
  useEffect(() => {
    latest.current = { text, find }
  })
  // Asked for when the typing pauses, or at once by Enter; never in the middle of composing a Chinese word.
  const composing = useRef(false)
  useEffect(() => {
    const timer = window.setTimeout(() => {
      if (!composing.current && typed !== latest.current.text) latest.current.find(typed)
    }, 450)
    return () => window.clearTimeout(timer)
  }, [typed])
  return (
    <Input
      ref={box}
      className="tools-search"
      allowClear
      prefix={<SearchOutlined aria-hidden="true" />}
      value={typed}
      maxLength={200}
      placeholder={t('list.search')}
      aria-label={t('list.search')}
      onChange={(event) => setTyped(event.target.value)}
      onCompositionStart={() => {
        composing.current = true
      }}
      onCompositionEnd={(event) => {
        composing.current = false
        setTyped(event.currentTarget.value)
      }}
      onPressEnter={() => {
        if (!composing.current && typed !== text) find(typed)
      }}
      onKeyDown={(event) => {
        if (event.key === 'Escape') box.current?.blur()
      }}
      data-testid="list-search"
    />
  )
}

const Nothing = ({
  type,
  filtered,
  view,
  create,
  importing,
}: {
  type: TypeInfo
  filtered: boolean
  view: View
  create: (() => void) | undefined
  importing: (() => void) | undefined
}): ReactElement => {
  const { t, noun } = useText()
  const what = noun(type.plurals)
  const bare = !filtered && view === 'all'
  return (
    <div className="card nothing" data-testid="list-empty">
      <InboxOutlined />
      <p>{bare ? t('list.none', { what }) : t('list.noneFound', { what })}</p>
      {bare ? (
        <div className="row" style={{ justifyContent: 'center' }}>
          {importing ? <Button onClick={importing}>{t('list.import')}</Button> : null}
          {create ? (
            <Button type="primary" onClick={create}>
              {t('record.new', { what: noun(type.label) })}
            </Button>
          ) : null}
        </div>
      ) : null}
    </div>
  )
}

const Claim = ({ type, record }: { type: TypeInfo; record: RecordAnswer }): ReactElement => {
  const { t } = useText()
  const notify = useNotify()
  const client = useQueryClient()
  const [busy, setBusy] = useState(false)
  const claim = async (): Promise<void> => {
    setBusy(true)
    await notify.attempt(async () => {
      await post(`/api/${type.plural}/${record.id}/claim`)
      notify.done(t('record.claimed'))
    })
    await client.invalidateQueries({ queryKey: ['list', type.name] })
    setBusy(false)
  }
  return (
    <Button size="small" loading={busy} onClick={() => void claim()} data-testid="list-claim">
      {t('record.claim')}
    </Button>
  )
}

const Recover = ({ type, record }: { type: TypeInfo; record: RecordAnswer }): ReactElement => {
  const { t } = useText()
  const notify = useNotify()
  const client = useQueryClient()
  const recover = async (): Promise<void> => {
    await notify.attempt(async () => {
      await post(`/api/${type.plural}/${record.id}/recover`)
      notify.done(t('record.recovered'))
    })
    await client.invalidateQueries({ queryKey: ['list', type.name] })
  }
  return (
    <Button size="small" onClick={() => void recover()} data-testid="list-recover">
      {t('record.recover')}
    </Button>
  )
}
