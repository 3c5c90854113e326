// The policy set: what it refuses to compile, what its index and explanations say, and the shipped policies against the official engine.
import assert from 'node:assert/strict'
import test from 'node:test'
import { policyToJson, preparseSchema } from '@cedar-policy/cedar-wasm/nodejs'
import fc from 'fast-check'
import { fieldGroups, isFault, newId, type Principal } from '#kernel'
import { catalogue } from '#testing'
import { entitiesOf, official, said } from '../../test/support/cedar.ts'
import { recordColumns, rowEntity } from './columns.ts'
import { compilePolicy, decide, order } from './engine.ts'
import { EntityStore } from './entity.ts'
import { parsePolicy } from './est.ts'
import { policyDigest, type PolicyText, readSchema } from './official.ts'
import { compilePolicies, type Request } from './policyset.ts'
import { contextOf, organisation, userRef, withPrincipal } from './question.ts'
import { accessSchema, recordActions, system, systemActions } from './schema.ts'
import { shippedPolicies, splitPolicies } from './shipped.ts'
import { type CedarValue, Ref } from './value.ts'

const schema = accessSchema(catalogue)
const shipped = shippedPolicies()
const policies = compilePolicies(schema, shipped)
const actionStore = readSchema(schema)

const refuses = (text: string, words: RegExp, id = 'x'): void => {
  assert.throws(
    () => compilePolicies(schema, [{ id, text: `@id("${id}") ${text}` }]),
    (error) => isFault(error, 'policy-invalid') && words.test(error.message) && error.message.includes(id),
    text,
  )
}

test('[access-1] what is not a valid policy is refused, and the refusal names it', () => {
  refuses('permit (principal, action, resource', /unexpected/)
  refuses('permit (principal == ?principal, action, resource);', /template/)
  refuses('permit (principal, action, resource) when { resource.amount > 3 };', /amount/)
  refuses('permit (principal, action == Action::"list", resource is Deal) when { resource.amount > 3 };', /amount/)
  refuses('permit (principal, action == Action::"fly", resource);', /fly/)
  refuses('permit (principal, action == Action::"list", resource is System);', /applicable action/)
  refuses('permit (principal, action, resource) when { false };', /impossible/)
  refuses('permit (principal, action, resource) when { principal.role == 1 };', /type/)
  refuses(
    'permit (principal, action == Action::"list", resource is Deal) when { resource has amount && resource.amount > 9007199254740993 };',
    /2\^53/,
  )
  refuses('permit (principal, action, resource);', /id/, 'Not an id')
  const twice = { id: 'x', text: '@id("x") permit (principal, action, resource);' }
  assert.throws(() => compilePolicies(schema, [twice, twice]), (error) => isFault(error, 'policy-invalid')) // prettier-ignore
  assert.throws(() => compilePolicies(schema, [{ ...twice, id: 'y' }]), (error) => isFault(error, 'policy-invalid') && error.message.includes('y')) // prettier-ignore
  assert.throws(() => compilePolicies('entity {', []), (error) => isFault(error, 'policy-invalid')) // prettier-ignore
  assert.throws(() => splitPolicies('permit (principal, action, resource);'), (error) => isFault(error, 'policy-invalid')) // prettier-ignore
})

