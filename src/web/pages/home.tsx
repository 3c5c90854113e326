// The first page: in an empty CRM what to do next, afterwards today's tasks, what happened, and the pipeline.
import { CheckOutlined } from '@ant-design/icons'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Button } from 'antd'
import { createElement, type ReactElement } from 'react'
import { Link, useNavigate } from 'react-router'
import { get } from '../api.ts'
import type { Home as Answer, TypeInfo } from '../contract.ts'
import { counted, moment, money } from '../format.ts'
import { TaskLines } from '../parts/task-lines.tsx'
import { Bars } from '../parts/bars.tsx'
import { Failure } from '../parts/failure.tsx'
import { kindIcon } from '../parts/kind-icon.ts'
import { PageHead, Panel } from '../parts/page-head.tsx'
import { LinkTitle } from '../parts/value.tsx'
import { Waiting } from '../parts/waiting.tsx'
import { useCatalogue, useMe, useType, useWorkedWith } from '../session.ts'
import { useText } from '../text.ts'
import { learnTitles, titleOf } from '../titles.ts'
import '../style/charts.css'
import '../style/record.css'

export default function Home(): ReactElement {
  const { t } = useText()
  const me = useMe()
  const worked = new Set(useWorkedWith().map(({ name }) => name))
  const client = useQueryClient()
  const answer = useQuery({
    queryKey: ['home'],
    queryFn: async () => {
      const home = await get<Answer>('/api/home')
      learnTitles(client, home.titles)
      return home
    },
  })
  if (answer.error) return <Failure error={answer.error} again={() => void answer.refetch()} />
  if (!answer.data) return <Waiting />
  const home = answer.data
  const empty = Object.values(home.counts).every(({ count }) => count === 0)
  const open = home.steps.some((step) => !step.done)
  return (
    <>
      <PageHead
        title={t('home.hello', { name: me.name })}
        about={empty && worked.size > 0 ? t('home.empty', { organisation: me.organisation }) : undefined}
      />
      {empty ? (
        <Steps home={home} />
      ) : (
        <>
          <Tiles home={home} />
          <div className="home">
            <div className="stack">
              {worked.has('task') ? <Today home={home} /> : null}
              {worked.has('followup') ? <Recent home={home} /> : null}
            </div>
            <div className="stack">
              {worked.has('deal') ? <PipelineSums home={home} /> : null}
              {open ? <Steps home={home} /> : null}
            </div>
          </div>
        </>
      )}
    </>
  )
}

const Tiles = ({ home }: { home: Answer }): ReactElement => {
  const { both, language } = useText()
  const types = useCatalogue().filter((type) => home.counts[type.name] ?? home.counts[type.plural])
  return (
    <div className="tiles" data-testid="home-counts">
      {types.map((type) => {
        const found = home.counts[type.name] ?? home.counts[type.plural]
        return (
          <Link key={type.name} to={`/${type.plural}`} className="tile">
            <b>{counted(found?.count ?? 0, found?.capped ?? false, language)}</b>
            {both(type.plurals)}
          </Link>
        )
      })}
    </div>
  )
}

const Today = ({ home }: { home: Answer }): ReactElement => {
  const { t } = useText()
  const task = useType('task')
  return (
    <Panel title={t('home.today')} extra={<Link to="/tasks">{t('common.all')}</Link>} data-testid="home-tasks">
      {task && home.tasks.length > 0 ? (
        <TaskLines task={task} items={home.tasks} />
      ) : (
        <p className="quiet">{t('home.noTasks')}</p>
      )}
    </Panel>
  )
}

const stageOptions = (deal: TypeInfo | undefined) => deal?.fields.find((field) => field.name === 'stage')?.options ?? []

const PipelineSums = ({ home }: { home: Answer }): ReactElement => {
  const { t, both, language } = useText()
  const { currency } = useMe()
  const options = stageOptions(useType('deal'))
  return (
    <Panel
      title={t('home.pipeline')}
      extra={<Link to="/pipeline">{t('home.openPipeline')}</Link>}
      data-testid="home-pipeline"
    >
      <Bars
        label={t('home.pipeline')}
        bars={home.pipeline.map((sum) => {
          const option = options.find((each) => each.value === sum.stage)
          return {
            id: sum.stage,
            label: option ? both(option.label) : sum.stage,
            value: sum.amount,
            shown: money(sum.amount, currency, language),
            note: counted(sum.count, sum.capped, language),
            tone: option?.closed ?? 'open',
          }
        })}
      />
    </Panel>
  )
}

const Recent = ({ home }: { home: Answer }): ReactElement => {
  const { t, language } = useText()
  const followup = useType('followup')
  return (
    <Panel title={t('home.recent')} extra={<Link to="/followups">{t('common.all')}</Link>} data-testid="home-followups">
      {followup && home.followups.length > 0 ? (
        <ol className="line">
          {home.followups.map((item) => (
            <li key={item.id}>
              <div className="line-head">
                <span className="line-kind">{createElement(kindIcon(item.values.kind))}</span>
                {typeof item.values.account === 'string' ? (
                  <LinkTitle type="account" id={item.values.account} titles={home.titles} />
                ) : null}
                <span className="quiet">{moment(String(item.values.at), language)}</span>
                {item.ownerId ? (
                  <span className="quiet">
                    <LinkTitle type="user" id={item.ownerId} titles={home.titles} />
                  </span>
                ) : null}
              </div>
              <Link to={`/followups/${item.id}`} className="line-text">
                {titleOf(followup, item)}
              </Link>
            </li>
          ))}
        </ol>
      ) : (
        <p className="quiet">{t('home.noFollowups')}</p>
      )}
    </Panel>
  )
}

const places: Readonly<Record<string, string>> = {
  import: '/import',
  team: '/people',
  backup: '/backup',
  totp: '/settings#totp',
  review: '/review',
}

const Steps = ({ home }: { home: Answer }): ReactElement => {
  const { t } = useText()
  const go = useNavigate()
  const next = home.steps.find((step) => !step.done)
  return (
    <Panel title={t('home.next')} data-testid="home-steps">
      <ol className="steps">
        {home.steps.map((step, index) => (
          <li key={step.id} data-done={step.done}>
            <span className="steps-mark">
              {step.done ? <CheckOutlined aria-label={t('common.done')} /> : index + 1}
            </span>
            <div>
              <h3>{t(`home.step.${step.id}`)}</h3>
              <p className="quiet small">{t(`home.stepAbout.${step.id}`)}</p>
            </div>
            {step.done ? null : (
              <Button
                type={step.id === next?.id ? 'primary' : 'default'}
                onClick={() => void go(places[step.id] ?? '/')}
                data-testid={`home-step-${step.id}`}
              >
                {t(`home.stepGo.${step.id}`)}
              </Button>
            )}
          </li>
        ))}
      </ol>
    </Panel>
  )
}
