// The backups of a folder, one of them chosen: newest first, each with what a person knows it by.
import type { ReactElement } from 'react'
import type { RestoreFound } from '../contract.ts'
import { ago, bytes, instant, whole } from '../format.ts'
import { useText } from '../text.ts'

export const RestoreList = ({
  items,
  chosen,
  choose,
}: {
  items: RestoreFound['backups']
  chosen: string
  choose: (id: string) => void
}): ReactElement => {
  const { t, language } = useText()
  return (
    <div className="table-box" style={{ maxHeight: 240, overflow: 'auto', marginBottom: 18 }}>
      <table className="table" data-testid="restore-table">
        <thead>
          <tr>
            <th scope="col">
              <span className="visually-hidden">{t('restore.choose')}</span>
            </th>
            <th scope="col">{t('backup.column.kind')}</th>
            <th scope="col">{t('backup.column.at')}</th>
            <th scope="col" className="number">
              {t('backup.column.rows')}
            </th>
            <th scope="col" className="number">
              {t('backup.column.bytes')}
            </th>
          </tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <tr
              key={item.id}
              onClick={() => choose(item.id)}
              style={{ cursor: 'pointer' }}
              data-testid="restore-backup"
              data-backup={item.id}
              aria-selected={item.id === chosen}
            >
              <td>
                <input
                  type="radio"
                  name="restore-backup"
                  checked={item.id === chosen}
                  onChange={() => choose(item.id)}
                  aria-label={`${t(`backup.kind.${item.type}`)} ${instant(item.at, language)}`}
                />
              </td>
              <td>
                <span className="kind" data-type={item.type}>
                  {t(`backup.kind.${item.type}`)}
                </span>
              </td>
              <td title={ago(item.at, language)}>{instant(item.at, language)}</td>
              <td className="number">{whole(item.rows, language)}</td>
              <td className="number">{bytes(item.bytes, language)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
