// Why, or why not: of every policy that could have spoken, the first condition that failed, with the values it looked at. Keeps access-8.
import { compile, compileAll, conditionsOf, type Question } from './closure.ts'
import { type Compiled, decide, type Decision, type OnForbidError } from './engine.ts'
import type { Node } from './est.ts'
import { show } from './json.ts'
import { walk } from './lint.ts'
import { textOf } from './text.ts'
import { Failure } from './value.ts'

/** A condition that did not hold, with what stood in the attributes it asks for. */
export interface Unmet {
  readonly condition: string
  readonly outcome: 'false' | 'error'
  readonly values: Readonly<Record<string, string>>
}

export interface Explanation extends Decision {
  /** Permits for this action and type that did not hold: how far each came. */
  readonly permits: readonly {
    readonly policy: string
    /** How many of its conditions held before, those of its scope counted too: 0 where it is not for this principal at all. */
    readonly passed: number
    readonly unmet: Unmet
  }[]
  /** Forbids that hit; with an error: because they could not be evaluated. */
  readonly forbids: readonly {
    readonly policy: string
    readonly error?: string
    /** What stood in the attributes it asks for. */
    readonly values: Readonly<Record<string, string>>
  }[]
}

export const explain = (
  compiled: readonly Compiled[],
  question: Question,
  onForbidError: OnForbidError,
): Explanation => ({
  ...decide(compiled, question, onForbidError),
  permits: compiled.flatMap(({ policy }) => {
    if (policy.effect !== 'permit') return []
    const found = firstUnmet(conditionsOf(policy), question)
    return found ? [{ policy: policy.id, ...found }] : []
  }),
  forbids: compiled.flatMap(({ policy, test }) => {
    if (policy.effect !== 'forbid') return []
    const verdict = test(question)
    if (verdict === false || (verdict !== true && onForbidError === 'skip')) return []
    // What it is about is known from the question; its conditions are what tells why it hits.
    const values = Object.assign({}, ...policy.conditions.map((one) => valuesOf(one, question))) as Record<
      string,
      string
    >
    return [{ policy: policy.id, values, ...(verdict === true ? {} : { error: verdict.message }) }]
  }),
})

const firstUnmet = (
  conditions: readonly Node[],
  question: Question,
): { readonly passed: number; readonly unmet: Unmet } | undefined => {
  for (const [passed, condition] of conditions.entries()) {
    const verdict = compileAll([condition])(question)
    if (verdict === true) continue
    const outcome = verdict === false ? 'false' : 'error'
    return { passed, unmet: { condition: textOf(condition), outcome, values: valuesOf(condition, question) } }
  }
  return undefined
}

/** Every path such as resource.owner in a condition, with its value; inner ones only where the outer one errs. `has` asks for a path too. */
const valuesOf = (condition: Node, question: Question): Readonly<Record<string, string>> => {
  const nodes = walk(condition)
  const paths = nodes.flatMap((node): readonly Node[] => {
    const path: Node = node.op === 'has' ? { op: 'get', of: node.of, attr: node.attr } : node
    return path.op === 'var' || isPath(path) ? [path] : []
  })
  const asked = new Set(nodes.flatMap((node) => (node.op === 'has' ? [node.of] : [])))
  const inner = new Set(
    paths.flatMap((node) =>
      node.op === 'get' && (asked.has(node.of) || !(compile(node)(question) instanceof Failure)) ? [node.of] : [],
    ),
  )
  return Object.fromEntries(
    paths.filter((node) => !inner.has(node)).map((node) => [textOf(node), show(compile(node)(question))]),
  )
}

const isPath = (node: Node): boolean => node.op === 'get' && (node.of.op === 'var' || isPath(node.of))
