// Filters of SCIM: RFC 7644 section 3.4.2.2, read into a tree, printed back, and asked of a resource. Keeps identity-189.
import { Fault } from '#kernel'

export type Literal = string | number | boolean | null
export type Comparison = 'eq' | 'ne' | 'co' | 'sw' | 'ew' | 'gt' | 'ge' | 'lt' | 'le'

export type Filter =
  | { readonly kind: 'and' | 'or'; readonly left: Filter; readonly right: Filter }
  | { readonly kind: 'not'; readonly of: Filter }
  | { readonly kind: 'present'; readonly path: readonly string[] }
  | { readonly kind: 'compare'; readonly path: readonly string[]; readonly op: Comparison; readonly value: Literal }
  /** emails[type eq "work"] */
  | { readonly kind: 'within'; readonly path: readonly string[]; readonly of: Filter }

export type Resource = Readonly<Record<string, unknown>>

const comparisons: readonly string[] = ['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le']
const longest = 2000
const deepest = 40

const refuse = (what: string): never => {
  throw new Fault('scim-refused', { what, scimType: 'invalidFilter' })
}

/** Throws scim-refused with invalidFilter. */
export const parseFilter = (text: string): Filter => {
  if (text.length > longest) refuse(`a filter has at most ${longest} characters`)
  const words = tokens(text)
  let at = 0
  const peek = (): string => (words[at] ?? '').toLowerCase()
  const take = (): string => words[at++] ?? refuse('the filter ends too early')
  const expect = (word: string): void => {
    if (take() !== word) refuse(`expected ${word} in the filter`)
  }
  const any = (depth: number): Filter => {
    if (depth > deepest) refuse('the filter is nested too deeply')
    let left = every(depth)
    while (peek() === 'or') {
      at++
      left = { kind: 'or', left, right: every(depth) }
    }
    return left
  }
  const every = (depth: number): Filter => {
    let left = one(depth)
    while (peek() === 'and') {
      at++
      left = { kind: 'and', left, right: one(depth) }
    }
    return left
  }
  const one = (depth: number): Filter => {
    if (peek() === 'not') {
      at++
      expect('(')
      const of = any(depth + 1)
      expect(')')
      return { kind: 'not', of }
    }
    if (peek() === '(') {
      at++
      const inner = any(depth + 1)
      expect(')')
      return inner
    }
    const path = pathOf(take())
    if (peek() === '[') {
      at++
      const of = any(depth + 1)
      expect(']')
      return { kind: 'within', path, of }
    }
    const op = take().toLowerCase()
    if (op === 'pr') return { kind: 'present', path }
    if (!comparisons.includes(op)) return refuse('the filter has an operator that there is not')
    return { kind: 'compare', path, op: op as Comparison, value: literal(take()) }
  }
  const made = any(0)
  if (at !== words.length) refuse('the filter goes on after its end')
  return made
}

/** Text of a filter; parseFilter gives the same tree back. */
export const printFilter = (filter: Filter): string => {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return `(${printFilter(filter.left)}) ${filter.kind} (${printFilter(filter.right)})`
    case 'not':
      return `not (${printFilter(filter.of)})`
    case 'present':
      return `${filter.path.join('.')} pr`
    case 'compare':
      return `${filter.path.join('.')} ${filter.op} ${JSON.stringify(filter.value)}`
    case 'within':
      return `${filter.path.join('.')}[${printFilter(filter.of)}]`
  }
}

/** Whether a resource is one the filter wants. */
export const matches = (filter: Filter, resource: Resource): boolean => {
  switch (filter.kind) {
    case 'and':
      return matches(filter.left, resource) && matches(filter.right, resource)
    case 'or':
      return matches(filter.left, resource) || matches(filter.right, resource)
    case 'not':
      return !matches(filter.of, resource)
    case 'present':
      return valuesAt(resource, filter.path).some((value) => value !== null && value !== undefined && value !== '')
    case 'within':
      return valuesAt(resource, filter.path).some((value) => isResource(value) && matches(filter.of, value))
    case 'compare': {
      const exact = ['id', 'externalid', 'value', '$ref'].includes(filter.path.at(-1)?.toLowerCase() ?? '')
      const found = valuesAt(resource, filter.path).flatMap((value) =>
        isResource(value) ? [member(value, 'value')] : [value],
      )
      if (filter.op === 'ne') return !found.some((value) => holds('eq', value, filter.value, exact))
      return found.some((value) => holds(filter.op, value, filter.value, exact))
    }
  }
}

