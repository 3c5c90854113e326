// Changing one cell: for each scope the type has, how much is seen, or whether the action is allowed. What a guard rail always forbids is closed.
import { Button, Checkbox, Modal, Segmented } from 'antd'
import type { ReactElement } from 'react'
import type { MatrixAnswer, MatrixEdit, MatrixScope } from '../contract.ts'
import { useText } from '../text.ts'
import { cellOf, type Column, level, type Sight } from './matrix-reading.ts'

interface Props {
  readonly matrix: MatrixAnswer
  readonly role: string
  readonly type: string
  readonly column: Column
  readonly change: (edits: readonly MatrixEdit[]) => void
  readonly close: () => void
}

export const MatrixEditor = ({ matrix, role, type, column, change, close }: Props): ReactElement => {
  const { t, both } = useText()
  const who = matrix.roles.find(({ name }) => name === role)
  const what = matrix.types.find(({ name }) => name === type)
  const scopes: readonly MatrixScope[] = what?.scopes ?? ['all']
  const [main = ''] = column.actions
  const label = [...matrix.actions, ...matrix.system].find(({ name }) => name === main)?.label
  const lock = cellOf(matrix, role, type, main).forbid.find(({ always }) => always)
  const lockLabel = lock ? matrix.policies[lock.policy]?.label : undefined
  const set = (scope: MatrixScope, to: Sight): void =>
    change(
      column.actions.map((action, i) => ({
        role,
        type,
        scope,
        action,
        on: column.kind !== 'sight' ? to === 'see' : i === 0 ? to !== 'hide' : to === 'see',
      })),
    )
  return (
    <Modal
      open
      width={520}
      title={`${who ? both(who.label) : role} · ${what ? both(what.label) : t('matrix.system')} · ${label ? both(label) : main}`}
      onCancel={close}
      footer={<Button onClick={close}>{t('matrix.done')}</Button>}
      data-testid="matrix-editor"
    >
      {lock ? (
        <p className="matrix-closed" data-testid="matrix-closed">
          {t('matrix.closed', { rail: lockLabel ? both(lockLabel) : lock.policy })}
        </p>
      ) : null}
      <ul className="matrix-levels">
        {scopes.map((scope) => {
          const now = level(matrix, role, type, column, scope)
          return (
            <li key={scope}>
              <span>
                <span className="matrix-sign" data-sight="yes">
                  {t(`matrix.sign.${scope}`)}
                </span>{' '}
                {t(type === 'system' ? 'matrix.allowedAtAll' : `matrix.scope.${scope}`)}
              </span>
              {column.kind === 'sight' ? (
                <Segmented<Sight>
                  size="small"
                  value={now}
                  disabled={lock !== undefined}
                  onChange={(to) => set(scope, to)}
                  options={(['hide', 'mask', 'see'] as const).map((value) => ({
                    value,
                    label: t(`matrix.sight.${value}`),
                  }))}
                  data-testid={`matrix-level-${scope}`}
                />
              ) : (
                <Checkbox
                  checked={now === 'see'}
                  disabled={lock !== undefined && now !== 'see'}
                  onChange={({ target }) => set(scope, target.checked ? 'see' : 'hide')}
                  data-testid={`matrix-level-${scope}`}
                >
                  {t('matrix.allow')}
                </Checkbox>
              )}
            </li>
          )
        })}
      </ul>
      <p className="quiet small">{t('matrix.editorAbout')}</p>
    </Modal>
  )
}
