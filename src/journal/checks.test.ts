// The checks of the audit log, on a sound journal and on each fault they look for.
import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import test from 'node:test'
import { type CheckContext, type CheckResult, fromBase64url, newId, services, systemClock } from '#kernel'
import { openTestDatabase, type TestDatabase } from '#testing'
import { journalChecks } from './checks.ts'
import { createJournal, type Journal } from './journal.ts'

const pair = generateKeyPairSync('ed25519')
const signer = {
  name: 'journal',
  publicKey: fromBase64url(pair.publicKey.export({ format: 'jwk' }).x ?? ''),
  sign: (bytes: Uint8Array) => new Uint8Array(sign(null, bytes, pair.privateKey)),
}

const withChecks = async (
  work: (o: {
    db: TestDatabase
    journal: Journal
    run: (control: string, now?: Date) => Promise<CheckResult>
  }) => Promise<void>,
): Promise<void> => {
  const db = await openTestDatabase()
  const journal = createJournal({ store: db.store, clock: systemClock, signer, origin: 'c.example/log' })
  const scope = { tenant: db.tenant, principal: services.compliance }
  const run = (control: string, now = new Date()): Promise<CheckResult> => {
    const context: CheckContext = {
      tenant: db.tenant,
      now,
      query: (text, values = []) => db.store.transaction(scope, (tx) => tx.query({ text, values }), { readOnly: true }),
    }
    const check = journalChecks(journal).find((each) => each.control === control)
    assert.ok(check, control)
    return check.run(context)
  }
  try {
    await work({ db, journal, run })
  } finally {
    await db.close()
  }
}

const fact = {
  act: 'record.view',
  obj: 'contact',
  actor: newId(),
  channel: 'web',
  recordId: newId(),
  ip: '10.1.2.3',
} as const

test('[journal-13] a sound journal passes; without a witness it does not', () =>
  withChecks(async ({ db, journal, run }) => {
    await journal.record(db.scope, [fact, { ...fact, act: 'export', purpose: 'quarterly mailing', decision: 'allow' }])
    await journal.sealUp(db.tenant)
    for (const control of ['LOG-01', 'LOG-02', 'LOG-04', 'LOG-07', 'LOG-08']) {
      const result = await run(control)
      assert.equal(result.state, 'pass', `${control} ${result.finding.en}`)
      assert.ok(result.population > 0)
      assert.notEqual(result.finding.zh, '')
    }
    assert.equal((await run('LOG-03')).state, 'fail')
    assert.match((await run('LOG-04')).finding.en, /not yet been put to the test/)
    assert.match((await run('LOG-04', new Date(Date.now() + 200 * 86_400_000))).finding.en, /200 days old/)
  }))

test('[journal-13] LOG-01 sees an entry that says too little', () =>
  withChecks(async ({ db, run }) => {
    await db.store.owner((tx) =>
      tx.query({
        text: `insert into journal.entry (tenant_id, at, act, actor, body) values ($1, now(), 'x', $2, convert_to('{"v":1,"act":"x"}', 'UTF8'))`,
        values: [db.tenant, newId()],
      }),
    )
    const result = await run('LOG-01')
    assert.deepEqual([result.state, result.observed.incompleteEntries], ['fail', 1])
  }))

test('[journal-13] LOG-02 sees an altered entry, a sealer that sleeps, and a right to change', () =>
  withChecks(async ({ db, journal, run }) => {
    await journal.record(db.scope, [fact])
    assert.match((await run('LOG-02', new Date(Date.now() + 120_000))).finding.en, /has waited 1[12]\d seconds/)
    await journal.sealUp(db.tenant)
    await db.store.owner((tx) => tx.query({ text: 'update journal.entry set body = set_byte(body, 40, 64)' }))
    const result = await run('LOG-02')
    assert.equal(result.state, 'fail')
    assert.match(result.finding.en, /index 0, entry \d+/)
  }))

test('[journal-13] LOG-04 sees a lost entry, and an empty journal is not assessed', () =>
  withChecks(async ({ db, journal, run }) => {
    assert.equal((await run('LOG-04')).state, 'not-assessed')
    assert.equal((await run('LOG-08')).state, 'not-assessed')
    await journal.record(db.scope, [fact, fact])
    await journal.sealUp(db.tenant)
    await db.store.owner((tx) =>
      tx.query({
        text: `set local session_replication_role = replica; delete from journal.entry where id = (select min(id) from journal.entry)`,
      }),
    )
    const result = await run('LOG-04')
    assert.deepEqual([result.state, result.observed.missingEntries], ['fail', 1])
  }))

test('[journal-13] LOG-07 sees phones, e-mails, identity numbers and secrets, and takes no id for one', () =>
  withChecks(async ({ db, journal, run }) => {
    const quiet = ['00000000-0000-7000-8000-138001380001', 'order 20260101123456', '13800138000138001']
    await journal.record(
      db.scope,
      quiet.map((purpose) => ({ ...fact, purpose })),
    )
    assert.equal((await run('LOG-07')).state, 'pass')
    await journal.record(
      db.scope,
      ['call 13800138000 back', 'to li.si@example.cn', '11010519491231002X', 'AGE-SECRET-KEY-1QQ'].map((purpose) => ({
        ...fact,
        purpose,
      })),
    )
    const result = await run('LOG-07')
    assert.equal(result.state, 'fail')
    assert.deepEqual(result.observed.hits, { mobile: 1, email: 1, identity: 1, secret: 1 })
  }))

test('[journal-13] LOG-08 sees an export without a purpose; a refused one needs none', () =>
  withChecks(async ({ db, journal, run }) => {
    await journal.record(db.scope, [
      { ...fact, act: 'export', decision: 'deny' },
      { ...fact, act: 'export', decision: 'allow', purpose: ' ' },
      { ...fact, act: 'export', decision: 'allow', purpose: 'audit' },
    ])
    const result = await run('LOG-08')
    assert.deepEqual([result.state, result.observed.exports, result.observed.withoutPurpose], ['fail', 2, 1])
  }))
