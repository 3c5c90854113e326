// A policy that limits exports by their number of records, made, approved and met over HTTPS, refused in the reader's language.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestServer, testPassword } from '../../test/support/server.ts'
import type { PolicyBuiltAnswer, PolicyTextAnswer } from './contract/policy-builder.ts'
import type { PolicyControlAnswer, WhyNotAnswer } from './contract.ts'

test('[server-287] a limit on the records of an export, written in the builder and in force, lets so many leave and refuses one more, in both languages', async () => {
  const { admin, manager, house, ids, signIn, close } = await openTestServer()
  try {
    const made = await house.vault.create(house.system, 'user', {
      values: { name: 'Sam', email: 'sam@example.org', role: 'security-administrator', active: true, language: 'en' },
    })
    await house.identity.setPassword(made.id, testPassword, { actor: house.system })
    const second = await signIn('sam@example.org', testPassword)
    const written = '@id("own.rows") forbid (principal, action == Action::"export", resource is Contact) when { context.rows > 2 };' // prettier-ignore
    const { built, problem } = (await admin.ask('POST', '/api/policies/built', { body: { text: written } })).json() as PolicyBuiltAnswer // prettier-ignore
    assert.ok(built && problem === null)
    const { text } = (await admin.ask('POST', '/api/policies/text', { body: { built } })).json() as PolicyTextAnswer
    const { document } = (await admin.ask('GET', '/api/policies/control')).json() as PolicyControlAnswer
    const next = { ...document, policies: [...document.policies, { id: 'own.rows', text }] }
    const proposed = await admin.ask('POST', '/api/policies/changes', { body: { title: 'rows', document: next } })
    assert.equal(proposed.status, 201, proposed.text)
    const { id } = proposed.json() as { id: string }
    const decided = await second.ask('POST', `/api/policies/changes/${id}/decision`, { body: { approve: true, reason: 'agreed' } }) // prettier-ignore
    assert.ok(decided.status < 300, decided.text)
    const contact = async (name: string): Promise<string> =>
      ((await manager.ask('POST', '/api/contacts', { body: { values: { name } } })).json() as { id: string }).id
    await contact('One')
    const record = await contact('Two')
    const ask = (language: string) =>
      manager.ask('POST', '/api/contacts/export', { body: { purpose: 'fair' }, headers: { 'accept-language': language } }) // prettier-ignore
    const whole = await ask('en')
    assert.equal(whole.status, 200, whole.text)
    assert.match(whole.text, /One[^]*Two|Two[^]*One/)
    await contact('Three')
    const [english, chinese] = [await ask('en'), await ask('zh-CN')]
    assert.deepEqual([english.status, chinese.status], [403, 403])
    assert.match(english.text, /the policies do not allow an export of 3 records at once/)
    assert.match(chinese.text, /策略不允许一次导出 3 条记录/)
    for (const { text: said } of [english, chinese]) assert.ok(!said.includes('Two'))
    const why = async (rows: string): Promise<WhyNotAnswer> =>
      (await admin.ask('GET', `/api/access/why?type=contact&id=${record}&person=${ids.manager}&action=export&purpose=fair${rows}`)).json() as WhyNotAnswer // prettier-ignore
    assert.equal((await why('')).allow, true)
    const { allow, forbids } = await why('&rows=3')
    assert.deepEqual([allow, forbids], [false, [{ policy: 'own.rows', erred: false, values: [{ path: 'context.rows', value: '3', state: 'shown' }] }]]) // prettier-ignore
    const journal = await admin.ask('GET', '/api/journal?act=denied&limit=10')
    assert.match(journal.text, /"rows":3/)
  } finally {
    await close()
  }
})
