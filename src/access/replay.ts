// Past accesses asked again: of the policies in force and of others, side by side. What a person, an action, a type and the surroundings
// settle is worked out once; each access is asked the rest. What the past does not tell is supposed both ways. Keeps access-180 to access-182.
import type { Channel } from '#kernel'
import type { ColumnMap } from './columns.ts'
import type { Entity, EntityStore } from './entity.ts'
import type { PolicySet } from './policyset.ts'
import { contextOf } from './question.ts'
import { system } from './schema.ts'
import type { EntityUid, RecordValue, Ref } from './value.ts'

/** allowed, denied: by both alike. undecidable: it hangs on what the past does not tell. */
export type ReplayChange = 'allowed' | 'denied' | 'newlyDenied' | 'newlyAllowed' | 'undecidable'

/** A person as it stands, with the grants that ran at the time. One object for the same standing: what is worked out is kept in it. */
export interface ReplaySeat {
  readonly principal: Ref
  readonly entities: EntityStore
  readonly grants: RecordValue | undefined
}

/** What the past tells of the surroundings. */
export interface Around {
  readonly at: Date
  readonly channel: Channel
  readonly ip: string
  readonly purpose: string
  /** How many rows an export had; absent: the past does not tell. */
  readonly rows?: number
}

export interface Replayed {
  readonly change: ReplayChange
  /** The actions of the access whose answer changes, with how. */
  readonly changed: readonly { readonly action: string; readonly change: 'newlyDenied' | 'newlyAllowed' }[]
  /** What the first of the two answers, as far as one answer can be given. */
  readonly before: boolean
}

type Test = (resource: EntityUid, entities: EntityStore) => boolean

/** What is supposed where the past does not tell: a second factor and a known device, and how many rows an export had. */
interface Supposition {
  readonly proved: boolean
  readonly rows: number | undefined
}

/** The two answers under one supposition. */
interface Ask {
  readonly before: Test
  readonly after: Test
}

/** Of which surroundings an answer depends. */
interface Looked {
  readonly time: boolean
  readonly exact: boolean
  readonly channel: boolean
  readonly ip: boolean
  readonly purpose: boolean
  /** How many rows an export had. */
  readonly rows: boolean
  /** Second factor and device: the journal does not tell them. */
  readonly untold: boolean
}

/** So many prepared answers are kept for a person before they are made anew: exact moments would never end. */
const mostKept = 4000

export class Replay {
  readonly #before: PolicySet
  readonly #after: PolicySet
  readonly #zone: string
  readonly #looked = new Map<string, Looked>()
  // By the very list of actions: the same accesses come with the same list.
  readonly #together = new WeakMap<readonly string[], Map<string, Looked>>()
  readonly #kept = new WeakMap<ReplaySeat, Map<string, readonly Ask[]>>()

  constructor(before: PolicySet, after: PolicySet, zone: string) {
    this.#before = before
    this.#after = after
    this.#zone = zone
  }

