// Lines of a campaign: filtered, chosen one by one or all together, kept or taken back with a reason.
import { useQuery } from '@tanstack/react-query'
import { Button, Checkbox, Input, Modal, Segmented } from 'antd'
import { useState, type ReactElement } from 'react'
import { get, post } from '../api.ts'
import type { RecertifyLine } from '../contract.ts'
import { instant } from '../format.ts'
import { useCatalogue, useDirectory, useType } from '../session.ts'
import { useText } from '../text.ts'
import { Failure } from './failure.tsx'
import { useNotify } from './notify.ts'
import { Table } from './table.tsx'
import { LinkTitle } from './value.tsx'
import { Waiting } from './waiting.tsx'

type Which = 'mine' | 'undecided' | 'decided'
const most = 200

export const RecertifyLines = ({ campaign, changed }: { campaign: string; changed: () => void }): ReactElement => {
  const { t } = useText()
  const { users } = useDirectory()
  const answer = useQuery({
    queryKey: ['recertify-lines', campaign],
    queryFn: () => get<{ items: readonly RecertifyLine[] }>(`/api/recertifications/${campaign}/lines`),
    staleTime: 0,
  })
  const [which, setWhich] = useState<Which>('mine')
  const [text, setText] = useState('')
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const [asking, setAsking] = useState<'keep' | 'revoke' | null>(null)
  if (answer.error) return <Failure error={answer.error} again={() => void answer.refetch()} />
  if (!answer.data) return <Waiting />
  const nameOf = (id: string): string => users.find((one) => one.id === id)?.name ?? `…${id.slice(-6)}`
  const lists = {
    mine: answer.data.items.filter(({ mine }) => mine),
    undecided: answer.data.items.filter(({ decision }) => decision === null),
    decided: answer.data.items.filter(({ decision }) => decision !== null),
  }
  const found = lists[which].filter(({ personId }) =>
    nameOf(personId).toLowerCase().includes(text.trim().toLowerCase()),
  )
  const shown = found.slice(0, most)
  const open = shown.filter(({ mine }) => mine)
  const picked = open.filter(({ id }) => chosen.has(id)).map(({ id }) => id)
  const toggle = (ids: readonly string[], on: boolean): void => {
    const next = new Set(chosen)
    for (const id of ids)
      if (on) next.add(id)
      else next.delete(id)
    setChosen(next)
  }
  return (
    <>
      <div className="tools card-body" style={{ paddingBottom: 10 }}>
        <Segmented<Which>
          value={which}
          onChange={setWhich}
          options={(['mine', 'undecided', 'decided'] as const).map((value) => ({
            value,
            label: `${t(`recertify.which.${value}`)} ${lists[value].length}`,
          }))}
        />
        <Input.Search
          allowClear
          placeholder={t('recertify.search')}
          aria-label={t('recertify.search')}
          value={text}
          onChange={(event) => setText(event.target.value)}
          style={{ width: 200 }}
        />
        {open.length > 0 ? (
          <>
            <Checkbox
              checked={picked.length === open.length}
              indeterminate={picked.length > 0 && picked.length < open.length}
              onChange={(event) =>
                toggle(
                  open.map(({ id }) => id),
                  event.target.checked,
                )
              }
              data-testid="recertify-all"
            >
              {t('recertify.chooseAll', { count: open.length })}
            </Checkbox>
            <Button
              size="small"
              type="primary"
              disabled={picked.length === 0}
              onClick={() => setAsking('keep')}
              data-testid="recertify-keep"
            >
              {t('recertify.keep')}
            </Button>
            <Button
              size="small"
              danger
              disabled={picked.length === 0}
              onClick={() => setAsking('revoke')}
              data-testid="recertify-revoke"
            >
              {t('recertify.revoke')}
            </Button>
          </>
        ) : null}
      </div>
      {shown.length === 0 ? (
        <p className="quiet card-body">{t('recertify.nothing')}</p>
      ) : (
        <Table
          data-testid="recertify-lines"
          headings={['person', 'right', 'outcome'].map((name) => t(`recertify.${name}`))}
        >
          {shown.map((line) => (
            <tr key={line.id} data-kind={line.kind} data-person={line.personId} data-decision={line.decision ?? ''}>
              <td>
                {line.mine ? (
                  <Checkbox checked={chosen.has(line.id)} onChange={(event) => toggle([line.id], event.target.checked)}>
                    {nameOf(line.personId)}
                  </Checkbox>
                ) : (
                  nameOf(line.personId)
                )}
              </td>
              <td style={{ whiteSpace: 'normal' }}>
                <Right line={line} nameOf={nameOf} />
              </td>
              <td style={{ whiteSpace: 'normal' }}>
                <Outcome line={line} nameOf={nameOf} />
              </td>
              <td />
            </tr>
          ))}
        </Table>
      )}
      {found.length > shown.length ? (
        <p className="quiet small card-body">{t('recertify.more', { count: found.length - shown.length })}</p>
      ) : null}
      {asking ? (
        <Decide
          campaign={campaign}
          lines={picked}
          decision={asking}
          mainRole={open.some(({ id, detail }) => chosen.has(id) && detail.main === true)}
          close={() => setAsking(null)}
          done={() => {
            setAsking(null)
            setChosen(new Set())
            void answer.refetch()
            changed()
          }}
        />
      ) : null}
    </>
  )
}

