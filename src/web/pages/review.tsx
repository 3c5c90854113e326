// The compliance review: run every control, read what was found and what to do, take the report along.
import {
  DownOutlined,
  FilePdfOutlined,
  FileTextOutlined,
  RightOutlined,
  SafetyCertificateOutlined,
} from '@ant-design/icons'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Button, Segmented } from 'antd'
import { useState, type ReactElement } from 'react'
import { download, get, post } from '../api.ts'
import type { ControlAnswer, ReviewAnswer } from '../contract.ts'
import { instant } from '../format.ts'
import { AttestDialog } from '../parts/attest-dialog.tsx'
import { Ring } from '../parts/bars.tsx'
import { Failure } from '../parts/failure.tsx'
import { useNotify } from '../parts/notify.ts'
import { PageHead, Panel } from '../parts/page-head.tsx'
import { Waiting } from '../parts/waiting.tsx'
import { useMay } from '../session.ts'
import { textOr, useText } from '../text.ts'
import '../style/journal.css'
import '../style/table.css'

type Wanted = 'all' | 'open' | 'pass'

export default function Review(): ReactElement {
  const { t } = useText()
  const client = useQueryClient()
  const may = useMay()
  const notify = useNotify()
  const [busy, setBusy] = useState(false)
  const answer = useQuery({ queryKey: ['review'], queryFn: () => get<ReviewAnswer | null>('/api/review') })
  const run = async (): Promise<void> => {
    setBusy(true)
    const review = await notify.attempt(() => post<ReviewAnswer>('/api/review'))
    if (review) {
      client.setQueryData(['review'], review)
      void client.invalidateQueries({ queryKey: ['home'] })
    }
    setBusy(false)
  }
  if (answer.error) return <Failure error={answer.error} again={() => void answer.refetch()} />
  if (answer.data === undefined) return <Waiting />
  const report = (path: string, name: string): void => void notify.attempt(() => download(path, name))
  return (
    <>
      <PageHead
        title={t('review.title')}
        about={t('review.about')}
        actions={
          <>
            {answer.data ? (
              <>
                <Button
                  icon={<FilePdfOutlined />}
                  onClick={() => report('/api/review/report.pdf?lang=zh', 'holdfast-review-zh.pdf')}
                  data-testid="review-pdf-zh"
                >
                  {t('review.pdfZh')}
                </Button>
                <Button
                  icon={<FilePdfOutlined />}
                  onClick={() => report('/api/review/report.pdf?lang=en', 'holdfast-review-en.pdf')}
                  data-testid="review-pdf-en"
                >
                  {t('review.pdfEn')}
                </Button>
                <Button
                  icon={<FileTextOutlined />}
                  onClick={() => report('/api/review/report.json', 'holdfast-review.json')}
                  data-testid="review-json"
                >
                  JSON
                </Button>
              </>
            ) : null}
            {may('review.run') ? (
              <Button
                type="primary"
                icon={<SafetyCertificateOutlined />}
                loading={busy}
                onClick={() => void run()}
                data-testid="review-run"
              >
                {t('review.run')}
              </Button>
            ) : null}
          </>
        }
      />
      {answer.data ? <Result review={answer.data} /> : <p className="card nothing">{t('review.none')}</p>}
    </>
  )
}

