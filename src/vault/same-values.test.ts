// Everybody who has the number of a person: more than a page of them, in fields with an index and in those without, each once.
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { isFault, services, type Uuid } from '#kernel'
import { createJobs } from '#store'
import { openTestVault, type TestVault } from '../../test/support/vault.ts'
import type { Erasures } from './erasures.ts'
import type { SamePerson } from './same-person.ts'
import type { SearchPolicy } from './search-policy.ts'

interface World extends TestVault {
  readonly erasures: Erasures
  all(subject: Uuid): Promise<Told>
  /** So many leads with the number of the person, among others. */
  crowd(same: number, others: number): Promise<readonly Uuid[]>
  policy(change: (policy: SearchPolicy) => SearchPolicy): Promise<void>
}

interface Told {
  readonly same: readonly SamePerson[]
  readonly pages: number
  readonly opened: number
  readonly unread: number
}

const number = '13800138001'

const open = async (t: TestContext): Promise<World> => {
  const world = await openTestVault()
  t.after(() => world.close())
  const { vault, ann, admin } = world
  const erasures = world.opened.erasures({ signer: () => world.keys.signer('erasure'), backupDays: 30 })
  const jobs = createJobs({ store: world.store, scope: { tenant: world.tenant, principal: services.system } })
  t.after(() => jobs.close())
  jobs.register(world.opened.search.job)
  return {
    ...world,
    erasures,
    all: async (subject) => {
      const preview = await erasures.preview(admin, subject)
      const same = [...preview.same]
      let [pages, opened, unread] = [1, 0, preview.unread]
      for (let at = preview.nextSame; at !== null; pages++) {
        const page = await erasures.same(admin, subject, at)
        same.push(...page.same)
        opened = page.opened
        unread += page.unread
        at = page.next
      }
      return { same, pages, opened, unread }
    },
    crowd: async (same, others) => {
      const drafts = Array.from({ length: same + others }, (_, i) => ({
        importKey: `lead ${String(i)}`,
        // Each form of the number is the same number.
        values: { name: `Lead ${String(i)}`, mobile: i < same ? '+86 138-0013-8001' : String(13900000000 + i) },
      }))
      const made: Uuid[] = []
      for (let i = 0; i < drafts.length; i += 500)
        for (const one of await vault.importBatch(ann, 'lead', drafts.slice(i, i + 500))) {
          assert.ok('id' in one)
          made.push(one.id)
        }
      return made.slice(0, same)
    },
    policy: async (change) => {
      const { policy } = await world.opened.search.state()
      const spec = await world.opened.search.rebuild({ keys: 'same', policy: change(policy) })
      const { id } = await jobs.start('search.rebuild', spec, services.system)
      assert.equal((await jobs.run(id)).state, 'done')
    },
  }
}

const subjects = (same: readonly SamePerson[]): readonly Uuid[] => same.map(({ subject }) => subject).toSorted()
const refused = (code: string) => (error: unknown) => isFault(error) && error.code === code

test('[vault-205] more than a page of them are all told, each once, and whoever is on the last page can be chosen', async (t) => {
  const world = await open(t)
  const { admin, erasures } = world
  const person = (await world.vault.create(world.ann, 'contact', { values: { name: '张伟', mobile: number } })).id
  const crowd = await world.crowd(230, 20)
  const told = await world.all(person)
  assert.deepEqual(subjects(told.same), crowd.toSorted())
  assert.deepEqual([told.pages, told.opened, told.unread], [3, 0, 0])
  for (const { why } of told.same) assert.deepEqual(why, ['phone'])
  const last = told.same.at(-1)?.subject ?? ''
  const also = [last, crowd[0] ?? '']
  const made = await erasures.erase(admin, { subject: person, also, reason: 'request 8', code: person.slice(-8) })
  assert.deepEqual(
    made.also.map(({ facts }) => facts.subject),
    also,
  )
  for (const cursor of ['', 'index', 'index.', 'index..x', `index.${person}.0.0`, "lead'.x.0", 'nothing.1.0'])
    await assert.rejects(erasures.same(admin, person, cursor), refused('bad-input'), cursor)
  await assert.rejects(erasures.same(world.ann, person, 'index..0'), refused('denied'))
})

