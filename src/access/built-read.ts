// Cedar's JSON form read into the builder's tree; what the builder has no place for is named, and nothing is dropped. Keeps access-190, access-191.
import { all, any, type Attribute, type Built, calls, type Call, type Clause, type Comparison, comparisons, type Operand, type Reach, type ActionReach, type Root, type Test } from './built.ts' // prettier-ignore
import { folded } from './built-known.ts'
import type { Est } from './built-est.ts'
import type { EntityUid } from './value.ts'

/** What has no place in the builder, in Cedar's words for it. */
export class Unfit extends Error {
  readonly form: string
  constructor(form: string) {
    super(`the builder has no place for ${form}`)
    this.name = 'Unfit'
    this.form = form
  }
}

/** Throws Unfit. */
export const builtFromEst = (json: unknown, notes: readonly string[] = []): Built => {
  const policy = object(json)
  if (policy.effect !== 'permit' && policy.effect !== 'forbid') throw new Unfit('the effect')
  const annotations = Object.entries(object(policy.annotations ?? {})).map(([name, value]) => [name, value === null ? null : text(value)] as const) // prettier-ignore
  const principal = reach(policy.principal)
  const resource = reach(policy.resource)
  return {
    notes,
    annotations: Object.fromEntries(annotations),
    effect: policy.effect,
    principal,
    action: actions(policy.action),
    resource,
    clauses: list(policy.conditions).map((given): Clause => {
      const { kind, body } = object(given)
      if (kind !== 'when' && kind !== 'unless') throw new Unfit('a clause')
      return { kind, test: testFromEst(body) }
    }),
  }
}

/** A condition as the builder shows it. */
export const testFromEst = (body: unknown): Test => folded(test(body))

const object = (given: unknown): Est => {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw new Unfit('a form')
  return given as Est
}
const list = (given: unknown): readonly unknown[] => {
  if (!Array.isArray(given)) throw new Unfit('a form')
  return given
}
const text = (given: unknown): string => {
  if (typeof given !== 'string') throw new Unfit('a form')
  return given
}

const uid = (given: unknown): EntityUid => {
  const json = object(given)
  const { type, id } = '__entity' in json ? object(json.__entity) : json
  return { type: text(type), id: text(id) }
}

const reach = (given: unknown): Reach => {
  const { op, entity, entity_type: type, in: inside } = object(given)
  if (op === 'All') return { op: 'all' }
  if ((op === '==' || op === 'in') && entity !== undefined) return { op, entity: uid(entity) }
  if (op !== 'is') throw new Unfit('a template')
  if (inside === undefined) return { op: 'is', type: text(type) }
  const { entity: parent } = object(inside)
  if (parent === undefined) throw new Unfit('a template')
  return { op: 'is', type: text(type), in: uid(parent) }
}

const actions = (given: unknown): ActionReach => {
  const { op, entities } = object(given)
  if (op === 'in' && entities !== undefined) return { op: 'several', entities: list(entities).map(uid) }
  const one = reach(given)
  if (one.op === 'is') throw new Unfit('a type of actions')
  return one
}

const only = (given: unknown): readonly [form: string, body: unknown] => {
  const entries = Object.entries(object(given))
  const [entry] = entries
  if (entry === undefined || entries.length !== 1) throw new Unfit('a form')
  return entry
}

const test = (given: unknown): Test => {
  const [form, body] = only(given)
  switch (form) {
    case '&&':
    case '||': {
      const { left, right } = object(body)
      const is = form === '&&' ? 'all' : 'any'
      const parts = [test(left), test(right)].flatMap((one) => (one.is === is ? one.of : [one]))
      return is === 'all' ? all(...parts) : any(...parts)
    }
    case '!':
      return { is: 'not', of: test(object(body).arg) }
    case 'if-then-else': {
      const { if: asked, then, else: otherwise } = object(body)
      return { is: 'choice', if: test(asked), then: test(then), else: test(otherwise) }
    }
    case 'has': {
      const { left, attr } = object(body)
      const names = typeof attr === 'string' ? [attr] : list(attr).map(text)
      return { is: 'there', left: attributeOf(left), names }
    }
    case 'Value':
      if (typeof body === 'boolean') return { is: 'fixed', value: body }
      throw new Unfit('a value that is no condition')
    case 'Var':
    case '.':
    case 'getTag':
      return { is: 'compare', left: operand(given), op: 'holds' }
    case 'isEmpty':
      return { is: 'compare', left: operand(object(body).arg), op: 'isEmpty' }
    case 'like': {
      const { left, pattern } = object(body)
      return { is: 'compare', left: operand(left), op: 'like', right: { is: 'pattern', value: patternText(pattern) } }
    }
    case 'is': {
      const { left, entity_type: type, in: inside } = object(body)
      const right: Operand = { is: 'type', type: text(type), ...(inside === undefined ? {} : { in: operand(inside) }) }
      return { is: 'compare', left: operand(left), op: 'is', right }
    }
    default:
      return comparison(form, body)
  }
}

