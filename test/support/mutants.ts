// Faults as somebody could have made them: what to write in place of what, in which file. Each must be noticed (mutation.ts).
export interface Mutant {
  readonly name: string
  readonly file: string
  readonly from: string
  readonly to: string
}

const fault = (name: string, file: string, from: string, to: string): Mutant => ({ name, file, from, to })

const closure = 'src/access/closure.ts'
const strict = 'src/access/strict.ts'
const engine = 'src/access/engine.ts'
const est = 'src/access/est.ts'
const entity = 'src/access/entity.ts'
const value = 'src/access/value.ts'
const time = 'src/access/time.ts'
const extension = 'src/access/extension.ts'
const plan = 'src/access/predicate.ts'
const atom = 'src/access/atom.ts'
const term = 'src/access/term.ts'
const attribute = 'src/access/attribute.ts'
const computed = 'src/access/computed.ts'
const narrow = 'src/access/narrow.ts'
const cell = 'src/access/cell-value.ts'
const formula = 'src/access/formula.ts'
const sql = 'src/store/predicate.ts'

/** Faults of the evaluator. */
const evaluation: readonly Mutant[] = [
  fault('< as <=', strict, 'less: order((a, b) => a < b)', 'less: order((a, b) => a <= b)'),
  fault('>= as >', est, "'>=': (a, b) => strict('lessOrEqual', b, a)", "'>=': (a, b) => strict('less', b, a)"),
  fault('> as >=', est, "'>': (a, b) => strict('less', b, a)", "'>': (a, b) => strict('lessOrEqual', b, a)"),
  fault('!= as ==', est, "({ op: 'not', arg: strict('equal', a, b) })", "strict('equal', a, b)"),
  fault('in is not reflexive', entity, 'if (a.type === b.type && a.id === b.id) return true\n    for', 'for'),
  fault('in looks one step up', entity, 'for (const other of this.ancestors(a)) if', 'for (const other of this.get(a)?.parents ?? []) if'),
  fault('an error is not reported', engine, 'errors = push(errors, policy.id)', ''),
  fault('&& swallows an error on its left', closure, 'first === true ? boolean(right(question)) : first === false ? false : failure(first)', 'first === true ? boolean(right(question)) : false'),
  fault('&& asks its right side always', closure, "const first = left(question)\n        return first === true ? boolean(right(question)) :", "const first = left(question)\n        const second = boolean(right(question))\n        return typeof second !== 'boolean' ? second : first === true ? second :"),
  fault('|| asks its right side always', closure, "const first = left(question)\n        return first === false ? boolean(right(question)) :", "const first = left(question)\n        const second = boolean(right(question))\n        return typeof second !== 'boolean' ? second : first === false ? second :"),
  fault('if asks both its sides', closure, "const result = test(question)\n        return result === true ?", "const result = test(question)\n        for (const side of [then(question), otherwise(question)]) if (side instanceof Failure) return side\n        return result === true ?"),
  fault('Longs grow beyond 64 bits', strict, 'return fits(n) ? n : overflow', 'return n'),
  fault('has on what is not there errs', strict, 'of instanceof Ref ? world.entities.get(of)?.attr(attr) !== undefined : nothing', 'of instanceof Ref && world.entities.get(of) ? world.entities.get(of)?.attr(attr) !== undefined : nothing'),
  fault('== of two types errs', strict, '  equal,\n  less:', '  equal: (a, b) => (typeof a === typeof b ? equal(a, b) : notLong),\n  less:'),
  fault('containsAll the other way round', strict, 'subset(b, a) : notSet', 'subset(a, b) : notSet'),
  fault('containsAny as containsAll', strict, 'b.items.some((item) => a.has(item))', 'b.items.every((item) => a.has(item))'),
  fault('is … in does not ask in', est, "inside === undefined ? is : { op: 'and', left: is, right: strict('in', of, node(inside, id)) }", 'is'),
  fault('is … in of a scope does not ask in', est, "json.in === undefined\n        ? is\n        : {", "json.in !== null\n        ? is\n        : {"),
  fault('a missing tag is false', strict, '(world.entities.get(a)?.tag(b) ?? noTag)', '(world.entities.get(a)?.tag(b) ?? false)'),
  fault('a forbid does not override', engine, 'allow: forbids === undefined && permits !== undefined', 'allow: permits !== undefined'),
  fault('a forbid does not override, the short way', engine, "(verdict !== false && onForbidError === 'deny')) return false\n  }\n  return false", "(verdict !== false && onForbidError === 'deny')) continue\n  }\n  return false"),
  fault('unless as when', est, "[{ op: 'not', arg: body } as const]", 'conjuncts(body)'),
  fault('equality of sets by order', value, 'a.items.length === b.items.length && subset(a, b)', 'a.items.length === b.items.length && a.items.every((item, i) => equal(item, b.items[i] ?? false))'),
  fault('* of like stops at a line end', strict, "'[^]*' : part", "'.*' : part"),
  fault('isInRange without the prefix on its left', 'src/access/ip.ts', 'a.first >= b.first && a.last <= b.last', 'a.address >= b.first && a.address <= b.last'),
  fault('toDate rounds toward 1970', time, 'const ms = at.ms - timeOfDay(at)', 'const ms = at.ms - (at.ms % dayMs)'),
  fault('lessThan as lessThanOrEqual', extension, "two('lessThan', 'decimal', 'decimal', (a, b) => a.units < b.units)", "two('lessThan', 'decimal', 'decimal', (a, b) => a.units <= b.units)"),
  fault('the sign of an offset turned', time, "found[8] === '-' ? -1 : 1", "found[8] === '-' ? 1 : -1"),
  fault('! of an error is true', closure, "typeof result === 'boolean' ? !result : failure(result)", 'result !== true'),
  fault('a forbid counts against permits of its own role alone', engine, 'allow: forbids === undefined && permits !== undefined', "allow: ordered.some((one) => one.policy.effect === 'permit' && one.test(question) === true && !ordered.some((other) => other.policy.effect === 'forbid' && other.test(question) === true && JSON.stringify(other.policy.scope.principal) === JSON.stringify(one.policy.scope.principal)))"),
  fault('an erring forbid is skipped', engine, "(verdict !== false && onForbidError === 'deny')", '(verdict !== false && verdict === true)'),
  fault('an error in a permit permits', engine, 'if (verdict === true) return true', 'if (verdict !== false) return true'),
] // prettier-ignore

