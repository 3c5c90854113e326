// The small lock beside a sealed field: says how it is protected and how it can be found.
import { LockFilled } from '@ant-design/icons'
import { Tooltip } from 'antd'
import type { ReactElement } from 'react'
import type { FieldInfo } from '../contract.ts'
import { textOr, useText } from '../text.ts'
import '../style/value.css'

export const Lock = ({ field }: { field: FieldInfo }): ReactElement | null => {
  const { t } = useText()
  if (!field.sealed) return null
  const found = field.search.map((mode) => textOr(`lock.search.${mode}`, mode)).join(t('common.listComma'))
  const text = [
    t('lock.sealed', { group: textOr(`group.${field.group}`, field.group) }),
    textOr(`dataClass.${field.dataClass}`, field.dataClass),
    found === '' ? t('lock.noSearch') : t('lock.foundBy', { how: found }),
  ]
  return (
    <Tooltip
      title={
        <>
          {text.map((line) => (
            <div key={line}>{line}</div>
          ))}
        </>
      }
    >
      <span className="lock" data-class={field.dataClass} role="img" aria-label={text.join('; ')}>
        <LockFilled aria-hidden="true" />
      </span>
    </Tooltip>
  )
}