const Result = ({ review }: { review: ReviewAnswer }): ReactElement => {
  const { t, language } = useText()
  const [wanted, setWanted] = useState<Wanted>('all')
  const { summary } = review
  const decided = summary.pass + summary.fail + summary.error
  const shown = review.controls.filter(
    (control) =>
      wanted === 'all' ||
      (wanted === 'pass' ? control.state === 'pass' : control.state === 'fail' || control.state === 'error'),
  )
  const groups = [...new Set(shown.map((control) => control.group))]
  return (
    <div className="review-grid" data-testid="review-result">
      <div className="review-side stack">
        <Panel title={t('review.summary')}>
          <Ring
            middle={`${summary.pass}/${decided}`}
            under={t('review.passed')}
            parts={[
              { id: 'pass', label: t('review.state.pass'), value: summary.pass, colour: '#2e7d4f' },
              { id: 'fail', label: t('review.state.fail'), value: summary.fail, colour: '#c0392f' },
              { id: 'error', label: t('review.state.error'), value: summary.error, colour: '#d09032' },
              {
                id: 'not-assessed',
                label: t('review.state.not-assessed'),
                value: summary.notAssessed,
                colour: '#a4aeaa',
              },
              {
                id: 'not-applicable',
                label: t('review.state.not-applicable'),
                value: summary.notApplicable,
                colour: '#d6d9d4',
              },
            ]}
          />
          <p className="quiet small" style={{ marginTop: 8 }}>
            {t('review.at', { at: instant(review.at, language) })}
          </p>
        </Panel>
      </div>
      <div className="stack">
        <div>
          <Segmented<Wanted>
            value={wanted}
            onChange={setWanted}
            aria-label={t('list.filter')}
            options={[
              { value: 'all', label: `${t('common.all')} ${review.controls.length}` },
              { value: 'open', label: `${t('review.open')} ${summary.fail + summary.error}` },
              { value: 'pass', label: `${t('review.state.pass')} ${summary.pass}` },
            ]}
          />
        </div>
        {groups.map((group) => (
          <Panel key={group} title={`${group} · ${textOr(`review.group.${group}`, group)}`} flush>
            {shown
              .filter((control) => control.group === group)
              .map((control) => (
                <Control key={control.id} control={control} />
              ))}
          </Panel>
        ))}
      </div>
    </div>
  )
}

const Control = ({ control }: { control: ControlAnswer }): ReactElement => {
  const { t, both, language } = useText()
  const may = useMay()
  const [attesting, setAttesting] = useState(false)
  const [open, setOpen] = useState(control.state === 'fail' && control.severity === 'critical')
  const [evidence, setEvidence] = useState(false)
  return (
    <div className="control" data-testid="review-control" data-control={control.id} data-state={control.state}>
      <button type="button" aria-expanded={open} onClick={() => setOpen(!open)}>
        <span className="mono">{control.id}</span>
        <span>{both(control.title)}</span>
        <span className="quiet small">{textOr(`review.severity.${control.severity}`, control.severity)}</span>
        <span>
          <span className="state" data-state={control.state}>
            {t(`review.state.${control.state}`)}
          </span>
        </span>
        {open ? <DownOutlined aria-hidden="true" /> : <RightOutlined aria-hidden="true" />}
      </button>
      {open ? (
        <div className="control-body">
          <dl>
            <dt>{t('review.requirement')}</dt>
            <dd>{both(control.requirement)}</dd>
            <dt>{t('review.finding')}</dt>
            <dd>
              <b>{both(control.finding)}</b>
            </dd>
            {control.state === 'pass' || both(control.remedy) === '' ? null : (
              <>
                <dt>{t('review.remedy')}</dt>
                <dd>{both(control.remedy)}</dd>
              </>
            )}
            <dt>{t('review.maps')}</dt>
            <dd className="maps">
              {Object.entries(control.maps).map(([framework, clauses]) => (
                <span key={framework}>
                  <span className="quiet">{framework}</span> {clauses.join(', ')}
                </span>
              ))}
            </dd>
            {control.takesWord ? (
              <>
                <dt>{t('attest.word')}</dt>
                <dd data-testid="attest-word">
                  {control.word ? (
                    <p>
                      {control.word.note}{' '}
                      <span className="quiet small">
                        {control.word.by} · {instant(control.word.at, language)}
                      </span>
                    </p>
                  ) : (
                    <p className="quiet">{t('attest.none')}</p>
                  )}
                  {may('review.run') ? (
                    <Button size="small" onClick={() => setAttesting(true)} data-testid="attest-open">
                      {t('attest.open')}
                    </Button>
                  ) : null}
                  {attesting ? <AttestDialog control={control} close={() => setAttesting(false)} /> : null}
                </dd>
              </>
            ) : null}
            <dt>{t('review.evidence')}</dt>
            <dd>
              <Button
                size="small"
                type="link"
                style={{ padding: 0 }}
                aria-expanded={evidence}
                onClick={() => setEvidence(!evidence)}
                data-testid="review-evidence"
              >
                {t(evidence ? 'common.hide' : 'common.show')}
              </Button>
              {evidence ? <pre className="source">{JSON.stringify(control.evidence, null, 2)}</pre> : null}
            </dd>
          </dl>
        </div>
      ) : null}
    </div>
  )
}
