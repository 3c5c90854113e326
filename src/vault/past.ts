// What an entry of the journal asked of the policies when it happened: the actions it needed, and on what. Keeps vault-240.
import { type Catalogue, fieldGroups, type RecordType, type Uuid } from '#kernel'
import { recordActions, systemActions } from '#access'
import type { Told } from '#journal'

/** An access of the past. `pool`: asked of the record as it lay in the public pool. */
export type Past =
  | { readonly on: 'record'; readonly type: RecordType; readonly id: Uuid; readonly actions: readonly string[]; readonly pool: boolean } // prettier-ignore
  /** rows: of an export, how many it had. */
  | { readonly on: 'type'; readonly type: RecordType; readonly action: string; readonly rows?: number }
  | { readonly on: 'system'; readonly action: string }

/** The access an entry tells of; undefined: it is about no right on records or on the system. */
export const pastOf = (catalogue: Catalogue): ((told: Told) => Past | undefined) => {
  const types = new Map(catalogue.types.map((type) => [type.name, type]))
  return (told) => {
    const { act, obj, recordId, groups, detail } = told
    if (system.has(act)) return { on: 'system', action: act }
    const type = types.get(obj)
    if (act === 'denied') return deniedOf(told, type)
    if (!type) return undefined
    if (act === 'record.list') return { on: 'type', type, action: 'list' }
    if (act === 'export') return { on: 'type', type, action: 'export', ...rowsIn(detail) }
    const actions = actionsOf(act, groups)
    if (actions === undefined || recordId === null) return undefined
    return { on: 'record', type, id: recordId, actions, pool: act === 'record.claim' }
  }
}

const system: ReadonlySet<string> = new Set(systemActions)
const known: ReadonlySet<string> = new Set([
  ...recordActions,
  ...fieldGroups.flatMap((group) => [`view.${group}`, `unmask.${group}`, `edit.${group}`]),
])

const deniedOf = ({ obj, recordId, detail }: Told, type: RecordType | undefined): Past | undefined => {
  const given = typeof detail === 'object' && detail !== null && 'action' in detail ? detail['action'] : undefined
  if (typeof given !== 'string') return undefined
  if (obj === 'system') return system.has(given) ? { on: 'system', action: given } : undefined
  // A record one may not see answers as one that is not there.
  const action = given === 'not-found' ? 'list' : given
  if (!type || !known.has(action)) return undefined
  if (recordId === null) return { on: 'type', type, action, ...(action === 'export' ? rowsIn(detail) : {}) }
  return { on: 'record', type, id: recordId, actions: action === 'list' ? seen : withSight(action), pool: false }
}

/** Told by every export that began, and of one that was refused wherever its rows had been counted. */
const rowsIn = (detail: Told['detail']): { readonly rows?: number } => {
  const rows = typeof detail === 'object' && detail !== null && 'rows' in detail ? detail['rows'] : undefined
  return typeof rows === 'number' && Number.isSafeInteger(rows) ? { rows } : {}
}

const seen = ['list'] as const

const sighted = new Map([...known].map((action) => [action, ['list', action] as const]))
const withSight = (action: string): readonly string[] => sighted.get(action) ?? seen

/** What an act on one record needed, as the guarded path asks it. The same list for the same act and groups. */
const actionsOf = (act: string, groups: readonly string[]): readonly string[] | undefined => {
  const key = groups.length === 0 ? act : `${act} ${groups.join(' ')}`
  const found = lists.get(key)
  if (found) return found
  const made = needed(
    act,
    groups.filter((group) => (fieldGroups as readonly string[]).includes(group)),
  )
  if (made && lists.size < 5000) lists.set(key, made)
  return made
}

const lists = new Map<string, readonly string[]>()

const needed = (act: string, groups: readonly string[]): readonly string[] | undefined => {
  const of = (...verbs: readonly string[]): readonly string[] =>
    groups.flatMap((group) => verbs.map((verb) => `${verb}.${group}`))
  switch (act) {
    case 'record.view':
      return ['list', ...of('view', 'unmask')]
    case 'record.unmask':
      return ['list', ...of('unmask')]
    case 'record.history':
    case 'attachment.list':
      return seen
    case 'record.create':
      return ['create', ...of('edit')]
    case 'record.update':
      return ['list', ...of('edit')]
    case 'record.delete':
      return ['list', 'delete']
    case 'record.recover':
      return ['recover']
    case 'record.assign':
      return ['list', 'assign']
    case 'record.claim':
      return ['list', 'claim']
    case 'record.share':
      return ['list', 'share']
    default:
      return undefined
  }
}
