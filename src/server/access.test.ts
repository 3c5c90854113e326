// Who sees what, and why not, over HTTPS: for those who may see the policies, without a value of the record.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestServer } from '../../test/support/server.ts'
import type { WhoSeesAnswer, WhyNotAnswer } from './contract/access.ts'

test('[server-210] who sees a group, page by page, and why not: to administrators, in both languages, without the values', async () => {
  const { admin, manager, sales, other, stranger, close } = await openTestServer()
  const values = { name: '周密', mobile: '13512345678', nationalId: '110101199003078515' }
  const made = await other.ask('POST', '/api/contacts', { body: { values } })
  const { id, ownerId } = made.json() as { id: string; ownerId: string }
  const who = `/api/access/who?type=contact&id=${id}&group=contact`
  const first = await admin.ask('GET', `${who}&limit=2`)
  assert.equal(first.status, 200, first.text)
  const people: WhoSeesAnswer['items'][number][] = []
  let page = first.json() as WhoSeesAnswer
  for (;;) {
    people.push(...page.items)
    if (page.next === undefined) break
    page = (await admin.ask('GET', `${who}&limit=2&after=${page.next}`)).json() as WhoSeesAnswer
  }
  const owner = people.find(({ person }) => person === ownerId)
  assert.deepEqual([owner?.sight, owner?.permits], ['plain', ['sales.own']])
  assert.ok(owner && owner.name !== '')
  const salesId = ((await sales.ask('GET', '/api/me')).json() as { id: string }).id
  const unseen = people.find(({ person }) => person === salesId)
  assert.deepEqual([unseen?.sight, unseen?.refused, unseen?.forbids], ['hidden', 'list', []])
  const why = await admin.ask('GET', `/api/access/why?type=contact&id=${id}&person=${salesId}&action=view.contact`)
  assert.equal(why.status, 200, why.text)
  const told = why.json() as WhyNotAnswer
  assert.equal(told.allow, false)
  assert.deepEqual(Object.keys(told.purposes['sales.own'] ?? {}), ['zh', 'en'])
  assert.ok(told.permits.some(({ values: looked }) => looked.some(({ value }) => value === `User::"${ownerId}"`)))
  for (const { text } of [first, why]) for (const value of Object.values(values)) assert.ok(!text.includes(value))
  // Nobody else, and nothing learnt from how it is refused.
  for (const client of [manager, sales, other])
    for (const path of [who, who.replace(id, salesId), `/api/access/why?type=contact&id=${id}&person=${salesId}&action=list`]) {
      const refused = await client.ask('GET', path)
      assert.equal(refused.status, 403, refused.text)
    } // prettier-ignore
  assert.equal((await stranger().ask('GET', who)).status, 401)
  const bad = ['limit=0', 'limit=501', 'after=x', 'mfa=2', 'other=1']
  for (const query of bad) assert.equal((await admin.ask('GET', `${who}&${query}`)).status, 400, query)
  assert.equal((await admin.ask('GET', who.replace('group=contact', 'group=financial'))).status, 400)
  assert.equal((await admin.ask('GET', who.replace('type=contact', 'type=nothing'))).status, 404)
  assert.equal((await admin.ask('GET', who.replace(id, salesId))).status, 404)
  await close()
})
