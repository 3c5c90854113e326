// One cell of the role matrix: the signs of its scopes, a lock where a guard rail always forbids, a corner where it differs.
import { memo, type ReactElement } from 'react'
import { useText } from '../text.ts'
import type { Column, Reading } from './matrix-reading.ts'

interface Props {
  readonly role: string
  readonly type: string
  readonly column: Column
  readonly label: string
  readonly text: string
  readonly marks: string
  readonly locked: boolean
  readonly restricted: boolean
  readonly changed: boolean
  readonly edited: boolean
  readonly differs: boolean
}

const Cell = (props: Props): ReactElement => {
  const { role, type, column, label, text, marks, locked, restricted, changed, edited, differs } = props
  return (
    <td
      className="matrix-cell"
      data-kind={column.kind}
      data-locked={locked || undefined}
      data-changed={changed || undefined}
      data-edited={edited || undefined}
      data-differs={differs || undefined}
    >
      <button
        type="button"
        tabIndex={-1}
        data-testid="matrix-cell"
        data-cell={`${role}/${type}/${column.id}`}
        data-marks={marks}
        aria-label={`${label}: ${text}`}
      >
        {marks
          .split(' ')
          .filter((mark) => mark !== '')
          .slice(0, most)
          .map((mark) => (
            <Sign key={mark} mark={mark} />
          ))}
        {marks.split(' ').length > most ? <span className="matrix-more" aria-hidden /> : null}
        {restricted ? <i className="matrix-restricted" aria-hidden /> : null}
      </button>
    </td>
  )
}

/** So many signs have room; of more, the rest is a plus. */
const most = 3

export const MatrixCellView = memo(Cell)

// Drawn, not written: what is read aloud is the whole sentence of the cell.
const Sign = ({ mark }: { mark: string }): ReactElement => {
  const { t } = useText()
  const [scope = '', sight = ''] = mark.split(':')
  return <span className="matrix-sign" data-sight={sight} data-sign={t(`matrix.sign.${scope}`)} aria-hidden />
}

/** The marks of a reading as one word each, for drawing and for comparing. */
export const marksText = ({ marks }: Reading): string => marks.map(({ scope, sight }) => `${scope}:${sight}`).join(' ')
