// Step 5: a sales representative sees nothing of the owner's, and of a shared record the phone behind a mask; the interface refuses, and the journal tells.
import assert from 'node:assert/strict'
import { newContext, password, type Stage } from './stage.ts'

export const meetRepresentative = async (stage: Stage): Promise<void> => {
  const { house, language, browser, url } = stage
  const owner = await house.staff.findByEmail('owner@example.com')
  assert.ok(owner)
  const actor = await house.actorOf(owner.id, { channel: 'job', ip: '', mfa: true })
  const sam = { name: 'Sam', email: 'sam@example.com', role: 'sales', teamId: null, language } as const
  const made = await house.invite(actor, sam)
  await house.identity.setPassword(made.userId, password, { actor })
  // The story's own accounts: those of the vendor's file carry other numbers.
  const [first] = (await house.vault.list(actor, 'account', { search: '1007', limit: 2 })).items
  const [second] = (await house.vault.list(actor, 'account', { search: '1011', limit: 2 })).items
  assert.ok(first && second)
  await house.vault.share(actor, 'account', first.id, [made.userId])
  const context = await newContext(browser, language)
  try {
    const page = await context.newPage()
    page.setDefaultTimeout(20_000)
    const field = (name: string) => page.locator(`[data-testid=${name}] input, input[data-testid=${name}]`).first()
    await page.goto(url)
    await field('signin-email').fill('sam@example.com')
    await field('signin-password').fill(password)
    await page.getByTestId('signin-submit').click()
    await page.getByTestId('nav-accounts').click()
    await page.getByTestId('list-row').first().waitFor()
    assert.equal(await page.getByTestId('list-row').count(), 1)
    assert.match((await page.getByTestId('list-row').first().textContent()) ?? '', /138\*{4}\d{4}/)
    await stage.shot('representative', page)
    assert.equal((await context.request.get(`${url}/api/accounts/${second.id}`)).status(), 404)
    assert.equal(await page.getByTestId('nav-journal').count(), 0)
  } finally {
    await context.close()
  }
}
