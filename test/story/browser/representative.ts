// Step 5: a sales representative sees nothing of the owner's, and of a shared record the phone behind a mask; the interface refuses, and the journal tells.
import assert from 'node:assert/strict'
import { actorOf, hire } from './colleague.ts'
import type { Stage } from './stage.ts'
import { signIn } from './visitor.ts'

export const meetRepresentative = async (stage: Stage): Promise<void> => {
  const { house, url } = stage
  const actor = await actorOf(stage)
  const sam = await hire(stage, 'sales', 'sam@example.com', 'Sam')
  // The story's own accounts: those of the vendor's file carry other numbers.
  const [first] = (await house.vault.list(actor, 'account', { search: '1007', limit: 2 })).items
  const [second] = (await house.vault.list(actor, 'account', { search: '1011', limit: 2 })).items
  assert.ok(first && second)
  await house.vault.share(actor, 'account', first.id, [sam.id])
  const visitor = await stage.visit()
  const { context, page, id } = visitor
  await signIn(visitor, url, sam.email)
  await id('nav-accounts').click()
  await id('list-row').first().waitFor()
  assert.equal(await id('list-row').count(), 1)
  assert.match((await id('list-row').first().textContent()) ?? '', /138\*{4}\d{4}/)
  await visitor.shot('representative')
  assert.equal((await context.request.get(`${url}/api/accounts/${second.id}`)).status(), 404)
  assert.equal(await id('nav-journal').count(), 0)
  await page.close()
}
