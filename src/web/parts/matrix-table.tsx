// The table of the matrix: a head that stays, rows by role or by type, arrow keys from cell to cell, the explanation beside the one looked at.
import { useMemo, useRef, useState, type KeyboardEvent, type ReactElement, type SyntheticEvent } from 'react'
import type { MatrixAnswer, MatrixEdit } from '../contract.ts'
import { useText } from '../text.ts'
import { type At, MatrixAbout } from './matrix-about.tsx'
import { marksText, MatrixCellView } from './matrix-cell.tsx'
import { changed, type Column, columnName, columns as allColumns, read, sameReading } from './matrix-reading.ts'

export interface Line {
  readonly role: string
  readonly type: string
  readonly head: string
}

export interface Section {
  readonly title: string
  readonly lines: readonly Line[]
}

interface Props {
  readonly matrix: MatrixAnswer
  readonly sections: readonly Section[]
  readonly columns?: readonly Column[]
  readonly edits: readonly MatrixEdit[]
  /** Of two roles compared: the other one. */
  readonly against: (role: string) => string | undefined
  readonly open: (role: string, type: string, column: Column) => void
}

export const MatrixTable = ({ matrix, sections, columns = allColumns, edits, against, open }: Props): ReactElement => {
  const { t } = useText()
  const box = useRef<HTMLDivElement>(null)
  const [at, setAt] = useState<At>()
  const byId = useMemo(() => new Map(columns.map((column) => [column.id, column])), [columns])
  const cellAt = (target: EventTarget): At | undefined => {
    const cell = target instanceof Element ? target.closest<HTMLElement>('[data-cell]') : null
    const [role, type, id] = cell?.dataset['cell']?.split('/') ?? []
    const column = byId.get(id ?? '')
    if (!cell || role === undefined || type === undefined || !column) return undefined
    return { role, type, column, place: cell.getBoundingClientRect() }
  }
  const look = ({ target }: SyntheticEvent): void => setAt(cellAt(target))
  const move = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') setAt(undefined)
    const step = steps[event.key]
    const cell = event.target instanceof Element ? event.target.closest('td') : null
    if (!step || !cell) return
    event.preventDefault()
    neighbour(cell, step)?.focus()
  }
  return (
    <div
      ref={box}
      className="matrix-box"
      tabIndex={0}
      role="group"
      aria-label={t('matrix.table')}
      onMouseOver={look}
      onMouseLeave={() => setAt(undefined)}
      onFocus={(event) => {
        if (event.target === box.current) box.current.querySelector<HTMLElement>('[data-cell]')?.focus()
        // The box itself is no stop on the way back out of a cell.
        else if (box.current) box.current.tabIndex = -1
        look(event)
      }}
      onBlur={() => {
        if (box.current) box.current.tabIndex = 0
        setAt(undefined)
      }}
      onKeyDown={move}
      onScroll={() => setAt(undefined)}
      onClick={({ target }) => {
        const found = cellAt(target)
        if (found) open(found.role, found.type, found.column)
      }}
    >
      <table className="matrix" data-long={columns.some(({ label }) => label) || undefined} data-testid="matrix-table">
        <Head columns={columns} />
        {sections.map((section) => (
          <tbody key={section.title}>
            <tr className="matrix-section">
              <th scope="colgroup" colSpan={columns.length + 1}>
                <span>{section.title}</span>
              </th>
            </tr>
            {section.lines.map(
              (line) =>
              <Row key={`${line.role}/${line.type}`} line={line} title={section.title} matrix={matrix} columns={columns} edits={edits} other={against(line.role)} />, // prettier-ignore
            )}
          </tbody>
        ))}
      </table>
      {at ? <MatrixAbout matrix={matrix} at={at} /> : null}
    </div>
  )
}

const steps: Readonly<Record<string, readonly [down: number, right: number] | undefined>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
}

/** The button one step away, over the heads of sections. */
const neighbour = (cell: HTMLTableCellElement, [down, right]: readonly [number, number]): HTMLElement | null => {
  const rows = [...(cell.closest('table')?.querySelectorAll<HTMLTableRowElement>('tr[data-line]') ?? [])]
  const row = rows[rows.indexOf(cell.parentElement as HTMLTableRowElement) + down]
  return row?.cells[cell.cellIndex + right]?.querySelector('button') ?? null
}

const Head = ({ columns }: { columns: readonly Column[] }): ReactElement => {
  const text = useText()
  const { t } = text
  const kinds = [...new Set(columns.map(({ kind }) => kind))]
  return (
    <thead>
      <tr>
        <th scope="col" rowSpan={2} className="matrix-corner">
          {t('matrix.who')}
        </th>
        {kinds.map((kind) => (
          <th key={kind} scope="colgroup" colSpan={columns.filter((column) => column.kind === kind).length} data-first>
            {t(`matrix.kind.${kind}`)}
          </th>
        ))}
      </tr>
      <tr>
        {columns.map((column, i) => (
          <th
            key={column.id}
            scope="col"
            title={columnName(text, column)}
            data-first={column.kind !== columns[i - 1]?.kind || undefined}
          >
            <span>{columnName(text, column)}</span>
          </th>
        ))}
      </tr>
    </thead>
  )
}

interface RowProps {
  readonly line: Line
  readonly title: string
  readonly matrix: MatrixAnswer
  readonly columns: readonly Column[]
  readonly edits: readonly MatrixEdit[]
  readonly other: string | undefined
}

const Row = ({ line: { role, type, head }, title, matrix, columns, edits, other }: RowProps): ReactElement => {
  const words = useText()
  const { t, both } = words
  const own = matrix.roles.find((one) => one.name === role && one.own !== null)
  return (
    <tr data-line={`${role}/${type}`} data-testid="matrix-row">
      <th scope="row">
        {head}
        {own && head === both(own.label) ? <span className="matrix-own">{t('matrix.role.mark')}</span> : null}
      </th>
      {columns.map((column) => {
        const reading = read(matrix, role, type, column)
        const text = reading.locked
          ? t('matrix.locked')
          : reading.marks
              .map(
                ({ scope, sight }) =>
                  `${t(`matrix.scope.${scope}`)}${sight === 'yes' ? '' : ` ${t(`matrix.sight.${sight}`)}`}`,
              )
              .join(t('common.listComma')) || t('matrix.none')
        return (
          <MatrixCellView
            key={column.id}
            role={role}
            type={type}
            column={column}
            label={`${title} ${head} ${columnName(words, column)}`}
            text={text}
            marks={marksText(reading)}
            locked={reading.locked}
            restricted={reading.restricted}
            changed={changed(matrix, role, type, column)}
            edited={edits.some(
              (edit) => edit.role === role && edit.type === type && column.actions.includes(edit.action),
            )}
            differs={other !== undefined && !sameReading(reading, read(matrix, other, type, column))}
          />
        )
      })}
    </tr>
  )
}
