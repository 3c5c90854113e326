// What this person imported before: counts, how each run ended, and whether old ciphers were read.
import { useQuery } from '@tanstack/react-query'
import type { ReactElement } from 'react'
import { get } from '../api.ts'
import type { PastImport } from '../contract.ts'
import { instant, whole } from '../format.ts'
import { useCatalogue } from '../session.ts'
import { useText } from '../text.ts'
import { Panel } from './page-head.tsx'
import '../style/journal.css'

const counts = ['read', 'created', 'updated', 'unchanged', 'refused'] as const

export const ImportPast = (): ReactElement | null => {
  const { t, both, language } = useText()
  const types = useCatalogue()
  const { data } = useQuery({
    queryKey: ['imports'],
    queryFn: () => get<{ readonly items: readonly PastImport[] }>('/api/imports'),
    staleTime: 0,
  })
  if (!data || data.items.length === 0) return null
  const nameOf = (name: string): string => {
    const found = types.find((type) => type.name === name)
    return found ? both(found.plurals) : name
  }
  return (
    <Panel title={t('import.past')} flush data-testid="import-past">
      <div className="table-box">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{t('import.begun')}</th>
              <th scope="col">{t('import.as')}</th>
              <th scope="col">{t('import.how')}</th>
              {counts.map((name) => (
                <th key={name} scope="col" className="number">
                  {t(`import.count.${name}`)}
                </th>
              ))}
              <th scope="col">{t('import.legacy.ciphers')}</th>
            </tr>
          </thead>
          <tbody>
            {data.items.map((run) => (
              <tr key={run.id}>
                <td>{instant(run.startedAt, language)}</td>
                <td>{nameOf(run.type)}</td>
                <td>
                  <span
                    className="state"
                    data-state={
                      { done: 'pass', failed: 'fail', interrupted: 'error', running: '', cancelled: '' }[run.state]
                    }
                  >
                    {t(`import.ended.${run.state}`)}
                  </span>
                </td>
                {counts.map((name) => (
                  <td key={name} className="number">
                    {whole(run[name], language)}
                  </td>
                ))}
                <td>{run.legacy ? run.legacy.ciphers.join(t('common.listComma')).toUpperCase() : '—'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  )
}
