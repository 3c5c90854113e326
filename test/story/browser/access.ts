// The drawer "Access" of a record: who sees a group and why, what changes with the suppositions, and why not, step by step.
import assert from 'node:assert/strict'
import { actorOf, ownerIn, seat } from './colleague.ts'
import type { Made } from './people.ts'
import type { Stage } from './stage.ts'

export const askAccess = async (stage: Stage, { account, representative }: Made): Promise<void> => {
  const { house, language, page, id, say, shot } = stage
  const owner = await ownerIn(stage)
  const actor = await actorOf(stage)
  const team = (await house.vault.create(actor, 'team', { values: { name: say('华东销售部', 'Sales East') } })).id
  const others: readonly (readonly [string, string, string])[] = [
    ['manager', '何静', 'Mia Stone'],
    ['finance', '林洁', 'Fay Brooks'],
    ['support', '高远', 'Sue Park'],
    ['auditor', '罗平', 'Al Reed'],
  ]
  for (const [role, zh, en] of others)
    await house.invite(actor, { name: say(zh, en), email: `${role}@example.com`, role, teamId: team, language })
  await page.goto(`${stage.url}/accounts/${account}`)
  await id('record-title').waitFor()
  await id('record-more').click()
  await id('record-access').click()
  const settled = (what: string) => page.locator(`[data-testid=${what}][data-state=told]`)
  await settled('access-who').waitFor()
  const line = (person: string) => page.locator(`[data-testid=access-line][data-person="${person}"]`)
  assert.equal(await line(owner.id).getAttribute('data-sight'), 'plain')
  const sam = line(representative.id)
  assert.equal(await sam.getAttribute('data-sight'), 'masked')
  await sam.getByText(say('共享给本人的记录', 'records shared with them')).waitFor()
  assert.equal(await id('access-line').count(), 6)
  await shot('access-who')
  await sam.getByTestId('access-ask').click()
  const told = id('access-told')
  await told.waitFor()
  assert.equal(await told.getAttribute('data-allow'), 'false')
  const step = page.locator('[data-testid=access-step][data-policy="sales.own"]')
  await step.getByText('resource.owner == principal').waitFor()
  await step.getByText(owner.name).waitFor()
  await shot('access-why')
  // Asked for another thing, which nothing forbids.
  await id('access-action').click()
  await id('access-action').click()
  await stage.seek('access-action', say('查看记录', 'see the record'))
  await page.locator('[data-testid=access-told][data-allow=true]').waitFor()
  await page.keyboard.press('Escape')
  const acts = await house.store.transaction({ tenant: house.tenant, principal: owner.id }, (tx) =>
    house.journal.list(tx, house.tenant, { act: 'access.why' }),
  )
  assert.ok(acts.items.length >= 2)
}

/** Whoever a record was shared with reads which right is missing, on the page and where a change is refused. */
export const meetRefusal = async (stage: Stage, { account, representative }: Made): Promise<void> => {
  const { house, say } = stage
  const { page, id, shot } = await seat(stage, representative)
  await page.goto(`${stage.url}/accounts/${account}`)
  const group = (state: string) => page.locator(`.field-group[data-state=${state}]`).first()
  await group('masked').getByText(say('您没有查看明文的权限', 'you lack the right to see it plain')).waitFor()
  await group('hidden').getByText(say('您没有查看该字段组的权限', 'You lack the right to see this group')).waitFor()
  assert.equal(await id('record-access').count(), 0)
  await shot('access-refused')
  // In the public pool there is no owner to ask, and something to do.
  const name = say('待领取客户', 'Unclaimed Ltd')
  const pooled = await house.vault.create(await actorOf(stage), 'account', { values: { name }, ownerId: null })
  await page.goto(`${stage.url}/accounts/${pooled.id}`)
  await group('hidden').getByText(say('请领取该记录或联系管理员', 'claim the record or ask an administrator')).waitFor()
}