/** Faults of the row condition. */
const planning: readonly Mutant[] = [
  fault('descendants are left out', atom, 'refs.flatMap((one) => world.entities.descendants(one))', 'refs'),
  fault('descendants are the children alone', entity, 'return walk([ref(uid)], (other) => this.#childrenOf(other))', 'return [ref(uid), ...this.#childrenOf(ref(uid))]'),
  fault('a forbid counts against permits of its own role alone, in a list', plan, 'const predicate = and(allowed, blocked)', "const predicate = or(...permits.map((policy) => and(plan(policy, question, notes).t, ...forbids.filter((other) => JSON.stringify(other.scope.principal) === JSON.stringify(policy.scope.principal)).map((other) => plan(other, question, notes).f))))"),
  fault('forbids are left out of a list', plan, 'const predicate = and(allowed, blocked)', 'const predicate = allowed'),
  fault('not without the errors', term, 'export const not = ({ t, f, errs }: Pair): Pair => ({ t: f, f: t, errs })', "export const not = ({ t, f, errs }: Pair): Pair => ({ t: t.kind === 'compare' && t.op === '=' ? or(f, { kind: 'null', column: t.column, negated: false }) : f, f: t, errs })"),
  fault('not does nothing in a list', term, 'Pair => ({ t: f, f: t, errs })', 'Pair => ({ t, f, errs })'),
  fault('the guard of && falls away', term, 'f: or(a.f, covers(b.f, a.errs) ? b.f : and(a.t, b.f))', 'f: or(a.f, b.f)'),
  fault('the guard of || falls away', term, 't: or(a.t, covers(b.t, a.errs) ? b.t : and(a.f, b.t))', 't: or(a.t, b.t)'),
  fault('if without its test', term, 't: or(and(c.t, x.t), and(c.f, y.t))', 't: or(x.t, y.t)'),
  fault('an empty list is no condition', atom, 'if (scalars.length === 0) return pair(never, term.present, term)\n  const type', "if (scalars.length === 0) return pair(never, always, term)\n  const type"),
  fault('a set is a part of what it is compared with', atom, "and(is('containsAll', false), is('containedBy', false))", "is('containedBy', false)"),
  fault('a moment reaches a millisecond too far', atom, 'moment(strictly ? value.ms : value.ms + 1n)', 'moment(value.ms + 1n)'),
  fault('< turned is <', atom, 'return turned ? pair(f, t, term) : pair(t, f, term)', 'return pair(t, f, term)'),
  fault('a wildcard in a text stays one', atom, String.raw`part.replaceAll(/[\\%_]/g, '\\$&')`, 'part'),
  fault('deleted rows are looked up', attribute, 'where: and(where, live)', 'where'),
  fault('what is not looked up has no value', attribute, 'const [there, notThere] = [lookup(of), lookup(of, true)]', 'const [there, notThere] = [lookup(of), lookup(of)]'),
  fault('an optional column is always there', attribute, '!column.nullable)\n    return negated', "column.kind === 'scalar')\n    return negated"),
  fault('the row itself is not in itself', atom, '{ is: \'pair\', ...parents.reduce(either, itself) }', "{ is: 'pair', ...parents.reduce(either, { t: never, f: always, errs: total }) }"),
  fault('both columns may differ', computed, "return relate(name === 'less' ? '<' : '<=', a, b)", "return relate('<=', a, b)"),
  fault('a permit that says no is narrowed to yes', narrow, "if (no === 0 || (no > 0 && (policy.effect === 'permit' || onForbidError === 'skip'))) return []", "if (no === 0 || no > 0) return []"),
  fault('of a narrowed page only one forbid is asked', narrow, 'for (const { test } of forbids) {', 'for (const { test } of forbids.slice(0, 1)) {'),
  fault('an erring forbid is skipped on a page', narrow, "if (verdict === true || (verdict !== false && onForbidError === 'deny')) return false", 'if (verdict === true) return false'),
  fault('a forbid without a look at the row is passed over', narrow, "(verdict !== false && onForbidError === 'deny')) return constant(false)", "(verdict !== false && onForbidError === 'deny')) continue"),
  fault('or is narrowed as and', narrow, "if (isValue(left, node.op === 'or')) return left", 'if (isValue(left, true)) return left'),
  fault('a member of another type is read', cell, "case 'boolean':\n      return typeof member === type ? (member as string | boolean) : undefined", "case 'boolean':\n      return typeof member === 'string' || typeof member === 'boolean' ? member : undefined"),
  fault('a fifth digit is dropped', cell, String.raw`(\d{0,4})0*)?$/`, String.raw`(\d{0,4})\d*)?$/`),
  fault('one side of an or fills the cells of all', formula, 'common.intersection(one)', 'common.union(one)'),
] // prettier-ignore

