// How many rows an export has, decided by policies on a real database: so many leave, one more does not, whichever way it is asked for.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Actor, isFault, userPrincipal } from '#kernel'
import { type PolicyDocument, shippedDocument } from '#access'
import { createJobs } from '#store'
import { openTestVault, type TestVault } from '../../test/support/vault.ts'
import { dryRunKind } from './dry-run.ts'

let house: TestVault
let second: Actor
let boss: Actor
before(async () => {
  house = await openTestVault()
  const made = await house.vault.create(house.admin, 'user', { values: { name: 'sam', email: 'sam@example.com', active: true, role: 'security-administrator' } }) // prettier-ignore
  const user = await house.opened.staff.get(made.id)
  assert.ok(user)
  second = { ...house.admin, principal: userPrincipal(house.tenant, user) }
  boss = house.because(house.manager, 'the fair in May')
})
after(() => house.close())

const limited = (text: string): PolicyDocument => ({
  ...shippedDocument,
  policies: [{ id: 'own.rows', text: `@id("own.rows") ${text}` }],
})
const atMost = (rows: number, of = 'Contact'): PolicyDocument =>
  limited(`forbid (principal, action == Action::"export", resource is ${of}) when { context.rows > ${String(rows)} };`)

const inForce = async (document: PolicyDocument): Promise<void> => {
  const { policyControl } = house.opened
  const change = await policyControl.propose(house.admin, 'rows', document)
  await policyControl.decide(second, change, true, 'agreed')
}

const contact = (name: string, who: Actor = house.manager) => house.vault.create(who, 'contact', { values: { name } })

const exported = async (type: string, query = {}): Promise<number> => {
  let rows = 0
  for await (const page of house.vault.exportPages(boss, type, query)) rows += page.length
  return rows
}

/** An export page by page. */
const begun = (type: string, query = {}) => house.vault.exportPages(boss, type, query)[Symbol.asyncIterator]()

const tooMany = (rows: number) => (error: unknown) =>
  isFault(error, 'export-too-many') && error.details['rows'] === rows

const denials = async (): Promise<readonly unknown[]> => {
  const { items } = await house.store.transaction(
    { tenant: house.tenant, principal: house.system.principal.id },
    (tx) => house.journal.list(tx, house.tenant, { act: 'denied', limit: 100 }),
  )
  return items.map(({ detail }) => detail)
}

test('[vault-293] an export of as many rows as a policy lets pass leaves, one of a row more is refused before its first row, and the journal has the number', async () => {
  const names = ['one', 'two', 'three']
  for (const name of names) await contact(name)
  assert.equal(await exported('contact'), 3)
  await inForce(atMost(3))
  assert.equal(await exported('contact'), 3)
  await contact('four')
  const page = begun('contact').next()
  await assert.rejects(page, tooMany(4))
  const told = (await denials()).find((detail) => (detail as { rows?: number }).rows === 4)
  assert.deepEqual(told, { action: 'export', rows: 4 })
  // A list that is narrowed down is another export; other types have no limit.
  assert.equal(await exported('contact', { search: 'two' }), 1)
  await house.vault.create(house.manager, 'task', { values: { title: 'call' } })
  assert.equal(await exported('task'), 1)
  // Nobody can approve what policies refuse for its size; what they let pass may be asked for.
  const { exports } = house.opened
  await assert.rejects(exports.ask(boss, 'contact', 4, 'fair'), tooMany(4))
  await exports.ask(boss, 'contact', 3, 'fair')
  // Buttons show that an export is possible at all.
  const abilities = await house.vault.abilities(house.manager)
  assert.equal(abilities['contact']?.export, true)
})

test('[vault-293] rows that come while an export runs do not leave, and paper is an export like any other', async () => {
  await inForce(atMost(300, 'Lead'))
  const drafts = Array.from({ length: 300 }, (_, i) => ({ values: { name: `Lead ${String(i)}` }, ownerId: house.manager.principal.id })) // prettier-ignore
  await house.vault.importBatch(house.because(house.admin, 'import'), 'lead', drafts)
  const pages = begun('lead', { sort: 'createdAt' })
  assert.equal(((await pages.next()).value as readonly unknown[]).length, 200)
  await house.vault.create(house.manager, 'lead', { values: { name: 'late' } })
  await assert.rejects(pages.next(), tooMany(301))
  await assert.rejects(house.vault.print(boss, 'lead', { query: {} }), tooMany(301))
})

test('[vault-293] a "why not" shows the number that was asked about, and a dry run knows what past exports had', async () => {
  const { explainer, dryRuns } = house.opened
  const from = new Date()
  await inForce(shippedDocument)
  assert.equal(await exported('contact'), 4)
  assert.equal(await exported('contact', { search: 'two' }), 1)
  await house.opened.flushReads()
  const document = atMost(3)
  const { id, spec } = await dryRuns.prepare(house.admin, { document, from, to: new Date(Date.now() + 1000) })
  const jobs = createJobs({ store: house.store, scope: { tenant: house.tenant, principal: house.system.principal.id } })
  jobs.register(dryRuns.job)
  const job = await jobs.start(dryRunKind, spec, house.admin.principal.id)
  await dryRuns.started(house.admin, id, job.id)
  assert.equal((await jobs.run(job.id)).state, 'done')
  await jobs.close()
  const { report } = await dryRuns.get(house.admin, id)
  assert.deepEqual([report?.actions, report?.newlyDenied], [{ 'contact export': [1, 0] }, 1])
  await inForce(document)
  const { id: record } = await house.vault.create(house.ann, 'contact', { values: { name: 'five' } })
  const supposed = { mfa: true, deviceTrusted: false, ip: '', purpose: 'fair' }
  const why = (rows?: number) =>
    explainer.why(house.admin, 'contact', record, house.manager.principal.id, 'export', { ...supposed, ...(rows === undefined ? {} : { rows }) }) // prettier-ignore
  assert.equal((await why()).allow, true)
  assert.equal((await why(3)).allow, true)
  const { allow, forbids } = await why(4)
  assert.deepEqual(
    [allow, forbids],
    [false, [{ policy: 'own.rows', erred: false, values: [{ path: 'context.rows', value: '4', state: 'shown' }] }]],
  )
})

test('[vault-293] a row that comes between the two counts refuses nothing that the policies let pass', async () => {
  await inForce(atMost(300, 'Account'))
  await house.vault.create(house.manager, 'account', { values: { name: 'first' } })
  const { store } = house
  const transaction = store.transaction.bind(store)
  const counts = (scope: object): boolean => 'facts' in scope
  let asked = 0
  Object.assign(store, {
    transaction: async (...args: Parameters<typeof transaction>) => {
      if (counts(args[0]) && ++asked === 2) await house.vault.create(house.manager, 'account', { values: { name: 'second' } }) // prettier-ignore
      return transaction(...args)
    },
  })
  try {
    assert.equal(await exported('account'), 2)
  } finally {
    Object.assign(store, { transaction })
  }
})
