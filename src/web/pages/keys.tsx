// Keys and the data map: the tree of keys as it stands, what can be exchanged and at what cost, long work on its way, and what every field tells.
import { DownloadOutlined } from '@ant-design/icons'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Button, Tabs } from 'antd'
import { useEffect, useRef, type ReactElement } from 'react'
import { useSearchParams } from 'react-router'
import { download, get } from '../api.ts'
import type { JobsAnswer, KeysAnswer, KeyStatesAnswer, KeyTreeAnswer, SearchAnswer } from '../contract.ts'
import { DataMap } from '../parts/data-map.tsx'
import { Failure } from '../parts/failure.tsx'
import { KeyActions } from '../parts/key-actions.tsx'
import { isKeyJob, isOpenJob, JobsUnderWay, PastJobs } from '../parts/key-jobs.tsx'
import { KeyHome } from '../parts/key-home.tsx'
import { KeyTree } from '../parts/key-tree.tsx'
import { useNotify } from '../parts/notify.ts'
import { OldKeys } from '../parts/old-keys.tsx'
import { PageHead, Panel } from '../parts/page-head.tsx'
import { Waiting } from '../parts/waiting.tsx'
import { useMay } from '../session.ts'
import { useText } from '../text.ts'
import '../style/journal.css'
import '../style/keys.css'
import '../style/table.css'
import '../style/value.css'

export default function Keys(): ReactElement {
  const { t } = useText()
  const notify = useNotify()
  const [params, setParams] = useSearchParams()
  const jobs = useJobs()
  const open = jobs.filter((job) => isKeyJob(job) && isOpenJob(job))
  return (
    <>
      <PageHead
        title={t('keys.title')}
        about={t('keys.about')}
        actions={
          <Button
            icon={<DownloadOutlined />}
            title={t('keyTree.cbomAbout')}
            onClick={() => void notify.attempt(() => download('/api/keys/cbom', 'holdfast-cbom.cdx.json'))}
            data-testid="keys-cbom"
          >
            {t('keyTree.cbom')}
          </Button>
        }
      />
      <div className="stack">
        <JobsUnderWay jobs={open} />
        <Tabs
          activeKey={params.get('tab') ?? 'tree'}
          onChange={(tab) => setParams(tab === 'tree' ? {} : { tab }, { replace: true })}
          items={[
            { key: 'tree', label: t('keys.tree'), children: <Hierarchy busy={open.length > 0} jobs={jobs} /> },
            { key: 'map', label: t('keys.map'), children: <Map busy={open.length > 0} /> },
            {
              key: 'past',
              label: t('keyJobs.past'),
              children: (
                <Panel title={t('keyJobs.past')} flush data-testid="keys-past">
                  <PastJobs jobs={jobs.filter((job) => isKeyJob(job) && !isOpenJob(job))} />
                </Panel>
              ),
            },
          ]}
        />
      </div>
    </>
  )
}

/** The newest jobs; asked more often while one is open, and everything on this page anew when one ends. */
const useJobs = (): JobsAnswer['items'] => {
  const client = useQueryClient()
  const may = useMay()
  const answer = useQuery({
    queryKey: ['jobs'],
    queryFn: () => get<JobsAnswer>('/api/jobs'),
    enabled: may('job.view'),
    refetchInterval: ({ state }) => (state.data?.items.some((job) => isKeyJob(job) && isOpenJob(job)) ? 700 : 15_000),
    staleTime: 0,
  })
  const items = answer.data?.items ?? []
  const open = items.filter(isOpenJob).length
  const before = useRef(open)
  useEffect(() => {
    if (open < before.current) void client.invalidateQueries({ queryKey: ['keys'] })
    before.current = open
  }, [open, client])
  return items
}

const Hierarchy = ({ busy, jobs }: { busy: boolean; jobs: JobsAnswer['items'] }): ReactElement => {
  const tree = useQuery({ queryKey: ['keys', 'tree'], queryFn: () => get<KeyTreeAnswer>('/api/keys/tree') })
  const states = useQuery({ queryKey: ['keys', 'states'], queryFn: () => get<KeyStatesAnswer>('/api/keys/states') })
  const error = tree.error ?? states.error
  if (error)
    return (
      <Failure
        error={error}
        again={() => {
          void tree.refetch()
          void states.refetch()
        }}
      />
    )
  if (!tree.data || !states.data) return <Waiting />
  return (
    <div className="stack">
      <KeyTree tree={tree.data} states={states.data} busy={busy} />
      <KeyActions tree={tree.data} states={states.data} jobs={jobs} busy={busy} />
      <KeyHome tree={tree.data} />
      <OldKeys />
    </div>
  )
}

const Map = ({ busy }: { busy: boolean }): ReactElement => {
  const keys = useQuery({ queryKey: ['keys', 'fields'], queryFn: () => get<KeysAnswer>('/api/keys') })
  const search = useQuery({ queryKey: ['keys', 'search'], queryFn: () => get<SearchAnswer>('/api/keys/search') })
  const error = keys.error ?? search.error
  if (error) return <Failure error={error} again={() => void keys.refetch()} />
  if (!keys.data || !search.data) return <Waiting />
  return <DataMap keys={keys.data} search={search.data} busy={busy} />
}
