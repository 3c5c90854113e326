// What the official validator lets pass and we do not. Keeps access-1.
import type { PlainPhrase } from '#kernel'
import type { Node, Policy } from './est.ts'
import { ValueSet } from './value.ts'

/** What is wrong with a policy, or undefined. `annotation` is its @id. */
export const lint = (policy: Policy, annotation: string | null | undefined): PlainPhrase | undefined => {
  if (!/^[a-z0-9][a-z0-9.-]{0,79}$/.test(policy.id)) return 'an id is lower-case letters, digits, hyphens and points'
  if (annotation !== policy.id) return 'the @id annotation must be the id of the policy'
  const nodes = [policy.scope.principal, policy.scope.action, policy.scope.resource, ...policy.conditions].flatMap(walk)
  // Longs pass through the engine as JSON numbers: beyond 2^53 what was written is not what would be compiled.
  if (nodes.some((node) => node.op === 'value' && tooLong(node.value)))
    return 'whole numbers must lie within ±(2^53 − 1)'
  return undefined
}

const tooLong = (value: unknown): boolean =>
  value instanceof ValueSet
    ? value.items.some(tooLong)
    : typeof value === 'bigint' && !Number.isSafeInteger(Number(value))

/** A node and all below it. */
export const walk = (node: Node): readonly Node[] => [node, ...below(node).flatMap(walk)]

const below = (node: Node): readonly Node[] => {
  switch (node.op) {
    case 'value':
    case 'var':
      return []
    case 'and':
    case 'or':
      return [node.left, node.right]
    case 'not':
      return [node.arg]
    case 'if':
      return [node.test, node.then, node.otherwise]
    case 'has':
    case 'get':
    case 'like':
    case 'is':
      return [node.of]
    case 'strict':
    case 'extension':
      return node.args
    case 'set':
      return node.items
    case 'record':
      return node.fields.map(([, field]) => field)
  }
}
