// The checks on a real database: what they pass, and each thing they are there to find.
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type CheckContext, type CheckResult, newId, services, type Uuid } from '#kernel'
import { catalogue, openTestDatabase } from '#testing'
import { sealCell } from './cell.ts'
import { encryptionChecks } from './checks.ts'
import { createEpoch, type Epoch, openEpoch } from './epoch.ts'
import { contextFor, memoryRoot } from './fixtures/keys.ts'
import { passwordHash } from './password.ts'
import { newSubjectKey, type SubjectKey } from './subject.ts'

interface House {
  readonly tenant: Uuid
  readonly epoch: Epoch
  readonly key: SubjectKey
  /** A statement of the owner's. */
  owner(text: string, values?: readonly unknown[]): Promise<void>
  check(control: string, now?: Date): Promise<CheckResult>
  addAccount(more?: {
    readonly cell?: Uint8Array
    readonly industry?: string
    readonly tags?: readonly string[]
  }): Promise<void>
}

const openHouse = async (t: TestContext, withKeys = true): Promise<House> => {
  const { store, tenant, close } = await openTestDatabase()
  t.after(close)
  const owner = async (text: string, values: readonly unknown[] = []): Promise<void> => {
    await store.owner((tx) => tx.query({ text, values }))
  }
  const root = memoryRoot()
  const row = await createEpoch(root, tenant, 1, 1)
  const epoch = await openEpoch(root, row)
  const { row: subject, key } = newSubjectKey(epoch, newId(), 1)
  if (withKeys) {
    await owner(
      `insert into keyring.epoch (tenant_id, epoch, state, suite, sym_wrapped, index_wrapped, hpke_public, hpke_wrapped)
       values ($1, 1, 'active', 1, $2, $3, $4, $5)`,
      [tenant, row.symWrapped, row.indexWrapped, row.hpkePublic, row.hpkeWrapped].map(stored),
    )
    await owner(
      `insert into keyring.subject_key (tenant_id, subject_id, generation, epoch, suite, wrapped, commitment) values ($1, $2, 1, 1, 1, $3, $4)`,
      [tenant, subject.subject, subject.wrapped, subject.commitment].map(stored),
    )
  }
  const check = async (control: string, now = new Date()): Promise<CheckResult> => {
    const found = encryptionChecks({ catalogue }).find((each) => each.control === control)
    assert.ok(found)
    const query: CheckContext['query'] = (text, values) =>
      store.transaction({ tenant, principal: services.compliance }, (tx) => tx.query({ text, values: values ?? [] }), {
        readOnly: true,
      })
    return await found.run({ query, tenant, now })
  }
  const addAccount: House['addAccount'] = async ({ cell, industry = '制造业', tags = [] } = {}) => {
    const context = contextFor({ table: 'account', group: 'basic' })
    const values = [
      tenant,
      context.record,
      subject.subject,
      services.system,
      industry,
      tags,
      Buffer.from(cell ?? sealCell(key, context, { name: '示例公司' })),
    ]
    await owner(
      `insert into crm.account (tenant_id, id, version, subject_id, created_by, created_at, updated_by, updated_at, industry, tags, cell_basic)
       values ($1, $2, 1, $3, $4, now(), $4, now(), $5, $6, $7)`,
      values,
    )
  }
  return { tenant, epoch, key, owner, check, addAccount }
}

const stored = (value: unknown): unknown => (value instanceof Uint8Array ? Buffer.from(value) : value)

test('[encryption-15] CRY-01 passes cells, is not assessed without any, and looks at every sealed column', async (t) => {
  const house = await openHouse(t)
  assert.equal((await house.check('CRY-01')).state, 'not-assessed')
  await house.addAccount({ tags: ['重点', 'vip'] })
  await house.addAccount()
  const result = await house.check('CRY-01')
  assert.equal(result.state, 'pass')
  assert.equal(result.population, 2)
  const cells = result.observed.cells as Readonly<Record<string, unknown>>
  assert.deepEqual(cells['account.cell_basic'], { rows: 2, malformed: 0, readable: 0, suites: [1], epochs: [1] })
  assert.ok('contact.cell_identity' in cells && 'app_user.cell_basic' in cells)
})

