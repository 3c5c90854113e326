// What a cell says in full, beside it: what allows it for which records and from which layer, what forbids it, what the product ships.
import { useEffect, useRef, useState, type ReactElement } from 'react'
import type { MatrixAnswer } from '../contract.ts'
import { useText } from '../text.ts'
import { cellOf, type Column } from './matrix-reading.ts'

export interface At {
  readonly role: string
  readonly type: string
  readonly column: Column
  readonly place: DOMRect
}

export const MatrixAbout = ({ matrix, at }: { matrix: MatrixAnswer; at: At }): ReactElement => {
  const { t, both } = useText()
  const box = useRef<HTMLDivElement>(null)
  const [size, setSize] = useState({ width: 340, height: 160 })
  useEffect(() => {
    const found = box.current?.getBoundingClientRect()
    if (found) setSize({ width: found.width, height: found.height })
  }, [at])
  const left = Math.max(8, Math.min(at.place.left, window.innerWidth - size.width - 12))
  const under = at.place.bottom + 6
  const top = under + size.height > window.innerHeight ? Math.max(8, at.place.top - size.height - 6) : under
  const role = matrix.roles.find(({ name }) => name === at.role)
  const type = matrix.types.find(({ name }) => name === at.type)
  return (
    <div ref={box} className="matrix-about" style={{ left, top }} role="tooltip" data-testid="matrix-about">
      <strong>
        {role ? both(role.label) : at.role} · {type ? both(type.label) : t('matrix.system')}
      </strong>
      {at.column.actions.map((action) => (
        <Action key={action} matrix={matrix} at={at} action={action} />
      ))}
    </div>
  )
}

const told: ReadonlySet<string> = new Set(['role', 'administrator', 'default', 'restriction'])

const Action = ({ matrix, at, action }: { matrix: MatrixAnswer; at: At; action: string }): ReactElement => {
  const { t, both } = useText()
  const { allow, forbid } = cellOf(matrix, at.role, at.type, action)
  const label = [...matrix.actions, ...matrix.system].find(({ name }) => name === action)?.label
  const shipped = matrix.shipped[`${at.role}/${at.type}/${action}`]
  const about = (id: string): string => {
    const policy = matrix.policies[id]
    if (!policy) return id
    // These begin with their layer anyway.
    return told.has(policy.layer) ? both(policy.label) : `${t(`matrix.layer.${policy.layer}`)} · ${both(policy.label)}`
  }
  return (
    <div className="matrix-about-action">
      <h3>{label ? both(label) : action}</h3>
      {allow.length === 0 ? <p className="quiet">{t('matrix.nothing')}</p> : null}
      <ul>
        {allow.map(({ policy, scope }) => (
          <li key={policy} data-layer={matrix.policies[policy]?.layer}>
            <span className="matrix-sign" data-sight="yes">
              {t(`matrix.sign.${scope}`)}
            </span>{' '}
            {about(policy)}
          </li>
        ))}
        {forbid.map(({ policy, always }) => (
          <li key={policy} className="matrix-forbids" data-layer={matrix.policies[policy]?.layer}>
            {t(always ? 'matrix.forbidsAlways' : 'matrix.forbidsSometimes')} {about(policy)}
          </li>
        ))}
      </ul>
      {shipped ? (
        <p className="quiet small">
          {shipped.length === 0
            ? t('matrix.shippedNothing')
            : t('matrix.shippedWas', {
                scopes: shipped.map(({ scope }) => t(`matrix.scope.${scope}`)).join(t('common.listComma')),
              })}
        </p>
      ) : null}
    </div>
  )
}
