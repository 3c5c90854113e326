// The checks of this room, each on data that passes and data that fails.
import assert from 'node:assert/strict'
import test from 'node:test'
import { type Catalogue, type CheckResult, type Field, fixedClock, isFault, newId, type RecordType } from '#kernel'
import { catalogue } from '#testing'
import { complianceChecks } from './checks.ts'
import { openReview, type OpenReview } from '../../test/support/review.ts'

const day = 86_400_000

const withChecks = async (
  work: (open: OpenReview, run: (control: string, now?: Date, of?: Catalogue) => Promise<CheckResult>) => Promise<void>,
): Promise<void> => {
  const open = await openReview([])
  try {
    await work(open, (control, now = new Date(), of = catalogue) => {
      const check = complianceChecks({ catalogue: of }).find((each) => each.control === control)
      assert.ok(check, control)
      return check.run(open.contextAt(now))
    })
  } finally {
    await open.close()
  }
}

const insert = ({ db }: OpenReview, table: string, more: Readonly<Record<string, unknown>> = {}): Promise<unknown> => {
  const id = newId()
  const row: Record<string, unknown> = {
    tenant_id: db.tenant,
    id,
    version: 1,
    subject_id: id,
    created_by: newId(),
    created_at: new Date(),
    updated_by: newId(),
    updated_at: new Date(),
    ...more,
  }
  const names = Object.keys(row)
  return db.store.owner((tx) =>
    tx.query({
      text: `insert into crm.${table} (${names.join(', ')}) values (${names.map((_, i) => `$${String(i + 1)}`).join(', ')})`,
      values: Object.values(row),
    }),
  )
}

/** The catalogue with some properties of one field changed. */
const changed = (
  typeName: string,
  fieldName: string,
  more: Partial<Field>,
  moreOfType: Partial<RecordType> = {},
): Catalogue => ({
  types: catalogue.types.map((type) =>
    type.name === typeName
      ? {
          ...type,
          ...moreOfType,
          fields: type.fields.map((field) => (field.name === fieldName ? { ...field, ...more } : field)),
        }
      : type,
  ),
})

test('[compliance-7] PRI-01 counts contacts without a lawful basis', () =>
  withChecks(async (open, run) => {
    assert.equal((await run('PRI-01')).state, 'not-assessed')
    await insert(open, 'contact', { legal_basis: 'contract' })
    assert.equal((await run('PRI-01')).state, 'pass')
    await insert(open, 'contact', { legal_basis: '  ' })
    await insert(open, 'contact')
    await insert(open, 'contact', { deleted_at: new Date() })
    const result = await run('PRI-01')
    assert.deepEqual([result.state, result.population], ['fail', 3])
    assert.deepEqual(result.observed.types, { contact: { records: 3, withoutBasis: 2 } })
  }))

test('[compliance-7] PRI-06 finds records past their retention', () =>
  withChecks(async (open, run) => {
    assert.equal((await run('PRI-06')).state, 'not-assessed')
    const { retentionDays = 0 } = catalogue.types.find((type) => type.name === 'lead') ?? {}
    await insert(open, 'lead', { updated_at: new Date(Date.now() - (retentionDays - 1) * day) })
    assert.equal((await run('PRI-06')).state, 'pass')
    const late = await run('PRI-06', new Date(Date.now() + 2 * day))
    assert.equal(late.state, 'fail')
    assert.deepEqual(late.observed.past, { lead: { records: 1, retentionDays } })
    assert.match(late.finding.en, /\(lead\)/)
  }))

test('[compliance-7] PRI-07 finds sensitive fields that are not protected enough', () =>
  withChecks(async (_, run) => {
    const good = await run('PRI-07')
    assert.equal(good.state, 'pass', good.finding.en)
    assert.ok(good.population >= 2)
    const weak: readonly (readonly [Partial<Field>, RegExp])[] = [
      [{ storage: 'plain' }, /not sealed/],
      [{ group: 'basic' }, /in the group basic/],
      [{ search: ['ngram'] }, /searched by parts/],
      [{ purpose: { zh: '', en: '' } }, /no purpose/],
      [{ name: 'legalBasis' }, /plain column in the database/],
    ]
    for (const [more, fault] of weak) {
      const bad = await run('PRI-07', new Date(), changed('contact', 'nationalId', more))
      assert.equal(bad.state, 'fail')
      assert.match(JSON.stringify(bad.observed.faults), fault)
    }
    const none: Catalogue = {
      types: catalogue.types.map((type) => ({
        ...type,
        fields: type.fields.filter((field) => field.dataClass !== 'sensitive'),
      })),
    }
    assert.equal((await run('PRI-07', new Date(), none)).state, 'not-applicable')
  }))

