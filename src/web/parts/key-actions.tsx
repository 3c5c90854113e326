// What can be done to the keys: each with what it is for, when it was last done, and, before it begins, what it touches and how long that takes.
import { useQueryClient } from '@tanstack/react-query'
import { Alert, Button, Modal, Radio, Select } from 'antd'
import { useState, type ReactElement } from 'react'
import { post } from '../api.ts'
import type { JobAnswer, JobsAnswer, KeyStatesAnswer, KeyTreeAnswer } from '../contract.ts'
import { ago, bytes, instant, whole } from '../format.ts'
import { useMay } from '../session.ts'
import { useText } from '../text.ts'
import { rateOf, useDuration } from './key-jobs.tsx'
import { useNotify } from './notify.ts'
import { Panel } from './page-head.tsx'
import { useStepUp } from './step-up.tsx'

const kinds = {
  root: 'keys.root',
  epoch: 'keys.epoch',
  'all-subjects': 'keys.subjects',
  index: 'search.rebuild',
  profile: 'keys.profile',
  'drop-generations': 'keys.drop-generations',
} as const

export type Act = keyof typeof kinds
const acts = Object.keys(kinds) as readonly Act[]
const profiles = ['international', 'post-quantum', 'gm'] as const

interface Props {
  readonly tree: KeyTreeAnswer
  readonly states: KeyStatesAnswer
  readonly jobs: JobsAnswer['items']
  readonly busy: boolean
}

export const KeyActions = ({ tree, states, jobs, busy }: Props): ReactElement | null => {
  const { t, language } = useText()
  const may = useMay()
  const [asked, setAsked] = useState<Act | null>(null)
  if (!may('keys.rotate')) return null
  const lastOf = (act: Act): JobAnswer | undefined =>
    jobs.find((job) => job.kind === kinds[act] && job.state === 'done')
  const elsewhere = tree.roots[0]?.protection === 'shares' || tree.roots[0]?.protection === 'provider'
  return (
    <Panel title={t('keyActions.title')} flush data-testid="keys-actions">
      <div className="table-box">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{t('keyActions.act')}</th>
              <th scope="col">{t('keyActions.what')}</th>
              <th scope="col">{t('keyActions.last')}</th>
              <th scope="col">
                <span className="visually-hidden">{t('common.actions')}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {acts.map((act) => {
              const last = lastOf(act)?.finishedAt
              return (
                <tr key={act}>
                  <td>{t(`keyActions.name.${act}`)}</td>
                  <td className="wrap quiet">
                    {t(act === 'root' && elsewhere ? 'keyActions.rootElsewhere' : `keyActions.about.${act}`)}
                  </td>
                  <td title={last ? instant(last, language) : undefined}>
                    {last ? ago(last, language) : t('keyActions.never')}
                  </td>
                  <td className="number">
                    <Button
                      size="small"
                      disabled={busy || (act === 'root' && elsewhere)}
                      onClick={() => setAsked(act)}
                      data-testid={`keys-act-${act}`}
                    >
                      {t('keyActions.begin')}
                    </Button>
                  </td>
                </tr>
              )
            })}
          </tbody>
        </table>
      </div>
      {asked === null ? null : (
        <ActDialog act={asked} tree={tree} states={states} last={lastOf(asked)} close={() => setAsked(null)} />
      )}
    </Panel>
  )
}

