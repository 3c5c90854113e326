// A plain table: its headings, one for the buttons of a row that only a screen reader hears, and rows as they are given.
import type { ReactElement, ReactNode } from 'react'
import { useText } from '../text.ts'
import '../style/table.css'

export const Table = ({
  headings,
  children,
  'data-testid': testId,
}: {
  readonly headings: readonly string[]
  readonly children: ReactNode
  readonly 'data-testid'?: string
}): ReactElement => {
  const { t } = useText()
  return (
    <div className="table-box">
      <table className="table" data-testid={testId}>
        <thead>
          <tr>
            {headings.map((heading) => (
              <th key={heading} scope="col">
                {heading}
              </th>
            ))}
            <th scope="col">
              <span className="visually-hidden">{t('common.actions')}</span>
            </th>
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  )
}
