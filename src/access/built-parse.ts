// A builder's tree from JSON, strictly: unknown words are refused, and so is what is deeper or longer than the engine survives. Keeps access-190.
import { Fault, say } from '#kernel'
import { type ActionReach, type Attribute, type Built, calls, type Call, type Clause, type Comparison, comparisons, type Compare, type Known, type Operand, type Reach, type Root, type Test } from './built.ts' // prettier-ignore
import type { EntityUid } from './value.ts'

/** Throws policy-invalid naming what does not fit. */
export const parseBuilt = (value: unknown): Built => {
  const root = object(value)
  const budget: Budget = { left: most }
  const effect = root.effect
  if (effect !== 'permit' && effect !== 'forbid') return refuse('an effect')
  return {
    notes: list(root.notes).map((note) => text(note).replaceAll(/[\r\n]+/g, ' ')),
    annotations: Object.fromEntries(
      Object.entries(object(root.annotations)).map(([name, given]) => {
        if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) refuse('an annotation')
        return [name, given === null ? null : text(given)] as const
      }),
    ),
    effect,
    principal: reach(root.principal),
    action: actionReach(root.action),
    resource: reach(root.resource),
    clauses: list(root.clauses).map((given): Clause => {
      const { kind, test: body } = object(given)
      if (kind !== 'when' && kind !== 'unless') return refuse('a clause')
      return { kind, test: test(body, budget, 0) }
    }),
  }
}

interface Budget {
  left: number
}

/** Parts in all, and levels: within what the engine was measured to survive. */
const most = 400
const deepest = 24

const spend = (budget: Budget, depth: number): void => {
  if (--budget.left < 0 || depth > deepest)
    throw new Fault('policy-invalid', { what: 'conditions: nested deeper, or longer, than can be validated' })
}

const refuse = (part: keyof typeof parts): never => {
  throw new Fault('policy-invalid', {
    what: say('conditions: {part} is expected', { part: { zh: parts[part], en: part } }),
  })
}

/** What may be expected, and its Chinese. */
const parts = {
  'an effect': '允许或禁止',
  'an annotation': '注解',
  'a clause': '条件块',
  'an object': '对象',
  'a list': '列表',
  'a text': '文本',
  'a name': '名称',
  'a whole number': '整数',
  'a type': '类型',
  'a reach': '适用范围',
  'an action': '操作',
  'true or false': '是或否',
  'an attribute': '属性',
  'a condition': '判断条件',
  'a comparison': '比较方式',
  'a guard': '前置判断',
  'a pattern': '通配模式',
  'a value': '值',
  'a sum': '算式',
  'a function': '函数',
  'a time of day (HH:MM)': '时刻（HH:MM）',
  'days of the week, 1 (Monday) to 7': '星期，1（周一）至 7',
  'a network': '网段',
} as const

type Json = Readonly<Record<string, unknown>>
const object = (given: unknown): Json =>
  typeof given === 'object' && given !== null && !Array.isArray(given) ? (given as Json) : refuse('an object')
const list = (given: unknown): readonly unknown[] =>
  Array.isArray(given) && given.length <= 200 ? (given as unknown[]) : refuse('a list')
const text = (given: unknown): string => (typeof given === 'string' && given.length <= 2000 ? given : refuse('a text'))
const name = (given: unknown): string => text(given) || refuse('a name')
const number = (given: unknown): number =>
  typeof given === 'number' && Number.isSafeInteger(given) ? given : refuse('a whole number')
const typeName = (given: unknown): string =>
  /^[A-Za-z_]\w*(?:::[A-Za-z_]\w*)*$/.test(text(given)) ? text(given) : refuse('a type')

const uid = (given: unknown): EntityUid => {
  const { type, id } = object(given)
  return { type: typeName(type), id: text(id) }
}

const reach = (given: unknown): Reach => {
  const one = object(given)
  switch (one.op) {
    case 'all':
      return { op: 'all' }
    case '==':
    case 'in':
      return { op: one.op, entity: uid(one.entity) }
    case 'is':
      return { op: 'is', type: typeName(one.type), ...(one.in === undefined ? {} : { in: uid(one.in) }) }
    default:
      return refuse('a reach')
  }
}

const actionReach = (given: unknown): ActionReach => {
  const one = object(given)
  if (one.op === 'several') return { op: 'several', entities: list(one.entities).map(uid) }
  const found = reach(given)
  return found.op === 'is' ? refuse('an action') : found
}

