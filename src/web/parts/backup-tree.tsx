// Which backup builds on which, drawn beside the list: full ones on the trunk, the rest as branches.
import type { ReactElement } from 'react'
import type { BackupItem } from '../contract.ts'
import { colours } from '../theme.ts'

export const rowHeight = 34
export const treeWidth = 74
const lane = (item: BackupItem): number => (item.type === 'full' ? 16 : item.type === 'differential' ? 36 : 56)
const level = (index: number): number => index * rowHeight + rowHeight / 2

/** items: newest first, as in the list. */
export const BackupTree = ({ items }: { items: readonly BackupItem[] }): ReactElement => {
  const at = new Map(items.map((item, index) => [item.id, index]))
  return (
    <svg width={treeWidth} height={items.length * rowHeight} aria-hidden="true" style={{ display: 'block' }}>
      {items.map((item, index) => {
        const parent = item.parent === null ? undefined : at.get(item.parent)
        const above = parent === undefined ? undefined : items[parent]
        if (parent === undefined || !above) return null
        const [x, y, px, py] = [lane(item), level(index), lane(above), level(parent)]
        const bend = Math.min(py - 4, y + rowHeight / 2)
        return (
          <path
            key={item.id}
            className="tree-line"
            d={x === px ? `M${x} ${y} V${py}` : `M${x} ${y} V${bend} Q${x} ${py} ${px + Math.sign(x - px) * 5} ${py}`}
          />
        )
      })}
      {items.map((item, index) => (
        <Node key={item.id} type={item.type} x={lane(item)} y={level(index)} />
      ))}
    </svg>
  )
}

const Node = ({ type, x, y }: { type: BackupItem['type']; x: number; y: number }): ReactElement =>
  type === 'full' ? (
    <circle cx={x} cy={y} r="6" fill={colours.sea} />
  ) : type === 'incremental' ? (
    <circle cx={x} cy={y} r="4.5" fill="#fff" stroke="#4f9389" strokeWidth="2.5" />
  ) : (
    <rect x={x - 5} y={y - 5} width="10" height="10" rx="2" fill={colours.seal} />
  )
