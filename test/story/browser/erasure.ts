// A person erased on the page with the records that are the same person: the linked one ticked, the one of the same number offered, the one
// under a hold fast; what was ticked is gone, the rest stands.
import assert from 'node:assert/strict'
import { convertLead } from '#crm'
import { actorOf } from './colleague.ts'
import type { Stage } from './stage.ts'
import { until } from './visitor.ts'

export const eraseTogether = async (stage: Stage): Promise<void> => {
  const { page, id, say, shot, house, url } = stage
  const actor = await actorOf(stage, 'api')
  const { vault } = house
  const made = async (type: string, values: Record<string, string>): Promise<string> =>
    (await vault.create(actor, type, { values })).id
  const mobile = '13566667777'
  const lead = await made('lead', { name: say('苏芮', 'Ruth Sole'), company: say('苏家行', 'Sole & Co'), mobile })
  const { contact } = await convertLead(vault, actor, lead)
  const offered = await made('lead', { name: say('苏小姐', 'R. Sole'), mobile })
  const held = await made('contact', { name: say('苏女士', 'Ms Sole'), phone: mobile })
  const hold = await house.erasures.hold(actor, held, 'case 12')
  await page.goto(`${url}/erasure?type=lead&id=${lead}`)
  const box = (subject: string) => id(`erasure-same-${subject}`).locator('input')
  await box(contact.id).waitFor()
  // Whoever is about to be erased is named.
  await id('erasure-of').getByText(say('苏芮', 'Ruth Sole')).waitFor()
  const state = async (subject: string): Promise<readonly boolean[]> => [
    await box(subject).isChecked(),
    await box(subject).isEnabled(),
  ]
  assert.deepEqual(await state(contact.id), [true, true])
  assert.deepEqual(await state(offered), [false, true])
  assert.deepEqual(await state(held), [false, false])
  await id(`erasure-same-${contact.id}`).getByText(say('苏芮', 'Ruth Sole')).waitFor()
  await box(offered).check()
  assert.match((await id('erasure-run').textContent()) ?? '', /3/)
  await box(offered).uncheck()
  assert.match((await id('erasure-run').textContent()) ?? '', /2/)
  await shot('erasure-same')
  await id('erasure-reason').fill(say('工单 12', 'request 12'))
  await id('erasure-code').fill(lead.slice(-8))
  await id('erasure-run').click()
  await id('erasure-2').waitFor()
  const left = async (type: string, one: string): Promise<boolean> =>
    vault.get(actor, type, one).then(
      () => true,
      () => false,
    )
  await until(async () => !(await left('lead', lead)))
  assert.deepEqual(
    [await left('contact', contact.id), await left('lead', offered), await left('contact', held)],
    [false, true, true],
  )
  await house.erasures.lift(actor, hold.id, 'closed')
}
