// Erasure of persons: what is linked to one, the act itself, its certificate; the ledger and legal holds.
import { Alert, App, Button, Input } from 'antd'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useRef, type ReactElement } from 'react'
import { useSearchParams } from 'react-router'
import { download, get, post } from '../api.ts'
import type { ErasureClosing, ErasureItem, ErasuresAnswer, LegalHold } from '../contract.ts'
import { instant } from '../format.ts'
import { Command } from '../parts/command.tsx'
import { ErasurePreview } from '../parts/erasure-preview.tsx'
import { Failure } from '../parts/failure.tsx'
import { useNotify } from '../parts/notify.ts'
import { PageHead, Panel } from '../parts/page-head.tsx'
import { Waiting } from '../parts/waiting.tsx'
import { useCatalogue, useDirectory, useMe } from '../session.ts'
import { useText } from '../text.ts'
import '../style/journal.css'
import '../style/table.css'
import '../style/value.css'

export default function Erasure(): ReactElement {
  const { t } = useText()
  const [params, setParams] = useSearchParams()
  const answer = useQuery({ queryKey: ['erasures'], queryFn: () => get<ErasuresAnswer>('/api/erasures') })
  if (answer.error) return <Failure error={answer.error} again={() => void answer.refetch()} />
  if (!answer.data) return <Waiting />
  const asked = params.has('subject') || (params.has('type') && params.has('id'))
  return (
    <>
      <PageHead title={t('erasure.title')} about={t('erasure.about')} actions={<Check />} />
      <div className="stack">
        {asked ? (
          <ErasurePreview query={params.toString()} close={() => setParams({})} />
        ) : (
          <Panel title={t('erasure.preview')}>
            <p className="quiet">{t('erasure.how')}</p>
          </Panel>
        )}
        <Ledger items={answer.data.items} closed={answer.data.closing.closed} />
        <Closing closing={answer.data.closing} />
        <Holds holds={answer.data.holds} />
      </div>
    </>
  )
}

/** Reads a certificate from a file and says what it is worth. */
const Check = (): ReactElement => {
  const { t } = useText()
  const { modal } = App.useApp()
  const notify = useNotify()
  const input = useRef<HTMLInputElement>(null)
  const check = async (file: File): Promise<void> => {
    const verdict = await notify.attempt(async () =>
      post<{ known: boolean; gone: boolean; closed: boolean }>('/api/erasures/verify', { text: await file.text() }),
    )
    if (!verdict) return
    const say = verdict.known && verdict.gone ? modal.success : modal.warning
    say({
      title: t('erasure.checked'),
      content: [
        t('erasure.signed'),
        verdict.known ? t('erasure.known') : t('erasure.unknown'),
        verdict.gone ? t('erasure.gone') : t('erasure.notGone'),
        verdict.closed ? t('erasureClosing.verdictClosed') : t('erasureClosing.verdictOpen'),
      ].join(' '),
    })
  }
  return (
    <>
      <Button onClick={() => input.current?.click()} data-testid="erasure-check">
        {t('erasure.check')}
      </Button>
      <input
        ref={input}
        type="file"
        accept=".json,application/json"
        hidden
        aria-label={t('erasure.check')}
        onChange={(event) => {
          const file = event.target.files?.[0]
          if (file) void check(file)
          event.target.value = ''
        }}
      />
    </>
  )
}

const Ledger = ({ items, closed }: { items: readonly ErasureItem[]; closed: number }): ReactElement => {
  const { t, both, language } = useText()
  const { users } = useDirectory()
  const types = useCatalogue()
  const notify = useNotify()
  const nameOf = (type: string): string => {
    const found = types.find((one) => one.name === type)
    return found ? both(found.plurals) : type
  }
  const fetchFile = (item: ErasureItem, kind: 'json' | 'pdf'): void => {
    const path = `/api/erasures/${item.id}/certificate.${kind}${kind === 'pdf' ? `?lang=${language}` : ''}`
    void notify.attempt(() => download(path, `holdfast-erasure-${String(item.number)}.${kind}`))
  }
  return (
    <Panel title={t('erasure.ledger')} flush data-testid="erasure-ledger">
      <div className="table-box">
        <table className="table">
          <thead>
            <tr>
              <th scope="col" className="number">
                {t('erasure.number')}
              </th>
              <th scope="col">{t('erasure.at')}</th>
              <th scope="col">{t('erasure.by')}</th>
              <th scope="col">{t('erasure.reason')}</th>
              <th scope="col">{t('erasure.records')}</th>
              <th scope="col">{t('erasureClosing.copies')}</th>
              <th scope="col">{t('erasure.certificate')}</th>
            </tr>
          </thead>
          <tbody>
            {items.map((item) => (
              <tr key={item.id} data-testid={`erasure-${String(item.number)}`}>
                <td className="number">{item.number}</td>
                <td>{instant(item.at, language)}</td>
                <td>{users.find((user) => user.id === item.by)?.name ?? t('common.system')}</td>
                <td className="wrap">{item.reason}</td>
                <td className="wrap quiet">
                  {Object.entries(item.records)
                    .map(([type, count]) => `${nameOf(type)} ${String(count)}`)
                    .join(t('common.listComma'))}
                </td>
                <td>{item.number <= closed ? t('erasureClosing.closed') : t('erasureClosing.open')}</td>
                <td>
                  <Button size="small" type="link" onClick={() => fetchFile(item, 'pdf')}>
                    {t('erasure.pdf')}
                  </Button>
                  <Button size="small" type="link" onClick={() => fetchFile(item, 'json')}>
                    {t('erasure.json')}
                  </Button>
                </td>
              </tr>
            ))}
            {items.length === 0 ? (
              <tr>
                <td colSpan={7} className="quiet">
                  {t('erasure.none')}
                </td>
              </tr>
            ) : null}
          </tbody>
        </table>
      </div>
    </Panel>
  )
}

