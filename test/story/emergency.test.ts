// Emergency access in a real browser: without a second factor none, with one a record opens and closes, and another person reviews it.
import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Browser } from 'playwright-core'
import { services } from '#kernel'
import { launchBrowser } from '../support/browser.ts'
import { setUp } from './browser/setup.ts'
import { type Language, languagesOf, newContext, openStage, password, type Stage, until } from './browser/stage.ts'

const story = async (browser: Browser, language: Language): Promise<void> => {
  const stage = await openStage(browser, language)
  const context = await newContext(browser, language)
  const page = await context.newPage()
  page.setDefaultTimeout(20_000)
  const id = (name: string) => page.getByTestId(name)
  const field = (name: string) => page.locator(`[data-testid=${name}] input, input[data-testid=${name}]`).first()
  try {
    await setUp(stage)
    const account = await prepare(stage)
    await page.goto(stage.url)
    await field('signin-email').fill('sam@example.com')
    await field('signin-password').fill(password)
    await id('signin-submit').click()
    await id('nav-emergency').click()
    await id('emergency-needs-factor').waitFor()
    await stage.shot('emergency-no-factor', page)

    const cdp = await context.newCDPSession(page)
    await cdp.send('WebAuthn.enable')
    await cdp.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    })
    await page.goto(`${stage.url}/settings`)
    await id('passkey-add').click()
    await id('settings-codes-kept').click()

    // The second factor was given an hour ago: it is asked for again, in the one dialog.
    await age(stage)
    await page.goto(`${stage.url}/emergency`)
    await id('emergency-of').fill(`${stage.url}/accounts/${account}`)
    await id('emergency-reason').fill(
      stage.say('客户现场水管爆裂，需立即联系', 'Burst pipe at the customer, needs a call now'),
    )
    await stage.shot('emergency-ask', page)
    await id('emergency-run').click()
    await id('confirm-passkey').click()
    const row = page.locator('[data-testid=emergency-table] tbody tr')
    await row.first().waitFor()
    assert.equal(await row.first().getAttribute('data-state'), 'running')
    await stage.shot('emergency-running', page)
    await row.first().getByRole('link').click()
    await page.getByText(stage.say('海港精密仪器有限公司', 'Harbour Instruments Ltd')).first().waitFor()
    await stage.shot('emergency-record', page)
    await id('nav-emergency').click()
    await id('emergency-end').click()
    await until(async () => (await row.first().getAttribute('data-state')) === 'waiting')
    assert.equal((await context.request.get(`${stage.url}/api/accounts/${account}`)).status(), 404)

    // The owner reviews it; nobody else was asked to.
    assert.equal(await id('emergency-review').count(), 0)
    await stage.page.goto(`${stage.url}/emergency`)
    await stage.id('emergency-review').click()
    await stage.id('emergency-note').fill(stage.say('已与客户核实，情况属实', 'The customer confirms it'))
    await stage.shot('emergency-review')
    await stage.id('emergency-justified').click()
    await until(async () => (await stage.page.locator('tr[data-state=justified]').count()) === 1)
    await stage.shot('emergency-reviewed')
    assert.deepEqual(stage.problems, [])
  } catch (error) {
    const failed = (name: string): string => join(tmpdir(), `holdfast-emergency-${name}-${language}.png`)
    await page.screenshot({ path: failed('person') }).catch(() => undefined)
    await stage.page.screenshot({ path: failed('owner') }).catch(() => undefined)
    throw error
  } finally {
    await context.close()
    await stage.close()
  }
}

/** An account of the owner's, and a representative who does not see it. */
const prepare = async ({ house, language, say }: Stage): Promise<string> => {
  const owner = await house.staff.findByEmail('owner@example.com')
  assert.ok(owner)
  const actor = await house.actorOf(owner.id, { channel: 'job', ip: '', mfa: true })
  const { id } = await house.vault.create(actor, 'account', {
    values: { name: say('海港精密仪器有限公司', 'Harbour Instruments Ltd'), phone: '13812341007' },
  })
  const name = say('孙敏', 'Sam')
  const made = await house.invite(actor, { name, email: 'sam@example.com', role: 'sales', teamId: null, language })
  await house.identity.setPassword(made.userId, password, { actor })
  return id
}

/** As if every confirmation were an hour old. */
const age = ({ house }: Stage): Promise<unknown> =>
  house.store.transaction({ tenant: house.tenant, principal: services.system }, (tx) =>
    tx.query({
      text: `update identity.session set confirmed_at = confirmed_at - interval '1 hour', mfa_at = mfa_at - interval '1 hour'`,
    }),
  )

test('[server-193] emergency access in a browser', { timeout: 600_000 }, async (t) => {
  const browser = await launchBrowser()
  if (typeof browser === 'string') {
    t.skip(browser)
    return
  }
  try {
    for (const language of languagesOf('en')) await story(browser, language)
  } finally {
    await browser.close()
  }
})
