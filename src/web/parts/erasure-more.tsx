// The rest of those who are the same person: further pages of the index, then people whose records have to be opened one by one.
import { Button } from 'antd'
import { type ReactElement, useRef, useState } from 'react'
import { get } from '../api.ts'
import type { ErasurePreviewAnswer, ErasureSame, ErasureSamePage } from '../contract.ts'
import { whole } from '../format.ts'
import { useCatalogue } from '../session.ts'
import { useText } from '../text.ts'
import { useNotify } from './notify.ts'

export interface Same {
  readonly same: readonly ErasureSame[]
  readonly next: string | null
  readonly opened: number
  readonly unread: number
  /** Undefined while nothing is asked for. */
  readonly stop: (() => void) | undefined
  readonly more: () => void
}

interface Further extends ErasureSamePage {
  /** The preview it follows: a new one begins anew. */
  readonly of: ErasurePreviewAnswer
}

/** Those of the preview and of every page asked for after it. */
export const useSame = (data: ErasurePreviewAnswer | undefined): Same => {
  const notify = useNotify()
  const [kept, keep] = useState<Further | null>(null)
  const [asking, ask] = useState(false)
  const stopped = useRef(false)
  const goesOn = (): boolean => !stopped.current
  const further = kept?.of === data ? kept : null
  const next = further ? further.next : (data?.nextSame ?? null)
  const more = async (): Promise<void> => {
    if (!data || next === null) return
    stopped.current = false
    ask(true)
    let found: Further = further ?? { of: data, same: [], next, opened: 0, unread: 0 }
    // Batches in which nobody is found follow one another until somebody is, or the end.
    for (let at: string | null = next; at !== null && goesOn();) {
      const path: string = `/api/erasures/same?subject=${data.subject}&after=${encodeURIComponent(at)}`
      const page: ErasureSamePage | undefined = await notify.attempt(() => get<ErasureSamePage>(path))
      if (!page) break
      found = { of: data, ...page, same: [...found.same, ...page.same], unread: found.unread + page.unread }
      keep(found)
      at = page.same.length > 0 ? null : page.next
    }
    ask(false)
  }
  return {
    same: [...(data?.same ?? []), ...(further?.same ?? [])],
    next,
    opened: further?.opened ?? 0,
    unread: (data?.unread ?? 0) + (further?.unread ?? 0),
    stop: asking
      ? () => {
          stopped.current = true
        }
      : undefined,
    more: () => void more(),
  }
}

/** What was not looked through yet, and the button that does. */
export const MoreSame = ({ data, same }: { data: ErasurePreviewAnswer; same: Same }): ReactElement | null => {
  const { t, both, language } = useText()
  const types = useCatalogue()
  if (same.next === null && data.unsearched.length === 0 && same.unread === 0) return null
  const total = data.unsearched.reduce((sum, { subjects }) => sum + subjects, 0)
  const fields = data.unsearched.flatMap(({ type, fields: names }) => {
    const found = types.find(({ name }) => name === type)
    return names.map((name) => {
      const field = found?.fields.find((one) => one.name === name)
      return t('erasureSame.fieldOf', {
        type: found ? both(found.label) : type,
        field: field ? both(field.label) : name,
      })
    })
  })
  return (
    <div style={{ marginTop: 8 }} data-testid="erasure-more">
      {fields.length > 0 ? (
        <p className="quiet" data-testid="erasure-unsearched">
          {t('erasureSame.unsearched', { fields: fields.join(t('common.listComma')), count: whole(total, language) })}{' '}
          {same.opened > 0 || same.next === null
            ? t('erasureSame.opened', { done: whole(same.opened, language), total: whole(total, language) })
            : null}
        </p>
      ) : null}
      {same.unread > 0 ? <p>{t('erasureSame.unread', { count: whole(same.unread, language) })}</p> : null}
      {same.next === null ? null : same.stop ? (
        <Button onClick={same.stop}>{t('erasureSame.stop')}</Button>
      ) : (
        <Button onClick={same.more} data-testid="erasure-same-more">
          {t('erasureSame.more')}
        </Button>
      )}
    </div>
  )
}