test('[encryption-15] CRY-01 fails on clear text behind a header, on a wrong shape, and on a key epoch nobody has', async (t) => {
  const house = await openHouse(t)
  const clear = Buffer.alloc(37 + 64, 0x80)
  clear.set([0xc1, 1, 0, 1, 2, 0, 0, 0, 1])
  clear.write('{"name":"someone whose name stands here","n":1}', 21)
  const odd = Buffer.from(sealCell(house.key, contextFor(), { a: 1 })).subarray(0, -1)
  const stale = Buffer.from(sealCell(house.key, contextFor(), { a: 1 }))
  stale.writeUInt16BE(9, 2)
  for (const [n, cell] of [clear, odd, stale].entries()) {
    await house.owner('delete from crm.account where tenant_id = $1', [house.tenant])
    await house.addAccount()
    await house.addAccount({ cell })
    const result = await house.check('CRY-01')
    assert.equal(result.state, 'fail')
    assert.match(result.finding.en, /account\.cell_basic/)
    const { malformed, readable } =
      (result.observed.cells as Readonly<Record<string, { malformed: number; readable: number }>>)[
        'account.cell_basic'
      ] ?? {}
    assert.deepEqual([malformed, readable], n === 0 ? [0, 1] : [1, 0])
  }
})

test('[encryption-15] CRY-01 fails on phones, e-mails and ID numbers in plain columns, and does not repeat them', async (t) => {
  const house = await openHouse(t)
  const values = [
    'call 138 0013 8001',
    '+86-13800138001',
    'wang.xm@example.com',
    '证件 31011519900101123X',
    '310115199001011234',
  ]
  for (const industry of values) {
    await house.owner('delete from crm.account where tenant_id = $1', [house.tenant])
    await house.addAccount({ industry })
    const result = await house.check('CRY-01')
    assert.equal(result.state, 'fail', industry)
    assert.match(result.finding.en, /account\.industry/)
    assert.ok(!JSON.stringify(result).includes(industry))
  }
  await house.owner('delete from crm.account where tenant_id = $1', [house.tenant])
  for (const industry of ['2026-01-01', '138', 'A@B', '12345678901234567890', '软件 & IT', '021-61234567'])
    await house.addAccount({ industry })
  assert.equal((await house.check('CRY-01')).state, 'pass')
  await house.addAccount({ tags: ['a', '13800138001'] })
  assert.match((await house.check('CRY-01')).finding.zh, /account\.tags/)
})

test('[encryption-15] CRY-02 counts suites and password hashes, and fails on another kind of hash', async (t) => {
  const house = await openHouse(t)
  await house.addAccount()
  const credential = (user: Uuid, hash: string): Promise<void> =>
    house.owner(
      'insert into identity.credential (tenant_id, user_id, password_hash, changed_at) values ($1, $2, $3, now())',
      [house.tenant, user, hash],
    )
  await credential(newId(), await passwordHash('correct horse battery'))
  const good = await house.check('CRY-02')
  assert.equal(good.state, 'pass')
  assert.deepEqual(good.observed.cellsBySuite, { 'AES-256-GCM': 1 })
  assert.deepEqual(good.observed.dataKeysBySuite, { 'AES-256-GCM': 1 })
  assert.deepEqual(good.observed.captureKeysAndCapturesBySuite, { 'HPKE X25519': 1 })
  assert.equal(good.observed.passwordHashes, 1)
  await credential(newId(), '$2b$12$abcdefghijklmnopqrstuv')
  const bad = await house.check('CRY-02')
  assert.equal(bad.state, 'fail')
  assert.match(bad.finding.en, /password hashes/)
})

test('[encryption-15] CRY-02 relies on a database that refuses every other suite in a cell', async (t) => {
  const house = await openHouse(t)
  for (const suite of [0, 5, 0xe0, 0xe1, 0xe2, 17, 255]) {
    const cell = Buffer.from(sealCell(house.key, contextFor(), { a: 1 }))
    cell[1] = suite
    await assert.rejects(house.addAccount({ cell }), String(suite))
  }
})

test('[encryption-15] CRY-03 fails on an old epoch, on old data keys and on keys not rewrapped', async (t) => {
  const house = await openHouse(t)
  assert.equal((await house.check('CRY-03')).state, 'pass')
  const later = new Date(Date.now() + 367 * 86_400_000)
  const old = await house.check('CRY-03', later)
  assert.equal(old.state, 'fail')
  assert.deepEqual([old.observed.dataKeysTooOld, old.observed.dataKeysUnderRetiredEpochs], [1, 0])
  await house.owner(`update keyring.epoch set state = 'decrypt-only' where tenant_id = $1`, [house.tenant])
  const retired = await house.check('CRY-03')
  assert.deepEqual([retired.state, retired.observed.dataKeysUnderRetiredEpochs], ['fail', 1])
})

test('[encryption-15] CRY-03 and CRY-02 are not assessed where there is no key', async (t) => {
  const house = await openHouse(t, false)
  assert.equal((await house.check('CRY-03')).state, 'not-assessed')
  assert.equal((await house.check('CRY-02')).state, 'not-assessed')
})
