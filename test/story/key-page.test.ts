// The page of API keys in a real browser, in both languages: a key is made, shown once, used by a program, revoked.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { password } from '../support/prepared.ts'
import { tale } from './browser/tale.ts'
import { agree, newContext } from './browser/visitor.ts'

test(
  '[server-180] the page makes a key, shows it once, and revokes it',
  ...tale({ languages: ['zh', 'en'] }, async ({ page, id, field, say, shot, browser, language, url }) => {
    await id('nav-api-keys').click()
    await id('api-keys-new').click()
    await id('api-keys-label').fill(say('财务系统对接', 'Accounting feed'))
    await id('api-keys-service').fill(say('财务对接', 'Accounting'))
    await id('api-keys-account-read').check()
    await id('api-keys-contact-read').check()
    await id('api-keys-contact-write').check()
    await shot('key-new')
    await field('step-up-password').fill(password)
    await id('api-keys-create').click()
    const key = await id('api-keys-secret').innerText()
    assert.match(key, /^hf_[\w-]{43}$/)
    await shot('key-once')
    await id('api-keys-secret-kept').click()
    // A program has no cookie.
    const program = await newContext(browser, language)
    const ask = async (): Promise<number> =>
      (await program.request.get(`${url}/api/accounts`, { headers: { authorization: `Bearer ${key}` } })).status()
    assert.equal(await ask(), 200)
    await id('api-keys-row').first().waitFor()
    await shot('api-keys')
    assert.ok(!(await page.content()).includes(key.slice(9)))
    await id('api-keys-revoke').first().click()
    await agree(page)
    await id('api-keys-revoke').first().waitFor({ state: 'detached' })
    await page.locator('[data-testid=api-keys-row][data-state=revoked]').first().waitFor()
    assert.equal(await ask(), 401)
    await program.close()
  }),
)
