// The page of webhooks in a real browser: one is made, its secret shown once, tried, fails, is sent again, and ends.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import type { Browser } from 'playwright-core'
import { services } from '#kernel'
import { listen } from '#server'
import { tellDue } from '../../src/server/webhook-post.ts'
import type { Language } from '../support/prepared.ts'
import { openTestServer, type TestServer, testPassword } from '../support/server.ts'
import { inBrowser, languagesOf } from './browser/tale.ts'
import { agree, signIn, until, visit } from './browser/visitor.ts'

// Not a tale: the story itself says when webhooks are told, so nothing else may serve the house.
test(
  '[web-164] the page makes a webhook, tries it, and sends again what did not arrive',
  ...inBrowser(300_000, async (browser) => {
    const world = await openTestServer({ env: { HOLDFAST_WEBHOOK_ALLOW: 'localhost' } })
    const served = await listen(world.house, { port: 0, log: () => undefined })
    try {
      for (const language of languagesOf('en')) await useWebhooks(browser, language, world, served.url)
    } finally {
      await served.close()
      await world.close()
    }
  }),
)

const useWebhooks = async (browser: Browser, language: Language, world: TestServer, url: string): Promise<void> => {
  const visitor = await visit(browser, language)
  const { context, page, id, say, shot, problems } = visitor
  let status = 204
  let got = 0
  const receiver = createServer((request, response) => {
    request.resume()
    got += 1
    response.writeHead(status).end()
  })
  await new Promise<void>((done) => receiver.listen(0, 'localhost', done))
  const address = `http://localhost:${(receiver.address() as AddressInfo).port}/in`
  try {
    await signIn(visitor, url, 'admin@example.org', testPassword)
    await id('nav-webhooks').click()
    await id('webhooks-none').waitFor()
    await id('webhooks-new').click()
    await id('webhooks-name').fill(say('财务系统', 'Accounting'))
    await id('webhooks-url').fill(address)
    await id('webhooks-type-account').click()
    await id('webhooks-type-deal').click()
    await shot('webhooks-new')
    await id('webhooks-save').click()
    assert.match(await id('webhooks-secret').innerText(), /^whsec_[\w+/]{43}=$/)
    await shot('webhooks-once')
    await id('webhooks-secret-kept').click()
    status = 204
    got = 0
    await id('webhooks-test').click()
    await until(() => Promise.resolve(got === 1))
    await page.locator('.ant-message-success').first().waitFor()
    // Given up after the last of many tries.
    status = 503
    await world.admin.ask('POST', '/api/accounts', { body: { values: { name: `Heron ${language}` } } })
    await tellDue(world.house)
    const { tenant, store } = world.house
    await store.transaction({ tenant, principal: services.system }, (tx) =>
      tx.query({ text: `update ops.webhook_delivery set attempts = 11, next_at = now() - interval '1 minute'` }),
    )
    await tellDue(world.house)
    await page.reload()
    await id('webhooks-deliveries').waitFor()
    await shot('webhooks')
    await id('webhooks-deliveries').click()
    await page.locator('[data-testid=webhooks-delivery][data-state=dead]').waitFor()
    await shot('webhooks-undelivered')
    await id('webhooks-resend').click()
    await page.locator('[data-testid=webhooks-delivery][data-state=waiting]').waitFor()
    status = 200
    assert.equal(await tellDue(world.house), 1)
    await page.reload()
    await id('webhooks-edit').click()
    await id('webhooks-rotate').click()
    await agree(page)
    assert.match(await id('webhooks-secret').innerText(), /^whsec_[\w+/]{43}=$/)
    await id('webhooks-secret-kept').click()
    await shot('webhooks-rotated')
    // As after a restore: nothing is in use until somebody says so.
    await store.transaction({ tenant, principal: services.system }, (tx) =>
      tx.query({ text: `update ops.webhook set active = false, stopped = 'restored'` }),
    )
    await page.reload()
    await id('webhooks-restored').waitFor()
    await shot('webhooks-restored')
    await id('webhooks-resume').click()
    await agree(page)
    await page.locator('[data-testid=webhooks-row][data-state=active]').waitFor()
    await id('webhooks-remove').click()
    await agree(page)
    await id('webhooks-none').waitFor()
    assert.deepEqual(problems, [])
  } finally {
    await context.close()
    receiver.closeAllConnections()
    receiver.close()
  }
}