test('[access-158] text that would break the official engine is refused, and whatever is asked next is answered', () => {
  const of = (condition: string, more = '') =>
    `permit (principal, action == Action::"list", resource is Account) when { ${condition} }${more};`
  const nest = (open: string, n: number, close: string, inner = 'true') => open.repeat(n) + inner + close.repeat(n)
  for (const n of [600, 5000]) {
    for (const text of [
      of(nest('(', n, ')')),
      of(nest('[', n, ']') + ' == []'),
      of(nest('{a: ', n, '}') + ' == {}'),
      of(nest('!(', n, ')')),
      of(nest('if resource.pool then true else ', n, '')),
      of(nest('if ', n, ' then true else false')),
      of(nest('true && ', 3 * n, '')),
      of(nest('1 + ', 3 * n, '', '1') + ' == 2'),
      of('true', ' when { true }'.repeat(n)),
      of(nest('[1].contains(', n, ')', '1')),
      of('"(\\"" == "((("', ` when { ${nest('(', n, ')')} }`),
      of(`"//" == "" && ${nest('(', n, ')')}`),
      `// "\n${of(nest('(', n, ')'))}`,
      of(nest('"" + (', n, ')')),
      of(`"${'('.repeat(n)}`),
      of(')'.repeat(n) + nest('(', n, ')')),
      of(nest(`${'('.repeat(90)};`, n, '')),
    ]) {
      // The text is not printed: it is long.
      assert.throws(() => compilePolicies(schema, [{ id: 'x', text: `@id("x") ${text}` }]), (error) => isFault(error, 'policy-invalid') && error.message.includes('x: ')) // prettier-ignore
      assert.throws(() => splitPolicies(`@id("x") ${text}`), (error) => isFault(error, 'policy-invalid')) // prettier-ignore
      assert.equal(compilePolicies(schema, [{ id: 'x', text: `@id("x") ${of('resource.pool')}` }]).policies.length, 1)
    }
  }
  // What people write is far below: a hundred alternatives, thirty brackets deep, and brackets within texts count nothing.
  for (const text of [
    of(nest('true || ', 100, '')),
    of(nest('(', 30, ')', 'resource.pool')),
    of(`resource.pool || "${'('.repeat(900)}" like "*"`),
  ]) {
    // prettier-ignore
    assert.equal(compilePolicies(schema, [{ id: 'x', text: `@id("x") ${text}` }]).policies.length, 1)
  }
})

test('[access-1] forms the compiler does not know are refused, not ignored', () => {
  const base = {
    effect: 'permit',
    principal: { op: 'All' },
    action: { op: 'All' },
    resource: { op: 'All' },
    conditions: [],
  }
  parsePolicy('x', base)
  for (const broken of [
    { ...base, effect: 'maybe' },
    { ...base, principal: { op: 'like' } },
    { ...base, resource: { op: 'in', slot: '?resource' } },
    { ...base, conditions: [{ kind: 'if', body: { Value: true } }] },
    { ...base, conditions: [{ kind: 'when', body: { toString: { left: 1, right: 2 } } }] },
    { ...base, conditions: [{ kind: 'when', body: { Value: true, Var: 'principal' } }] },
    { ...base, conditions: [{ kind: 'when', body: { Slot: '?principal' } }] },
    { ...base, conditions: [{ kind: 'when', body: {} }] },
    null,
  ]) {
    assert.throws(() => parsePolicy('x', broken), (error) => isFault(error, 'policy-invalid'), JSON.stringify(broken)) // prettier-ignore
  }
})

const [manager, seller, stranger, head, team, below] = Array.from({ length: 6 }, () => newId())
const org = organisation(
  [
    { id: manager ?? '', role: 'manager', team: head ?? '', active: true },
    { id: seller ?? '', role: 'sales', team: team ?? '', active: true },
    { id: stranger ?? '', role: 'sales', team: null, active: true },
  ],
  [
    { id: head ?? '', parent: null },
    { id: team ?? '', parent: head ?? '' },
    { id: below ?? '', parent: team ?? '' },
  ],
)
const env = {
  now: new Date('2026-01-05T12:00:00Z'),
  channel: 'web',
  ip: '::ffff:192.0.2.1',
  mfa: false,
  purpose: '',
} as const
const principalOf = (id: string, role: string, unit: string | null, active = true): Principal => ({
  kind: 'user',
  tenant: newId(),
  id,
  role,
  active,
  team: unit,
})

const rowOf = (type: string, of: { readonly [column: string]: unknown }) =>
  rowEntity(recordColumns(catalogue, type), {
    id: newId(), owner_id: null, team_id: null, unit_id: null, parent_id: null, shared_with: [], created_by: stranger,
    created_at: env.now, updated_at: env.now, deleted_at: null, role: 'sales', active: true, ...of,
  }) // prettier-ignore

