// Alarms: what should not have happened, large exports waiting for a second person, whose export a found file is, canaries, limits.
import { useQuery } from '@tanstack/react-query'
import type { ReactElement } from 'react'
import { get } from '../api.ts'
import type { AlarmItem, ExportRequestItem } from '../contract.ts'
import { AlarmTable } from '../parts/alarm-table.tsx'
import { Canaries } from '../parts/canaries.tsx'
import { ExportRequests } from '../parts/export-requests.tsx'
import { Failure } from '../parts/failure.tsx'
import { FoundFile } from '../parts/found-file.tsx'
import { PageHead } from '../parts/page-head.tsx'
import { ReadingLimits } from '../parts/reading-limits.tsx'
import { Waiting } from '../parts/waiting.tsx'
import { useMe } from '../session.ts'
import { useText } from '../text.ts'
import '../style/journal.css'
import '../style/table.css'

export default function Alarms(): ReactElement {
  const { t } = useText()
  const me = useMe()
  const [sees, manages, approves] = ['alarm.view', 'alarm.manage', 'export.approve'].map((one) => me.may.includes(one))
  const alarms = useQuery({
    queryKey: ['alarms'],
    queryFn: () => get<{ items: readonly AlarmItem[] }>('/api/alarms'),
    enabled: sees === true,
    refetchInterval: 15_000,
  })
  const requests = useQuery({
    queryKey: ['export-requests'],
    queryFn: () => get<{ items: readonly ExportRequestItem[] }>('/api/exports/requests'),
    refetchInterval: 15_000,
  })
  if (alarms.error) return <Failure error={alarms.error} again={() => void alarms.refetch()} />
  if (sees === true && !alarms.data) return <Waiting />
  return (
    <>
      <PageHead title={t('alarms.title')} about={t('alarms.about')} />
      <div className="stack">
        {alarms.data ? <AlarmTable items={alarms.data.items} manages={manages === true} /> : null}
        <ExportRequests items={requests.data?.items ?? []} approves={approves === true} />
        {sees === true ? <FoundFile /> : null}
        {manages === true ? <Canaries /> : null}
        {sees === true ? <ReadingLimits manages={manages === true} /> : null}
      </div>
    </>
  )
}
