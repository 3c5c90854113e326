// One change: what it means otherwise, what it would have meant, and what may be done with it.
import { useQuery } from '@tanstack/react-query'
import { Button, DatePicker, Drawer, Input, Radio } from 'antd'
import dayjs from 'dayjs'
import { useState, type ReactElement } from 'react'
import { get, post } from '../api.ts'
import type { PolicyChangeAnswer, PolicyChangeItem, PolicyControlAnswer } from '../contract.ts'
import { useMay, useMe } from '../session.ts'
import { useText } from '../text.ts'
import { DryRuns } from './dry-runs.tsx'
import { Failure } from './failure.tsx'
import { useNotify } from './notify.ts'
import { ChangeState, ChangeWhen, nameIn } from './policy-change-words.tsx'
import { Waiting } from './waiting.tsx'

interface Props {
  readonly change: PolicyChangeItem
  readonly control: PolicyControlAnswer
  readonly changed: () => void
  readonly close: () => void
}

export const PolicyChangeDrawer = ({ change, control, changed, close }: Props): ReactElement => {
  const { t } = useText()
  const answer = useQuery({
    queryKey: ['policy-change', change.id],
    queryFn: () => get<PolicyChangeAnswer>(`/api/policies/changes/${change.id}`),
  })
  const { data } = answer
  const open = change.state === 'proposed' || change.state === 'approved'
  return (
    <Drawer open size={960} title={change.title} onClose={close} data-testid="policy-change">
      <div className="stack">
        <div className="row">
          <ChangeState change={change} />
          <ChangeWhen change={change} zone={control.zone} />
          <span className="quiet small">
            {t('policyChanges.byWhom', { name: nameIn(control.names, change.createdBy) })}
          </span>
        </div>
        {open ? <Deciding change={change} control={control} changed={changed} /> : null}
        {answer.error ? <Failure error={answer.error} again={() => void answer.refetch()} /> : null}
        {data ? (
          <>
            <RoleChanges roles={data.roles} />
            <Differences differences={data.differences} />
            <DryRuns document={data.document} />
          </>
        ) : answer.error ? null : (
          <Waiting />
        )}
      </div>
    </Drawer>
  )
}

const RoleChanges = ({ roles }: Pick<PolicyChangeAnswer, 'roles'>): ReactElement | null => {
  const { t, both } = useText()
  return roles.length === 0 ? null : (
    <section data-testid="policy-roles">
      <h3>{t('policyChanges.roles')}</h3>
      <ul className="matrix-differences">
        {roles.map(({ role, words }) => (
          <li key={role}>{both(words)}</li>
        ))}
      </ul>
    </section>
  )
}

const Differences = ({ differences }: Pick<PolicyChangeAnswer, 'differences'>): ReactElement => {
  const { t } = useText()
  return (
    <section>
      <h3>{t('policyChanges.differences')}</h3>
      {differences.length === 0 ? <p className="quiet">{t('policyChanges.noDifference')}</p> : null}
      {differences.map(({ id, before, after }) => (
        <details key={id} open={differences.length <= 6} data-testid="policy-difference">
          <summary>
            <span className="mono">{id}</span>{' '}
            <span className="quiet small">
              {t(`policyChanges.${before === null ? 'isNew' : after === null ? 'isGone' : 'isOther'}`)}
            </span>
          </summary>
          {before === null ? null : (
            <pre className="cedar" data-side="before">
              {before}
            </pre>
          )}
          {after === null ? null : (
            <pre className="cedar" data-side="after">
              {after}
            </pre>
          )}
        </details>
      ))}
    </section>
  )
}

type When = 'now' | 'at' | 'later'

const Deciding = ({ change, control, changed }: Omit<Props, 'close'>): ReactElement => {
  const { t } = useText()
  const may = useMay()
  const me = useMe()
  const notify = useNotify()
  const [when, setWhen] = useState<When>('now')
  const [at, setAt] = useState<dayjs.Dayjs | null>(null)
  const [reason, setReason] = useState('')
  const path = `/api/policies/changes/${change.id}`
  const own = change.createdBy === me.id
  const act = async (work: () => Promise<unknown>, said: string): Promise<void> => {
    const done = await notify.attempt(async () => {
      await work()
      return true
    })
    if (done) notify.done(t(said))
    changed()
  }
  const moment = when === 'at' ? { at: at?.toISOString() ?? '' } : when === 'later' ? { at: null } : {}
  const ready = when !== 'at' || at !== null
  const decide = (approve: boolean): Promise<void> =>
    act(
      () => post(`${path}/decision`, { approve, reason, ...(approve ? moment : {}) }),
      approve ? 'policyChanges.approvedDone' : 'policyChanges.rejectedDone',
    )
  const proposed = change.state === 'proposed'
  const chooses = proposed ? may('policy.approve') && !own : may('policy.activate')
  return (
    <section className="stack policy-deciding" data-testid="policy-deciding">
      {proposed && own ? <p className="quiet">{t('policyChanges.notOwn')}</p> : null}
      {chooses ? (
        <>
          <div className="row">
            <Radio.Group
              value={when}
              onChange={({ target }) => setWhen(target.value as When)}
              options={(proposed ? (['now', 'at', 'later'] as const) : (['now', 'at'] as const)).map((value) => ({
                value,
                label: t(`policyChanges.when.${value}`),
              }))}
            />
            {when === 'at' ? (
              <>
                <DatePicker
                  showTime={{ format: 'HH:mm' }}
                  format="YYYY-MM-DD HH:mm"
                  value={at}
                  onChange={(value) => setAt(value)}
                  disabledDate={(day) => day.isBefore(dayjs().startOf('day'))}
                  data-testid="policy-at"
                />
                <span className="quiet small">{t('policyChanges.yourZone', { zone: browserZone, house: control.zone })}</span>
              </>
            ) : null}
          </div>
          {proposed ? (
            <Input.TextArea
              rows={2}
              maxLength={1000}
              value={reason}
              placeholder={t('policyChanges.reasonHint')}
              aria-label={t('policyChanges.reasonHint')}
              onChange={({ target }) => setReason(target.value)}
              data-testid="policy-reason"
            />
          ) : null}
        </>
      ) : null}
      <div className="row">
        {chooses && proposed ? (
          <>
            <Button type="primary" disabled={!ready} onClick={() => void decide(true)} data-testid="policy-approve">
              {t('policyChanges.approve')}
            </Button>
            <Button danger disabled={reason.trim() === ''} onClick={() => void decide(false)} data-testid="policy-reject">
              {t('policyChanges.reject')}
            </Button>
          </>
        ) : null}
        {chooses && !proposed ? (
          <Button
            type="primary"
            disabled={!ready}
            onClick={() => void act(() => post(`${path}/activate`, when === 'at' ? moment : {}), 'policyChanges.activatedDone')}
            data-testid="policy-activate"
          >
            {t('policyChanges.activate')}
          </Button>
        ) : null}
        {own || may('policy.activate') ? (
          <Button onClick={() => void act(() => post(`${path}/withdraw`), 'policyChanges.withdrawnDone')} data-testid="policy-withdraw">
            {t('policyChanges.withdraw')}
          </Button>
        ) : null}
      </div>
    </section>
  )
} // prettier-ignore

const browserZone = Intl.DateTimeFormat().resolvedOptions().timeZone
