// One policy as conditions and as Cedar text, side by side: what is changed on one side is written on the other, and told as a sentence.
import { useQuery } from '@tanstack/react-query'
import { Alert, Button, Input, Select } from 'antd'
import { useEffect, useMemo, useRef, useState, type ReactElement } from 'react'
import { get, isProblem, post } from '../api.ts'
import type { Both, BuiltPolicy, BuiltTest, PolicyBuiltAnswer, PolicyTextAnswer } from '../contract.ts'
import { BuiltProposal } from '../parts/built-proposal.tsx'
import { ScopeEditor } from '../parts/built-scope.tsx'
import { TestEditor } from '../parts/built-test.tsx'
import { useWords, WordsContext } from '../parts/built-words.ts'
import { Failure } from '../parts/failure.tsx'
import { PageHead, Panel } from '../parts/page-head.tsx'
import { PolicyTabs } from '../parts/policy-tabs.tsx'
import { Waiting } from '../parts/waiting.tsx'
import { useMay } from '../session.ts'
import { textOr, useText } from '../text.ts'
import '../style/builder.css'
import '../style/cedar.css'
import '../style/table.css'

interface Policies {
  readonly policies: readonly { readonly id: string; readonly text: string }[]
}

const blank: BuiltPolicy = {
  notes: [],
  annotations: { id: 'own.new' },
  effect: 'forbid',
  principal: { op: 'in', entity: { type: 'Role', id: 'sales' } },
  action: { op: 'in', entity: { type: 'Action', id: 'export' } },
  resource: { op: 'is', type: 'Deal' },
  clauses: [
    {
      kind: 'unless',
      test: {
        is: 'all',
        of: [{ is: 'known', condition: { is: 'hours', from: '09:00', to: '18:00', days: [1, 2, 3, 4, 5] } }],
      },
    },
  ],
}

/** What is worked on: the tree where there is one, the text, and what the server said of them. */
interface Work {
  readonly built: BuiltPolicy | null
  readonly text: string
  readonly form: string | null
  readonly moved: boolean
  readonly sentence: Both | null
  readonly problem: string | null
  /** Which side was changed and has not been translated yet. */
  readonly from: 'tree' | 'text' | null
}

export default function Builder(): ReactElement {
  const { t } = useText()
  const words = useWords()
  const policies = useQuery({ queryKey: ['policies'], queryFn: () => get<Policies>('/api/policies') })
  const error = words.error ?? policies.error
  return (
    <>
      <PageHead title={t('builder.title')} about={t('builder.about')} actions={<PolicyTabs />} />
      {error ? <Failure error={error} again={() => void Promise.all([words.refetch(), policies.refetch()])} /> : null}
      {words.data && policies.data ? (
        <Bench words={words.data} policies={policies.data.policies} />
      ) : error ? null : (
        <Waiting />
      )}
    </>
  )
}

