// Single sign-on in a real browser, in both languages: set up on the page, used from the sign-in page, through the provider's own pages and back.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { openProvider } from '../support/oidc.ts'
import type { Stage } from './browser/stage.ts'
import { tale } from './browser/tale.ts'
import { agree } from './browser/visitor.ts'

type Provider = Awaited<ReturnType<typeof openProvider>>

const signOn = async (stage: Stage, provider: Provider): Promise<void> => {
  const { page, id, say, shot, house, url, language } = stage
  await id('nav-single-sign-on').click()
  await id('sso-new').click()
  await id('sso-name').fill(say('企业账号', 'Works ID'))
  await id('sso-issuer').fill(provider.issuer)
  await id('sso-client-id').fill(provider.clientId)
  await id('sso-secret').fill(provider.secret)
  await id('sso-accounts').locator('input[value=create]').check()
  await id('sso-rule-add').click()
  await id('sso-rule-group').fill('Sales')
  await shot('sso-editor')
  await id('sso-save').click()
  await id('sso-provider').first().waitFor()
  const [made] = await house.identity.federation.providers()
  assert.ok(made)
  const callback = `${url}/api/sso/${made.id}/callback`
  const authority = await readFile(join(stage.directory, 'keys', 'tls', 'authority.crt'), 'utf8')
  provider.register(callback, callback.replace('callback', 'logout'), authority)
  await id('sso-probe').first().click()
  await page.locator('.ant-message-success').first().waitFor()
  await shot('sso-page')
  // Somebody of the organisation, who was never here.
  const email = `wang-${language}@works.example`
  provider.people.set('wang', { email, email_verified: true, name: '王小明', groups: ['Sales'] })
  const person = await stage.visit()
  await person.page.goto(url)
  await person.id('signin-sso').first().waitFor()
  await person.shot('sso-sign-in')
  await person.id('signin-sso').first().click()
  await person.page.locator('input[name=login]').fill('wang')
  await person.page.locator('input[name=password]').fill('x')
  await person.page.locator('button[type=submit]').click()
  await person.page.locator('input[value=consent] ~ button').click()
  await person.id('nav-person').waitFor()
  assert.equal((await house.staff.findByEmail(email))?.role, 'sales')
  await person.shot('sso-inside')
  // Signing out leads on to the provider.
  await person.id('nav-person').click()
  await person.id('nav-sign-out').click()
  await person.page.waitForURL((place) => place.href.startsWith(provider.issuer))
  // Down: a sentence, and the form for passwords is still there.
  await provider.close()
  await person.page.goto(`${url}/sign-in?sso=sso-no-account`)
  await person.id('signin-sso-result').waitFor()
  await person.shot('sso-result')
  await id('sso-remove').first().click()
  await agree(page)
  await id('sso-none').waitFor()
}

test(
  '[server-181] a provider is set up, and somebody signs in with it',
  ...tale({ languages: ['zh', 'en'] }, async (stage) => {
    await signOn(stage, await openProvider())
  }),
)
