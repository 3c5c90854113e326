// Policies that change nothing: a permit that another one covers or that a forbid always cuts, a forbid behind another, conditions that
// contradict each other. Only what is certain is told: removing such a policy changes no decision. Keeps access-185.
import { compile } from './closure.ts'
import { EntityStore } from './entity.ts'
import type { Node, Policy } from './est.ts'
import { walk } from './lint.ts'
import { type PolicyText, readPolicies, readSchema } from './official.ts'
import { textOf } from './text.ts'
import { Failure, RecordValue, Ref, ValueSet } from './value.ts'

export interface Reach {
  readonly policy: string
  readonly kind: 'covered' | 'cut' | 'shadowed-forbid' | 'never'
  /** The policy that makes it so. */
  readonly by: string | null
}

/** Of the policies named in `own`; the others are what they may be covered or cut by. */
export const reachWarnings = (
  schema: string,
  policies: readonly PolicyText[],
  own: ReadonlySet<string>,
): readonly Reach[] => {
  const actions = readSchema(schema)
  const all = readPolicies(schema, policies).map((policy) => reachOf(policy, actions))
  return all.flatMap((one, i): readonly Reach[] => {
    const { policy } = one
    if (!own.has(policy.id)) return []
    // A forbid that errs forbids: one that might err does something, whatever its conditions say.
    if (policy.effect === 'forbid' && !one.conditions.every(cannotFail)) return []
    if (contradicts(one.conditions)) return [{ policy: policy.id, kind: 'never', by: null }]
    const behind = (effect: Policy['effect']): Mapped | undefined =>
      all.find((other, j) => {
        if (j === i || other.policy.effect !== effect || !within(one, other)) return false
        // Of two that say the same one is told, not both: the later.
        return other.policy.effect !== policy.effect || j < i || !within(other, one)
      })
    const forbid = behind('forbid')
    if (forbid) return [{ policy: policy.id, kind: policy.effect === 'permit' ? 'cut' : 'shadowed-forbid', by: forbid.policy.id }]
    const permit = policy.effect === 'permit' ? behind('permit') : undefined
    return permit ? [{ policy: policy.id, kind: 'covered', by: permit.policy.id }] : []
  }) // prettier-ignore
}

interface Mapped {
  readonly policy: Policy
  /** Actions it is about. */
  readonly actions: ReadonlySet<string>
  readonly type: string | undefined
  /** Everything that has to hold besides the action and the type. */
  readonly conditions: readonly Node[]
}

const reachOf = (policy: Policy, actions: EntityStore): Mapped => {
  const { principal, action, resource } = policy.scope
  const test = compile(action)
  const about = [...actions.all()].filter(({ ref }) => {
    const question = { principal: ref, action: ref, resource: ref, context: empty, entities: actions, actions }
    return test(question) === true
  })
  const typed = resource.op === 'is' ? resource.type : resource.op === 'and' && resource.left.op === 'is' ? resource.left.type : undefined
  const left = resource.op === 'is' ? [] : resource.op === 'and' && typed !== undefined ? [resource.right] : [resource]
  const conditions = [principal, ...left, ...policy.conditions].flatMap(conjuncts).filter((node) => !isTrue(node))
  return { policy, actions: new Set(about.map(({ ref }) => ref.id)), type: typed, conditions }
} // prettier-ignore

const empty = new RecordValue(new Map())

const conjuncts = (node: Node): readonly Node[] =>
  node.op === 'and' ? [...conjuncts(node.left), ...conjuncts(node.right)] : [node]

const isTrue = (node: Node): boolean => node.op === 'value' && node.value === true

/** Whether wherever the one is satisfied, the other is too. Not knowing is no. */
const within = (one: Mapped, other: Mapped): boolean =>
  one.actions.size > 0 &&
  [...one.actions].every((action) => other.actions.has(action)) &&
  (other.type === undefined || other.type === one.type) &&
  other.conditions.every((wanted) => one.conditions.some((given) => implies(given, wanted)))

/** Whether one condition, where it is true, makes another one true. */
const implies = (given: Node, wanted: Node): boolean => {
  if (textOf(given) === textOf(wanted)) return true
  if (wanted.op === 'or') return implies(given, wanted.left) || impliesRight(given, wanted)
  if (given.op === 'or') return implies(given.left, wanted) && implies(given.right, wanted)
  return memberOf(given, wanted)
}

/** a implies (b || c) by c only where b cannot fail: a failure on the left is a failure of the whole. */
const impliesRight = (given: Node, wanted: Node & { readonly op: 'and' | 'or' }): boolean =>
  implies(given, wanted.right) && !walk(wanted.left).some(({ op }) => mayFail.has(op))

