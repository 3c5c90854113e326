// How policies change: a draft with its messages, the decision of a second person beside what it would have meant, versions in force.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Button, Popconfirm } from 'antd'
import { useState, type ReactElement } from 'react'
import { get, post } from '../api.ts'
import type { PolicyControlAnswer } from '../contract.ts'
import { instant } from '../format.ts'
import { Failure } from '../parts/failure.tsx'
import { useNotify } from '../parts/notify.ts'
import { PageHead, Panel } from '../parts/page-head.tsx'
import { PolicyChangeDrawer } from '../parts/policy-change-drawer.tsx'
import { ChangeState, ChangeWhen, nameIn } from '../parts/policy-change-words.tsx'
import { PolicyDraft } from '../parts/policy-draft.tsx'
import { PolicyTabs } from '../parts/policy-tabs.tsx'
import { Table } from '../parts/table.tsx'
import { Waiting } from '../parts/waiting.tsx'
import { useMay } from '../session.ts'
import { useText } from '../text.ts'
import '../style/journal.css'
import '../style/table.css'
import '../style/cedar.css'
import '../style/policy.css'

export default function PolicyChanges(): ReactElement {
  const { t } = useText()
  const may = useMay()
  const client = useQueryClient()
  const [open, setOpen] = useState<string | null>(null)
  const answer = useQuery({
    queryKey: ['policy-control'],
    queryFn: () => get<PolicyControlAnswer>('/api/policies/control'),
    refetchInterval: 20_000,
  })
  if (answer.error) return <Failure error={answer.error} again={() => void answer.refetch()} />
  if (!answer.data) return <Waiting />
  const control = answer.data
  // Roles of one's own are in the catalogue once they are in force.
  const again = (): void => {
    void answer.refetch()
    for (const key of ['catalogue', 'matrix', 'policies', 'inbox']) void client.invalidateQueries({ queryKey: [key] })
  }
  const shown = control.changes.find(({ id }) => id === open)
  return (
    <>
      <PageHead title={t('policyChanges.title')} about={t('policyChanges.about')} actions={<PolicyTabs />} />
      <div className="stack">
        <Changes control={control} open={setOpen} />
        {may('policy.edit') ? <PolicyDraft control={control} proposed={again} /> : null}
        <Versions control={control} changed={again} />
      </div>
      {shown ? (
        <PolicyChangeDrawer
          key={shown.id}
          change={shown}
          control={control}
          changed={again}
          close={() => setOpen(null)}
        />
      ) : null}
    </>
  )
}

const Changes = ({
  control,
  open,
}: {
  readonly control: PolicyControlAnswer
  readonly open: (id: string) => void
}): ReactElement => {
  const { t, language } = useText()
  const { changes, zone } = control
  return (
    <Panel title={t('policyChanges.changes')} flush>
      {changes.length === 0 ? (
        <p className="quiet card-body">{t('policyChanges.none')}</p>
      ) : (
        <Table
          data-testid="policy-changes"
          headings={['change', 'by', 'state', 'decided'].map((name) => t(`policyChanges.${name}`))}
        >
          {changes.map((one) => (
            <tr key={one.id} data-state={one.state}>
              <td style={{ whiteSpace: 'normal', minWidth: 220 }}>{one.title}</td>
              <td>
                {nameIn(control.names, one.createdBy)}
                <div className="quiet small">{instant(one.createdAt, language)}</div>
              </td>
              <td style={{ paddingBlock: 6 }}>
                <ChangeState change={one} />
                <ChangeWhen change={one} zone={zone} />
              </td>
              <td style={{ whiteSpace: 'normal' }}>
                {one.decidedBy === null ? '–' : nameIn(control.names, one.decidedBy)}
                {one.reason === null || one.reason === '' ? null : <div className="quiet small">{one.reason}</div>}
              </td>
              <td>
                <Button size="small" onClick={() => open(one.id)} data-testid="policy-change-open">
                  {t('policyChanges.look')}
                </Button>
              </td>
            </tr>
          ))}
        </Table>
      )}
    </Panel>
  )
}

const Versions = ({
  control,
  changed,
}: {
  readonly control: PolicyControlAnswer
  readonly changed: () => void
}): ReactElement => {
  const { t, language } = useText()
  const may = useMay()
  const notify = useNotify()
  const rollBack = async (number: number): Promise<void> => {
    const made = await notify.attempt(() =>
      post<{ number: number }>(`/api/policies/versions/${String(number)}/rollback`),
    )
    if (made) notify.done(t('policyChanges.rolledBack', { number: made.number, from: number }))
    changed()
  }
  return (
    <Panel title={t('policyChanges.versions')} flush>
      <Table
        data-testid="policy-versions"
        headings={['version', 'since', 'madeBy', 'digest'].map((name) => t(`policyChanges.${name}`))}
      >
        {control.versions.map((one) => (
          <tr key={one.number}>
            <td>
              {one.number}{' '}
              {one.active ? (
                <span className="state" data-state="pass">
                  {t('policyChanges.inForce')}
                </span>
              ) : null}
            </td>
            <td>{instant(one.createdAt, language)}</td>
            <td>{one.origin === 'shipped' ? t('policyChanges.shipped') : nameIn(control.names, one.createdBy)}</td>
            <td className="mono" title={one.digest}>
              {one.digest.slice(0, 16)}
            </td>
            <td>
              {one.active || !may('policy.activate') ? null : (
                <Popconfirm
                  title={t('policyChanges.rollBackSure', { number: one.number })}
                  okText={t('policyChanges.rollBack')}
                  cancelText={t('common.cancel')}
                  onConfirm={() => {
                    void rollBack(one.number)
                  }}
                >
                  <Button size="small" data-testid="policy-rollback">
                    {t('policyChanges.rollBack')}
                  </Button>
                </Popconfirm>
              )}
            </td>
          </tr>
        ))}
      </Table>
    </Panel>
  )
}