  /** An access that needed every one of these actions on one record; recorded: how it ended then. */
  onRecord(
    seat: ReplaySeat,
    actions: readonly string[],
    resource: Entity,
    around: Around,
    recorded: boolean,
  ): Replayed {
    const { type } = resource.ref
    // Of all the actions the same is supposed, side by side.
    const open = this.#lookAll(actions, type)
    const asks = actions.map((action) =>
      this.#asks(seat, action, type, around, 'record', open, (set, context) => {
        const { principal, entities } = seat
        const decider = set.decider({ principal, action, type, context, entities })
        const { always } = decider
        return always === undefined ? (on, all) => decider.allows(on, all) : () => always
      }),
    )
    return answer(actions, asks, resource.ref, seat.entities.with(resource), recorded)
  }

  /** Whether there could be a record of a type at all. */
  onType(seat: ReplaySeat, action: string, columns: ColumnMap, around: Around, recorded: boolean): Replayed {
    const open = this.#look(action, columns.entity)
    const asks = this.#asks(seat, action, columns.entity, around, 'type', open, (set, context) => {
      const could = set.couldAllow({ principal: seat.principal, action, columns, context, entities: seat.entities })
      return () => could
    })
    return answer([action], [asks], system, seat.entities, recorded)
  }

  onSystem(seat: ReplaySeat, action: string, around: Around, recorded: boolean): Replayed {
    const open = this.#look(action, system.type)
    const asks = this.#asks(seat, action, system.type, around, 'system', open, (set, context) => {
      const { principal, entities } = seat
      const allows = set.allows({ principal, action, resource: system, context, entities })
      return () => allows
    })
    return answer([action], [asks], system, seat.entities, recorded)
  }

  /** Policies of the second that decide an access; none where nothing permits it. */
  reasons(seat: ReplaySeat, action: string, resource: Entity | undefined, around: Around): readonly string[] {
    const { principal, entities } = seat
    const context = this.#context(seat, around, { proved: true, rows: around.rows })
    return this.#after.decide({
      principal,
      action,
      context,
      resource: resource?.ref ?? system,
      entities: resource ? entities.with(resource) : entities,
    }).reasons
  }

  /** What of the surroundings the answer hangs on, as text: equal texts, equal answers. */
  key(actions: readonly string[], type: string, around: Around): string {
    return contextKey(this.#lookAll(actions, type), around)
  }

  #lookAll(actions: readonly string[], type: string): Looked {
    const byType = this.#together.get(actions) ?? new Map<string, Looked>()
    this.#together.set(actions, byType)
    const known = byType.get(type)
    if (known) return known
    const each = actions.map((action) => this.#look(action, type))
    const any = (name: keyof Looked): boolean => each.some((one) => one[name])
    const looked = {
      time: any('time'),
      exact: any('exact'),
      channel: any('channel'),
      ip: any('ip'),
      purpose: any('purpose'),
      rows: any('rows'),
      untold: any('untold'),
    }
    byType.set(type, looked)
    return looked
  }

  #look(action: string, type: string): Looked {
    const name = `${action} ${type}`
    const known = this.#looked.get(name)
    if (known) return known
    const both = new Set([...this.#before.looksAt(action, type), ...this.#after.looksAt(action, type)])
    const asks = (...names: readonly string[]): boolean => both.has('*') || names.some((one) => both.has(one))
    const looked = {
      time: asks('hour', 'minute', 'weekday'),
      exact: asks('now'),
      channel: asks('channel'),
      ip: asks('ip'),
      purpose: asks('purpose'),
      rows: action === 'export' && asks('rows'),
      untold: asks('mfa', 'mfaAge', 'deviceTrusted'),
    }
    this.#looked.set(name, looked)
    return looked
  }

  #asks(
    seat: ReplaySeat,
    action: string,
    type: string,
    around: Around,
    kind: 'record' | 'type' | 'system',
    open: Pick<Looked, 'rows' | 'untold'>,
    make: (set: PolicySet, context: RecordValue) => Test,
  ): readonly Ask[] {
    const supposed = suppositions(open, around)
    const key = `${kind} ${action} ${type} ${String(supposed.length)} ${contextKey(this.#look(action, type), around)}`
    const kept = this.#kept.get(seat) ?? new Map<string, readonly Ask[]>()
    this.#kept.set(seat, kept)
    const known = kept.get(key)
    if (known) return known
    if (kept.size >= mostKept) kept.clear()
    const asks = supposed.map((one): Ask => {
      const context = this.#context(seat, around, one)
      return { before: make(this.#before, context), after: make(this.#after, context) }
    })
    kept.set(key, asks)
    return asks
  }

  #context(seat: ReplaySeat, { at, channel, ip, purpose }: Around, { proved, rows }: Supposition): RecordValue {
    const factor = { mfa: proved, mfaAge: proved ? 0 : null, deviceTrusted: proved }
    const env = { now: at, channel, ip, purpose, ...factor, ...(rows === undefined ? {} : { rows }) }
    return contextOf({ ...env, zone: this.#zone }, seat.grants)
  }
}

/** Rows that nobody counted were one or as many as there can be. */
const suppositions = (looked: Pick<Looked, 'rows' | 'untold'>, { rows }: Around): readonly Supposition[] => {
  const counts = looked.rows && rows === undefined ? [1, undefined] : [rows]
  return (looked.untold ? [true, false] : [true]).flatMap((proved) => counts.map((count) => ({ proved, rows: count })))
}

const contextKey = (looked: Looked, { at, channel, ip, purpose, rows }: Around): string => {
  let key = ''
  if (looked.exact) key += String(at.getTime())
  else if (looked.time) key += String(Math.floor(at.getTime() / 60_000))
  if (looked.channel) key += `\n${channel}`
  if (looked.ip) key += `\n${ip}`
  if (looked.purpose) key += `\n${purpose}`
  if (looked.rows) key += `\n${String(rows)}`
  return key
}

const nothing: Replayed['changed'] = []
const same = {
  allowed: { change: 'allowed', changed: nothing, before: true },
  denied: { change: 'denied', changed: nothing, before: false },
} as const

const answer = (
  actions: readonly string[],
  asks: readonly (readonly Ask[])[],
  resource: EntityUid,
  entities: EntityStore,
  recorded: boolean,
): Replayed => {
  const worlds = Math.max(...asks.map(({ length }) => length))
  const all = Array.from({ length: worlds }, (_, world) => inWorld(actions, asks, world, resource, entities))
  // How it ended then tells which suppositions were true, where the policies in force answer so under some of them alone.
  const likely = all.some(({ before }) => before === recorded) ? all.filter(({ before }) => before === recorded) : all
  const [first = same.denied] = likely
  if (likely.every(({ change }) => change === first.change)) return first
  return { change: 'undecidable', changed: nothing, before: first.before }
}

const inWorld = (
  actions: readonly string[],
  asks: readonly (readonly Ask[])[],
  world: number,
  resource: EntityUid,
  entities: EntityStore,
): Replayed => {
  let before = true
  let after = true
  let changed: { action: string; change: 'newlyDenied' | 'newlyAllowed' }[] | undefined
  for (const [i, one] of asks.entries()) {
    const ask = one[world] ?? one[0]
    const [was, is] = ask ? [ask.before(resource, entities), ask.after(resource, entities)] : [false, false]
    before &&= was
    after &&= is
    if (was !== is) (changed ??= []).push({ action: actions[i] ?? '', change: was ? 'newlyDenied' : 'newlyAllowed' })
  }
  if (changed === undefined) return before ? same.allowed : same.denied
  if (before === after) return { change: before ? 'allowed' : 'denied', changed, before }
  return { change: before ? 'newlyDenied' : 'newlyAllowed', changed, before }
}
