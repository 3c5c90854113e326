// The policies in force, as the engine reads them; nothing can be changed here.
import { useQuery } from '@tanstack/react-query'
import type { ReactElement, ReactNode } from 'react'
import { get } from '../api.ts'
import { Failure } from '../parts/failure.tsx'
import { PageHead, Panel } from '../parts/page-head.tsx'
import { PolicyTabs } from '../parts/policy-tabs.tsx'
import { Waiting } from '../parts/waiting.tsx'
import { useRoleName } from '../roles.ts'
import { textOr, useText } from '../text.ts'
import '../style/journal.css'
import '../style/cedar.css'

interface Answer {
  readonly version: string | number
  readonly policies: readonly { readonly id: string; readonly text: string; readonly layer: string }[]
}

export default function Policies(): ReactElement {
  const { t } = useText()
  const roleName = useRoleName()
  const answer = useQuery({ queryKey: ['policies'], queryFn: () => get<Answer>('/api/policies') })
  if (answer.error) return <Failure error={answer.error} again={() => void answer.refetch()} />
  if (!answer.data) return <Waiting />
  const { policies, version } = answer.data
  // Guard rails first; below them the roles, each with all its policies in one text.
  const layers = [...new Set(policies.map((policy) => policy.layer))].sort((a) => (a === 'rail' ? -1 : 1))
  return (
    <>
      <PageHead title={t('policies.title')} about={t('policies.about', { version })} actions={<PolicyTabs />} />
      <div className="stack">
        {layers.map((layer) => {
          const inside = policies.filter((policy) => policy.layer === layer)
          const groups = [...new Set(inside.map((policy) => groupOf(policy.id)))]
          return (
            <section key={layer} className="stack">
              <div>
                <h2>{textOr(`policies.layer.${layer}`, layer)}</h2>
                <p className="quiet small">{textOr(`policies.layerAbout.${layer}`, '')}</p>
              </div>
              {groups.map((group) => {
                const own = inside.filter((policy) => groupOf(policy.id) === group)
                return (
                  <Panel
                    key={group}
                    title={textOr(`policies.group.${group}`, roleName(group))}
                    extra={<span className="quiet small">{t('policies.count', { count: own.length })}</span>}
                    flush
                  >
                    <pre className="cedar">{coloured(own.map((policy) => policy.text.trim()).join('\n\n'))}</pre>
                  </Panel>
                )
              })}
            </section>
          )
        })}
      </div>
    </>
  )
}

const groupOf = (id: string): string => id.split('.')[0] ?? id

const words =
  /(\/\/[^\n]*)|("(?:[^"\\]|\\.)*")|\b(permit|forbid|when|unless|principal|action|resource|context|in|is|has|like|if|then|else|true|false)\b/g

/** Comments, texts and words of the language, each in its colour. */
const coloured = (text: string): readonly ReactNode[] => {
  const pieces: ReactNode[] = []
  let from = 0
  for (const found of text.matchAll(words)) {
    if (found.index > from) pieces.push(text.slice(from, found.index))
    const tone =
      found[1] !== undefined ? 'comment' : found[2] !== undefined ? 'text' : found[0] === 'forbid' ? 'forbid' : 'word'
    pieces.push(
      <span key={found.index} data-tone={tone}>
        {found[0]}
      </span>,
    )
    from = found.index + found[0].length
  }
  pieces.push(text.slice(from))
  return pieces
}
