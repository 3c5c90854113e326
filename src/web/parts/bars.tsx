// Small drawings of our own: bars for sums by stage, a ring for shares of a whole.
import type { ReactElement } from 'react'
import '../style/charts.css'

export interface Bar {
  readonly id: string
  readonly label: string
  readonly value: number
  readonly shown: string
  readonly note: string
  readonly tone?: 'open' | 'won' | 'lost'
}

/** Horizontal bars; the longest fills the width. */
export const Bars = ({ bars, label }: { bars: readonly Bar[]; label: string }): ReactElement => {
  const most = Math.max(1, ...bars.map((bar) => bar.value))
  return (
    <ul className="bars" aria-label={label}>
      {bars.map((bar) => (
        <li key={bar.id}>
          <span className="bars-label">{bar.label}</span>
          <span className="bars-track" aria-hidden="true">
            <span
              data-tone={bar.tone ?? 'open'}
              style={{ width: `${Math.max(bar.value > 0 ? 1 : 0, (100 * bar.value) / most)}%` }}
            />
          </span>
          <span className="bars-value">{bar.shown}</span>
          <span className="bars-note">{bar.note}</span>
        </li>
      ))}
    </ul>
  )
}

export interface Part {
  readonly id: string
  readonly label: string
  readonly value: number
  readonly colour: string
}

const radius = 42
const round = 2 * Math.PI * radius

/** A ring of parts, with a word in the middle and the legend beside it. */
export const Ring = ({
  parts,
  middle,
  under,
}: {
  parts: readonly Part[]
  middle: string
  under: string
}): ReactElement => {
  const total = parts.reduce((sum, part) => sum + part.value, 0)
  const shown = parts.filter((part) => part.value > 0)
  const arcs = shown.map((part, index) => ({
    ...part,
    length: (part.value / Math.max(1, total)) * round,
    from: (shown.slice(0, index).reduce((sum, each) => sum + each.value, 0) / Math.max(1, total)) * round,
  }))
  return (
    <div className="ring">
      <svg viewBox="0 0 110 110" role="img" aria-label={parts.map((part) => `${part.label} ${part.value}`).join(', ')}>
        <circle cx="55" cy="55" r={radius} fill="none" stroke="#eceae2" strokeWidth="11" />
        {arcs.map((arc) => (
          <circle
            key={arc.id}
            cx="55"
            cy="55"
            r={radius}
            fill="none"
            stroke={arc.colour}
            strokeWidth="11"
            strokeDasharray={`${Math.max(0.5, arc.length - (arcs.length > 1 ? 1.5 : 0))} ${round}`}
            strokeDashoffset={-arc.from}
            transform="rotate(-90 55 55)"
          />
        ))}
        <text x="55" y="56" textAnchor="middle" className="ring-middle">
          {middle}
        </text>
        <text x="55" y="70" textAnchor="middle" className="ring-under">
          {under}
        </text>
      </svg>
      <ul>
        {parts.map((part) => (
          <li key={part.id} data-zero={part.value === 0}>
            <i style={{ background: part.colour }} aria-hidden="true" />
            <span>{part.label}</span>
            <b>{part.value}</b>
          </li>
        ))}
      </ul>
    </div>
  )
}
