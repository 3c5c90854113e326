// Single sign-on in a real browser, in both languages: set up on the page, used from the sign-in page, through the provider's own pages and back.
import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { listen } from '#server'
import { launchBrowser } from '../support/browser.ts'
import { openProvider } from '../support/oidc.ts'
import { openTestServer, testPassword } from '../support/server.ts'
import { agree, newContext } from './browser/stage.ts'

test('[server-181] a provider is set up, and somebody signs in with it', { timeout: 300_000 }, async (t) => {
  const browser = await launchBrowser()
  if (typeof browser === 'string') {
    t.skip(browser)
    return
  }
  const world = await openTestServer()
  const served = await listen(world.house, { port: 0, log: () => undefined })
  try {
    for (const language of ['zh', 'en'] as const) {
      const provider = await openProvider()
      const shot = (name: string) => ({ path: join(tmpdir(), `hf-idb-${name}-${language}.png`) })
      const administrator = await newContext(browser, language)
      const page = await administrator.newPage()
      page.setDefaultTimeout(30_000)
      const id = (name: string) => page.getByTestId(name)
      await page.addInitScript(`localStorage.setItem('holdfast.language', '${language}')`)
      await page.goto(served.url)
      await id('signin-email').fill('admin@example.org')
      await id('signin-password').fill(testPassword)
      await id('signin-submit').click()
      await id('nav-single-sign-on').click()
      await id('sso-new').click()
      await id('sso-name').fill(language === 'zh' ? '企业账号' : 'Works ID')
      await id('sso-issuer').fill(provider.issuer)
      await id('sso-client-id').fill(provider.clientId)
      await id('sso-secret').fill(provider.secret)
      await id('sso-accounts').locator('input[value=create]').check()
      await id('sso-rule-add').click()
      await id('sso-rule-group').fill('Sales')
      await page.waitForTimeout(500)
      await page.screenshot(shot('sso-editor'))
      await id('sso-save').click()
      await id('sso-provider').first().waitFor()
      const [made] = await world.house.identity.federation.providers()
      assert.ok(made)
      const callback = `${served.url}/api/sso/${made.id}/callback`
      provider.register(callback, callback.replace('callback', 'logout'), world.ca)
      await id('sso-probe').first().click()
      await page.locator('.ant-message-success').first().waitFor()
      await page.screenshot(shot('sso-page'))
      // Somebody of the organisation, who was never here.
      const email = `wang-${language}@works.example`
      provider.people.set('wang', { email, email_verified: true, name: '王小明', groups: ['Sales'] })
      const context = await newContext(browser, language)
      const person = await context.newPage()
      person.setDefaultTimeout(30_000)
      await person.addInitScript(`localStorage.setItem('holdfast.language', '${language}')`)
      await person.goto(served.url)
      await person.getByTestId('signin-sso').first().waitFor()
      await person.screenshot(shot('sso-sign-in'))
      await person.getByTestId('signin-sso').first().click()
      await person.locator('input[name=login]').fill('wang')
      await person.locator('input[name=password]').fill('x')
      await person.locator('button[type=submit]').click()
      await person.locator('input[value=consent] ~ button').click()
      await person.getByTestId('nav-person').waitFor()
      const user = await world.house.staff.findByEmail(email)
      assert.equal(user?.role, 'sales')
      await person.screenshot(shot('sso-inside'))
      // Signing out leads on to the provider.
      await person.getByTestId('nav-person').click()
      await person.getByTestId('nav-sign-out').click()
      await person.waitForURL((url) => url.href.startsWith(provider.issuer))
      // Down: a sentence, and the form for passwords is still there.
      await provider.close()
      await person.goto(`${served.url}/sign-in?sso=sso-no-account`)
      await person.getByTestId('signin-sso-result').waitFor()
      await person.screenshot(shot('sso-result'))
      await id('sso-remove').first().click()
      await agree(page)
      await id('sso-none').waitFor()
      await context.close()
      await administrator.close()
    }
  } finally {
    await browser.close()
    await served.close()
    await world.close()
  }
})