interface LineProps {
  readonly line: RecertifyLine
  readonly nameOf: (id: string) => string
}

const Right = ({ line, nameOf }: LineProps): ReactElement => {
  const { t, both, language } = useText()
  const types = useCatalogue()
  const roles = useType('user')?.fields.find((field) => field.name === 'role')?.options ?? []
  const roleName = (name: string): string => {
    const found = roles.find(({ value }) => value === name)
    return found ? both(found.label) : name
  }
  const { kind, detail } = line
  const until = detail.until === undefined ? '' : t('lend.until', { at: instant(detail.until, language) })
  const type = types.find(({ name }) => name === detail.type)
  return (
    <>
      <span className="quiet small">{t(`recertify.kind.${kind}`)} </span>
      {kind === 'role' ? roleName(line.what) : null}
      {kind === 'role' && detail.main === false ? (
        <span className="quiet small"> · {t('recertify.further')}</span>
      ) : null}
      {kind === 'team' && line.thingId !== null ? <LinkTitle type="team" id={line.thingId} /> : null}
      {kind === 'key' ? line.what : null}
      {kind === 'deputy' && detail.of !== undefined ? nameOf(detail.of) : null}
      {kind === 'grant' && detail.role !== undefined ? roleName(detail.role) : null}
      {kind === 'grant' && detail.type !== undefined && detail.record !== undefined ? (
        <>
          {type ? both(type.label) : detail.type} <LinkTitle type={detail.type} id={detail.record} /> ·{' '}
          {t(`lend.levels.${line.what === 'write' ? 'write' : 'read'}`)}
        </>
      ) : null}
      {until === '' ? null : <span className="quiet small"> · {until}</span>}
      {line.privileged ? (
        <span className="state" style={{ marginLeft: 6 }}>
          {t('recertify.privileged')}
        </span>
      ) : null}
    </>
  )
}

const Outcome = ({ line, nameOf }: LineProps): ReactElement => {
  const { t } = useText()
  if (line.decision === null)
    return <span className="quiet">{t(line.mine ? 'recertify.yours' : 'recertify.waits')}</span>
  return (
    <>
      <span className="state" data-state={line.decision === 'keep' ? 'pass' : 'fail'}>
        {t(`recertify.decided.${line.decision}`)}
      </span>
      <div className="quiet small">
        {line.reason}
        {line.decidedBy === null ? '' : ` · ${nameOf(line.decidedBy)}`}
        {line.decision === 'revoke' && line.settledAt === null ? ` · ${t('recertify.underWay')}` : ''}
      </div>
    </>
  )
}

const Decide = ({
  campaign,
  lines,
  decision,
  mainRole,
  close,
  done,
}: {
  campaign: string
  lines: readonly string[]
  decision: 'keep' | 'revoke'
  mainRole: boolean
  close: () => void
  done: () => void
}): ReactElement => {
  const { t } = useText()
  const notify = useNotify()
  const [reason, setReason] = useState('')
  const [busy, setBusy] = useState(false)
  const run = async (): Promise<void> => {
    setBusy(true)
    const sent = await notify.attempt(async () => {
      await post(`/api/recertifications/${campaign}/decide`, { lines, decision, reason: reason.trim() })
      return true
    })
    setBusy(false)
    if (sent) done()
  }
  return (
    <Modal
      open
      title={t(`recertify.${decision}`)}
      onCancel={close}
      onOk={() => void run()}
      okText={t(`recertify.${decision}`)}
      okButtonProps={{
        danger: decision === 'revoke',
        loading: busy,
        disabled: reason.trim() === '',
        'data-testid': 'recertify-run',
      }}
    >
      <p style={{ marginBottom: 10 }}>{t(`recertify.${decision}About`, { count: lines.length })}</p>
      {decision === 'revoke' && mainRole ? <p className="warning">{t('recertify.mainRole')}</p> : null}
      <Input
        autoFocus
        maxLength={500}
        value={reason}
        aria-label={t('lend.reason')}
        placeholder={t('lend.reason')}
        onChange={(event) => setReason(event.target.value)}
        data-testid="recertify-reason"
      />
    </Modal>
  )
}
