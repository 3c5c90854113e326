// The own draft of a change: kept on the server as it is typed, checked, tried on the past, and proposed.
import { useQuery } from '@tanstack/react-query'
import { Alert, Button, Input } from 'antd'
import { useEffect, useRef, useState, type ReactElement } from 'react'
import { get, put, remove } from '../api.ts'
import type { PolicyControlAnswer, PolicyDraftAnswer, PolicyDraftItem } from '../contract.ts'
import { instant } from '../format.ts'
import { useText } from '../text.ts'
import { useNotify } from './notify.ts'
import { Panel } from './page-head.tsx'
import { PolicyDraftSteps } from './policy-draft-steps.tsx'

interface Props {
  readonly control: PolicyControlAnswer
  readonly proposed: () => void
}

export const PolicyDraft = ({ control, proposed }: Props): ReactElement | null => {
  const { t, language } = useText()
  const answer = useQuery({
    queryKey: ['policy-draft'],
    queryFn: () => get<PolicyDraftAnswer>('/api/policies/draft'),
    staleTime: 0,
  })
  const [begun, setBegun] = useState(false)
  if (!answer.data) return null
  const { own, others } = answer.data
  const done = (): void => {
    setBegun(false)
    void answer.refetch()
    proposed()
  }
  return (
    <Panel
      title={t('policyChanges.draft')}
      extra={others.map((one) => (
        <span key={one.userId} className="quiet small">
          {t('policyChanges.otherDraft', { name: one.name, title: one.title, at: instant(one.updatedAt, language) })}
        </span>
      ))}
    >
      {own !== null || begun ? (
        <Editor key={own === null ? 'new' : 'kept'} first={own} control={control} done={done} />
      ) : (
        <>
          <p className="quiet">{t('policyChanges.draftAbout')}</p>
          <Button onClick={() => setBegun(true)} data-testid="policy-draft-begin">
            {t('policyChanges.begin')}
          </Button>
        </>
      )}
    </Panel>
  )
}

const Editor = ({
  first,
  control,
  done,
}: {
  readonly first: PolicyDraftItem | null
  readonly control: PolicyControlAnswer
  readonly done: () => void
}): ReactElement => {
  const { t, language } = useText()
  const notify = useNotify()
  const inForce = control.versions.find(({ active }) => active)?.number ?? 0
  const [title, setTitle] = useState(first?.title ?? '')
  const [text, setText] = useState(first?.document ?? JSON.stringify(control.document, null, 2))
  const [kept, setKept] = useState(first)
  const [clash, setClash] = useState(false)
  const base = kept?.base ?? inForce
  const saved = useKept({ title, text, base, kept, setKept, clashed: () => setClash(true) })
  const discard = async (): Promise<void> => {
    await notify.attempt(() => remove('/api/policies/draft'))
    done()
  }
  return (
    <div className="stack">
      {kept?.moved || base !== inForce ? (
        <Alert type="warning" showIcon title={t('policyChanges.moved', { base, now: inForce })} data-testid="policy-draft-moved" />
      ) : null}
      {clash ? <Alert type="error" showIcon title={t('policyChanges.clash')} /> : null}
      <Input
        value={title}
        maxLength={200}
        placeholder={t('policyChanges.titleHint')}
        aria-label={t('policyChanges.change')}
        onChange={({ target }) => setTitle(target.value)}
        data-testid="policy-draft-title"
      />
      <Input.TextArea
        className="policy-text"
        value={text}
        rows={16}
        spellCheck={false}
        aria-label={t('policyChanges.document')}
        onChange={({ target }) => setText(target.value)}
        data-testid="policy-draft-text"
      />
      <div className="row">
        <span className="quiet small" aria-live="polite" data-testid="policy-draft-kept">
          {saved ? (kept === null ? '' : t('policyChanges.kept', { at: instant(kept.updatedAt, language), base })) : t('policyChanges.keeping')}
        </span>
        <Button size="small" type="text" danger onClick={() => void discard()} data-testid="policy-draft-discard">
          {t('policyChanges.discard')}
        </Button>
      </div>
      <PolicyDraftSteps title={title} text={text} base={base} proposed={() => void discard()} />
    </div>
  )
} // prettier-ignore

/** Saves a second after the last key; whether what is there is what is kept. */
const useKept = (draft: {
  readonly title: string
  readonly text: string
  readonly base: number
  readonly kept: PolicyDraftItem | null
  readonly setKept: (kept: PolicyDraftItem) => void
  readonly clashed: () => void
}): boolean => {
  const { title, text, base, kept, setKept, clashed } = draft
  const saving = useRef(false)
  const same = kept !== null && kept.title === title && kept.document === text
  useEffect(() => {
    if (same) return undefined
    const timer = setTimeout(() => {
      if (saving.current) return
      saving.current = true
      put<PolicyDraftItem>('/api/policies/draft', { title, document: text, base, revision: kept?.revision ?? null })
        .then(setKept, clashed)
        .finally(() => {
          saving.current = false
        })
    }, 1000)
    return () => clearTimeout(timer)
  }, [same, title, text, base, kept, setKept, clashed])
  return same
}
