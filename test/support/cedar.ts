// For tests of access: random policies over a small world, the official engine to ask, and predicates evaluated over rows in memory.
import { preparsePolicySet, statefulIsAuthorized } from '@cedar-policy/cedar-wasm/nodejs'
import fc from 'fast-check'
import type { ColumnMap } from '../../src/access/columns.ts'
import type { Entity, EntityStore } from '../../src/access/entity.ts'
import { type CedarJson, entityToJson, toCedarJson } from '../../src/access/json.ts'
import type { RecordValue } from '../../src/access/value.ts'
import type { Json, Row } from './holds.ts'

export { holds, type Row, type Tables } from './holds.ts'

/** One word for what an engine said: decision, reasons, errors. */
export const said = (allow: boolean, reasons: readonly string[], errors: readonly string[]): string =>
  `${allow ? 'allow' : 'deny'} reasons ${reasons.toSorted().join(' ')} errors ${errors.toSorted().join(' ')}`

/** What the official engine says to some policies; give it the policies once and the questions after. */
export const official = (policies: Readonly<Record<string, string>>, schema?: string) => {
  const parsed = preparsePolicySet('test', { staticPolicies: { ...policies } })
  if (parsed.type === 'failure') throw new Error(parsed.errors.map(({ message }) => message).join())
  return (asked: {
    readonly principal: { readonly type: string; readonly id: string }
    readonly action: string
    readonly resource: { readonly type: string; readonly id: string }
    readonly context: RecordValue
    readonly entities: readonly ReturnType<typeof entityToJson>[]
  }): string => {
    const answer = statefulIsAuthorized({
      principal: { type: asked.principal.type, id: asked.principal.id },
      action: { type: 'Action', id: asked.action },
      resource: { type: asked.resource.type, id: asked.resource.id },
      context: toCedarJson(asked.context) as Record<string, never>,
      preparsedPolicySetId: 'test',
      ...(schema === undefined ? {} : { preparsedSchemaName: schema, validateRequest: true }),
      entities: asked.entities as never,
    })
    if (answer.type === 'failure') throw new Error(answer.errors.map(({ message }) => message).join())
    const { decision, diagnostics } = answer.response
    return said(decision === 'allow', diagnostics.reason, diagnostics.errors.map((error) => error.policyId)) // prettier-ignore
  }
}

/** Every entity of a store as the official engine reads it. */
export const entitiesOf = (
  store: EntityStore,
): readonly {
  uid: { type: string; id: string }
  attrs: { [name: string]: CedarJson }
  parents: { type: string; id: string }[]
  tags?: { [name: string]: CedarJson }
}[] => Array.from(store.all(), (one: Entity) => entityToJson(one))

const uuid = (n: number): string => `00000000-0000-7000-8000-${n.toString().padStart(12, '0')}`

export const users = [1, 2, 3, 4].map(uuid)
/** A user who was deleted: records may still name them. */
export const gone = uuid(5)
export const teams = [11, 12, 13, 14].map(uuid)
/** Team 13 is below 12, 12 below 11; 14 stands alone. */
export const teamParents = [null, teams[0], teams[1], null] as const

