// What the signs of the role matrix mean.
import type { ReactElement } from 'react'
import { useText } from '../text.ts'

export const MatrixLegend = (): ReactElement => {
  const { t } = useText()
  return (
    <ul className="matrix-legend" data-testid="matrix-legend" aria-label={t('matrix.legend')}>
      {(['all', 'region', 'subtree', 'team', 'own', 'shared', 'pool', 'some'] as const).map((scope) => (
        <li key={scope}>
          <span className="matrix-sign" data-sight="yes">
            {t(`matrix.sign.${scope}`)}
          </span>
          {t(`matrix.scope.${scope}`)}
        </li>
      ))}
      {(['see', 'mask'] as const).map((sight) => (
        <li key={sight}>
          <span className="matrix-sign" data-sight={sight}>
            {t('matrix.sign.all')}
          </span>
          {t(`matrix.sight.${sight}`)}
        </li>
      ))}
      <li>
        <span className="matrix-swatch" />
        {t('matrix.sight.hide')}
      </li>
      <li>
        <span className="matrix-swatch" data-mark="locked" />
        {t('matrix.locked')}
      </li>
      <li>
        <span className="matrix-swatch" data-mark="changed" />
        {t('matrix.changed')}
      </li>
      <li>
        <span className="matrix-swatch" data-mark="edited" />
        {t('matrix.edited')}
      </li>
      <li>
        <span className="matrix-swatch" data-mark="restricted">
          <i className="matrix-restricted" />
        </span>
        {t('matrix.restricted')}
      </li>
    </ul>
  )
}
