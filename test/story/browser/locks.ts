// The lock beside a sealed field: what it says to mouse and keyboard, in the list, on a record and in a form.
import type { Made } from './people.ts'
import type { Stage } from './stage.ts'

export const askLocks = async (stage: Stage, { account }: Made): Promise<void> => {
  const { page, id, say, shot } = stage
  await page.goto(`${stage.url}/accounts/${account}`)
  await id('record-title').waitFor()
  const lock = id('record-field-phone').getByTestId('lock-phone')
  await lock.focus()
  await page.keyboard.press('Enter')
  const card = id('lock-card').first()
  await card.getByText(say('数据密钥第 2 代，纪元 2', 'data key generation 2, epoch 2')).waitFor()
  // What protects the cell and who may see the group are two questions to the server.
  for (const part of ['AES-256-GCM', say('销售代表', 'sales representative'), say('后四位', 'last four digits')])
    await card.getByText(part).first().waitFor()
  await shot('lock')
  await page.keyboard.press('Escape')
  await card.waitFor({ state: 'hidden' })
  await id('nav-accounts').click()
  await id('list-row').first().waitFor()
  const heading = page.locator('th').getByTestId('lock-phone')
  await heading.click()
  await page.getByTestId('lock-card').filter({ visible: true }).getByText('AES-256-GCM').waitFor()
  await page.mouse.move(5, 400)
  await heading.blur()
  await id('list-new').click()
  await page.locator('.ant-drawer').getByTestId('lock-phone').hover()
  await page
    .getByTestId('lock-card')
    .filter({ visible: true })
    .getByText(say('保存时使用此人的数据密钥', "this person's data key when saved"))
    .waitFor()
}
