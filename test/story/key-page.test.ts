// The page of API keys in a real browser, in both languages: a key is made, shown once, used by a program, revoked.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { listen } from '#server'
import { launchBrowser } from '../support/browser.ts'
import { openTestServer, testPassword } from '../support/server.ts'
import { agree, newContext } from './browser/stage.ts'

test('[server-180] the page makes a key, shows it once, and revokes it', { timeout: 300_000 }, async (t) => {
  const browser = await launchBrowser()
  if (typeof browser === 'string') {
    t.skip(browser)
    return
  }
  const world = await openTestServer()
  const served = await listen(world.house, { port: 0, log: () => undefined })
  try {
    for (const language of ['zh', 'en'] as const) {
      const context = await newContext(browser, language)
      const page = await context.newPage()
      page.setDefaultTimeout(20_000)
      const id = (name: string) => page.getByTestId(name)
      await page.addInitScript(`localStorage.setItem('holdfast.language', '${language}')`)
      await page.goto(served.url)
      await id('signin-email').fill('admin@example.org')
      await id('signin-password').fill(testPassword)
      await id('signin-submit').click()
      await id('nav-api-keys').click()
      await id('api-keys-new').click()
      await id('api-keys-label').fill(language === 'zh' ? '财务系统对接' : 'Accounting feed')
      await id('api-keys-service').fill(language === 'zh' ? '财务对接' : 'Accounting')
      await id('api-keys-account-read').check()
      await id('api-keys-contact-read').check()
      await id('api-keys-contact-write').check()
      await page.screenshot({ path: join(tmpdir(), `hf-idb-key-new-${language}.png`) })
      await id('step-up-password').fill(testPassword)
      await id('api-keys-create').click()
      const key = await id('api-keys-secret').innerText()
      assert.match(key, /^hf_[\w-]{43}$/)
      await page.screenshot({ path: join(tmpdir(), `hf-idb-key-once-${language}.png`) })
      await id('api-keys-secret-kept').click()
      const ask = () => world.stranger().ask('GET', '/api/accounts', { headers: { authorization: `Bearer ${key}` } })
      assert.equal((await ask()).status, 200)
      await id('api-keys-row').first().waitFor()
      await page.screenshot({ path: join(tmpdir(), `hf-idb-keys-${language}.png`) })
      assert.ok(!(await page.content()).includes(key.slice(9)))
      await id('api-keys-revoke').first().click()
      await agree(page)
      // A key of the other language is revoked already: none may be left that could be.
      await id('api-keys-revoke').first().waitFor({ state: 'detached' })
      await page.locator('[data-testid=api-keys-row][data-state=revoked]').first().waitFor()
      assert.equal((await ask()).status, 401)
      await context.close()
    }
  } finally {
    await browser.close()
    await served.close()
    await world.close()
  }
})
