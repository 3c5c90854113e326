// The pages about policies, side by side: texts in force, role matrix, condition builder, and how they change.
import type { ReactElement } from 'react'
import { NavLink } from 'react-router'
import { useText } from '../text.ts'
import '../style/matrix.css'

export const PolicyTabs = (): ReactElement => {
  const { t } = useText()
  return (
    <nav className="policy-tabs" aria-label={t('matrix.tabs')}>
      {(['', '/matrix', '/builder', '/changes'] as const).map((path) => (
        <NavLink key={path} to={`/policies${path}`} end data-testid={`policy-tab-${path.slice(1) || 'texts'}`}>
          {t(`matrix.tab.${path.slice(1) || 'texts'}`)}
        </NavLink>
      ))}
    </nav>
  )
}
