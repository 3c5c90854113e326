// Search over everything from anywhere: a name, its pinyin initials, the last four digits of a phone, a page, a thing to do.
import { EnterOutlined, PlusOutlined, SearchOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import {
  createElement,
  useEffect,
  useRef,
  useState,
  type KeyboardEvent,
  type ReactElement,
  type ReactNode,
} from 'react'
import { useNavigate } from 'react-router'
import { get } from '../api.ts'
import type { SearchHit } from '../contract.ts'
import { useCatalogue, useMe } from '../session.ts'
import { useText } from '../text.ts'
import { iconOf } from './icons.ts'
import '../style/palette.css'

interface Line {
  readonly id: string
  readonly group: string
  readonly title: string
  readonly subtitle: string
  readonly icon: ReactNode
  readonly to: string
}

export default function Palette({ close }: { close: () => void }): ReactElement {
  const { t } = useText()
  const dialog = useRef<HTMLDialogElement>(null)
  const [text, setText] = useState('')
  const [at, setAt] = useState(0)
  const go = useNavigate()
  const { lines, busy } = useLines(text)
  useEffect(() => {
    const shown = dialog.current
    if (shown && !shown.open) shown.showModal()
    return () => shown?.close()
  }, [])
  const chosen = Math.min(at, Math.max(0, lines.length - 1))
  const open = (line: Line | undefined): void => {
    if (!line) return
    close()
    void go(line.to)
  }
  const press = (event: KeyboardEvent): void => {
    if (event.nativeEvent.isComposing) return
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (step !== 0 && lines.length > 0) {
      event.preventDefault()
      const next = (chosen + step + lines.length) % lines.length
      setAt(next)
      document.getElementById(`palette-${next}`)?.scrollIntoView({ block: 'nearest' })
    }
    if (event.key === 'Enter') {
      event.preventDefault()
      open(lines[chosen])
    }
  }
  return (
    <dialog
      ref={dialog}
      className="palette"
      aria-label={t('search.label')}
      onClose={close}
      onClick={(event) => {
        if (event.target === dialog.current) close()
      }}
    >
      <div className="palette-box">
        <div className="palette-input">
          <SearchOutlined />
          <input
            autoFocus
            value={text}
            onChange={(event) => {
              setText(event.target.value)
              setAt(0)
            }}
            onKeyDown={press}
            placeholder={t('search.hint')}
            role="combobox"
            aria-expanded={lines.length > 0}
            aria-controls="palette-lines"
            aria-activedescendant={lines.length > 0 ? `palette-${chosen}` : undefined}
            aria-label={t('search.label')}
            autoComplete="off"
            spellCheck={false}
            data-testid="search-input"
          />
          <kbd>Esc</kbd>
        </div>
        <div className="palette-lines" id="palette-lines" role="listbox" aria-label={t('search.label')}>
          {lines.map((line, index) => (
            <div key={line.id} role="presentation">
              {index === 0 || lines[index - 1]?.group !== line.group ? (
                <div className="palette-group" role="presentation">
                  {line.group}
                </div>
              ) : null}
              <div
                id={`palette-${index}`}
                role="option"
                aria-selected={index === chosen}
                className="palette-line"
                onMouseMove={() => setAt(index)}
                onClick={() => open(line)}
                data-testid="search-hit"
              >
                {line.icon}
                <span className="palette-title">{line.title}</span>
                <span className="palette-subtitle">{line.subtitle}</span>
                {index === chosen ? <EnterOutlined aria-hidden="true" /> : null}
              </div>
            </div>
          ))}
          {lines.length === 0 ? (
            <div className="palette-none" role="presentation">
              {busy ? t('search.busy') : t('search.none')}
            </div>
          ) : null}
        </div>
        <div className="palette-foot" aria-hidden="true">
          {t('search.tips')}
        </div>
      </div>
    </dialog>
  )
}

const useLines = (text: string): { lines: readonly Line[]; busy: boolean } => {
  const { t, both, noun } = useText()
  const types = useCatalogue()
  const me = useMe()
  const settled = useSettled(text.trim(), 140)
  const answer = useQuery({
    queryKey: ['search', settled],
    queryFn: () => get<{ items: readonly SearchHit[] }>(`/api/search?q=${encodeURIComponent(settled)}`),
    enabled: settled !== '',
    gcTime: 0,
  })
  const needle = text.trim().toLowerCase()
  const hits = (needle === '' ? [] : (answer.data?.items ?? [])).flatMap((hit): Line[] => {
    const type = types.find((each) => each.name === hit.type)
    if (!type) return []
    return [
      {
        id: hit.id,
        group: both(type.plurals),
        title: hit.title,
        subtitle: hit.subtitle,
        icon: createElement(iconOf(hit.type)),
        to: `/${type.plural}/${hit.id}`,
      },
    ]
  })
  const records = types.filter((type) => type.name !== 'user' && type.name !== 'team')
  const commands: Line[] = [
    ...records
      .filter((type) => me.abilities[type.name]?.create)
      .map((type) => ({
        id: `new-${type.name}`,
        group: t('search.do'),
        title: t('search.create', { what: noun(type.label) }),
        subtitle: '',
        icon: createElement(PlusOutlined),
        to: `/${type.plural}?new=1`,
      })),
    ...records.map((type) => ({
      id: `go-${type.name}`,
      group: t('search.go'),
      title: both(type.plurals),
      subtitle: '',
      icon: createElement(iconOf(type.name)),
      to: `/${type.plural}`,
    })),
  ].filter((line) => needle === '' || line.title.toLowerCase().includes(needle))
  const byGroup = [...hits].sort((a, b) => order(types, a) - order(types, b))
  return { lines: [...byGroup, ...commands], busy: answer.isFetching || settled !== text.trim() }
}

const order = (types: readonly { plural: string }[], line: Line): number =>
  types.findIndex((type) => line.to.startsWith(`/${type.plural}/`))

/** A value that has stood still for a while. */
const useSettled = (value: string, milliseconds: number): string => {
  const [settled, setSettled] = useState(value)
  useEffect(() => {
    const timer = window.setTimeout(() => setSettled(value), milliseconds)
    return () => window.clearTimeout(timer)
  }, [value, milliseconds])
  return settled
}
