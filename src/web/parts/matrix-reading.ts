// What a cell of the role matrix says at a glance: for which records, and of a field group how much is seen.
import type { Both, MatrixAllow, MatrixAnswer, MatrixCell, MatrixScope } from '../contract.ts'
import type { Text } from '../text.ts'

export const groups = ['basic', 'contact', 'identity', 'financial', 'notes', 'custom'] as const

export type Sight = 'see' | 'mask' | 'hide'

/** A column: an action, or a field group seen or written. */
export interface Column {
  readonly id: string
  readonly kind: 'action' | 'sight' | 'write'
  /** The actions it is about; of a sight: to view, to unmask. */
  readonly actions: readonly string[]
  /** Key of its short name. */
  readonly short: string
  /** A name of its own instead. */
  readonly label?: Both
}

export const columns: readonly Column[] = [
  ...['list', 'history', 'create', 'delete', 'recover', 'assign', 'claim', 'share', 'import', 'export'].map(
    (action): Column => ({ id: action, kind: 'action', actions: [action], short: `matrix.short.${action}` }),
  ),
  ...groups.map((group): Column => ({
    id: `see.${group}`,
    kind: 'sight',
    actions: [`view.${group}`, `unmask.${group}`],
    short: `matrix.short.${group}`,
  })),
  ...groups.map((group): Column => ({
    id: `edit.${group}`,
    kind: 'write',
    actions: [`edit.${group}`],
    short: `matrix.short.${group}`,
  })),
]

export interface Mark {
  readonly scope: MatrixAllow['scope']
  readonly sight: Sight | 'yes'
}

export interface Reading {
  /** The fewest that say it all, the widest first. */
  readonly marks: readonly Mark[]
  /** Forbidden whatever the record and the surroundings. */
  readonly locked: boolean
  /** A restriction of the house may forbid it. */
  readonly restricted: boolean
}

const wider: Readonly<Record<string, readonly string[]>> = {
  all: ['region', 'subtree', 'team', 'own', 'shared', 'pool', 'some'],
  subtree: ['team', 'own'],
}
const order = ['all', 'region', 'subtree', 'team', 'own', 'shared', 'pool', 'some']

const reaches = (scope: string, other: string): boolean => scope === other || wider[scope]?.includes(other) === true

export const cellOf = (matrix: MatrixAnswer, role: string, type: string, action: string): MatrixCell =>
  matrix.cells[role]?.[type]?.[action] ?? nothing

const nothing: MatrixCell = { allow: [], forbid: [] }

const always = ({ forbid }: MatrixCell): boolean => forbid.some((one) => one.always)

/** What a cell says. */
export const read = (matrix: MatrixAnswer, role: string, type: string, column: Column): Reading => {
  const [first, second] = column.actions.map((action) => cellOf(matrix, role, type, action))
  const main = first ?? nothing
  const locked = always(main)
  const marks = main.allow.map(({ scope }): Mark => {
    if (column.kind !== 'sight') return { scope, sight: 'yes' }
    const plain = second && !always(second) && second.allow.some((one) => reaches(one.scope, scope))
    return { scope, sight: plain ? 'see' : 'mask' }
  })
  const kept = marks.filter(
    (mark, i) =>
      !marks.some(
        (other, j) =>
          i !== j &&
          reaches(other.scope, mark.scope) &&
          strength(other.sight) >= strength(mark.sight) &&
          !(other.scope === mark.scope && other.sight === mark.sight && j > i),
      ),
  )
  return {
    locked,
    marks: locked ? [] : kept.toSorted((a, b) => order.indexOf(a.scope) - order.indexOf(b.scope)),
    restricted: main.forbid.some(({ policy, always: whole }) => !whole && matrix.policies[policy]?.layer === 'restriction'), // prettier-ignore
  }
}

const strength = (sight: Mark['sight']): number => (sight === 'mask' ? 1 : 2)

/** What a column is called. */
export const columnName = ({ t, both }: Pick<Text, 't' | 'both'>, { short, label }: Column): string =>
  label ? both(label) : t(short)

/** Whether two cells say the same. */
export const sameReading = (a: Reading, b: Reading): boolean =>
  JSON.stringify([a.locked, a.marks]) === JSON.stringify([b.locked, b.marks])

/** Whether the product ships another answer. */
export const changed = (matrix: MatrixAnswer, role: string, type: string, column: Column): boolean =>
  column.actions.some((action) => `${role}/${type}/${action}` in matrix.shipped)

/** What the role's own row says of one scope: how much of a group is seen, or whether an action is allowed. */
export const level = (matrix: MatrixAnswer, role: string, type: string, column: Column, scope: MatrixScope): Sight => {
  const [first, second] = column.actions.map(
    (action) =>
    cellOf(matrix, role, type, action).allow.some((one) => one.scope === scope && matrix.policies[one.policy]?.layer === 'role'), // prettier-ignore
  )
  return !first ? 'hide' : column.kind === 'sight' && !second ? 'mask' : 'see'
}
