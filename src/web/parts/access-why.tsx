// Why one person may or may not do one thing with a record: what forbids it, what permits it, and how far everything else came.
import { useQuery } from '@tanstack/react-query'
import { Alert, Checkbox, InputNumber, Select } from 'antd'
import { useState, type ReactElement, type ReactNode } from 'react'
import { get } from '../api.ts'
import type { PolicyPurposes, RecordAnswer, TypeInfo, WhyNotAnswer } from '../contract.ts'
import { useDirectory } from '../session.ts'
import { textOr, useText } from '../text.ts'
import { type Asked, Purpose, type Supposed, supposedQuery } from './access-supposed.tsx'
import { Failure } from './failure.tsx'
import { byGroup } from './record-form.tsx'
import { Waiting } from './waiting.tsx'

const plainActions = ['list', 'history', 'assign', 'share', 'claim', 'delete', 'recover', 'export'] as const
const onGroups = ['view', 'unmask', 'edit'] as const

interface Props {
  readonly type: TypeInfo
  readonly record: RecordAnswer
  readonly supposed: Supposed
  readonly asked: Asked
  readonly ask: (asked: Asked) => void
}

export const AccessWhy = ({ type, record, supposed, asked, ask }: Props): ReactElement => {
  const { t } = useText()
  const { users } = useDirectory()
  const [reason, setReason] = useState(false)
  const [rows, setRows] = useState(1)
  const { person, action } = asked
  const groups = byGroup(type.fields).map(([group]) => group)
  const answer = useQuery({
    queryKey: ['access', 'why', type.name, record.id, record.version, person, action, supposed, reason, rows],
    queryFn: () =>
      get<WhyNotAnswer>(
        `/api/access/why?type=${type.name}&id=${record.id}&person=${person ?? ''}&action=${action}&${supposedQuery(supposed)}${reason ? `&purpose=${encodeURIComponent(t('access.reason'))}` : ''}${action === 'export' ? `&rows=${String(rows)}` : ''}`,
      ),
    enabled: person !== undefined,
    staleTime: 0,
  })
  const name = users.find(({ id }) => id === person)?.name ?? ''
  const label = useActionLabel()
  return (
    <div className="stack" data-testid="access-why" data-state={answer.isFetching ? 'asking' : 'told'}>
      <div className="tools">
        <Select
          showSearch={{ optionFilterProp: 'label' }}
          value={person ?? null}
          placeholder={t('access.choose')}
          onChange={(chosen: string) => ask({ ...asked, person: chosen })}
          options={users.map((user) => ({ value: user.id, label: user.name }))}
          aria-label={t('access.person')}
          style={{ minWidth: 180 }}
          data-testid="access-person"
        />
        <Select
          showSearch={{ optionFilterProp: 'label' }}
          value={action}
          onChange={(chosen: string) => ask({ ...asked, action: chosen })}
          options={[
            ...plainActions.map((one) => ({ value: one, label: label(one) })),
            ...onGroups.map((verb) => ({
              label: t(`access.of.${verb}`),
              options: groups.map((group) => ({ value: `${verb}.${group}`, label: label(`${verb}.${group}`) })),
            })),
          ]}
          aria-label={t('access.action')}
          style={{ minWidth: 220 }}
          data-testid="access-action"
        />
        <Checkbox checked={reason} onChange={({ target }) => setReason(target.checked)} data-testid="access-reason">
          {t('access.reason')}
        </Checkbox>
        {action === 'export' ? (
          <InputNumber
            value={rows}
            min={1}
            max={1_000_000}
            precision={0}
            prefix={t('access.rows')}
            onChange={(count) => setRows(count ?? 1)}
            aria-label={t('access.rows')}
            style={{ width: 200 }}
            data-testid="access-rows"
          />
        ) : null}
      </div>
      {answer.error ? <Failure error={answer.error} again={() => void answer.refetch()} /> : null}
      {answer.isLoading ? <Waiting /> : null}
      {answer.data ? <Told answer={answer.data} name={name} action={label(action)} /> : null}
    </div>
  )
}

const useActionLabel = (): ((action: string) => string) => {
  const { t, noun } = useText()
  return (action) => {
    const [verb = '', group] = action.split('.')
    if (group === undefined) return textOr(`access.of.${verb}`, verb)
    const name = textOr(`group.${group}`, group)
    return t(`access.ofGroup.${verb}`, { group: noun({ zh: name, en: name }) })
  }
}

const Told = ({ answer, name, action }: { answer: WhyNotAnswer; name: string; action: string }): ReactElement => {
  const { t } = useText()
  const { allow, reasons, permits, forbids, purposes } = answer
  // A permit that failed at its very first condition is for somebody else.
  const near = permits.filter(({ passed }) => passed > 0)
  return (
    <div className="stack" data-testid="access-told" data-allow={allow}>
      <Alert
        type={allow ? 'success' : 'warning'}
        showIcon
        title={t(allow ? 'access.allowed' : 'access.refused', { name, action })}
      />
      {forbids.length > 0 ? (
        <Step title={t('access.forbidsHit')}>
          {forbids.map(({ policy, erred, values }) => (
            <li key={policy} className="access-forbid">
              <Named id={policy} purposes={purposes} />
              {erred ? <div className="small">{t('access.erred')}</div> : null}
              <Values values={values} />
            </li>
          ))}
        </Step>
      ) : null}
      {allow ? (
        <Step title={t('access.permitsHeld')}>
          {reasons.map((id) => (
            <li key={id}>
              <Named id={id} purposes={purposes} />
            </li>
          ))}
        </Step>
      ) : null}
      {!allow && forbids.length === 0 ? <p>{t('access.noPermit')}</p> : null}
      {!allow && near.length > 0 ? (
        <Step title={t('access.closest')}>
          {near.map((one) => (
            <li key={one.policy} data-testid="access-step" data-policy={one.policy}>
              <Named id={one.policy} purposes={purposes} />
              <div className="access-condition">
                <span className="quiet small">
                  {t(one.outcome === 'false' ? 'access.condition' : 'access.conditionErred')}
                </span>
                <code>{one.condition}</code>
              </div>
              <Values values={one.values} />
            </li>
          ))}
        </Step>
      ) : null}
      {!allow && permits.length > near.length ? (
        <p className="quiet small">{t('access.others', { count: permits.length - near.length })}</p>
      ) : null}
    </div>
  )
}

const Step = ({ title, children }: { title: string; children: ReactNode }): ReactElement => (
  <section>
    <h3 className="access-step">{title}</h3>
    <ul className="access-list">{children}</ul>
  </section>
)

const Named = ({ id, purposes }: { id: string; purposes: PolicyPurposes }): ReactElement => (
  <>
    <Purpose id={id} purposes={purposes} /> <code className="quiet small">{id}</code>
  </>
)

type Looked = WhyNotAnswer['permits'][number]['values']

const Values = ({ values }: { values: Looked }): ReactElement => {
  const { t } = useText()
  const { users, teams } = useDirectory()
  const named = (value: string): string =>
    value.replaceAll(/(User|Team)::"([0-9a-f-]{36})"/g, (all, kind: string, id: string) => {
      const found = (kind === 'User' ? users : teams).find((one) => one.id === id)
      return found ? found.name : all
    })
  return (
    <dl className="access-values">
      {values.map(({ path, value, state }) => (
        <div key={path}>
          <dt>{path}</dt>
          <dd data-state={state}>
            {state === 'withheld' ? t('access.withheld') : value === null ? t('access.absent') : named(value)}
          </dd>
        </div>
      ))}
    </dl>
  )
}
