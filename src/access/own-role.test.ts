// Roles of a house's own: read strictly, offered by the catalogue, copied with all that is about the original, without what belongs to offices.
import assert from 'node:assert/strict'
import test from 'node:test'
import { type Catalogue, fieldOf, isFault, typeOf } from '#kernel'
import { catalogue } from '#crm'
import { parseDocument, type PolicyDocument } from './document.ts'
import { housePolicies } from './in-force.ts'
import { matrixActions, matrixOf, matrixRoles } from './matrix.ts'
import { withCells } from './matrix-edit.ts'
import { officeActions, roleBases, withOwnRoles } from './own-role.ts'
import { demandNoOffice, demandOwnFit, notCarried, roleChanges, type RoleSteps, withRoles } from './own-role-edit.ts'
import { compilePolicies } from './policyset.ts'
import { findProblems } from './problem.ts'
import { mayOnRecord, mayOnSystem, stances } from './scenario.ts'
import { accessSchema, systemActions } from './schema.ts'
import { shippedDocument } from './shipped.ts'

const label = { zh: '大客户销售', en: 'Key-account sales' }
const about = { zh: '负责年度框架客户', en: 'Looks after framework agreements' }
const nothing: RoleSteps = { make: [], describe: [], retire: [] }
const make = (from: string, name = 'key-account', document = shippedDocument): PolicyDocument =>
  withRoles(catalogue, document, { ...nothing, make: [{ name, from, label, about }] })
const compiled = (document: PolicyDocument) => compilePolicies(accessSchema(catalogue), housePolicies(catalogue, document)) // prettier-ignore
const invalid = (words: RegExp) => (error: unknown) =>
  isFault(error, 'policy-invalid') && words.test(error.in('en')) && /\p{Script=Han}/u.test(error.in('zh'))

test('[access-200] a role of one’s own is read strictly: its id, names, origin; the same document comes back', () => {
  const document = make('sales')
  const made = document.roles.find(({ name }) => name === 'key-account')
  assert.deepEqual(made?.own, { label, about, base: 'sales' })
  assert.deepEqual(parseDocument(catalogue, JSON.parse(JSON.stringify(document))), document)
  const wrong = (role: object): unknown => ({ ...document, roles: [...document.roles, { name: 'x', grants: [], own: { label: { zh: '甲', en: 'A' }, base: 'sales' }, ...role }] }) // prettier-ignore
  parseDocument(catalogue, wrong({}))
  for (const name of ['sales', 'administrator', 'system', 'capture', 'rail', 'own', 'auditor'])
    assert.throws(() => demandOwnFit(catalogue, parseDocument(catalogue, wrong({ name }))), invalid(/belongs to the product|stands there twice/), name) // prettier-ignore
  for (const base of ['auditor', 'privacy-officer', 'administrator', 'system-administrator', 'key-account', 'nobody'])
    assert.throws(() => demandOwnFit(catalogue, parseDocument(catalogue, wrong({ own: { label: { zh: '甲', en: 'A' }, base } }))), invalid(/is expected/), base) // prettier-ignore
  for (const [own, words] of [
    [{ label: { zh: '甲' }, base: 'sales' }, /text is expected/],
    [{ label: { zh: ' ', en: 'A' }, base: 'sales' }, /1 to 40 characters/],
    [{ label: { zh: '甲', en: 'A'.repeat(41) }, base: 'sales' }, /1 to 40 characters/],
    [{ label: { zh: '甲\n乙', en: 'A' }, base: 'sales' }, /in one line/],
    [{ label: { zh: '甲', en: 'Sa\u200bles' }, base: 'sales' }, /in one line/],
    [{ label: { zh: '甲\u202e乙', en: 'A' }, base: 'sales' }, /in one line/],
    [{ label: { zh: '甲', en: 'A' }, base: 'sales', about: { zh: '', en: 'x' } }, /text is expected/],
    [{ label: { zh: '甲', en: 'A' }, base: 'sales', more: 1 }, /is not known/],
  ] as const)
    assert.throws(() => parseDocument(catalogue, wrong({ own })), invalid(words), JSON.stringify(own))
  // A name that another role bears is refused where it is new; what is stored is read, whatever a later product ships.
  for (const same of [
    { zh: '销售代表', en: 'A' },
    { zh: '甲', en: 'key-ACCOUNT sales' },
    { zh: '甲', en: 'Ｋey-account  Sales' },
    { zh: '销售 代表', en: 'A' },
  ]) {
    const stored = parseDocument(catalogue, wrong({ own: { label: same, base: 'sales' } }))
    assert.throws(() => demandOwnFit(catalogue, stored), invalid(/called so already/))
    assert.ok(findProblems(catalogue, stored).some(({ words }) => /called so already/.test(words.en)))
    assert.throws(() => withRoles(catalogue, document, { ...nothing, make: [{ name: 'x', from: 'sales', label: same }] }), invalid(/called so already/)) // prettier-ignore
  }
  demandOwnFit(catalogue, document)
  assert.throws(() => parseDocument(catalogue, wrong({ system: ['capture.manage'], own: { label: { zh: '甲', en: 'A' }, base: 'sales', retired: true } })), invalid(/retired role allows nothing/)) // prettier-ignore
  for (const from of ['auditor', 'security-administrator', 'administrator', 'nobody'])
    assert.throws(() => make(from), invalid(/is not copied/), from)
  assert.throws(() => make('sales', 'Key Account'), invalid(/lower-case letters/))
  assert.throws(() => make('sales', 'key-account', document), invalid(/stands there twice/))
})

