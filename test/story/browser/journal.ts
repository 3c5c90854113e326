// Step 8: the journal shows who did what and proves it; after one altered byte in the database it names the entry.
import assert from 'node:assert/strict'
import type { Stage } from './stage.ts'

export const readJournal = async (stage: Stage): Promise<void> => {
  const { id, page } = stage
  await id('nav-journal').click()
  await id('journal-row').first().waitFor()
  await id('journal-verify').click()
  await page.locator('[data-testid=journal-verified][data-ok=true]').waitFor()
  await stage.shot('journal')
}

/** Past the product, as somebody with the database's own rights would. */
export const alterEntry = async (stage: Stage): Promise<void> => {
  const { house, id, page } = stage
  await house.journal.sealUp(house.tenant)
  const [entry] = await house.store.owner(async (tx) => {
    await tx.query({ text: `select set_config('app.tenant', $1, true)`, values: [house.tenant] })
    return tx.query<{ id: bigint; index: bigint }>({
      text: `update journal.entry e set body = set_byte(body, 20, get_byte(body, 20) # 1)
             from journal.leaf l where l.tenant_id = e.tenant_id and l.entry_id = e.id and l.index = 7 and e.tenant_id = $1
             returning e.id, l.index`,
      values: [house.tenant],
    })
  })
  assert.ok(entry)
  await page.goto(`${stage.url}/journal`)
  await id('journal-verify').click()
  await page.locator('[data-testid=journal-verified][data-ok=false]').waitFor()
  const said = (await id('journal-verified').textContent()) ?? ''
  assert.ok(said.includes(String(entry.id)), said)
  await stage.shot('journal-broken')
}