const request = (
  principal: Principal,
  action: string,
  type: string,
  of: { readonly [column: string]: unknown } = {},
  purpose = '',
): Request => {
  const record = rowOf(type === 'system' ? 'account' : type, of)
  return {
    principal: userRef(principal.id),
    action,
    resource: type === 'system' ? system : record.ref,
    context: contextOf({ ...env, purpose, ...(action === 'export' ? { rows: 7 } : {}) }),
    entities: withPrincipal(org, principal).with(record),
  }
}

const people = [
  principalOf(manager ?? '', 'manager', head ?? ''),
  principalOf(seller ?? '', 'sales', team ?? ''),
  principalOf(seller ?? '', 'sales', team ?? '', false),
  principalOf(newId(), 'administrator', null),
  principalOf(newId(), 'system', null),
  principalOf(newId(), 'nobody', below ?? ''),
]
const rows = [
  { owner_id: seller, team_id: team },
  { owner_id: stranger, team_id: below, shared_with: [seller, manager] },
  { owner_id: stranger, shared_with: [stranger] },
  { deleted_at: env.now, owner_id: manager },
  {},
]

test('[access-6] rows, principals and surroundings built here satisfy the schema, and the shipped policies mean to the official engine what they mean here', () => {
  assert.equal(preparseSchema('shipped', schema).type, 'success')
  const engine = official(Object.fromEntries(shipped.map(({ id, text }) => [id, text])), 'shipped')
  const actionEntities = entitiesOf(actionStore)
  const groups = fieldGroups.slice(0, 3).flatMap((group) => [`view.${group}`, `unmask.${group}`, `edit.${group}`])
  for (const principal of people) {
    for (const type of ['account', 'deal', 'user', 'team']) {
      for (const [n, action] of [...recordActions, ...groups].entries()) {
        const asked = request(principal, action, type, rows[n % rows.length], n % 2 === 0 ? '' : 'because')
        const ours = policies.decide(asked)
        const { context } = asked
        const theirs = engine({
          ...asked,
          context: context as ReturnType<typeof contextOf>,
          entities: [...entitiesOf(asked.entities), ...actionEntities],
        })
        assert.equal(said(ours.allow, ours.reasons, ours.errors), theirs, `${principal.role} ${action} ${type}`)
      }
    }
    for (const action of systemActions) {
      const asked = request(principal, action, 'system')
      assert.equal(
        said(policies.decide(asked).allow, policies.decide(asked).reasons, []),
        engine({
          ...asked,
          context: asked.context as ReturnType<typeof contextOf>,
          entities: [...entitiesOf(withPrincipal(org, principal)), ...actionEntities],
        }),
      )
    }
  }
})

test('[access-6] no sealed field is in the schema, and every plain one that Cedar has a type for is', () => {
  for (const type of catalogue.types) {
    const { attributes } = recordColumns(catalogue, type.name)
    for (const field of type.fields) {
      const told = attributes.has(field.name)
      if (field.storage === 'sealed') assert.ok(!told, `${type.name}.${field.name}`)
      else assert.equal(told, field.kind !== 'link', `${type.name}.${field.name}`)
    }
  }
  refuses(
    'permit (principal, action, resource is Contact) when { resource has mobile && resource.mobile == "1" };',
    /impossible|mobile/,
  )
})

const validity = new Map<string, boolean>()

/** Whether a policy compiles alone; some random scopes fit no action. */
const valid = (id: string, text: string): boolean => {
  const known = validity.get(text)
  if (known !== undefined) return known
  let good = true
  try {
    compilePolicies(schema, [{ id, text }])
  } catch (error) {
    assert.ok(isFault(error, 'policy-invalid'))
    good = false
  }
  validity.set(text, good)
  return good
}