/** Faults of the SQL. */
const writing: readonly Mutant[] = [
  fault('<> all of an empty list is true of NULL', sql, '`(${column} <> all(${list}) and ${column} is not null)`', '`${column} <> all(${list})`'),
  fault('not in an empty list is true of NULL', sql, '`(${left} is not null and not ${relation})`', '`(not ${relation})`'),
  fault('not is true of NULL', sql, "return p.op === 'member' ? `(${left} is not null and not ${relation})` : `(not ${relation})`", 'return `((${relation}) is not true)`'),
  fault('not of an array is true of NULL', sql, 'return negated ? `(not ${atom})` : atom', 'return negated ? `((${atom}) is not true)` : atom'),
  fault('not like is true of NULL', sql, "return `${column} ${p.negated ? 'not like' : 'like'} ${writer.parameter(p.pattern, 'text')}`", "return `(${column} like ${writer.parameter(p.pattern, 'text')}) ${p.negated ? 'is not true' : 'is true'}`"),
  fault('another tenant is looked up', sql, '${inner}.tenant_id = ${writer.tenant} and ${where}', '${writer.tenant} is not null and ${where}'),
  fault('not looked up is true of NULL', sql, '`(${column} is not null and ${column} not in ${found})`', '`(${column} in ${found}) is not true`'),
  fault('an array overlaps what it should hold', sql, "containsAll: '@>', containsAny", "containsAll: '&&', containsAny"),
  fault('and is or', sql, '.join(` ${p.kind} `)', ".join(' or ')"),
] // prettier-ignore

export const mutants: readonly Mutant[] = [...evaluation, ...planning]
export const sqlMutants: readonly Mutant[] = writing