const Bench = ({
  words,
  policies,
}: {
  words: NonNullable<ReturnType<typeof useWords>['data']>
  policies: Policies['policies']
}): ReactElement => {
  const { t, language } = useText()
  const mayPropose = useMay()('policy.edit')
  const [work, setWork] = useState<Work>({ built: blank, text: '', form: null, moved: false, sentence: null, problem: null, from: 'tree' }) // prettier-ignore
  const turn = useRef(0)
  // What was changed is translated a moment later; an answer that comes after a newer change is not shown.
  useEffect(() => {
    if (work.from === null) return
    const mine = ++turn.current
    const timer = setTimeout(() => {
      void translated(work).then((next) => {
        if (mine === turn.current) setWork((now) => ({ ...now, ...next, from: null }))
      })
    }, 250)
    return () => clearTimeout(timer)
  }, [work])
  const { built } = work
  const entity = built?.resource.op === 'is' ? built.resource.type : undefined
  const list = useMemo(() => ({ ...words, entity }), [words, entity])
  const put = (next: BuiltPolicy): void => setWork((now) => ({ ...now, built: next, from: 'tree' }))
  const take = (id: string): void => {
    const found = policies.find((policy) => policy.id === id)
    if (found) setWork((now) => ({ ...now, text: found.text.trim(), from: 'text' }))
    else setWork({ built: blank, text: '', form: null, moved: false, sentence: null, problem: null, from: 'tree' })
  }
  return (
    <WordsContext value={list}>
      <div className="tools">
        <Select<string>
          style={{ minWidth: 320 }}
          showSearch={{ optionFilterProp: 'label' }}
          placeholder={t('builder.open')}
          aria-label={t('builder.open')}
          onChange={take}
          value={null}
          options={[{ value: '', label: t('builder.blank') }, ...policies.map(({ id }) => ({ value: id, label: id }))]}
          data-testid="built-open"
        />
        <span className="tools-gap" />
        {mayPropose ? (
          <BuiltProposal id={idOf(work)} text={work.text} ready={work.from === null && work.problem === null} />
        ) : null}
      </div>
      {work.sentence ? (
        <div className="built-sentence" data-testid="built-sentence">
          <p>{work.sentence[language]}</p>
          <p className="quiet small" lang={language === 'zh' ? 'en' : 'zh-CN'}>
            {work.sentence[language === 'zh' ? 'en' : 'zh']}
          </p>
        </div>
      ) : null}
      {work.problem !== null ? (
        <Alert
          type="warning"
          showIcon
          title={t('builder.problem')}
          description={work.problem}
          data-testid="built-problem"
        />
      ) : null}
      {work.moved ? <Alert type="info" showIcon title={t('builder.moved')} data-testid="built-moved" /> : null}
      <div className="built-bench" data-testid="built-bench" data-state={work.from === null ? 'told' : 'asking'}>
        <Panel title={t('builder.conditions')}>
          {built ? (
            <>
              <ScopeEditor built={built} change={put} />
              {built.clauses.map((clause, i) => (
                <Clause
                  key={i}
                  kind={clause.kind}
                  test={clause.test}
                  change={(test) =>
                    put({ ...built, clauses: built.clauses.map((one, j) => (j === i ? { ...one, test } : one)) })
                  }
                  remove={() => put({ ...built, clauses: built.clauses.filter((_, j) => j !== i) })}
                />
              ))}
              <div className="row">
                {(['when', 'unless'] as const).map((kind) => (
                  <Button
                    key={kind}
                    size="small"
                    type="dashed"
                    onClick={() =>
                      put({ ...built, clauses: [...built.clauses, { kind, test: { is: 'all', of: [] } }] })
                    }
                    data-testid={`built-add-${kind}`}
                  >
                    {t(`builder.add${kind}`)}
                  </Button>
                ))}
              </div>
            </>
          ) : (
            <Alert
              type="warning"
              showIcon
              title={t('builder.textOnly')}
              description={
                work.form === null
                  ? null
                  : t('builder.textOnlyWhy', {
                      form: textOr(`builder.form.${work.form.replaceAll(/[^a-z-]/gi, '-')}`, work.form),
                    })
              }
              data-testid="built-text-only"
            />
          )}
        </Panel>
        <Panel title={t('builder.text')}>
          <Input.TextArea
            className="built-text"
            value={work.text}
            rows={16}
            spellCheck={false}
            maxLength={20_000}
            onChange={({ target }) => setWork((now) => ({ ...now, text: target.value, from: 'text' }))}
            aria-label={t('builder.text')}
            data-testid="built-text"
          />
        </Panel>
      </div>
    </WordsContext>
  )
}

const idOf = ({ built, text }: Work): string => built?.annotations['id'] ?? /@id\("([^"]+)"\)/.exec(text)?.[1] ?? ''

const translated = async (work: Work): Promise<Partial<Work>> => {
  try {
    if (work.from === 'tree') {
      const { text, sentence, problem } = await post<PolicyTextAnswer>('/api/policies/text', { built: work.built })
      return { text, sentence, problem, form: null, moved: false }
    }
    return await post<PolicyBuiltAnswer>('/api/policies/built', { text: work.text })
  } catch (error) {
    // A text that is no policy yet leaves the conditions as they were.
    const said = error instanceof Error ? error.message : String(error)
    if (!isProblem(error)) return { problem: said }
    return work.from === 'tree' ? { problem: said } : { problem: said, sentence: null }
  }
}

const Clause = ({
  kind,
  test,
  change,
  remove,
}: {
  kind: 'when' | 'unless'
  test: BuiltTest
  change: (test: BuiltTest) => void
  remove: () => void
}): ReactElement => {
  const { t } = useText()
  // One condition alone stands in a group that others can join.
  const group: BuiltTest = test.is === 'all' || test.is === 'any' ? test : { is: 'all', of: [test] }
  return (
    <section className="built-clause" data-kind={kind} data-testid="built-clause">
      <div className="built-head">
        <h3>{t(`builder.${kind}`)}</h3>
        <Button size="small" type="text" onClick={remove}>
          {t('builder.removeClause')}
        </Button>
      </div>
      <TestEditor test={group} change={change} />
    </section>
  )
}
