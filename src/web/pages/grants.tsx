// What is lent for a while: held by me, given by me, and all of it for administrators, who also lend roles and set the longest time.
import { useQuery } from '@tanstack/react-query'
import { Button, Segmented } from 'antd'
import { PlusOutlined } from '@ant-design/icons'
import { useState, type ReactElement } from 'react'
import { get } from '../api.ts'
import type { GrantsAnswer } from '../contract.ts'
import { DeputyPanel } from '../parts/deputy-panel.tsx'
import { Failure } from '../parts/failure.tsx'
import { GrantTable } from '../parts/grant-table.tsx'
import { LendingLimits } from '../parts/lending-limits.tsx'
import { RoleGrantDialog } from '../parts/role-grant-dialog.tsx'
import { PageHead, Panel } from '../parts/page-head.tsx'
import { Waiting } from '../parts/waiting.tsx'
import { useMe } from '../session.ts'
import { useText } from '../text.ts'
import '../style/journal.css'

type Which = 'held' | 'given' | 'all'

export default function Grants(): ReactElement {
  const { t } = useText()
  const me = useMe()
  const answer = useQuery({ queryKey: ['grants'], queryFn: () => get<GrantsAnswer>('/api/grants'), staleTime: 0 })
  const [chosen, setChosen] = useState<Which | null>(null)
  const [giving, setGiving] = useState(false)
  if (answer.error) return <Failure error={answer.error} again={() => void answer.refetch()} />
  if (!answer.data) return <Waiting />
  const { all, items, limits } = answer.data
  const which = chosen ?? (all ? 'all' : 'held')
  const lists = {
    held: items.filter(({ userId }) => userId === me.id),
    given: items.filter(({ givenBy, passedTo }) => (passedTo ?? givenBy) === me.id),
    all: items,
  }
  const again = (): void => void answer.refetch()
  return (
    <>
      <PageHead
        title={t('grants.title')}
        about={t('grants.about')}
        actions={
          all ? (
            <Button type="primary" icon={<PlusOutlined />} onClick={() => setGiving(true)} data-testid="grant-role">
              {t('grants.giveRole')}
            </Button>
          ) : undefined
        }
      />
      <div className="stack">
        <Panel
          title={t('grants.list')}
          flush
          extra={
            <Segmented<Which>
              value={which}
              onChange={setChosen}
              data-testid="grants-which"
              options={([...(all ? (['all'] as const) : []), 'held', 'given'] as const).map((value) => ({
                value,
                label: `${t(`grants.which.${value}`)} ${lists[value].length}`,
              }))}
            />
          }
        >
          <GrantTable items={lists[which]} all={all} changed={again} />
        </Panel>
        <DeputyPanel />
        {all ? <LendingLimits limits={limits} saved={again} /> : null}
      </div>
      {giving ? (
        <RoleGrantDialog
          days={limits.grantDays}
          close={() => setGiving(false)}
          done={() => {
            setGiving(false)
            again()
          }}
        />
      ) : null}
    </>
  )
}
