// The same form under the other profiles, in a real browser: SM2 with SM4, and X25519 with ML-KEM-768, sealed there and read as leads here.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readLead } from '#crm'
import { preparePages } from '../../src/cli/pages.ts'
import { actorOf } from './browser/colleague.ts'
import { tale } from './browser/tale.ts'
import { newContext } from './browser/visitor.ts'

const both = { zh: '联系我们', en: 'Contact us' }
const definition = {
  title: both,
  intro: both,
  notice: both,
  submit: both,
  thanks: both,
  fields: [
    { name: 'name', required: true },
    { name: 'mobile', required: false },
  ],
  owner: null,
  source: 'website',
  origins: [],
  leastSeconds: 0,
}
const visitors = { gm: { suite: 20, name: '端木守信' }, 'post-quantum': { suite: 18, name: '公孙问远' } } as const

test(
  '[house-50] under the national and the post-quantum profile a visitor’s browser seals by their suites',
  ...tale({ languages: ['zh'] }, async (stage) => {
    const { house, browser } = stage
    await preparePages(() => undefined)
    const owner = await actorOf(stage)
    await house.captures.saveForm(owner, { name: 'demo', definition, active: true, version: 0 })
    for (const [profile, { suite, name }] of Object.entries(visitors)) {
      const { id } = await house.jobs.start('keys.profile', { profile }, owner.principal.id)
      assert.equal((await house.jobs.run(id)).state, 'done')
      const outside = await newContext(browser, 'zh')
      const page = await outside.newPage()
      const problems: string[] = []
      const sent: string[] = []
      page.on('pageerror', (error) => problems.push(error.message))
      page.on('console', (message) => {
        if (message.type() === 'error') problems.push(message.text())
      })
      page.on('request', (request) => {
        if (request.method() === 'POST') sent.push(request.postData() ?? '')
      })
      await page.goto(`${stage.url}/capture/demo`)
      await page.locator('[name=name]').fill(name)
      await page.locator('[name=mobile]').fill('13800138055')
      await page.locator('button[type=submit]').click()
      await page.locator('.done[role=status]').waitFor()
      assert.deepEqual(problems, [])
      assert.equal(sent.length, 1)
      assert.equal((JSON.parse(sent[0] ?? '') as { suite: number }).suite, suite)
      assert.ok(!sent.join('').includes(name) && !sent.join('').includes('13800138055'))
      assert.deepEqual(await house.captures.open(owner, readLead), { created: 1, quarantined: 0 })
      const { items } = await house.vault.list(owner, 'lead', { search: name })
      assert.equal(items.length, 1, profile)
      await outside.close()
    }
  }),
)