/** Columns of every kind an attribute can have. */
export const thingColumns: ColumnMap = {
  entity: 'Thing',
  table: 'thing',
  attributes: new Map([
    ['owner', { kind: 'entity', column: 'owner_id', entity: 'User', scalar: 'uuid', nullable: true, target: { entity: 'User', table: 'thing_user', parents: [], attributes: new Map([
      ['role', { kind: 'scalar', column: 'role', type: 'string', nullable: true }],
      ['team', { kind: 'entity', column: 'unit_id', entity: 'Team', scalar: 'uuid', nullable: true }],
    ]) } }],
    ['team', { kind: 'entity', column: 'team_id', entity: 'Team', scalar: 'uuid', nullable: true }],
    ['maker', { kind: 'entity', column: 'created_by', entity: 'User', scalar: 'uuid', nullable: false }],
    ['sharedWith', { kind: 'set', column: 'shared_with', of: { entity: 'User' }, nullable: false }],
    ['tags', { kind: 'set', column: 'tags', of: 'string', nullable: true }],
    ['n', { kind: 'scalar', column: 'n', type: 'long', nullable: true }],
    ['m', { kind: 'scalar', column: 'm', type: 'long', nullable: false }],
    ['s', { kind: 'scalar', column: 's', type: 'string', nullable: true }],
    ['b', { kind: 'scalar', column: 'b', type: 'boolean', nullable: true }],
    ['c', { kind: 'scalar', column: 'c', type: 'boolean', nullable: false }],
    ['at', { kind: 'scalar', column: 'at', type: 'datetime', nullable: true }],
    ['deleted', { kind: 'null', column: 'deleted_at', negated: true }],
    ['pool', { kind: 'null', column: 'owner_id', negated: false }],
    ['price', { kind: 'scalar', column: 'price', type: 'decimal', nullable: true }],
    ['day', { kind: 'scalar', column: 'day', type: 'date', nullable: true }],
    ['address', { kind: 'scalar', column: 'address', type: 'ip', nullable: true }],
    ['credit', { kind: 'json', column: 'custom', key: 'credit', type: 'long' }],
    ['custom', { kind: 'record', fields: new Map([
      ['credit', { kind: 'json', column: 'custom', key: 'credit', type: 'long' }],
      ['grade', { kind: 'json', column: 'custom', key: 'grade', type: 'string' }],
      ['vip', { kind: 'json', column: 'custom', key: 'vip', type: 'boolean' }],
      ['rate', { kind: 'json', column: 'custom', key: 'rate', type: 'decimal' }],
      ['since', { kind: 'json', column: 'custom', key: 'since', type: 'date' }],
      ['seen', { kind: 'json', column: 'custom', key: 'seen', type: 'datetime' }],
      ['labels', { kind: 'json', column: 'custom', key: 'labels', type: 'strings' }],
      ['agent', { kind: 'json', column: 'custom', key: 'agent', type: { entity: 'User' } }],
      ['n', { kind: 'scalar', column: 'n', type: 'long', nullable: true }],
    ]) }],
  ]),
  parents: [{ column: 'team_id', entity: 'Team', scalar: 'uuid' }],
  tags: { column: 'marks', type: 'long' },
} // prettier-ignore

const some = <T>(values: readonly T[]): fc.Arbitrary<T | null> => fc.option(fc.constantFrom(...values), { freq: 3 })
const texts = ['', 'a', 'ab', 'a%b', 'a_b', 'a\\b', 'a\nb', '张伟', 'b*', '𠮷'] as const
const numbers = [-3n, -1n, 0n, 1n, 2n, 3n, 7n] as const
const moments = [
  '2024-02-29T00:00:00.000Z',
  '2024-02-29T00:00:00.001Z',
  '1969-12-31T23:59:59.999Z',
  '2030-01-01T12:30:00.000Z',
] as const

export const row = (id: string): fc.Arbitrary<Row> =>
  fc.record({
    id: fc.constant(id),
    owner_id: some([...users, gone]),
    team_id: some(teams),
    created_by: fc.constantFrom(...users),
    shared_with: fc.subarray([...users]),
    tags: fc.option(fc.subarray(['x', 'y', 'z']), { freq: 3 }),
    n: some(numbers),
    m: fc.constantFrom(...numbers),
    s: some(texts),
    b: some([true, false]),
    c: fc.boolean(),
    at: some(moments).map((at) => (at === null ? null : new Date(at))),
    deleted_at: some([new Date(0)]),
    price: some(['0.0000', '12.5000', '-0.0001', '1.00001', '922337203685477.5807', '922337203685477.5808']),
    day: some(days),
    address: some(['10.1.2.3', '10.0.0.0/8', '127.0.0.1', '::1', '224.0.0.1', 'ff02::1', '2001:db8::/32']),
    custom: fc.option(fc.record(custom, { requiredKeys: [] }), { freq: 5 }),
    marks: fc.option(fc.record({ 'a"b': member([1, 3]), hot: member([0, 2]), 张: member([7]) }, { requiredKeys: [] }), { freq: 5 }),
  }) // prettier-ignore

const days = ['2024-02-29', '1969-12-31', '2030-01-01'] as const

/** A member that is mostly of its type, and now and then something that is not. */
const member = (good: readonly Json[]): fc.Arbitrary<Json> =>
  fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...good) },
    fc.constantFrom<Json>(null, true, 0, 1.5, 9_007_199_254_740_992, '', '1', 'x', '2024-02-30', '12.50000', [], [1], ['x', null], [['x']], {}),
  ) // prettier-ignore
