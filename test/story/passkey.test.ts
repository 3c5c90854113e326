// Passkeys in a real browser with its virtual authenticator, in both languages: added, used alone and beside the password, a confirmation
// that has grown old, a device that is trusted, and a role that must have a second factor.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { services } from '#kernel'
import { password } from '../support/prepared.ts'
import { age, virtualKey } from './browser/factor.ts'
import type { Stage } from './browser/stage.ts'
import { tale } from './browser/tale.ts'
import { agree, until } from './browser/visitor.ts'

const signOut = async ({ page, id, url }: Stage): Promise<void> => {
  const { csrf } = (await (await page.request.get(`${url}/api/me`)).json()) as { csrf: string }
  await page.request.delete(`${url}/api/session`, { headers: { 'x-holdfast-csrf': csrf } })
  await page.goto(url)
  await id('signin-email').waitFor()
}

const passwordSignIn = async ({ id, field }: Stage): Promise<void> => {
  await id('signin-email').fill('owner@example.com')
  await field('signin-password').fill(password)
  await id('signin-submit').click()
}

test(
  '[house-170] passkeys in a browser, in Chinese and in English',
  ...tale({ languages: ['zh', 'en'], timeout: 600_000 }, async (stage) => {
    const { page, id, field, shot } = stage
    const { cdp, authenticatorId } = await virtualKey(stage.context, page)

    // The session is old: adding a passkey asks for the password first, in the one dialog.
    await age(stage)
    await page.goto(`${stage.url}/settings`)
    await id('passkey-add').click()
    await field('confirm-password').fill('not the password')
    await id('confirm-submit').click()
    await id('confirm-problem').waitFor()
    await field('confirm-password').fill(password)
    await shot('confirm')
    await id('confirm-submit').click()
    await id('settings-recovery-codes').waitFor()
    await id('settings-codes-kept').click()
    assert.equal(await id('passkey-item').count(), 1)
    const { credentials } = await cdp.send('WebAuthn.getCredentials', { authenticatorId })
    assert.equal(credentials.length, 1)
    assert.equal(credentials[0]?.isResidentCredential, true)
    assert.equal(credentials[0].rpId, 'localhost')
    await shot('settings')

    // Alone.
    await signOut(stage)
    await shot('sign-in')
    await id('signin-passkey').click()
    await id('home-steps').waitFor()

    // Not without the person: the authenticator says that nobody was verified.
    await signOut(stage)
    await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false })
    await id('signin-passkey').click()
    await id('signin-problem').waitFor()
    await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: true })

    // Beside the password, trusting the device; from then on the password is enough here, but not for what is dangerous.
    await passwordSignIn(stage)
    await id('signin-remember').check()
    await id('signin-code-passkey').click()
    await id('home-steps').waitFor()
    await signOut(stage)
    await passwordSignIn(stage)
    await id('home-steps').waitFor()
    await page.goto(`${stage.url}/settings`)
    await id('device-row').waitFor()
    await id('recovery-renew').click()
    await agree(page)
    await id('confirm-passkey').click()
    await id('settings-recovery-codes').waitFor()
    await id('settings-codes-kept').click()

    // Taken away, the role needs one: nothing else opens before there is one again.
    await id('passkey-remove').click()
    await agree(page)
    await until(async () => (await id('passkey-item').count()) === 0)
    await stage.house.identity.rules.set(
      { secondFactorRoles: ['administrator'], confirmMinutes: 10 },
      { actor: services.system },
    )
    await page.goto(stage.url)
    await id('enrol').waitFor()
    await shot('enrol')
    await id('passkey-add').click()
    await id('settings-codes-kept').click()
    await id('home-steps').waitFor()
  }),
)
