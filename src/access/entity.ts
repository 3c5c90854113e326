// Entities in memory: attributes, tags, and who is in whom. A store may lie over another, so the organisation is loaded once
// and each record is laid over it. Keeps access-3.
import { type CedarValue, type EntityUid, Ref, ref, toValue, type Value } from './value.ts'

/** An entity as a caller writes it down. */
export interface CedarEntity {
  readonly type: string
  readonly id: string
  readonly attrs: { readonly [name: string]: CedarValue }
  readonly parents: readonly EntityUid[]
  readonly tags?: { readonly [name: string]: CedarValue }
}

/** An entity as the evaluator asks it; attributes may be worked out when they are asked for. */
export interface Entity {
  readonly ref: Ref
  readonly parents: readonly Ref[]
  attr(name: string): Value | undefined
  tag(name: string): Value | undefined
  /** Names of the attributes it has. */
  names(): readonly string[]
  /** All its tags; absent where there can be none. */
  tags?(): ReadonlyMap<string, Value>
}

export const entity = (given: CedarEntity): Entity => {
  const attrs = values(given.attrs)
  const tags = values(given.tags ?? {})
  return {
    ref: new Ref(given.type, given.id),
    parents: given.parents.map(ref),
    attr: (name) => attrs.get(name),
    tag: (name) => tags.get(name),
    names: () => [...attrs.keys()],
    tags: () => tags,
  }
}

const values = (given: { readonly [name: string]: CedarValue }): ReadonlyMap<string, Value> => {
  const out = new Map<string, Value>()
  for (const name of Object.keys(given)) {
    const value = given[name]
    if (value !== undefined) out.set(name, toValue(value))
  }
  return out
}

/**
 * Something per entity, by type and id, which are never joined into one string. A few are kept in a list: a store laid over another
 * holds one record, and maps of maps would be most of its cost.
 */
class RefMap<T> {
  #few: { readonly uid: EntityUid; value: T }[] = []
  #types: Map<string, Map<string, T>> | undefined

  get(uid: EntityUid): T | undefined {
    if (this.#types) return this.#types.get(uid.type)?.get(uid.id)
    for (const one of this.#few)
      if (one.uid === uid || (one.uid.id === uid.id && one.uid.type === uid.type)) return one.value
    return undefined
  }

  set(uid: EntityUid, value: T): void {
    if (this.#types) {
      const ids = this.#types.get(uid.type)
      if (ids) ids.set(uid.id, value)
      else this.#types.set(uid.type, new Map([[uid.id, value]]))
      return
    }
    const known = this.#few.find((one) => one.uid.id === uid.id && one.uid.type === uid.type)
    if (known) known.value = value
    else this.#few.push({ uid, value })
    if (this.#few.length <= 8) return
    this.#types = new Map()
    for (const one of this.#few) this.set(one.uid, one.value)
    this.#few = []
  }

  *values(): Iterable<T> {
    for (const one of this.#few) yield one.value
    if (this.#types) for (const ids of this.#types.values()) yield* ids.values()
  }
}

export class EntityStore {
  readonly #own = new RefMap<Entity>()
  readonly #base: EntityStore | undefined
  readonly #ancestors = new RefMap<readonly Ref[]>()
  #children: RefMap<Ref[]> | undefined

  constructor(entities: Iterable<CedarEntity | Entity> = [], base?: EntityStore) {
    this.#base = base
    for (const given of entities) {
      const made = 'ref' in given ? given : entity(given)
      this.#own.set(made.ref, made)
    }
  }

  /** A store with more entities laid over this one. Make it per record; this one stays as it is. */
  with(...entities: readonly (CedarEntity | Entity)[]): EntityStore {
    return new EntityStore(entities, this)
  }

  get(uid: EntityUid): Entity | undefined {
    return this.#own.get(uid) ?? this.#base?.get(uid)
  }

  *all(): Iterable<Entity> {
    yield* this.#own.values()
    if (this.#base) for (const other of this.#base.all()) if (!this.#own.get(other.ref)) yield other
  }

  /** Whether a is b or, over any number of steps, inside b. */
  inside(a: EntityUid, b: EntityUid): boolean {
    if (a.type === b.type && a.id === b.id) return true
    for (const other of this.ancestors(a)) if (other.id === b.id && other.type === b.type) return true
    return false
  }

  /** Everything an entity is inside of, itself not counted. */
  ancestors(uid: EntityUid): readonly Ref[] {
    const known = this.#ancestors.get(uid)
    if (known) return known
    const found = this.#findAncestors(uid)
    // What nobody knows is not remembered in a store that lives long.
    if (this.#base || found.length > 0) this.#ancestors.set(uid, found)
    return found
  }

  #findAncestors(uid: EntityUid): readonly Ref[] {
    const own = this.#own.get(uid)
    if (!own) {
      const below = this.#base ? this.#base.ancestors(uid) : none
      if (!below.some((other) => this.#own.get(other))) return below
    }
    const parents = own ? own.parents : (this.get(uid)?.parents ?? none)
    return parents.length === 0 ? none : walk(parents, (other) => this.get(other)?.parents ?? none)
  }

  /** An entity and everything that is inside it, as far as this store knows. */
  descendants(uid: EntityUid): readonly Ref[] {
    return walk([ref(uid)], (other) => this.#childrenOf(other))
  }

  #childrenOf(parent: Ref): readonly Ref[] {
    this.#children ??= turnedRound(this.#own.values())
    const own = this.#children.get(parent) ?? none
    const below = this.#base ? this.#base.#childrenOf(parent) : none
    // What lies over an entity of the base says anew what it is inside of.
    return own.length === 0 && !below.some((child) => this.#own.get(child))
      ? below
      : [...own, ...below.filter((child) => !this.#own.get(child))]
  }
}

const turnedRound = (entities: Iterable<Entity>): RefMap<Ref[]> => {
  const children = new RefMap<Ref[]>()
  for (const child of entities) {
    for (const parent of child.parents) {
      const list = children.get(parent)
      if (list) list.push(child.ref)
      else children.set(parent, [child.ref])
    }
  }
  return children
}

const none: readonly Ref[] = []

const walk = (start: readonly Ref[], next: (of: Ref) => readonly Ref[]): readonly Ref[] => {
  const seen = new RefMap<true>()
  const found: Ref[] = []
  const visit = (refs: readonly Ref[]): void => {
    for (const one of refs) {
      if (seen.get(one)) continue
      seen.set(one, true)
      found.push(one)
    }
  }
  visit(start)
  for (let i = 0; i < found.length; i++) {
    const one = found[i]
    if (one) visit(next(one))
  }
  return found
}