test('[access-200] a role that does not say whose it is and is not shipped is refused; what is stored is read, whatever a product ships', () => {
  const more = (role: object): PolicyDocument => parseDocument(catalogue, { ...shippedDocument, roles: [...shippedDocument.roles, { name: 'x', grants: [], ...role }] }) // prettier-ignore
  assert.throws(() => demandOwnFit(catalogue, more({ system: ['backup.create'] })), invalid(/no such role of your own/))
  assert.throws(() => demandOwnFit(catalogue, more({ name: 'administrator' })), invalid(/no such role of your own/))
  demandOwnFit(catalogue, shippedDocument)
  for (const later of [{ name: 'auditing' }, { own: { label, base: 'of-another-product' } }, { system: ['settings.edit'], own: { label, base: 'sales' } }]) more(later) // prettier-ignore
  const wrong = { ...more({}), cases: [{ name: 'fails', who: { role: 'sales' }, action: 'list', on: 'deal', stance: 'own', expect: 'deny' }] } // prettier-ignore
  assert.deepEqual(findProblems(catalogue, wrong).map(({ kind }) => kind).toSorted(), ['case', 'document']) // prettier-ignore
})

test('[access-201] the catalogue offers what is in force, follows it, and keeps the name of what was retired', () => {
  let inForce: PolicyDocument = shippedDocument
  const living: Catalogue = withOwnRoles(catalogue, () => inForce.roles)
  const options = (field: string) => fieldOf(typeOf(living, 'user'), field)?.options ?? []
  const shipped = options('role').length
  assert.equal(shipped, fieldOf(typeOf(catalogue, 'user'), 'role')?.options?.length)
  inForce = make('sales')
  for (const field of ['role', 'furtherRoles'])
    assert.deepEqual(options(field).slice(shipped), [{ value: 'key-account', label, own: true }])
  // Over a catalogue that follows already, the roles of a draft stand instead.
  const draft = withOwnRoles(living, () => make('finance', 'books').roles)
  assert.deepEqual(
    fieldOf(typeOf(draft, 'user'), 'role')
      ?.options?.slice(shipped)
      .map(({ value }) => value),
    ['books'],
  )
  inForce = withRoles(catalogue, inForce, { ...nothing, retire: ['key-account'] })
  assert.deepEqual(options('role').slice(shipped), [{ value: 'key-account', label, own: true, retired: true }])
  inForce = shippedDocument
  assert.equal(options('role').length, shipped)
})

const busy: PolicyDocument = parseDocument(catalogue, {
  ...shippedDocument,
  defaults: { task: 'public' },
  restrictions: [
    { name: 'quiet', roles: ['sales'], types: ['task'], actions: ['create'], mode: 'when', conditions: [] },
    { name: 'shut', roles: [], types: ['lead'], actions: ['delete'], mode: 'when', conditions: [] },
  ],
  policies: [
    { id: 'house.more', text: '@id("house.more")\npermit (principal in Role::"sales", action == Action::"export", resource is Task);' },
    { id: 'house.less', text: '@id("house.less")\nforbid (\n  principal in Role::"sales",\n  action == Action::"share",\n  resource is Deal\n);' },
    { id: 'house.odd', text: '@id("house.odd")\nforbid (principal, action == Action::"assign", resource is Deal)\nwhen { principal in [Role::"sales", Role::"manager"] };' },
  ],
}) // prettier-ignore

