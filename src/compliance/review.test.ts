// Reviews on a real database: what is run, kept, told to the journal and read back.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import test from 'node:test'
import { canonical, type Check, type CheckResult, fixedClock, fromBase64url, fromHex, fromUtf8, newId } from '#kernel'
import { leafHash, openNote, parseCheckpoint, parseVerifierKey, verifyInclusion } from '#journal'
import { controls } from './catalogue.ts'
import { createReview } from './review.ts'
import { openReview } from '../../test/support/review.ts'

const result = (state: CheckResult['state'], observed: CheckResult['observed'] = {}): CheckResult => ({
  state,
  observed,
  population: 3,
  finding: { zh: '结果', en: 'what was found' },
})
const check = (control: string, run: Check['run']): Check => ({ control, version: 2, run })

test('[compliance-2] every check runs, every control is shown, and one without a check is not assessed', async () => {
  const { review, close } = await openReview([
    check('BKP-01', () => Promise.resolve(result('pass', { age: 3 }))),
    check('BKP-02', () => Promise.resolve(result('fail'))),
    check('BKP-05', () => Promise.resolve(result('not-applicable'))),
    check('PRI-01', () => Promise.resolve(result('not-assessed'))),
  ])
  try {
    const actor = newId()
    const found = await review.run(actor)
    assert.deepEqual(found.summary, { pass: 1, fail: 1, error: 0, notAssessed: 76, notApplicable: 1 })
    assert.deepEqual(
      found.controls.map((c) => c.id),
      controls.map((c) => c.id),
    )
    assert.equal(found.startedBy, actor)
    const full = found.controls.find((c) => c.id === 'BKP-01')
    assert.deepEqual([full?.state, full?.finding.en, full?.finding.zh], ['pass', 'What was found.', '结果。'])
    assert.deepEqual(full?.evidence?.observed, { age: 3 })
    assert.deepEqual([full.evidence.checkVersion, full.evidence.population], [2, 3])
    const none = found.controls.find((c) => c.id === 'GOV-07')
    assert.deepEqual([none?.state, none?.evidence], ['not-assessed', null])
    assert.match(none?.finding.en ?? '', /A person must decide/)
  } finally {
    await close()
  }
})

test('[compliance-3] a check that throws, hangs, writes or cannot be stored is an error and spoils no other', async () => {
  const { review, close } = await openReview(
    [
      check('BKP-01', () => Promise.reject(new Error('the disk is gone'))),
      check('BKP-02', () => new Promise(() => undefined)),
      check('BKP-03', async (c) => {
        await c.query(`insert into ops.setting (tenant_id, name, value) values ($1, 'x', '1')`, [c.tenant])
        return result('pass')
      }),
      check('BKP-04', () => Promise.resolve(result('pass', { ratio: NaN }))),
      check('BKP-05', async (c) => {
        await c.query('select 1 / 0').catch(() => undefined)
        const [row] = await c.query<{ n: number }>('select 1 as n')
        return result(row?.n === 1 ? 'pass' : 'fail')
      }),
    ],
    { checkTimeoutMs: 200 },
  )
  try {
    const { summary, controls: all } = await review.run(newId())
    assert.deepEqual([summary.pass, summary.error, summary.fail], [1, 4, 0])
    const finding = (id: string): string => all.find((c) => c.id === id)?.finding.en ?? ''
    assert.match(finding('BKP-01'), /could not be completed and counts as failed: Error: the disk is gone/)
    assert.match(finding('BKP-02'), /no result within 200 ms/)
    assert.match(finding('BKP-03'), /read-only transaction/)
    assert.match(finding('BKP-04'), /finite numbers/)
  } finally {
    await close()
  }
})

