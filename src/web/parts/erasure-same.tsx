// Who is the same person under a subject of their own, and which of them are erased together with the one shown.
import { Checkbox, Tag } from 'antd'
import { type ReactElement, type ReactNode } from 'react'
import type { ErasureSame } from '../contract.ts'
import { useCatalogue } from '../session.ts'
import { useText } from '../text.ts'
import { LinkTitle } from './value.tsx'

interface Props {
  readonly same: readonly ErasureSame[]
  /** What stands below the list. */
  readonly more: ReactNode
  /** Whether there is something below though nobody is listed. */
  readonly unfinished: boolean
  readonly chosen: ReadonlySet<string>
  /** Undefined where nothing can be chosen. */
  readonly choose: ((subject: string, on: boolean) => void) | undefined
}

/** What goes along before anybody chose: what was linked on purpose, unless a hold keeps it. */
export const firstChosen = (same: readonly ErasureSame[]): readonly string[] =>
  same.filter(({ why, held }) => why.includes('link') && !held).map(({ subject }) => subject)

export const ErasureSameList = ({ same, more, unfinished, chosen, choose }: Props): ReactElement | null => {
  const { t } = useText()
  if (same.length === 0 && !unfinished) return null
  return (
    <section style={{ marginTop: 16 }} data-testid="erasure-same" aria-label={t('erasureSame.title')}>
      <h3 style={{ margin: '0 0 4px', fontSize: 14 }}>{t('erasureSame.title')}</h3>
      <p className="quiet" style={{ margin: '0 0 8px' }}>
        {t('erasureSame.about')}
      </p>
      <ul style={{ listStyle: 'none', margin: 0, padding: 0, display: 'grid', gap: 6 }}>
        {same.map((one) => (
          <li key={one.subject} data-testid={`erasure-same-${one.subject}`}>
            {choose === undefined ? (
              <About one={one} />
            ) : (
              <Checkbox
                checked={chosen.has(one.subject)}
                disabled={one.held}
                onChange={({ target }) => choose(one.subject, target.checked)}
              >
                <About one={one} />
              </Checkbox>
            )}
          </li>
        ))}
      </ul>
      {more}
    </section>
  )
}

/** A record by its name, how many more there are, and what says that it is the same person. */
const About = ({ one }: { one: ErasureSame }): ReactElement => {
  const { t, both } = useText()
  const types = useCatalogue()
  const nameOf = (type: string): string => {
    const found = types.find(({ name }) => name === type)
    return found ? both(found.label) : type
  }
  const [first, ...rest] = one.records
  const others: readonly string[] = [
    ...(first && first.count > 1 ? [`${nameOf(first.type)} +${String(first.count - 1)}`] : []),
    ...rest.map(({ type, count }) => `${nameOf(type)} ${String(count)}`),
  ]
  return (
    <span>
      {first ? nameOf(first.type) : null} {first ? <LinkTitle type={first.type} id={first.ids[0] ?? ''} /> : null}{' '}
      {others.length > 0 ? <span className="quiet">{others.join(t('common.listComma'))} </span> : null}
      {one.why.map((why) => (
        <Tag key={why} color={why === 'link' ? 'blue' : 'default'}>
          {t(`erasureSame.${why}`)}
        </Tag>
      ))}
      {one.held ? <Tag color="orange">{t('erasureSame.held')}</Tag> : null}
    </span>
  )
}
