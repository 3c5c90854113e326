// The matrix against the engine, cell by cell; a cell switched and switched back; what changes, in words.
import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { catalogue } from '#crm'
import { parseDocument, type PolicyDocument } from './document.ts'
import { housePolicies } from './in-force.ts'
import { layerOf, type Matrix, matrixActions, matrixOf, matrixRoles, scopesOf } from './matrix.ts'
import { type CellEdit, withCells } from './matrix-edit.ts'
import { roleDifferences } from './matrix-words.ts'
import { compilePolicies } from './policyset.ts'
import { scopes } from './role.ts'
import { mayOnRecord, mayOnSystem, type Stance, stances } from './scenario.ts'
import { accessSchema, systemActions } from './schema.ts'
import { shippedDocument } from './shipped.ts'

const compiled = (document: PolicyDocument) => compilePolicies(accessSchema(catalogue), housePolicies(catalogue, document)) // prettier-ignore

/** Which scopes a record of a stance lies in. */
const reached: Readonly<Record<Stance, readonly string[]>> = {
  own: ['own', 'team', 'subtree', 'all'],
  mate: ['team', 'subtree', 'all'],
  team: ['subtree', 'all'],
  shared: ['shared', 'all'],
  pool: ['pool', 'all'],
  other: ['all'],
}

const compareAll = (document: PolicyDocument): number => {
  const [matrix, set] = [matrixOf(catalogue, document), compiled(document)]
  let allowed = 0
  for (const role of matrixRoles(document)) {
    for (const { name: type } of catalogue.types)
      for (const action of matrixActions)
        for (const stance of stances) {
          const cell = matrix[role]?.[type]?.[action] ?? { allow: [], forbid: [] }
          const says = cell.allow.some(({ scope }) => reached[stance].includes(scope)) && !cell.forbid.some(({ always }) => always) // prettier-ignore
          const may = mayOnRecord(set, catalogue, { role, type, action, stance, purpose: 'a purpose' })
          assert.equal(may, says, `${role} ${type} ${action} ${stance}`)
          if (may) allowed++
        }
    for (const action of systemActions) {
      const cell = matrix[role]?.['system']?.[action] ?? { allow: [], forbid: [] }
      const says = cell.allow.length > 0 && !cell.forbid.some(({ always }) => always)
      assert.equal(mayOnSystem(set, { role, action }), says, `${role} ${action}`)
    }
  }
  return allowed
}

test('[access-194] the matrix says of every role, type, action and stance what the policies decide', () => {
  assert.ok(compareAll(shippedDocument) > 3000)
})

test('[access-194] defaults, unconditional restrictions and policies of a house come from layers of their own', () => {
  const document = parseDocument(catalogue, {
    ...shippedDocument,
    administrator: false,
    defaults: { task: 'public', contact: 'unit' },
    restrictions: [
      { name: 'no-export', roles: ['manager'], types: 'customers', actions: ['export'], mode: 'when', conditions: [] },
      { name: 'hours', roles: ['sales'], types: ['deal'], actions: ['view.basic'], mode: 'unless', conditions: [{ is: 'hours', from: '09:00', to: '18:00' }] }, // prettier-ignore
    ],
    policies: [{ id: 'own.leads', text: '@id("own.leads") permit (principal in Role::"partner", action == Action::"list", resource is Lead);' }], // prettier-ignore
  })
  assert.ok(compareAll(document) > 2000)
  const matrix = matrixOf(catalogue, document)
  assert.equal(matrix['administrator'], undefined)
  assert.deepEqual(matrix['manager']?.['deal']?.['export']?.forbid.find(({ always }) => always), { policy: 'restriction.no-export', always: true }) // prettier-ignore
  assert.ok(matrix['sales']?.['deal']?.['view.basic']?.forbid.some(({ policy, always }) => policy === 'restriction.hours' && !always)) // prettier-ignore
  assert.deepEqual(matrix['partner']?.['lead']?.['list']?.allow.at(-1), { policy: 'own.leads', scope: 'all' })
  assert.deepEqual(matrix['support']?.['task']?.['list']?.allow.at(-1), { policy: 'default.task', scope: 'all' })
  for (const [id, layer] of [
    ['own.leads', 'own'],
    ['default.task', 'default'],
    ['rail.users', 'rail'],
    ['sales.own', 'role'],
    ['restriction.hours', 'restriction'],
    ['administrator.all', 'administrator'],
    ['everyone.users', 'everyone'],
  ] as const)
    // prettier-ignore
    assert.equal(layerOf(document, id), layer)
  // A guard rail shows where it always forbids, whether or not something allows.
  assert.deepEqual(matrix['auditor']?.['deal']?.['edit.basic'], { allow: [], forbid: [{ policy: 'rail.watchers', always: true }] }) // prettier-ignore
})

const roleNames = shippedDocument.roles.map(({ name }) => name)
const edit: fc.Arbitrary<CellEdit> = fc.record({
  role: fc.constantFrom(...roleNames),
  type: fc.constantFrom(...catalogue.types.map(({ name }) => name)),
  scope: fc.constantFrom(...scopes),
  action: fc.constantFrom(...matrixActions),
  on: fc.boolean(),
}).map((one) => ({ ...one })) // prettier-ignore