const holds = (op: Comparison, value: unknown, wanted: Literal, exact: boolean): boolean => {
  if (typeof value === 'string' && typeof wanted === 'string') {
    const [a, b] = exact ? [value, wanted] : [value.toLowerCase(), wanted.toLowerCase()]
    switch (op) {
      case 'eq':
        return a === b
      case 'co':
        return a.includes(b)
      case 'sw':
        return a.startsWith(b)
      case 'ew':
        return a.endsWith(b)
      case 'gt':
        return a > b
      case 'ge':
        return a >= b
      case 'lt':
        return a < b
      case 'le':
        return a <= b
      case 'ne':
        return a !== b
    }
  }
  if (typeof value === 'number' && typeof wanted === 'number') {
    if (op === 'gt') return value > wanted
    if (op === 'ge') return value >= wanted
    if (op === 'lt') return value < wanted
    if (op === 'le') return value <= wanted
  }
  return op === 'eq' && (value ?? null) === wanted
}

/** Every value at a path; lists are gone into. */
export const valuesAt = (resource: Resource, path: readonly string[]): readonly unknown[] =>
  path.reduce<readonly unknown[]>(
    (values, name) =>
      values.flatMap((value) => {
        if (!isResource(value)) return []
        const found = member(value, name)
        return Array.isArray(found) ? (found as unknown[]) : found === undefined ? [] : [found]
      }),
    [resource],
  )

/** A member whatever its case: RFC 7643 section 2.1. */
export const member = (resource: Resource, name: string): unknown => {
  const key = keyOf(resource, name)
  return key === undefined ? undefined : resource[key]
}

export const keyOf = (resource: Resource, name: string): string | undefined =>
  Object.keys(resource).find((key) => key.toLowerCase() === name.toLowerCase())

export const isResource = (value: unknown): value is Resource =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const core = /^urn:ietf:params:scim:schemas:core:2\.0:(?:user|group):/i

/** The names of a path, without the schema it may begin with. */
export const pathOf = (text: string): readonly string[] => {
  const bare = text.replace(core, '')
  // Of an extension: its name is one member, what follows the last colon another.
  const extension = /^(urn:[\w.:-]+):([a-z]\w*(?:\.[a-z]\w*)?)$/i.exec(bare)
  if (extension) return [extension[1] ?? '', ...(extension[2] ?? '').split('.')]
  if (!/^\$?[a-z][\w$-]*(?:\.\$?[a-z][\w$-]*)?$/i.test(bare))
    refuse('the filter names an attribute in a way there is not')
  return bare.split('.')
}

const literal = (word: string): Literal => {
  try {
    const value: unknown = JSON.parse(word)
    if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) return value as Literal
  } catch {
    // Told below: a word that is no value.
  }
  const lower = word.toLowerCase()
  return lower === 'true'
    ? true
    : lower === 'false'
      ? false
      : lower === 'null'
        ? null
        : refuse('the filter compares with what is no value')
}

const tokens = (text: string): readonly string[] => {
  const found: string[] = []
  const shape = /\s*(?:("(?:[^"\\]|\\.)*")|([()[\]])|([^\s()[\]"]+))/gy
  let end = 0
  for (let match = shape.exec(text); match; match = shape.exec(text)) {
    found.push(match[1] ?? match[2] ?? match[3] ?? '')
    end = shape.lastIndex
  }
  if (text.slice(end).trim() !== '') refuse('the filter cannot be read')
  if (found.length === 0) refuse('the filter is empty')
  return found
}
