// PATCH of SCIM: RFC 7644 section 3.5.2, with the ways in which Entra ID and Okta send it. Keeps identity-190.
import { Fault } from '#kernel'
import { type Filter, isResource, keyOf, matches, member, parseFilter, pathOf, type Resource } from './filter.ts'

export interface Operation {
  readonly op: 'add' | 'replace' | 'remove'
  readonly path?: string
  readonly value?: unknown
}

type Mutable = Record<string, unknown>

interface Target {
  readonly name: string
  readonly filter?: Filter
  readonly sub?: string
}

const refuse = (what: string, scimType: string): never => {
  throw new Fault('scim-refused', { what, scimType })
}

const mostOperations = 1000

/** The operations of a body. Throws scim-refused. */
export const readOperations = (body: unknown): readonly Operation[] => {
  const list = isResource(body) ? member(body, 'Operations') : undefined
  if (!Array.isArray(list) || list.length === 0 || list.length > mostOperations)
    return refuse('a patch holds 1 to 1000 Operations', 'invalidSyntax')
  return list.map((one: unknown) => {
    const given = isResource(one) ? one : {}
    // Entra ID writes "Add", "Replace", "Remove".
    const named = member(given, 'op')
    const op = typeof named === 'string' ? named.toLowerCase() : ''
    const path = member(given, 'path')
    if (op !== 'add' && op !== 'replace' && op !== 'remove')
      return refuse('an operation is add, replace or remove', 'invalidSyntax')
    if (path !== undefined && typeof path !== 'string') return refuse('a path is text', 'invalidPath')
    if (op === 'remove' && (path ?? '') === '') return refuse('remove needs a path', 'noTarget')
    const value = member(given, 'value')
    return { op, ...(path === undefined || path === '' ? {} : { path }), ...(value === undefined ? {} : { value }) }
  })
}

/** The resource as it is after the operations; what was given stays as it was. */
export const applyPatch = (resource: Resource, operations: readonly Operation[]): Resource => {
  const copy = structuredClone(resource) as Mutable
  for (const operation of operations) apply(copy, operation)
  return copy
}

const apply = (resource: Mutable, { op, path, value }: Operation): void => {
  if (path === undefined) {
    if (!isResource(value)) return refuse('without a path the value is an object', 'invalidValue')
    // Okta and Entra ID name sub-attributes with a dot here too.
    for (const [name, one] of Object.entries(value)) apply(resource, { op, path: name, value: one })
    return
  }
  const target = readPath(path)
  if (target.filter) return withFilter(resource, op, target, target.filter, value)
  if (target.sub !== undefined) {
    const key = keyOf(resource, target.name) ?? target.name
    const before = resource[key]
    const held: Mutable = isResource(before) ? { ...before } : {}
    set(held, op, target.sub, value)
    resource[key] = held
    return
  }
  set(resource, op, target.name, value)
}

const set = (of: Mutable, op: Operation['op'], name: string, value: unknown): void => {
  const key = keyOf(of, name) ?? name
  const before = of[key]
  const there: readonly unknown[] | undefined = Array.isArray(before) ? before : undefined
  if (op === 'remove') {
    // Entra ID removes members with a value instead of a filter.
    of[key] = there && Array.isArray(value) ? there.filter((one) => !value.some((gone) => same(one, gone))) : undefined
    return
  }
  if (op === 'add' && there) {
    const more: readonly unknown[] = Array.isArray(value) ? value : [value]
    of[key] = [...there, ...more.filter((one) => !there.some((other) => same(other, one)))]
    return
  }
  of[key] = op === 'add' && isResource(before) && isResource(value) ? { ...before, ...value } : value
}

const withFilter = (resource: Mutable, op: Operation['op'], target: Target, filter: Filter, value: unknown): void => {
  const key = keyOf(resource, target.name) ?? target.name
  const before = resource[key]
  const list: readonly unknown[] = Array.isArray(before) ? before : []
  const hit = (one: unknown): one is Resource => isResource(one) && matches(filter, one)
  if (op === 'remove') {
    resource[key] = list.flatMap((one) => {
      if (!hit(one)) return [one]
      if (target.sub === undefined) return []
      return [{ ...one, [keyOf(one, target.sub) ?? target.sub]: undefined }]
    })
    return
  }
  const changed = (one: Resource): Resource =>
    target.sub === undefined
      ? { ...one, ...(isResource(value) ? value : {}) }
      : { ...one, [keyOf(one, target.sub) ?? target.sub]: value }
  if (list.some(hit)) {
    resource[key] = list.map((one) => (hit(one) ? changed(one) : one))
    return
  }
  // Both providers expect that what is not there yet is made: emails[type eq "work"].value
  if (filter.kind !== 'compare' || filter.op !== 'eq') return refuse('nothing matches the path', 'noTarget')
  resource[key] = [...list, changed({ [filter.path[0] ?? '']: filter.value })]
}

const readPath = (path: string): Target => {
  const found = /^([^[\]]+)\[(.*)\](?:\.([A-Za-z$][\w$-]*))?$/s.exec(path)
  try {
    if (found) {
      const [name = ''] = pathOf(found[1] ?? '')
      const sub = found[3]
      return { name, filter: parseFilter(found[2] ?? ''), ...(sub === undefined ? {} : { sub }) }
    }
    const [name = '', sub] = pathOf(path)
    return { name, ...(sub === undefined ? {} : { sub }) }
  } catch (cause) {
    throw new Fault('scim-refused', { what: 'the path cannot be read', scimType: 'invalidPath' }, { cause })
  }
}

/** Whether two values of a list are the same one: by value where they have one. */
const same = (a: unknown, b: unknown): boolean => {
  const key = (one: unknown): unknown => (isResource(one) ? (member(one, 'value') ?? JSON.stringify(one)) : one)
  return key(a) === key(b)
}