test('[access-9] the index by action and type changes no decision', () => {
  const scopes = fc.record({
    effect: fc.constantFrom('permit', 'forbid'),
    principal: fc.constantFrom('principal', 'principal in Role::"sales"', 'principal is User in Role::"manager"'),
    action: fc.constantFrom('action', 'action == Action::"list"', 'action in [Action::"list", Action::"anyEdit"]', 'action in Action::"anyRead"', 'action in Action::"anySystem"'),
    resource: fc.constantFrom('resource', 'resource is Account', `resource is Deal in Team::"${team ?? ''}"`, `resource in Team::"${head ?? ''}"`, 'resource == System::"holdfast"', 'resource is System'),
    when: fc.constantFrom('', 'when { context.mfa }', 'unless { principal has team }'),
  }) // prettier-ignore
  fc.assert(
    fc.property(fc.array(scopes, { minLength: 1, maxLength: 6 }), (drafts) => {
      const texts = drafts.flatMap(({ effect, principal, action, resource, when }, i): readonly PolicyText[] => {
        const id = `p${String(i)}`
        const text = `@id("${id}") ${effect} (${principal}, ${action}, ${resource}) ${when};`
        return valid(id, text) ? [{ id, text }] : []
      })
      const set = compilePolicies(schema, texts)
      const plain = order(
        texts.map(({ id, text }) => {
          const answer = policyToJson(text)
          assert.ok(answer.type === 'success')
          return compilePolicy(parsePolicy(id, answer.json))
        }),
      )
      for (const principal of people) {
        for (const type of ['account', 'deal', 'system']) {
          for (const [n, action] of ['list', 'list', 'edit.notes', 'export', 'journal.view', 'fly'].entries()) {
            const asked = request(principal, action, type, rows[n % 2 === 0 ? 0 : 2])
            const question = {
              principal: userRef(principal.id),
              action: new Ref('Action', action),
              resource: new Ref(asked.resource.type, asked.resource.id),
              context: contextOf(env),
              entities: asked.entities,
              actions: actionStore,
            }
            const ours = set.decide(asked)
            if (action === 'fly') {
              assert.equal(ours.allow, false)
              continue
            }
            const theirs = decide(plain, question, 'deny')
            assert.equal(said(ours.allow, ours.reasons, ours.errors), said(theirs.allow, theirs.reasons, theirs.errors))
          }
        }
      }
    }),
    { numRuns: 40 },
  )
})

test('[access-8] an explanation names the first condition that failed and the values it looked at', () => {
  const asked = request(people[1] ?? principalOf('', '', null), 'unmask.contact', 'account', {
    owner_id: stranger,
    team_id: team,
  })
  const told = policies.explain(asked)
  assert.equal(told.allow, false)
  const own = told.permits.find(({ policy }) => policy === 'sales.own')
  assert.deepEqual(own?.unmet, {
    condition: 'resource.owner == principal',
    outcome: 'false',
    values: { 'resource.owner': `User::"${stranger ?? ''}"`, principal: `User::"${seller ?? ''}"` },
  })
  assert.deepEqual(told.forbids, [
    {
      policy: 'rail.unmask-purpose',
      values: {
        'context.purpose': '""',
        'resource.owner': `User::"${stranger ?? ''}"`,
        principal: `User::"${seller ?? ''}"`,
      },
    },
  ])
  const err = compilePolicies(schema, [
    { id: 'p', text: '@id("p") permit (principal, action == Action::"list", resource is Deal) when { resource has amount && resource.amount * 4 > 100 };' },
    { id: 'f', text: '@id("f") forbid (principal, action, resource is Deal) when { resource has amount && resource.amount * 4503599627370496 * 4503599627370496 > 0 };' },
  ]) // prettier-ignore
  const overflow = err.explain(request(people[0] ?? principalOf('', '', null), 'list', 'deal', { amount: 5n }))
  assert.deepEqual(overflow.permits, [
    {
      policy: 'p',
      passed: 4,
      unmet: { condition: '100 < (resource.amount * 4)', outcome: 'false', values: { 'resource.amount': '5' } },
    },
  ])
  assert.deepEqual(overflow.forbids, [{ policy: 'f', error: 'integer overflow', values: { 'resource.amount': '5' } }])
})