/** The final step: how far it has come, what it does and the command for it. */
const Closing = ({ closing }: { closing: ErasureClosing }): ReactElement | null => {
  const { t, language } = useText()
  const me = useMe()
  if (closing.erased === 0) return null
  const waiting = closing.erased > closing.closed
  const [last] = closing.done
  return (
    <Panel title={t('erasureClosing.title')} data-testid="erasure-closing">
      <p className="quiet" style={{ margin: '0 0 12px' }}>
        {t('erasureClosing.about')}
      </p>
      <Alert
        type={waiting ? 'warning' : 'success'}
        showIcon
        title={
          closing.begun !== null
            ? t('erasureClosing.begun', { at: instant(closing.begun, language) })
            : waiting
              ? closing.erased === closing.closed + 1
                ? t('erasureClosing.waitingOne', { number: String(closing.erased) })
                : t('erasureClosing.waiting', { from: String(closing.closed + 1), to: String(closing.erased) })
              : t('erasureClosing.done', { at: last ? instant(last.at, language) : '' })
        }
        description={waiting ? t('erasureClosing.how') : t('erasureClosing.after')}
      />
      {waiting ? (
        <dl className="commands" style={{ marginTop: 12 }}>
          <Command what={t('erasureClosing.command')} text={`npx holdfast erase finish --as ${me.email}`} />
        </dl>
      ) : null}
    </Panel>
  )
}

const Holds = ({ holds }: { holds: readonly LegalHold[] }): ReactElement => {
  const { t, language } = useText()
  const { users } = useDirectory()
  const nameOf = (id: string | null): string => users.find((user) => user.id === id)?.name ?? ''
  return (
    <Panel title={t('erasure.holds')} flush data-testid="erasure-holds">
      <div className="table-box">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{t('erasure.subject')}</th>
              <th scope="col">{t('erasure.reason')}</th>
              <th scope="col">{t('erasure.placed')}</th>
              <th scope="col">{t('erasure.lifted')}</th>
              <th scope="col">{t('common.actions')}</th>
            </tr>
          </thead>
          <tbody>
            {holds.map((hold) => (
              <tr key={hold.id}>
                <td className="mono">…{hold.subject.slice(-8)}</td>
                <td className="wrap">{hold.reason}</td>
                <td>
                  {instant(hold.placedAt, language)} {nameOf(hold.placedBy)}
                </td>
                <td className="wrap">
                  {hold.liftedAt === null
                    ? t('erasure.standing')
                    : `${instant(hold.liftedAt, language)} ${nameOf(hold.liftedBy)} ${hold.liftReason ?? ''}`}
                </td>
                <td>{hold.liftedAt === null ? <Lift hold={hold} /> : null}</td>
              </tr>
            ))}
            {holds.length === 0 ? (
              <tr>
                <td colSpan={5} className="quiet">
                  {t('erasure.noHolds')}
                </td>
              </tr>
            ) : null}
          </tbody>
        </table>
      </div>
    </Panel>
  )
}

const Lift = ({ hold }: { hold: LegalHold }): ReactElement | null => {
  const { t } = useText()
  const { modal } = App.useApp()
  const notify = useNotify()
  const queries = useQueryClient()
  const me = useMe()
  if (!me.may.includes('hold.manage')) return null
  const ask = (): void => {
    const given = { reason: '' }
    modal.confirm({
      title: t('erasure.liftTitle'),
      content: (
        <Input
          maxLength={200}
          placeholder={t('erasure.reasonHint')}
          aria-label={t('erasure.reason')}
          onChange={(event) => {
            given.reason = event.target.value
          }}
        />
      ),
      okText: t('erasure.lift'),
      onOk: async () => {
        await notify.attempt(() => post(`/api/holds/${hold.id}/lift`, given))
        await queries.invalidateQueries({ queryKey: ['erasures'] })
        await queries.invalidateQueries({ queryKey: ['erasure-preview'] })
      },
    })
  }
  return (
    <Button size="small" onClick={ask} data-testid="hold-lift">
      {t('erasure.lift')}
    </Button>
  )
}