const comparison = (form: string, body: unknown): Test => {
  if (!Object.hasOwn(comparisons, form)) throw new Unfit(form)
  const op = form as Comparison
  const given = Array.isArray(body) ? (body as readonly unknown[]) : [object(body).left, object(body).right]
  if (given.length !== comparisons[op]) throw new Unfit(form)
  const [left, right] = given.map(operand)
  if (!left) throw new Unfit(form)
  return right ? { is: 'compare', left, op, right } : { is: 'compare', left, op }
}

const patternText = (given: unknown): string => {
  const parts = list(given).map((part) =>
    part === 'Wildcard' ? '*' : text(object(part).Literal).replaceAll('*', '\\*'),
  )
  const pattern = parts.join('')
  // A backslash before the sign for any characters would be read as a star.
  if (parts.some((part, i) => part.endsWith('\\') && parts[i + 1] === '*')) throw new Unfit('a backslash before a star') // prettier-ignore
  return pattern
}

const roots: readonly string[] = ['principal', 'action', 'resource', 'context'] satisfies readonly Root[]

const attributeOf = (given: unknown): Attribute => {
  const found = operand(given)
  if (found.is !== 'attribute') throw new Unfit('an attribute of a value')
  return found
}

const constructors: readonly string[] = ['decimal', 'datetime', 'duration', 'ip']

const operand = (given: unknown): Operand => {
  const [form, body] = only(given)
  switch (form) {
    case 'Var':
      if (!roots.includes(text(body))) throw new Unfit(`the variable ${text(body)}`)
      return { is: 'attribute', of: body as Root, path: [] }
    case '.': {
      const { left, attr } = object(body)
      const of = attributeOf(left)
      return { ...of, path: [...of.path, text(attr)] }
    }
    case 'Value':
      return literal(body)
    case 'Set':
      return { is: 'list', items: list(body).map(operand) }
    case '+':
    case '-':
    case '*': {
      const { left, right } = object(body)
      return { is: 'sum', op: form, left: operand(left), right: operand(right) }
    }
    case 'neg':
      return { is: 'call', name: 'neg', of: operand(object(body).arg) }
    case 'getTag': {
      const { left, right } = object(body)
      return { is: 'call', name: 'getTag', of: operand(left), with: operand(right) }
    }
    default:
      return called(form, body)
  }
}

const called = (form: string, body: unknown): Operand => {
  if (!Array.isArray(body)) throw new Unfit(form === 'if-then-else' ? 'if within a value' : form)
  const args = (body as readonly unknown[]).map(operand)
  const [of, more] = args
  if (constructors.includes(form) && args.length === 1 && of?.is === 'text')
    return { is: form as 'ip', value: of.value }
  if (!Object.hasOwn(calls, form) || calls[form as Call] !== args.length || !of) throw new Unfit(form)
  return { is: 'call', name: form as Call, of, ...(more ? { with: more } : {}) }
}

const literal = (body: unknown): Operand => {
  if (typeof body === 'string') return { is: 'text', value: body }
  if (typeof body === 'boolean') return { is: 'truth', value: body }
  if (typeof body === 'number') {
    if (!Number.isSafeInteger(body)) throw new Unfit('a number beyond ±(2^53 − 1)')
    return { is: 'number', value: body }
  }
  if (typeof body === 'object' && body !== null && '__entity' in body) return { is: 'entity', ...uid(body) }
  throw new Unfit('a record')
}