test('[vault-205] where a field has no index it is named, and its records are opened in batches: nobody is missed, nobody told twice', async (t) => {
  const world = await open(t)
  const { admin, ann, vault, erasures } = world
  const person = (await vault.create(ann, 'contact', { values: { name: '张伟', mobile: number } })).id
  const crowd = await world.crowd(120, 2000)
  const field = (type: string, name: string): string =>
    String(vault.catalogue.types.find((one) => one.name === type)?.fields.find((one) => one.name === name)?.id)
  // Found by the index and by opening: told once.
  const both = (await vault.create(ann, 'lead', { values: { name: '张先生', mobile: number, phone: number } })).id
  const other = (await vault.create(ann, 'contact', { values: { name: '李娜', mobile: number } })).id
  await world.policy((policy) => ({
    ...policy,
    fields: { ...policy.fields, [field('lead', 'mobile')]: { modes: [], partitions: 4 } },
  }))
  const preview = await erasures.preview(admin, person)
  assert.deepEqual(preview.unsearched, [{ type: 'lead', fields: ['mobile'], subjects: 2121 }])
  assert.deepEqual(subjects(preview.same), [both, other].toSorted())
  const told = await world.all(person)
  assert.deepEqual(subjects(told.same), [...crowd, both, other].toSorted())
  assert.deepEqual([told.pages, told.opened, told.unread], [3, 2121, 0])
  // Who is found by opening alone can be chosen too.
  const also = [crowd[119] ?? '']
  assert.equal(
    (await erasures.erase(admin, { subject: person, also, reason: 'request 8', code: person.slice(-8) })).also.length,
    1,
  )
  // A record whose cell was altered is counted, and the others are found.
  const rest = (await world.all(other)).same.length
  await world.store.owner((tx) =>
    tx.query({
      text: `update crm.lead set cell_contact = set_byte(cell_contact, length(cell_contact) - 1, get_byte(cell_contact, length(cell_contact) - 1) # 1)
             where id = $1`,
      values: [crowd[1]],
    }),
  )
  const damaged = await world.all(other)
  assert.deepEqual([damaged.same.length, damaged.unread], [rest - 1, 1])
})

test('[vault-205] without a number or address of the person nothing is opened, whatever has no index', async (t) => {
  const world = await open(t)
  const { vault, ann, admin } = world
  const id = (name: string): string =>
    String(vault.catalogue.types.find((one) => one.name === 'lead')?.fields.find((one) => one.name === name)?.id)
  await world.policy((policy) => ({ ...policy, fields: { ...policy.fields, [id('mobile')]: { modes: [], partitions: 4 } } })) // prettier-ignore
  const nameless = (await vault.create(ann, 'contact', { values: { name: '张伟', email: 'a@example.com' } })).id
  await world.crowd(1, 0)
  const preview = await world.erasures.preview(admin, nameless)
  assert.deepEqual([preview.same, preview.nextSame, preview.unsearched], [[], null, []])
})

test('[vault-205] a record that does not open is counted once and told in the preview, also where it is of the person itself', async (t) => {
  const world = await open(t)
  const { vault, ann, admin } = world
  const flip = (type: string, id: Uuid): Promise<unknown> =>
    world.store.owner((tx) =>
      tx.query({
        text: `update crm.${type} set cell_contact = set_byte(cell_contact, length(cell_contact) - 1, get_byte(cell_contact, length(cell_contact) - 1) # 1)
               where id = $1`,
        values: [id],
      }),
    )
  const person = (await vault.create(ann, 'contact', { values: { name: '张伟', mobile: number } })).id
  const [other = ''] = await world.crowd(1, 0)
  await flip('lead', other)
  const found = await world.erasures.preview(admin, person)
  assert.deepEqual([found.same, found.nextSame, found.unread], [[], null, 1])
  // Mended while the index is made anew.
  await flip('lead', other)
  // Found by the index and opened once more for the field that has none: still one record.
  const phone = vault.catalogue.types.find(({ name }) => name === 'lead')?.fields.find(({ name }) => name === 'phone')
  await world.policy((policy) => ({ ...policy, fields: { ...policy.fields, [String(phone?.id)]: { modes: [], partitions: 4 } } })) // prettier-ignore
  await flip('lead', other)
  assert.equal((await world.all(person)).unread, 1)
  await flip('lead', other)
  await flip('contact', person)
  const blind = await world.erasures.preview(admin, person)
  assert.deepEqual([blind.same, blind.nextSame, blind.unread], [[], null, 1])
})