test('[compliance-4] evidence is kept with its digest, the journal knows the digest of all, and a change is noticed', async () => {
  const { db, review, journal, close } = await openReview([
    check('BKP-01', () => Promise.resolve(result('fail', { b: 1, a: [true, null, '张'] }))),
    check('LOG-03', () => Promise.resolve(result('pass', { tiny: 1e-7, big: 1e21, half: 0.1 }))),
  ])
  try {
    const found = await review.run(newId(), { channel: 'cli' })
    assert.ok(found.intact)
    for (const control of found.controls) {
      if (!control.evidence) continue
      const { sha256, ...evidence } = control.evidence
      const record = { ...evidence, control: control.id, state: control.state, finding: control.finding }
      assert.equal(createHash('sha256').update(canonical(record)).digest('hex'), sha256)
    }
    const { items } = await db.store.transaction(db.scope, (tx) => journal.list(tx, db.tenant, { act: 'review.run' }))
    const [told] = items
    assert.deepEqual([told?.recordId, told?.actor, told?.channel], [found.id, found.startedBy, 'cli'])
    assert.equal((told?.detail as { digest: string }).digest, found.digest)
    const altered = async (sql: string): Promise<boolean | undefined> => {
      await db.store.owner((tx) => tx.query({ text: sql, values: [found.id] }))
      return (await review.get(found.id))?.intact
    }
    assert.equal(
      await altered(
        `update ops.check_result set result = jsonb_set(result, '{state}', '"pass"') where run_id = $1 and control_id = 'BKP-01'`,
      ),
      false,
    )
    assert.equal(
      await altered(
        `update ops.check_result set result = jsonb_set(result, '{state}', '"fail"') where run_id = $1 and control_id = 'BKP-01'`,
      ),
      true,
    )
    assert.equal(await altered(`delete from ops.check_result where run_id = $1 and control_id = 'BKP-01'`), false)
  } finally {
    await close()
  }
})

test('[compliance-5] earlier reviews stay readable, newest first', async () => {
  const clock = fixedClock('2026-05-01T08:00:00Z')
  let passes = false
  const { review, close } = await openReview(
    [check('BKP-01', () => Promise.resolve(result(passes ? 'pass' : 'fail')))],
    { clock },
  )
  try {
    assert.equal(await review.latest(), null)
    assert.deepEqual(await review.list(), [])
    const first = await review.run(newId())
    clock.advance(86_400_000)
    passes = true
    const second = await review.run(newId())
    assert.deepEqual(await review.latest(), second)
    assert.deepEqual(await review.get(first.id), first)
    assert.equal(await review.get(newId()), null)
    const heads = await review.list()
    assert.deepEqual(
      heads.map(({ id, pass, fail }) => [id, pass, fail]),
      [
        [second.id, 1, 0],
        [first.id, 0, 1],
      ],
    )
    assert.equal(heads[1]?.at, '2026-05-01T08:00:00.000Z')
    assert.equal((await review.list(1)).length, 1)
  } finally {
    await close()
  }
})

test('[compliance-5] a check of no known control, and two of one, are refused at start', async () => {
  const { db, journal, close } = await openReview([])
  try {
    const make = (checks: readonly Check[]): unknown =>
      createReview({
        store: db.store,
        journal,
        clock: fixedClock(new Date(0)),
        tenant: db.tenant,
        checks,
        version: '1',
      })
    const some = check('BKP-01', () => Promise.resolve(result('pass')))
    assert.throws(() => make([{ ...some, control: 'BKP-99' }]), /unknown control BKP-99/)
    assert.throws(() => make([some, some]), /two checks of control BKP-01/)
  } finally {
    await close()
  }
})

test('[compliance-9] the JSON report holds what an outsider needs to check it', async () => {
  const { review, journal, db, close } = await openReview([check('BKP-01', () => Promise.resolve(result('pass')))])
  try {
    await journal.record(db.scope, [{ act: 'x', actor: newId(), channel: 'web' }])
    const found = await review.run(newId())
    await journal.record(db.scope, [{ act: 'y', actor: newId(), channel: 'web' }])
    await journal.sealUp(db.tenant)
    // As an outsider: from the text of the report and the key known by another way.
    const report = JSON.parse(JSON.stringify(await review.json(found, '守客'))) as Awaited<
      ReturnType<typeof review.json>
    >
    const key = parseVerifierKey(report.journal.key)
    assert.ok(key && report.journal.checkpoint && report.journal.inclusion)
    const checkpoint = parseCheckpoint(openNote(report.journal.checkpoint, [key]) ?? '')
    const { index, size, body, hashes } = report.journal.inclusion
    assert.equal(String(checkpoint?.size), size)
    const bytes = fromBase64url(body)
    assert.ok(
      checkpoint && verifyInclusion(BigInt(index), BigInt(size), leafHash(bytes), hashes.map(fromHex), checkpoint.root),
    )
    const said = JSON.parse(fromUtf8(bytes)) as { act: string; rec: string; detail: { digest: string } }
    assert.deepEqual([said.act, said.rec, said.detail.digest], ['review.run', found.id, report.review.digest])
    const digests = Object.fromEntries(
      report.review.controls.flatMap((c) => (c.evidence ? [[c.id, c.evidence.sha256]] : [])),
    )
    assert.equal(createHash('sha256').update(canonical(digests)).digest('hex'), report.review.digest)
    assert.equal(report.organisation, '守客')
  } finally {
    await close()
  }
})