test('[compliance-7] PRI-11 wants every purpose, and a person who reviewed them within a year', () =>
  withChecks(async ({ review }, run) => {
    const fresh = await run('PRI-11')
    assert.deepEqual([fresh.state, fresh.observed.reviewedDaysAgo], ['fail', null])
    await review.attest({ control: 'PRI-11', actor: newId(), note: 'read field by field', channel: 'web' })
    assert.equal((await run('PRI-11')).state, 'pass')
    assert.equal((await run('PRI-11', new Date(Date.now() + 366 * day))).state, 'fail')
    const bare = await run('PRI-11', new Date(), changed('deal', 'amount', { purpose: { zh: '', en: '' } }))
    assert.deepEqual([bare.state, bare.observed.incomplete], ['fail', ['deal.amount']])
    assert.equal((await run('PRI-11', new Date(), changed('deal', '', {}, { retentionDays: 0 }))).state, 'fail')
  }))

test('[compliance-6] GOV-01 is due within a year of the installation, then yearly', () =>
  withChecks(async ({ review }, run) => {
    assert.equal((await run('GOV-01')).state, 'not-assessed')
    assert.equal((await run('GOV-01', new Date(Date.now() + 366 * day))).state, 'fail')
    await review.attest({ control: 'GOV-01', actor: newId(), note: 'audit of 2026, report kept', channel: 'cli' })
    assert.equal((await run('GOV-01')).state, 'pass')
    assert.equal((await run('GOV-01', new Date(Date.now() + 366 * day))).state, 'fail')
  }))

test('[compliance-6] GOV-05 sees overdue and failing checks of earlier reviews', async () => {
  const clock = fixedClock('2026-05-01T08:00:00Z')
  let throws = false
  const sound: CheckResult = { state: 'pass', observed: {}, population: 1, finding: { zh: '好', en: 'good' } }
  const [gov] = complianceChecks({ catalogue }).filter((check) => check.control === 'GOV-05')
  assert.ok(gov)
  const daily = {
    control: 'BKP-04',
    version: 1,
    run: () => (throws ? Promise.reject(new Error('x')) : Promise.resolve(sound)),
  }
  const { review, contextAt, close } = await openReview([daily], { clock })
  const ask = (): Promise<CheckResult> => gov.run(contextAt(clock.now()))
  try {
    assert.equal((await ask()).state, 'not-assessed')
    await review.run(newId())
    clock.advance(day - 1000)
    assert.equal((await ask()).state, 'pass')
    clock.advance(2000)
    assert.deepEqual((await ask()).observed, { stale: ['BKP-04'], errored: [] })
    throws = true
    await review.run(newId())
    const result = await ask()
    assert.deepEqual([result.state, result.observed], ['fail', { stale: [], errored: ['BKP-04'] }])
  } finally {
    await close()
  }
})

test("[compliance-8] a person's word is an entry with a note; without a note or a control it is refused", () =>
  withChecks(async ({ db, journal, review }) => {
    const actor = newId()
    const word = { control: 'GOV-06', actor, note: ' officer named, contact published ', channel: 'web' } as const
    await review.attest({ ...word, ip: '10.0.0.1' })
    const { items } = await db.store.transaction(db.scope, (tx) =>
      journal.list(tx, db.tenant, { act: 'review.attest' }),
    )
    assert.deepEqual(
      items.map((i) => [i.obj, i.actor, i.purpose, i.ip]),
      [['GOV-06', actor, 'officer named, contact published', '10.0.0.1']],
    )
    await assert.rejects(review.attest({ ...word, note: '  ' }), (error) => isFault(error, 'bad-value'))
    await assert.rejects(review.attest({ ...word, control: 'GOV-99' }), (error) => isFault(error, 'not-found'))
  }))