test('[access-8] every explanation agrees with its decision', () => {
  for (const principal of people) {
    for (const action of [...recordActions, 'view.notes', 'unmask.contact']) {
      for (const of of rows) {
        const asked = request(principal, action, 'account', of)
        const [decision, told] = [policies.decide(asked), policies.explain(asked)]
        assert.deepEqual({ allow: told.allow, reasons: told.reasons, errors: told.errors }, decision)
        assert.equal(decision.allow, policies.allows(asked))
        if (told.forbids.length > 0) assert.deepEqual(told.forbids.map(({ policy }) => policy), decision.reasons) // prettier-ignore
        if (decision.allow) assert.ok(!told.permits.some(({ policy }) => decision.reasons.includes(policy)))
      }
    }
  }
})

test('[access-7] could it ever be allowed: only where the condition is not plainly false', () => {
  const could = (principal: Principal, action: string, type: string, purpose = ''): boolean =>
    policies.couldAllow({
      principal: userRef(principal.id),
      action,
      context: contextOf({ ...env, purpose }),
      entities: withPrincipal(org, principal),
      columns: recordColumns(catalogue, type),
    })
  const [boss, rep, gone] = people
  assert.ok(boss && rep && gone)
  assert.deepEqual(
    [could(boss, 'export', 'account'), could(boss, 'export', 'account', 'quarterly report')],
    [false, true],
  )
  assert.deepEqual([could(rep, 'export', 'account', 'quarterly report'), could(rep, 'create', 'deal')], [false, true])
  assert.deepEqual(
    [could(rep, 'create', 'user'), could(gone, 'list', 'account'), could(rep, 'fly', 'account')],
    [false, false, false],
  )
  const cedarsWay = compilePolicies(schema, shipped, { onForbidError: 'skip' })
  assert.throws(() => cedarsWay.predicate({ principal: userRef('x'), action: 'list', context: {}, entities: org, columns: recordColumns(catalogue, 'deal') }), (error) => isFault(error, 'wrong-use')) // prettier-ignore
})

test('[access-10] guard rails hold for every role', () => {
  for (const principal of people) {
    assert.equal(policies.allows(request({ ...principal, active: false }, 'list', 'user')), false)
    assert.equal(policies.allows(request(principal, 'journal.write', 'system')), false)
    assert.equal(policies.allows(request(principal, 'export', 'account', { owner_id: principal.id }, '   ')), false)
    const administers = principal.role === 'administrator' || principal.role === 'system'
    assert.equal(policies.allows(request(principal, 'create', 'user')), administers && principal.active)
    for (const group of ['contact', 'identity']) {
      assert.equal(
        policies.allows(
          request(principal, `unmask.${group}`, 'contact', { owner_id: stranger, shared_with: [principal.id] }),
        ),
        false,
      )
    }
    assert.equal(
      policies.allows(request(principal, 'edit.basic', 'account', { owner_id: principal.id, deleted_at: env.now })),
      false,
    )
  }
})

test('[access-6] the surroundings say what the server knows, and leave out an address that is none', () => {
  const fields = (ip: string): ReadonlyMap<string, CedarValue> => contextOf({ ...env, ip, purpose: '  ' }).fields
  assert.ok(
    fields('::ffff:10.0.0.1').has('ip') &&
      fields('2001:db8::1').has('ip') &&
      !fields('').has('ip') &&
      !fields('localhost').has('ip'),
  )
  assert.equal(fields('').get('purpose'), '')
  assert.throws(() => new EntityStore([{ type: 'A', id: 'a', attrs: { n: 1.5 }, parents: [] }]), RangeError)
})

test('[access-1] the digest of policies depends on ids and texts, not on their order', () => {
  assert.equal(policyDigest(shipped), policyDigest(shipped.toReversed()))
  const [first, ...rest] = shipped
  assert.ok(first)
  assert.notEqual(policyDigest(shipped), policyDigest([{ ...first, text: `${first.text} ` }, ...rest]))
})
