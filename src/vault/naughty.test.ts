// The strings that break other programs: stored, read back byte for byte, and found by themselves.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { openTestVault } from '../../test/support/vault.ts'
import { normalText } from './terms.ts'

const file = new URL('../../../shared/data/crm/hostile/blns/blns.json', import.meta.url)

test('[vault-3] naughty strings come back byte for byte and are found by themselves', async (t) => {
  if (!existsSync(file)) {
    t.skip('skipped: no shared data')
    return
  }
  const strings = (JSON.parse(readFileSync(file, 'utf8')) as readonly string[]).filter(
    (text) => text !== '' && text.length <= 500,
  )
  assert.ok(strings.length > 480)
  const house = await openTestVault()
  try {
    const outcomes = await house.vault.importBatch(
      house.ann,
      'lead',
      strings.map((name) => ({ values: { name } })),
    )
    const ids = outcomes.map((one) => (one.state === 'refused' ? undefined : one.id))
    const missed: string[] = []
    for (const [i, text] of strings.entries()) {
      const id = ids[i]
      assert.ok(id !== undefined, JSON.stringify(text))
      assert.equal((await house.vault.get(house.ann, 'lead', id)).values['name'], text)
      // A text of nothing but spaces has nothing to be found by.
      if (normalText(text) === '') continue
      const found: string[] = []
      let cursor: string | undefined
      do {
        const page = await house.vault.list(house.ann, 'lead', {
          search: text,
          limit: 200,
          ...(cursor === undefined ? {} : { cursor }),
        })
        found.push(...page.items.map((item) => item.id))
        cursor = page.next
      } while (cursor !== undefined && !found.includes(id))
      if (!found.includes(id)) missed.push(text)
    }
    assert.deepEqual(missed, [])
  } finally {
    await house.close()
  }
})
