// The page of webhooks in a real browser: one is made, its secret shown once, tried, fails, is sent again, and ends.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { services } from '#kernel'
import { listen } from '#server'
import { tellDue } from '../../src/server/webhook-post.ts'
import { launchBrowser } from '../support/browser.ts'
import { openTestServer, testPassword } from '../support/server.ts'
import { agree, languagesOf, newContext, until } from './browser/stage.ts'

test(
  '[web-164] the page makes a webhook, tries it, and sends again what did not arrive',
  { timeout: 300_000 },
  async (t) => {
    const browser = await launchBrowser()
    if (typeof browser === 'string') {
      t.skip(browser)
      return
    }
    const world = await openTestServer({ env: { HOLDFAST_WEBHOOK_ALLOW: 'localhost' } })
    const served = await listen(world.house, { port: 0, log: () => undefined })
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
      for (const language of languagesOf('en')) {
        const context = await newContext(browser, language)
        const page = await context.newPage()
        page.setDefaultTimeout(20_000)
        const id = (name: string) => page.getByTestId(name)
        const shot = (name: string) => page.screenshot({ path: join(tmpdir(), `hf-hooks-${name}-${language}.png`) })
        const say = (zh: string, en: string): string => (language === 'zh' ? zh : en)
        await page.addInitScript(`localStorage.setItem('holdfast.language', '${language}')`)
        await page.goto(served.url)
        await id('signin-email').fill('admin@example.org')
        await id('signin-password').fill(testPassword)
        await id('signin-submit').click()
        await id('nav-webhooks').click()
        await id('webhooks-none').waitFor()
        await id('webhooks-new').click()
        await id('webhooks-name').fill(say('财务系统', 'Accounting'))
        await id('webhooks-url').fill(address)
        await id('webhooks-type-account').click()
        await id('webhooks-type-deal').click()
        await shot('new')
        await id('webhooks-save').click()
        assert.match(await id('webhooks-secret').innerText(), /^whsec_[\w+/]{43}=$/)
        await shot('once')
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
        await shot('table')
        await id('webhooks-deliveries').click()
        await page.locator('[data-testid=webhooks-delivery][data-state=dead]').waitFor()
        await page.waitForTimeout(400)
        await shot('undelivered')
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
        await shot('rotated')
        await id('webhooks-remove').click()
        await agree(page)
        await id('webhooks-none').waitFor()
        await context.close()
      }
    } finally {
      await browser.close()
      receiver.closeAllConnections()
      receiver.close()
      await served.close()
      await world.close()
    }
  },
)