test('[access-202] a copy may what its original may and is bound by what binds it; what was not carried over is named', () => {
  for (const from of roleBases) {
    const set = compiled(make(from))
    for (const { name: type } of catalogue.types)
      for (const action of matrixActions)
        for (const stance of stances) {
          const asked = { type, action, stance, purpose: 'a purpose' }
          assert.equal(mayOnRecord(set, catalogue, { ...asked, role: 'key-account' }), mayOnRecord(set, catalogue, { ...asked, role: from }), `${from} ${type} ${action} ${stance}`) // prettier-ignore
        }
    for (const action of systemActions)
      assert.equal(mayOnSystem(set, { role: 'key-account', action }), mayOnSystem(set, { role: from, action }), action)
  }
  const document = make('sales', 'key-account', busy)
  const set = compiled(document)
  const may = (role: string, action: string, type: string): boolean =>
    mayOnRecord(set, catalogue, { role, action, type, stance: 'own', purpose: 'a purpose' })
  for (const [action, type, both] of [
    ['create', 'task', false],
    ['export', 'task', true],
    ['share', 'deal', false],
    ['share', 'account', true],
    ['delete', 'lead', false],
  ] as const)
    for (const role of ['sales', 'key-account'])
      assert.equal(may(role, action, type), both, `${role} ${action} ${type}`)
  // Named inside a condition, beside another role: somebody has to look.
  assert.equal(may('sales', 'assign', 'deal'), false)
  const steps = [{ name: 'key-account', from: 'sales', label }]
  assert.deepEqual(notCarried(catalogue, document, steps), [{ role: 'key-account', policy: 'house.odd' }])
  assert.deepEqual(document.policies.map(({ id }) => id), ['house.more', 'house.more-key-account', 'house.less', 'house.less-key-account', 'house.odd']) // prettier-ignore
  // A copy of a copy has the shipped role as its origin.
  const again = withRoles(catalogue, document, { ...nothing, make: [{ name: 'second', from: 'key-account', label: { zh: '乙', en: 'B' } }] }) // prettier-ignore
  assert.equal(again.roles.find(({ name }) => name === 'second')?.own?.base, 'sales')
})

test('[access-202] a retired role allows nothing and leaves no restriction for everybody; what changed is told in words', () => {
  const started = make('sales', 'key-account', busy)
  const alone = { name: 'alone', roles: ['key-account'], types: ['deal'], actions: ['export'], mode: 'when', conditions: [] } // prettier-ignore
  const one = { name: 'mine', who: { role: 'key-account' }, action: 'list', on: 'deal', stance: 'own', expect: 'allow' }
  const before = parseDocument(catalogue, { ...started, restrictions: [...started.restrictions, alone], cases: [one] })
  const named = withRoles(catalogue, before, { ...nothing, describe: [{ name: 'key-account', label: { zh: '战略客户销售', en: 'Strategic sales' } }] }) // prettier-ignore
  assert.deepEqual(roleChanges(catalogue, before, named).map(({ kind, words }) => [kind, words.en, words.zh]), [['described', 'role Key-account sales is called Strategic sales from now on (key-account)', '角色“大客户销售”改名为“战略客户销售”（key-account）']]) // prettier-ignore
  const after = withRoles(catalogue, before, { ...nothing, retire: ['key-account'] })
  assert.deepEqual(
    after.restrictions.map(({ name, roles }) => [name, roles]),
    [
      ['quiet', ['sales']],
      ['shut', []],
    ],
  )
  assert.deepEqual(after.cases, [])
  assert.deepEqual(after.policies, busy.policies)
  assert.ok(!matrixRoles(after).includes('key-account'))
  assert.equal(before.roles.find(({ name }) => name === 'key-account')?.inside, true)
  assert.equal(after.roles.find(({ name }) => name === 'key-account')?.inside, false)
  assert.equal(mayOnRecord(compiled(after), catalogue, { role: 'key-account', action: 'list', type: 'task', stance: 'other', purpose: 'x' }), false) // prettier-ignore
  const counted = { ...after, roles: after.roles.map((role) => (role.name === 'key-account' ? { ...role, inside: true } : role)) } // prettier-ignore
  assert.throws(() => demandOwnFit(catalogue, counted), invalid(/retired role allows nothing/))
  const set = compiled(after)
  assert.equal(mayOnRecord(set, catalogue, { role: 'key-account', action: 'export', type: 'task', stance: 'own', purpose: 'x' }), false) // prettier-ignore
  assert.throws(() => withRoles(catalogue, after, { ...nothing, retire: ['key-account'] }), invalid(/no such role/))
  assert.throws(() => withRoles(catalogue, after, { ...nothing, retire: ['sales'] }), invalid(/no such role/))
  const kinds = [roleChanges(catalogue, busy, before), roleChanges(catalogue, before, after), roleChanges(catalogue, after, before), roleChanges(catalogue, before, busy)] // prettier-ignore
  assert.deepEqual(
    kinds.map(([change]) => change?.kind),
    ['new', 'retired', 'back', 'gone'],
  )
  assert.deepEqual(roleChanges(catalogue, before, before), [])
})

