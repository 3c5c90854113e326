// What is wrong with a draft, in words, with its place and the validator's own message behind it.
import type { ReactElement } from 'react'
import type { PolicyProblem } from '../contract.ts'
import { useText } from '../text.ts'

export const PolicyProblems = ({ problems }: { readonly problems: readonly PolicyProblem[] }): ReactElement | null => {
  const { t, both } = useText()
  if (problems.length === 0) return null
  const errors = problems.filter(({ severity }) => severity === 'error').length
  return (
    <section data-testid="policy-problems">
      <p className="quiet small">
        {errors > 0
          ? t('policyChanges.errors', { count: errors })
          : t('policyChanges.warnings', { count: problems.length })}
      </p>
      <ul className="policy-problems">
        {problems.map(({ severity, kind, words, policy, line, column, original }, i) => (
          <li key={`${kind} ${policy ?? ''} ${String(i)}`} data-severity={severity} data-testid="policy-problem">
            {both(words)}
            {policy === null ? null : (
              <div className="quiet small">
                <span className="mono">{policy}</span>
                {line === null ? null : ` · ${t('policyChanges.line', { line, column: column ?? 1 })}`}
              </div>
            )}
            {original === null ? null : (
              <details>
                <summary>{t('policyChanges.original')}</summary>
                <span className="mono small">{original}</span>
              </details>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}