const ActDialog = ({
  act,
  tree,
  states,
  last,
  close,
}: Omit<Props, 'jobs' | 'busy'> & { act: Act; last: JobAnswer | undefined; close: () => void }): ReactElement => {
  const { t } = useText()
  const notify = useNotify()
  const client = useQueryClient()
  const current = states.epochs.find((epoch) => epoch.state === 'active')?.profile ?? null
  const [profile, setProfile] = useState<string>(profiles.find((one) => one !== current) ?? 'international')
  const [history, setHistory] = useState<'keep' | 'forget'>('keep')
  const stepUp = useStepUp()
  const [busy, setBusy] = useState(false)
  const run = async (): Promise<void> => {
    setBusy(true)
    const more = act === 'profile' ? { profile } : act === 'drop-generations' ? { history } : {}
    const job = await notify.attempt(() =>
      post<JobAnswer>('/api/keys/rotations', { what: act, ...stepUp.proof, ...more }),
    )
    setBusy(false)
    if (!job) return
    await client.invalidateQueries({ queryKey: ['jobs'] })
    close()
  }
  return (
    <Modal
      open
      width={560}
      title={t(`keyActions.name.${act}`)}
      onCancel={close}
      okText={t('keyActions.begin')}
      okButtonProps={{ disabled: !stepUp.ready, loading: busy, 'data-testid': 'keys-act-run' }}
      onOk={() => void run()}
    >
      <div className="stack" data-testid="keys-preview">
        <p>{t(`keyActions.about.${act}`)}</p>
        {act === 'profile' ? (
          <Select<string>
            value={profile}
            onChange={setProfile}
            aria-label={t('keyActions.profile')}
            options={profiles.map((one) => ({
              value: one,
              label: t(`keyActions.profiles.${one}`),
              disabled: one === current,
            }))}
            data-testid="keys-profile"
          />
        ) : null}
        {act === 'drop-generations' ? (
          <Radio.Group
            value={history}
            onChange={(event) => setHistory(event.target.value === 'forget' ? 'forget' : 'keep')}
            options={[
              { value: 'keep', label: t('keyActions.keepHistory') },
              { value: 'forget', label: t('keyActions.forgetHistory') },
            ]}
          />
        ) : null}
        <Preview act={act} tree={tree} states={states} last={last} />
        <Alert
          type={act === 'drop-generations' && history === 'forget' ? 'warning' : 'info'}
          showIcon
          title={t(`keyActions.after.${act === 'drop-generations' ? `${act}-${history}` : act}`)}
        />
        {stepUp.field(() => void run())}
      </div>
    </Modal>
  )
}

/** What it touches, counted now, and how long it takes at the rate measured here the last time. */
const Preview = ({
  act,
  tree,
  states,
  last,
}: {
  act: Act
  tree: KeyTreeAnswer
  states: KeyStatesAnswer
  last: JobAnswer | undefined
}): ReactElement => {
  const { t, language } = useText()
  const duration = useDuration()
  const { costs } = tree
  const epochs = states.epochs.filter((epoch) => epoch.state !== 'destroyed').length
  const keys = states.subjects + states.olderGenerations
  const count = (value: number): string => whole(value, language)
  const touched: Readonly<Record<Act, readonly (readonly [string, string])[]>> = {
    root: [
      [t('keyActions.cost.epochs'), count(epochs)],
      [t('keyActions.cost.named'), count(tree.named.length)],
    ],
    epoch: [[t('keyActions.cost.dataKeys'), count(keys)]],
    'all-subjects': [
      [t('keyActions.cost.subjects'), count(states.subjects)],
      [t('keyActions.cost.records'), count(costs.records)],
      [t('keyActions.cost.files'), `${count(costs.files)} · ${bytes(costs.fileBytes, language)}`],
    ],
    index: [[t('keyActions.cost.records'), count(costs.records)]],
    profile: [
      [t('keyActions.cost.dataKeys'), count(keys)],
      [t('keyActions.cost.records'), count(costs.records)],
      [t('keyActions.cost.files'), `${count(costs.files)} · ${bytes(costs.fileBytes, language)}`],
    ],
    'drop-generations': [[t('keyActions.cost.older'), count(states.olderGenerations)]],
  }
  const pieces: Readonly<Record<Act, number>> = {
    root: epochs + tree.named.length,
    epoch: keys,
    'all-subjects': states.subjects,
    index: costs.records,
    profile: keys + states.subjects,
    'drop-generations': states.olderGenerations,
  }
  const rate = last ? rateOf(last) : null
  return (
    <dl className="facts" data-testid="keys-costs">
      {touched[act].map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
      <div>
        <dt>{t('keyActions.cost.time')}</dt>
        <dd>{rate === null ? t('keyActions.cost.unknown') : duration(pieces[act] / rate)}</dd>
      </div>
    </dl>
  )
}