test('[access-203] what belongs to an office is given to no role of one’s own, by row, by cell or by a policy for it', () => {
  const document = make('marketing')
  assert.deepEqual(document.roles.find(({ name }) => name === 'key-account')?.system, ['capture.manage'])
  assert.ok(officeActions.includes('settings.edit') && !officeActions.includes('capture.manage'))
  const matrix = matrixOf(catalogue, document)
  for (const action of officeActions) {
    const row = { ...document, roles: document.roles.map((role) => (role.name === 'key-account' ? { ...role, system: [action] } : role)) } // prettier-ignore
    assert.throws(() => demandOwnFit(catalogue, parseDocument(catalogue, row)), invalid(/stays with the roles/), action)
    const cell = { role: 'key-account', type: 'system', scope: 'all', action, on: true } as const
    assert.equal(withCells(catalogue, document, [cell]).refused.length, 1, action)
    assert.ok(
      matrix['key-account']?.['system']?.[action]?.forbid.some(({ always }) => always),
      action,
    )
    // The same cell of a shipped role is closed by a guard rail or not at all.
    assert.ok(matrix['marketing']?.['system']?.[action]?.forbid.every(({ policy }) => policy !== 'rail.own-roles') ?? true) // prettier-ignore
    const of = (who: string): PolicyDocument => ({ ...document, policies: [{ id: 'house.office', text: `@id("house.office") permit (${who}, action == Action::"${action}", resource is System);` }] }) // prettier-ignore
    assert.throws(() => demandNoOffice(catalogue, of('principal in Role::"key-account"')), invalid(/stays with the roles/), action) // prettier-ignore
    assert.ok(findProblems(catalogue, of('principal in Role::"key-account"')).some(({ severity, words }) => severity === 'error' && /stays with the roles/.test(words.en))) // prettier-ignore
    demandNoOffice(catalogue, of('principal in Role::"sales"'))
    demandNoOffice(catalogue, of('principal'))
  }
  const said: PolicyDocument = { ...document, policies: [{ id: 'house.said', text: '@id("house.said") permit (principal, action == Action::"settings.edit", resource is System) when { principal.role == "key-account" && context.mfa };' }] } // prettier-ignore
  assert.throws(() => demandNoOffice(catalogue, said), invalid(/stays with the roles/))
  // Guard rails hold as for every role, whatever a policy in Cedar says.
  const bold: PolicyDocument = { ...document, policies: [{ id: 'house.bold', text: '@id("house.bold") permit (principal in Role::"key-account", action, resource) when { !(resource is System) };' }] } // prettier-ignore
  const set = compiled(bold)
  const may = (action: string, type: string, purpose: string): boolean =>
    mayOnRecord(set, catalogue, { role: 'key-account', action, type, stance: 'other', purpose })
  assert.deepEqual([may('edit.basic', 'user', ''), may('create', 'team', ''), may('unmask.contact', 'contact', ''), may('export', 'deal', '')], [false, false, false, false]) // prettier-ignore
  assert.ok(may('export', 'deal', 'a reason') && may('edit.basic', 'deal', ''))
})

test('[access-203] a permit for an office is refused however its conditions name a role of one’s own; one for records is not', () => {
  const document = make('marketing', 'vip')
  const of = (text: string): PolicyDocument => ({ ...document, policies: [{ id: 'house.office', text: `@id("house.office") permit (${text};` }] }) // prettier-ignore
  const backup = 'action == Action::"backup.create", resource)'
  for (const text of [
    `principal in Role::"vip", ${backup} when { principal has clearance && principal.clearance >= 1 }`,
    `principal, ${backup} when { principal has furtherRoles && principal.furtherRoles.contains("vip") }`,
    `principal, ${backup} when { context.mfa && principal in Role::"vip" }`,
    `principal in Role::"vip", ${backup} when { principal has team && principal.team == Team::"t" }`,
    `principal, ${backup} unless { !(principal in Role::"vip") }`,
    `principal, ${backup} when { context.mfa } unless { principal.role != "vip" }`,
    `principal, ${backup} when { principal has clearance && principal.clearance >= 1 && ["vip", "x"].contains(principal.role) }`,
    `principal, ${backup} when { principal.role like "v*p" && principal has clearance && principal.clearance >= 1 }`,
    `principal, action, resource) when { principal in Role::"vip" && principal has clearance && principal.clearance >= 1 }`,
    // It names none, and is for those who hold no shipped role.
    `principal, ${backup} unless { principal in [Role::"sales", Role::"finance"] }`,
  ])
    assert.throws(() => demandNoOffice(catalogue, of(text)), invalid(/stays with the roles/), text)
  for (const text of [
    'principal in Role::"vip", action == Action::"export", resource is Task) when { context.mfa }',
    'principal in Role::"vip", action, resource) when { !(resource is System) && context.mfa }',
    'principal in Role::"vip", action, resource is Task)',
    `principal in Role::"sales", ${backup} when { principal has clearance && principal.clearance >= 1 }`,
  ])
    demandNoOffice(catalogue, of(text))
})
