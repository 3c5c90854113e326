// A condition as text, close to how Cedar writes it: for explanations. Keeps access-8.
import type { Node, Strict } from './est.ts'
import { show } from './json.ts'

const infix: Partial<Record<Strict, string>> = {
  equal: '==',
  less: '<',
  lessOrEqual: '<=',
  add: '+',
  subtract: '-',
  multiply: '*',
  in: 'in',
}

/** Text of a node. `a > b` reads `b < a`, `a != b` reads `!(a == b)`: the same question. */
export const textOf = (node: Node): string => {
  switch (node.op) {
    case 'value':
      return show(node.value)
    case 'var':
      return node.name
    case 'and':
      return `${operand(node.left)} && ${operand(node.right)}`
    case 'or':
      return `${operand(node.left)} || ${operand(node.right)}`
    case 'not':
      return `!${operand(node.arg)}`
    case 'if':
      return `if ${textOf(node.test)} then ${textOf(node.then)} else ${textOf(node.otherwise)}`
    case 'has':
      return `${operand(node.of)} has ${node.attr}`
    case 'get':
      return `${operand(node.of)}.${node.attr}`
    case 'like':
      return `${operand(node.of)} like ${JSON.stringify(node.pattern.map((part) => part?.replaceAll('*', '\\*') ?? '*').join(''))}`
    case 'is':
      return `${operand(node.of)} is ${node.type}`
    case 'strict':
      return strictText(node)
    case 'extension': {
      const args = node.args.map(textOf)
      return node.args[0]?.op === 'value'
        ? `${node.name}(${args.join(', ')})`
        : `${args[0] ?? ''}.${node.name}(${args.slice(1).join(', ')})`
    }
    case 'set':
      return `[${node.items.map(textOf).join(', ')}]`
    case 'record':
      return `{${node.fields.map(([name, field]) => `${name}: ${textOf(field)}`).join(', ')}}`
  }
}

const strictText = (node: Node & { readonly op: 'strict' }): string => {
  const [left, right] = node.args.map(operand)
  const sign = infix[node.name]
  if (sign !== undefined) return `${left ?? ''} ${sign} ${right ?? ''}`
  return node.name === 'negate' ? `-${left ?? ''}` : `${left ?? ''}.${node.name}(${right ?? ''})`
}

const operand = (node: Node): string => {
  const loose =
    node.op === 'and' ||
    node.op === 'or' ||
    node.op === 'if' ||
    (node.op === 'strict' && infix[node.name] !== undefined)
  return loose || node.op === 'is' || node.op === 'has' || node.op === 'like' ? `(${textOf(node)})` : textOf(node)
}