const mayFail: ReadonlySet<Node['op']> = new Set(['get', 'strict', 'extension', 'like', 'if'])

/** `x in [A]` makes `x in [A, B]` true. */
const memberOf = (given: Node, wanted: Node): boolean => {
  if (given.op !== 'strict' || wanted.op !== 'strict' || given.name !== 'in' || wanted.name !== 'in') return false
  const [subject, few] = given.args
  const [other, many] = wanted.args
  if (!subject || !few || !other || !many || textOf(subject) !== textOf(other)) return false
  const [some, more] = [refsOf(few), refsOf(many)]
  return some !== undefined && more !== undefined && some.every((key) => more.includes(key))
}

const refsOf = (node: Node): readonly string[] | undefined => {
  if (node.op === 'set') {
    const items = node.items.map(refsOf)
    return items.some((item) => item === undefined) ? undefined : items.flatMap((item) => item ?? [])
  }
  if (node.op !== 'value') return undefined
  const items = node.value instanceof ValueSet ? node.value.items : [node.value]
  return items.every((item) => item instanceof Ref) ? items.map((item) => JSON.stringify([item.type, item.id])) : undefined
} // prettier-ignore

/** Whether conditions can never hold together: one and its opposite, or numbers and texts that exclude each other. */
const contradicts = (conditions: readonly Node[]): boolean => {
  const texts = new Set(conditions.map(textOf))
  if (conditions.some((node) => constant(node) === false)) return true
  if (conditions.some((node) => node.op === 'not' && texts.has(textOf(node.arg)))) return true
  const bounds = new Map<string, { least: bigint; most: bigint; equal: string | undefined; clash: boolean }>()
  for (const node of conditions) {
    const found = boundOf(node)
    if (!found) continue
    const known = bounds.get(found.path) ?? { least: -(2n ** 63n), most: 2n ** 63n - 1n, equal: undefined, clash: false }
    if (found.least !== undefined && found.least > known.least) known.least = found.least
    if (found.most !== undefined && found.most < known.most) known.most = found.most
    known.clash ||= found.equal !== undefined && known.equal !== undefined && found.equal !== known.equal
    known.equal ??= found.equal
    bounds.set(found.path, known)
  }
  return [...bounds.values()].some(({ least, most, clash }) => clash || least > most)
} // prettier-ignore

/** The value of a condition that looks at nothing. */
const constant = (node: Node): boolean | undefined => {
  if (walk(node).some(({ op }) => op === 'var')) return undefined
  const nobody = new Ref('', '')
  const store = new EntityStore()
  const value = compile(node)({ principal: nobody, action: nobody, resource: nobody, context: empty, entities: store, actions: store }) // prettier-ignore
  return value instanceof Failure || typeof value !== 'boolean' ? undefined : value
}

interface Bound {
  readonly path: string
  readonly least?: bigint
  readonly most?: bigint
  readonly equal?: string
}

const boundOf = (node: Node): Bound | undefined => {
  if (node.op !== 'strict') return undefined
  const [left, right] = node.args
  if (!left || !right) return undefined
  const turned = left.op === 'value'
  const [path, held] = turned ? [right, left] : [left, right]
  if (held.op !== 'value' || !isPath(path)) return undefined
  const { value } = held
  const name = textOf(path)
  if (node.name === 'equal' && typeof value === 'bigint') return { path: name, least: value, most: value }
  if (node.name === 'equal' && typeof value === 'string') return { path: name, equal: value }
  if (typeof value !== 'bigint' || (node.name !== 'less' && node.name !== 'lessOrEqual')) return undefined
  const strictly = node.name === 'less' ? 1n : 0n
  return turned ? { path: name, least: value + strictly } : { path: name, most: value - strictly }
}

/** Of validated policies: what stands on the record, the person and the surroundings themselves is there, or was asked for before. */
const cannotFail = (node: Node): boolean =>
  walk(node).every((one) => {
    if (one.op === 'get' || one.op === 'has') return one.of.op === 'var'
    if (one.op === 'strict') return !arithmetic.has(one.name)
    return one.op !== 'extension' || one.args.every(({ op }) => op === 'value')
  })

const arithmetic: ReadonlySet<string> = new Set(['add', 'subtract', 'multiply', 'negate', 'getTag'])

const isPath = (node: Node): boolean => node.op === 'get' && (node.of.op === 'var' || isPath(node.of))