const custom = {
  credit: member([-1, 0, 3, 9_007_199_254_740_991]),
  grade: member(['', 'a', 'a%b', '张伟']),
  vip: member([true, false]),
  rate: member(['1.5', '-0.0001', '99999999999999.9999', '0.0']),
  since: member(['2024-02-29', '1969-12-31', '2023-02-28']),
  seen: member(['2024-02-29T00:00:00.001Z', '1969-12-31T23:59:59.999Z', '2024-02-30T00:00:00.000Z', '2024-01-01T24:00:00.000Z']),
  labels: member([[], ['x'], ['x', 'y', 'x'], ['z']]),
  agent: member([...users]),
} // prettier-ignore

const text = (value: string): string => JSON.stringify(value).replaceAll('*', '\\*')
const literal = {
  long: fc.constantFrom('-3', '0', '1', '2', '3', '9007199254740991'),
  text: fc.constantFrom(...texts).map((value) => JSON.stringify(value)),
  user: fc.constantFrom(...users).map((id) => `User::"${id}"`),
  team: fc.constantFrom(...teams).map((id) => `Team::"${id}"`),
  moment: fc.constantFrom(...moments).map((at) => `datetime("${at}")`),
}
const role = fc.constantFrom('Role::"a"', 'Role::"b"')
const pattern = fc
  .array(fc.constantFrom('*', ...texts.map((value) => text(value).slice(1, -1))), { maxLength: 3 })
  .map((parts) => `"${parts.join('')}"`)