/** Every right of the roles' own rows, one line each. */
const rightsOf = (matrix: Matrix): ReadonlySet<string> =>
  new Set(
    Object.entries(matrix).flatMap(([role, types]) =>
      Object.entries(types).flatMap(([type, found]) =>
        Object.entries(found).flatMap(
          ([action, { allow }]) =>
          allow.flatMap(({ policy, scope }) => (policy.startsWith(`${role}.`) ? [`${role} ${type} ${action} ${scope}`] : [])), // prettier-ignore
        ),
      ),
    ),
  )

test('[access-195] switching cells changes those cells and no other, and switching back restores the document', () => {
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
      let [document, expected] = [shippedDocument, new Set(rightsOf(matrixOf(catalogue, shippedDocument)))]
      for (const one of edits) {
        const before = document
        const { document: next, refused } = withCells(catalogue, document, [one])
        const line = `${one.role} ${one.type} ${one.action} ${one.scope}`
        const means = scopesOf(catalogue, one.type).includes(one.scope) && refused.length === 0
        const had = expected.has(line)
        if (means) expected = new Set(one.on ? [...expected, line] : [...expected].filter((other) => other !== line))
        assert.deepEqual([...rightsOf(matrixOf(catalogue, next))].toSorted(), [...expected].toSorted(), JSON.stringify(one)) // prettier-ignore
        if (means && had !== one.on) {
          const back = withCells(catalogue, next, [{ ...one, on: had }]).document
          assert.deepEqual(rightsOf(matrixOf(catalogue, back)), rightsOf(matrixOf(catalogue, before)))
          const told = roleDifferences(catalogue, before, next)
          assert.deepEqual(told.map(({ role, type, scope, gained, lost }) => [role, type, scope, ...gained, ...lost]), [[one.role, one.type, one.scope, one.action]]) // prettier-ignore
          assert.equal(told[0]?.gained.length, one.on ? 1 : 0)
        }
        document = next
      }
      assert.deepEqual(parseDocument(catalogue, JSON.parse(JSON.stringify(document))), document)
    }),
    { numRuns: 6 },
  )
})

test('[access-195] one type is taken out of a row and joined to it again; what a guard rail always forbids is refused', () => {
  const finance: CellEdit = { role: 'manager', type: 'deal', scope: 'subtree', action: 'export', on: false }
  const { document: without } = withCells(catalogue, shippedDocument, [finance])
  const manager = without.roles.find(({ name }) => name === 'manager')
  assert.deepEqual(
    manager?.grants.map(({ name, types }) => [name, types]),
    [
      ['subtree', ['account', 'contact', 'lead', 'followup', 'task']],
      ['subtree-deal', ['deal']],
      ['pool', 'customers'],
      ['shared', 'customers'],
    ],
  )
  assert.ok(compareAll(without) > 3000)
  const { document: again } = withCells(catalogue, without, [{ ...finance, on: true }])
  assert.deepEqual(
    again.roles.find(({ name }) => name === 'manager')?.grants.map(({ name, types }) => [name, types]),
    shippedDocument.roles.find(({ name }) => name === 'manager')?.grants.map(({ name, types }) => [name, types]),
  )
  const forbidden: CellEdit = { role: 'auditor', type: 'deal', scope: 'all', action: 'edit.basic', on: true }
  const office: CellEdit = { role: 'security-administrator', type: 'system', scope: 'all', action: 'keys.rotate', on: true } // prettier-ignore
  const { document: same, refused } = withCells(catalogue, shippedDocument, [forbidden, office])
  assert.deepEqual(same, shippedDocument)
  assert.deepEqual(
    refused.map(({ policy }) => policy),
    ['rail.watchers', 'rail.offices-apart'],
  )
})

test('[access-196] differences between two documents are told in both languages, group by group', () => {
  const at = { role: 'sales', type: 'deal', scope: 'shared' } as const
  const { document } = withCells(catalogue, shippedDocument, [
    { ...at, action: 'export', on: true },
    { ...at, action: 'unmask.contact', on: true },
    { ...at, action: 'view.basic', on: false },
    { ...at, action: 'unmask.basic', on: false },
    { role: 'support', type: 'system', scope: 'all', action: 'capture.manage', on: true },
  ])
  assert.deepEqual(
    roleDifferences(catalogue, shippedDocument, document).map(({ words }) => words),
    [
      {
        zh: '“销售代表”·商机（共享给本人的记录）：新增 导出；基本信息 明文 → 不可见；联系方式 脱敏 → 明文',
        en: 'sales representative, deals (records shared with them): may now export; basic details plain → hidden; contact details masked → plain',
      },
      {
        zh: '“客户服务”·系统功能：新增 管理网页表单',
        en: 'customer support, functions of the system: may now manage web forms',
      },
    ],
  )
  assert.deepEqual(roleDifferences(catalogue, document, document), [])
})
