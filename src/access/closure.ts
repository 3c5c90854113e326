// A policy as a function: one request in, satisfied, not satisfied or failed out. Errors travel as values, never as throws. Keeps access-2.
import type { Node, Policy, Var } from './est.ts'
import { callExtension } from './extension.ts'
import { get, has, isOfType, matcher, strict, type World } from './strict.ts'
import { Failure, RecordValue, type Ref, type Result, type Value, ValueSet } from './value.ts'

/** What a policy is asked about. */
export interface Question extends World {
  readonly principal: Ref
  readonly action: Ref
  readonly resource: Ref
  readonly context: RecordValue
}

export type Evaluate = (question: Question) => Result

/** true: satisfied; false: not; a Failure: the policy errs. */
export type Verdict = boolean | Failure

/** A list of boolean nodes as one test: the first that is not true decides. */
export const compileAll = (nodes: readonly Node[]): ((question: Question) => Verdict) => {
  const parts = nodes.filter((one) => !(one.op === 'value' && one.value === true)).map(compile)
  const [first, second] = parts
  if (first === undefined) return () => true
  if (second === undefined) return (question) => boolean(first(question))
  return (question) => {
    for (const part of parts) {
      const result = part(question)
      if (result !== true) return result === false ? false : failure(result)
    }
    return true
  }
}

/** Scope and conditions of a policy, in the order Cedar evaluates them. */
export const conditionsOf = (policy: Policy): readonly Node[] => [
  policy.scope.principal,
  policy.scope.action,
  policy.scope.resource,
  ...policy.conditions,
]

const notBoolean = new Failure('a boolean is expected')
const failure = (result: Result): Failure => (result instanceof Failure ? result : notBoolean)
const boolean = (result: Result): Verdict => (typeof result === 'boolean' ? result : failure(result))

const variables: { readonly [V in Var]: Evaluate } = {
  principal: (question) => question.principal,
  action: (question) => question.action,
  resource: (question) => question.resource,
  context: (question) => question.context,
}

/** One node as a function. */
export const compile = (node: Node): Evaluate => {
  switch (node.op) {
    case 'value': {
      const { value } = node
      return () => value
    }
    case 'var':
      return variables[node.name]
    case 'and': {
      const [left, right] = [compile(node.left), compile(node.right)]
      return (question) => {
        const first = left(question)
        return first === true ? boolean(right(question)) : first === false ? false : failure(first)
      }
    }
    case 'or': {
      const [left, right] = [compile(node.left), compile(node.right)]
      return (question) => {
        const first = left(question)
        return first === false ? boolean(right(question)) : first === true ? true : failure(first)
      }
    }
    case 'not': {
      const arg = compile(node.arg)
      return (question) => {
        const result = arg(question)
        return typeof result === 'boolean' ? !result : failure(result)
      }
    }
    case 'if': {
      const [test, then, otherwise] = [compile(node.test), compile(node.then), compile(node.otherwise)]
      return (question) => {
        const result = test(question)
        return result === true ? then(question) : result === false ? otherwise(question) : failure(result)
      }
    }
    case 'has':
      return compileHas(node.of, node.attr)
    case 'get':
      return compileGet(node.of, node.attr)
    case 'like': {
      const [of, matches] = [compile(node.of), matcher(node.pattern)]
      return (question) => {
        const value = of(question)
        return value instanceof Failure ? value : matches(value)
      }
    }
    case 'is': {
      const [of, { type }] = [compile(node.of), node]
      return (question) => {
        const value = of(question)
        return value instanceof Failure ? value : isOfType(value, type)
      }
    }
    case 'strict':
      return compileStrict(node)
    case 'extension':
      return compileExtension(node)
    case 'set': {
      const items = node.items.map(compile)
      return (question) => {
        const values = evaluateAll(items, question)
        return values instanceof Failure ? values : new ValueSet(values)
      }
    }
    case 'record':
      return compileRecord(node.fields)
  }
}

const compileHas = (node: Node, attr: string): Evaluate => {
  const of = compile(node)
  return (question) => {
    const value = of(question)
    return value instanceof Failure ? value : has(value, attr, question)
  }
}

const compileGet = (node: Node, attr: string): Evaluate => {
  const of = compile(node)
  const absent = new Failure(`attribute ${attr} is absent`)
  return (question) => {
    const value = of(question)
    return value instanceof Failure ? value : get(value, attr, question, absent)
  }
}

const compileStrict = (node: Node & { readonly op: 'strict' }): Evaluate => {
  const call = strict[node.name]
  const [left, right] = node.args.map(compile)
  if (!left) return () => notBoolean
  if (!right) {
    return (question) => {
      const value = left(question)
      return value instanceof Failure ? value : call(value, value, question)
    }
  }
  return (question) => {
    const a = left(question)
    if (a instanceof Failure) return a
    const b = right(question)
    return b instanceof Failure ? b : call(a, b, question)
  }
}

const compileExtension = (node: Node & { readonly op: 'extension' }): Evaluate => {
  // A literal such as ip("10.0.0.0/8") is read once, not at every request.
  const literals = node.args.flatMap((arg) => (arg.op === 'value' ? [arg.value] : []))
  if (literals.length === node.args.length) {
    const result = callExtension(node.name, literals)
    return () => result
  }
  const args = node.args.map(compile)
  return (question) => {
    const values = evaluateAll(args, question)
    return values instanceof Failure ? values : callExtension(node.name, values)
  }
}

const compileRecord = (fields: readonly (readonly [name: string, node: Node])[]): Evaluate => {
  const names = fields.map(([name]) => name)
  const parts = fields.map(([, node]) => compile(node))
  return (question) => {
    const values = evaluateAll(parts, question)
    if (values instanceof Failure) return values
    return new RecordValue(new Map(values.map((value, i) => [names[i] ?? '', value])))
  }
}

const evaluateAll = (parts: readonly Evaluate[], question: Question): readonly Value[] | Failure => {
  const values: Value[] = []
  for (const part of parts) {
    const value = part(question)
    if (value instanceof Failure) return value
    values.push(value)
  }
  return values
}