const call = (name: string, ...args: readonly fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
  fc.tuple(...args).map(([of = '', ...rest]) => `(${of}).${name}(${rest.join(', ')})`)
const infix = (a: fc.Arbitrary<string>, ops: readonly string[], b: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.tuple(a, fc.constantFrom(...ops), b).map(([left, op, right]) => `(${left} ${op} ${right})`)

function either(test: fc.Arbitrary<string>, of: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.tuple(test, of, of).map(([a, b, c]) => `(if ${a} then ${b} else ${c})`)
}

/** Conditions that are mostly well typed: an attribute that may be absent, and now and then a wrong type, must err alike everywhere. */
export const { bool: condition } = fc.letrec<Record<'bool' | 'long' | 'text' | 'user' | 'team' | 'entity' | 'set' | 'users' | 'moment' | 'span' | 'decimal' | 'address' | 'any' | 'if', string>>((tie) => ({
  long: fc.oneof({ maxDepth: 2 }, { weight: 3, arbitrary: literal.long }, { weight: 6, arbitrary: fc.constantFrom('resource.n', 'resource.m', 'context.count', 'resource.credit', 'resource.custom.credit', 'resource.custom.n') }, infix(tie('long'), ['+', '-', '*'], tie('long')), tie('long').map((n) => `-(${n})`), either(tie('bool'), tie('long')), fc.constantFrom('a\\"b', 'hot', '张', 'none').map((name) => `resource.getTag("${name}")`), fc.tuple(tie('span'), fc.constantFrom('toMilliseconds', 'toSeconds', 'toMinutes', 'toHours', 'toDays')).map(([span, unit]) => `(${span}).${unit}()`)),
  text: fc.oneof({ maxDepth: 1 }, literal.text, fc.constantFrom('resource.s', 'context.purpose', 'principal.role', 'resource.owner.role', 'resource.custom.grade'), either(tie('bool'), tie('text'))),
  user: fc.oneof({ maxDepth: 1 }, literal.user, fc.constantFrom('principal', 'resource.owner', 'resource.maker', 'resource.custom.agent'), either(tie('bool'), tie('user'))),
  team: fc.oneof(literal.team, fc.constantFrom('principal.team', 'resource.team', 'resource.owner.team', 'resource.maker.team')),
  entity: fc.oneof(tie('user'), tie('team'), fc.constantFrom('resource', 'principal', 'resource.sharedWith', 'action'), role),
  set: fc.oneof(fc.constantFrom('resource.tags', 'resource.custom.labels'), fc.subarray(['"x"', '"y"', '"z"', '1']).map((items) => `[${items.join(', ')}]`), fc.array(tie('text'), { maxLength: 2 }).map((items) => `[${items.join(', ')}]`)),
  users: fc.oneof(fc.constant('resource.sharedWith'), fc.array(literal.user, { maxLength: 3 }).map((items) => `[${items.join(', ')}]`), fc.array(tie('user'), { minLength: 1, maxLength: 3 }).map((items) => `[${items.join(', ')}]`)),
  moment: fc.oneof({ maxDepth: 1 }, literal.moment, fc.constantFrom('resource.at', 'context.now', 'resource.day', 'resource.custom.since', 'resource.custom.seen'), call('offset', tie('moment'), tie('span')), tie('moment').map((at) => `(${at}).toDate()`), either(tie('bool'), tie('moment'))),
  span: fc.oneof({ maxDepth: 1 }, fc.constantFrom('duration("1d")', 'duration("-1ms")', 'duration("9223372036854775807ms")'), call('durationSince', tie('moment'), tie('moment')), call('toTime', tie('moment'))),
  decimal: fc.oneof({ weight: 2, arbitrary: fc.constantFrom('resource.price', 'resource.custom.rate') }, fc.constantFrom('decimal("12.5")', 'decimal("0.0")', 'decimal("-0.0001")', 'decimal("99999999999999.9999")')),
  address: fc.oneof({ weight: 2, arbitrary: fc.constant('resource.address') }, fc.constantFrom('context.ip', 'ip("10.0.0.0/8")', 'ip("10.0.0.0/7")', 'ip("::1")', 'ip("10.1.2.3")')),
  any: fc.oneof(tie('long'), tie('text'), tie('entity'), tie('set'), tie('users'), tie('moment'), tie('bool'), tie('decimal'), tie('address'), fc.constantFrom('{a: 1}', 'ip("10.0.0.0/8")', 'decimal("1.5")')),
  if: either(tie('bool'), tie('bool')),
  bool: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.constantFrom('true', 'false', 'resource.b', 'resource.c', 'resource.deleted', 'resource.pool', 'context.mfa', 'principal.active', 'resource.custom.vip'),
    { weight: 2, arbitrary: fc.constantFrom('owner', 'team', 'n', 's', 'b', 'at', 'tags', 'maker', 'nothing', 'price', 'day', 'address', 'credit', 'custom').map((name) => `(resource has ${name})`) },
    { weight: 2, arbitrary: fc.constantFrom('credit', 'grade', 'vip', 'rate', 'since', 'seen', 'labels', 'agent', 'n', 'nothing').map((name) => `(resource.custom has ${name})`) },
    fc.constantFrom('a\\"b', 'hot', '张', 'none').map((name) => `resource.hasTag("${name}")`),
    fc.constantFrom('(principal has team)', '(resource.owner has team)', '(resource has owner.team)', '(resource has owner.role)', '(resource.owner has nothing)', '(context has count)', '(context has ip && context.ip.isInRange(ip("10.0.0.0/8")))'),
    { weight: 2, arbitrary: infix(tie('long'), ['<', '<=', '>', '>=', '==', '!='], tie('long')) },
    infix(tie('text'), ['==', '!='], tie('text')),
    { weight: 2, arbitrary: infix(tie('user'), ['==', '!='], tie('user')) },
    infix(tie('team'), ['==', '!='], tie('team')),
    infix(tie('moment'), ['<', '<=', '>', '>=', '==', '!='], tie('moment')),
    infix(tie('span'), ['<', '>=', '=='], tie('span')),
    infix(tie('decimal'), ['==', '!='], tie('decimal')),
    fc.tuple(tie('decimal'), fc.constantFrom('lessThan', 'lessThanOrEqual', 'greaterThan', 'greaterThanOrEqual'), tie('decimal')).map(([a, name, b]) => `(${a}).${name}(${b})`),
    infix(tie('address'), ['==', '!='], tie('address')),
    call('isInRange', tie('address'), tie('address')),
    fc.tuple(tie('address'), fc.constantFrom('isIpv4', 'isIpv6', 'isLoopback', 'isMulticast')).map(([a, name]) => `(${a}).${name}()`),
    { weight: 2, arbitrary: infix(tie('entity'), ['in'], fc.oneof(tie('team'), tie('entity'), role, tie('users'))) },
    infix(tie('any'), ['==', '!='], tie('any')),
    fc.tuple(tie('text'), pattern).map(([of, like]) => `(${of} like ${like})`),
    fc.tuple(tie('entity'), fc.constantFrom('User', 'Team', 'Thing')).map(([of, type]) => `(${of} is ${type})`),
    fc.tuple(tie('entity'), tie('team')).map(([of, team]) => `(${of} is User in ${team})`),
    call('contains', tie('set'), tie('text')),
    call('contains', tie('users'), tie('user')),
    fc.tuple(fc.constantFrom('contains', 'containsAll', 'containsAny'), fc.oneof(fc.tuple(tie('set'), tie('set')), fc.tuple(tie('users'), tie('users')))).map(([name, [a, b]]) => `(${a}).${name}(${b})`),
    fc.oneof(tie('set'), tie('users')).map((set) => `(${set}).isEmpty()`),
    { weight: 4, arbitrary: infix(tie('bool'), ['&&', '||', '&&'], tie('bool')) },
    { weight: 2, arbitrary: tie('bool').map((one) => `!${one}`) },
    tie('if'),
    infix(tie('bool'), ['==', '!='], tie('bool')),
    fc.tuple(tie('any'), tie('long')).map(([a, b]) => `(${a} < ${b})`),
  ),
})) // prettier-ignore

const scope = fc.record({
  effect: fc.constantFrom('permit', 'permit', 'forbid'),
  principal: fc.constantFrom('principal', 'principal', 'principal is User', 'principal in Role::"a"', `principal == User::"${users[0] ?? ''}"`, `principal in Team::"${teams[0] ?? ''}"`),
  action: fc.constantFrom('action', 'action', 'action == Action::"view"', 'action in [Action::"view", Action::"edit"]', 'action in Action::"any"'),
  resource: fc.constantFrom('resource', 'resource', 'resource is Thing', `resource in Team::"${teams[1] ?? ''}"`, `resource is Thing in Team::"${teams[0] ?? ''}"`),
}) // prettier-ignore

/** One policy as text. */
export const policy = fc
  .tuple(scope, fc.array(fc.tuple(fc.constantFrom('when', 'when', 'unless'), condition), { maxLength: 2 }))
  .map(([{ effect, principal, action, resource }, clauses]) =>
    [`${effect} (${principal}, ${action}, ${resource})`, ...clauses.map(([kind, body]) => `${kind} { ${body} }`)]
      .join(' ')
      .concat(';'),
  )

/** What must be there before it is asked for, as strict validation demands it. */
const optional = [
  'resource.owner', 'resource.team', 'resource.tags', 'resource.n', 'resource.s', 'resource.b', 'resource.at', 'resource.price', 'resource.day',
  'resource.address', 'resource.credit', 'resource.custom.credit', 'resource.custom.grade', 'resource.custom.vip', 'resource.custom.rate',
  'resource.custom.since', 'resource.custom.seen', 'resource.custom.labels', 'resource.custom.agent', 'resource.custom.n', 'context.count',
  'context.ip', 'principal.team', 'resource.owner.team', 'resource.maker.team',
] // prettier-ignore

const guarded = (condition: string): string => {
  const guards = optional
    .filter((path) => new RegExp(`${path.replaceAll('.', '\\.')}\\b`).test(condition))
    .map((path) => `${path.slice(0, path.lastIndexOf('.'))} has ${path.slice(path.lastIndexOf('.') + 1)}`)
  const tags = [...new Set(condition.match(/getTag\("(?:[^"\\]|\\.)*"\)/g) ?? [])].map(
    (call) => `resource.${call.replace('get', 'has')}`,
  )
  return [...guards, ...tags, `(${condition})`].join(' && ')
}

/** A policy whose optional attributes are asked for only where they are there: most of these pass strict validation. */
export const typedPolicy = fc
  .tuple(scope, fc.array(condition, { minLength: 1, maxLength: 2 }))
  .map(([{ effect, principal, resource }, bodies]) =>
    `${effect} (${principal}, action == Action::"view", ${resource}) ${bodies.map((body) => `when { ${guarded(body)} }`).join(' ')};`,
  ) // prettier-ignore
