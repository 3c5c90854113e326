// What is done with a draft: checked, tried on the past, proposed.
import { Alert, Button } from 'antd'
import { useState, type ReactElement } from 'react'
import { post } from '../api.ts'
import type { PolicyCheckAnswer, PolicyProblem, PolicyProblemsAnswer } from '../contract.ts'
import { useText } from '../text.ts'
import { DryRuns } from './dry-runs.tsx'
import { useNotify } from './notify.ts'
import { PolicyProblems } from './policy-problems.tsx'

interface Props {
  readonly title: string
  readonly text: string
  readonly base: number
  readonly proposed: () => void
}

interface Told {
  readonly text: string
  /** What it means, or why it is not accepted; null: the problems say why. */
  readonly found: PolicyCheckAnswer | string | null
  readonly problems: readonly PolicyProblem[]
}

export const PolicyDraftSteps = ({ title, text, base, proposed }: Props): ReactElement => {
  const { t } = useText()
  const notify = useNotify()
  const [told, setTold] = useState<Told | null>(null)
  const [busy, setBusy] = useState(false)
  const document = parsed(text)
  const good = told !== null && told.text === text && typeof told.found === 'object' && told.found !== null
  const check = async (): Promise<void> => {
    setBusy(true)
    setTold({ text, ...(document === undefined ? { found: t('policyChanges.notJson'), problems: [] } : await ask(document)) })
    setBusy(false)
  } // prettier-ignore
  /** The problems first: they say all of it, where a refusal says the first. */
  const ask = async (wanted: unknown): Promise<Pick<Told, 'found' | 'problems'>> => {
    try {
      const { problems } = await post<PolicyProblemsAnswer>('/api/policies/problems', { document: wanted })
      if (problems.some(({ severity }) => severity === 'error')) return { found: null, problems }
      return { found: await post<PolicyCheckAnswer>('/api/policies/check', { document: wanted }), problems }
    } catch (error) {
      return { found: error instanceof Error ? error.message : t('common.failed'), problems: [] }
    }
  }
  const propose = async (): Promise<void> => {
    const made = await notify.attempt(() => post<{ id: string }>('/api/policies/changes', { title, document, base }))
    if (!made) return
    notify.done(t('policyChanges.proposedDone'))
    proposed()
  }
  return (
    <div className="stack">
      {told?.text === text && told.found !== null ? (
        <Alert
          type={typeof told.found === 'string' ? 'error' : 'success'}
          showIcon
          title={typeof told.found === 'string' ? told.found : t('policyChanges.holds', { count: told.found.policies.length, digest: told.found.digest.slice(0, 16) })}
          data-testid="policy-draft-told"
        />
      ) : null}
      {told?.text === text ? <PolicyProblems problems={told.problems} /> : null}
      <div className="row">
        <Button onClick={() => void check()} loading={busy} data-testid="policy-draft-check">
          {t('policyChanges.check')}
        </Button>
        <Button type="primary" disabled={!good || title.trim() === ''} onClick={() => void propose()} data-testid="policy-draft-propose">
          {t('policyChanges.propose')}
        </Button>
        {good ? null : <span className="quiet small">{t('policyChanges.checkFirst')}</span>}
      </div>
      {good ? <DryRuns document={document} /> : null}
    </div>
  )
} // prettier-ignore

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
