// Compiled policies and the decision over them: forbid wins, silence denies, and a forbid that errs denies. Keeps access-4, access-5.
import { compileAll, conditionsOf, type Question } from './closure.ts'
import type { Policy } from './est.ts'
import type { Failure } from './value.ts'

export interface Decision {
  readonly allow: boolean
  /** Ids of the policies that made it so; none where nothing permitted. */
  readonly reasons: readonly string[]
  /** Ids of the policies whose evaluation failed. */
  readonly errors: readonly string[]
}

export interface Compiled {
  readonly policy: Policy
  readonly test: (question: Question) => boolean | Failure
}

/** skip: what Cedar does; deny: a forbid that cannot be evaluated forbids (deviation, docs/decisions). */
export type OnForbidError = 'deny' | 'skip'

export const compilePolicy = (policy: Policy): Compiled => ({ policy, test: compileAll(conditionsOf(policy)) })

/** Forbids first, so that a forbidden request asks no permit. */
export const order = (compiled: readonly Compiled[]): readonly Compiled[] => [
  ...compiled.filter(({ policy }) => policy.effect === 'forbid'),
  ...compiled.filter(({ policy }) => policy.effect === 'permit'),
]

/** Decides; `ordered` comes from `order`. Every policy is asked, so reasons and errors are complete. */
export const decide = (ordered: readonly Compiled[], question: Question, onForbidError: OnForbidError): Decision => {
  let permits: string[] | undefined
  let forbids: string[] | undefined
  let errors: string[] | undefined
  for (const { policy, test } of ordered) {
    const verdict = test(question)
    if (verdict === false) continue
    if (verdict !== true) {
      errors = push(errors, policy.id)
      if (policy.effect === 'forbid' && onForbidError === 'deny') forbids = push(forbids, policy.id)
    } else if (policy.effect === 'forbid') forbids = push(forbids, policy.id)
    else permits = push(permits, policy.id)
  }
  return {
    allow: forbids === undefined && permits !== undefined,
    reasons: forbids ?? permits ?? none,
    errors: errors ?? none,
  }
}

/** Only whether: stops at the first forbid that hits and the first permit that holds. */
export const allows = (ordered: readonly Compiled[], question: Question, onForbidError: OnForbidError): boolean => {
  for (const { policy, test } of ordered) {
    const verdict = test(question)
    if (policy.effect === 'permit') {
      if (verdict === true) return true
    } else if (verdict === true || (verdict !== false && onForbidError === 'deny')) return false
  }
  return false
}

const none: readonly string[] = []

const push = (list: string[] | undefined, id: string): string[] => {
  if (!list) return [id]
  list.push(id)
  return list
}