const test = (given: unknown, budget: Budget, depth: number): Test => {
  spend(budget, depth)
  const one = object(given)
  const below = (part: unknown): Test => test(part, budget, depth + 1)
  switch (one.is) {
    case 'all':
    case 'any': {
      const parts = list(one.of).map(below)
      // Of nothing there is no telling whether it holds.
      return parts.length > 0 ? { is: one.is, of: parts } : refuse('a condition')
    }
    case 'not':
      return { is: 'not', of: below(one.of) }
    case 'choice':
      return { is: 'choice', if: below(one.if), then: below(one.then), else: below(one.else) }
    case 'fixed':
      return typeof one.value === 'boolean' ? { is: 'fixed', value: one.value } : refuse('true or false')
    case 'there': {
      const names = list(one.names).map(name)
      return names.length > 0 ? { is: 'there', left: attribute(one.left), names } : refuse('an attribute')
    }
    case 'known':
      return { is: 'known', condition: known(one.condition) }
    case 'compare':
      return comparison(one, budget, depth)
    default:
      return refuse('a condition')
  }
}

const comparison = (one: Json, budget: Budget, depth: number): Compare => {
  const op = text(one.op)
  if (!Object.hasOwn(comparisons, op)) return refuse('a comparison')
  const sides = comparisons[op as Comparison]
  const right = sides === 2 ? operand(one.right, budget, depth + 1) : undefined
  const wanted = op === 'like' ? 'pattern' : op === 'is' ? 'type' : undefined
  if (wanted === undefined ? right?.is === 'pattern' || right?.is === 'type' : right?.is !== wanted)
    return refuse(op === 'like' ? 'a pattern' : op === 'is' ? 'a type' : 'a value')
  const { guard } = one
  if (guard !== undefined && guard !== 'left' && guard !== 'right' && guard !== 'both') return refuse('a guard')
  return {
    is: 'compare',
    left: plain(operand(one.left, budget, depth + 1)),
    op: op as Comparison,
    ...(right ? { right } : {}),
    ...(guard ? { guard } : {}),
  }
}

const plain = (of: Operand): Operand => (of.is === 'pattern' || of.is === 'type' ? refuse('a value') : of)

const attribute = (given: unknown): Attribute => {
  const one = object(given)
  const roots: readonly unknown[] = ['principal', 'action', 'resource', 'context'] satisfies readonly Root[]
  if (one.is !== 'attribute' || !roots.includes(one.of)) return refuse('an attribute')
  return { is: 'attribute', of: one.of as Root, path: list(one.path).map(name) }
}

const operand = (given: unknown, budget: Budget, depth: number): Operand => {
  spend(budget, depth)
  const one = object(given)
  const below = (part: unknown): Operand => plain(operand(part, budget, depth + 1))
  switch (one.is) {
    case 'attribute':
      return attribute(given)
    case 'text':
    case 'decimal':
    case 'datetime':
    case 'duration':
    case 'ip':
    case 'pattern':
      return { is: one.is, value: text(one.value) }
    case 'number':
      return { is: 'number', value: number(one.value) }
    case 'truth':
      return typeof one.value === 'boolean' ? { is: 'truth', value: one.value } : refuse('true or false')
    case 'entity':
      return { is: 'entity', ...uid(one) }
    case 'list':
      return { is: 'list', items: list(one.items).map(below) }
    case 'sum':
      if (one.op !== '+' && one.op !== '-' && one.op !== '*') return refuse('a sum')
      return { is: 'sum', op: one.op, left: below(one.left), right: below(one.right) }
    case 'call': {
      const called = text(one.name)
      if (!Object.hasOwn(calls, called)) return refuse('a function')
      const two = calls[called as Call] === 2
      return { is: 'call', name: called as Call, of: below(one.of), ...(two ? { with: below(one.with) } : {}) }
    }
    case 'type':
      return { is: 'type', type: typeName(one.type), ...(one.in === undefined ? {} : { in: below(one.in) }) }
    default:
      return refuse('a value')
  }
}

const texts = (given: unknown): readonly string[] => list(given).map(text)
const time = (given: unknown): string =>
  /^(?:[01]\d|2[0-3]):[0-5]\d$/.test(text(given)) ? text(given) : refuse('a time of day (HH:MM)')

const known = (given: unknown): Known => {
  const one = object(given)
  switch (one.is) {
    case 'amount':
      return { is: 'amount', most: one.most === 'limit' ? 'limit' : number(one.most) }
    case 'region':
      return { is: 'region', in: one.in === 'own' ? 'own' : texts(one.in) }
    case 'hours': {
      const days = list(one.days).map(number)
      const good = days.length > 0 && new Set(days).size === days.length && days.every((day) => day >= 1 && day <= 7)
      if (!good) return refuse('days of the week, 1 (Monday) to 7')
      return { is: 'hours', from: time(one.from), to: time(one.to), days }
    }
    case 'network': {
      const ranges = texts(one.ranges)
      return ranges.length > 0 ? { is: 'network', ranges } : refuse('a network')
    }
    case 'mfa':
      return one.minutes === undefined ? { is: 'mfa' } : { is: 'mfa', minutes: number(one.minutes) }
    case 'device':
    case 'purpose':
      return { is: one.is }
    case 'channel':
      return { is: 'channel', in: texts(one.in) }
    default:
      return refuse('a condition')
  }
}
