// The condition builder over HTTPS: words, tree to text and back, and who may ask.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestServer } from '../../test/support/server.ts'
import type { PolicyBuiltAnswer, PolicyTextAnswer, PolicyWordsAnswer } from './contract/policy-builder.ts'

test('[server-230] [server-231] words and translations are for those who may see the policies', async () => {
  const { admin, manager, sales, close } = await openTestServer()
  try {
    const words = (await admin.ask('GET', '/api/policies/words')).json() as PolicyWordsAnswer
    assert.ok(words.words.some(({ of, path }) => of === 'resource' && path[0] === 'amount'))
    assert.ok(words.roles.some(({ name, label }) => name === 'sales' && label.zh === '销售代表'))
    const text =
      '// small deals\n@id("own.small") permit (principal in Role::"partner", action == Action::"list", resource is Deal) when { !(resource has amount) || resource has amount && resource.amount <= 500000 };'
    const asked = await admin.ask('POST', '/api/policies/built', { body: { text } })
    assert.equal(asked.status, 200, asked.text)
    const read = asked.json() as PolicyBuiltAnswer
    assert.deepEqual(read.built?.clauses, [
      { kind: 'when', test: { is: 'known', condition: { is: 'amount', most: 500000 } } },
    ])
    assert.deepEqual([read.problem, read.form, read.built.notes], [null, null, ['small deals']])
    const told = (await admin.ask('POST', '/api/policies/text', { body: { built: read.built } })).json() as PolicyTextAnswer // prettier-ignore
    assert.deepEqual([told.sentence, told.problem], [read.sentence, null])
    const again = (await admin.ask('POST', '/api/policies/built', { body: { text: told.text } })).json() as PolicyBuiltAnswer // prettier-ignore
    assert.deepEqual(again.built, read.built)
    // What would not stand is said; what has no place is left as text; what is no policy is refused.
    const wrong = (await admin.ask('POST', '/api/policies/built', { body: { text: text.replace('resource.amount', 'resource.amuont') } })).json() as PolicyBuiltAnswer // prettier-ignore
    assert.match(wrong.problem ?? '', /amuont/)
    const left = (await admin.ask('POST', '/api/policies/built', { body: { text: text.replace('500000', '(if context.mfa then 1 else 2)') } })).json() as PolicyBuiltAnswer // prettier-ignore
    assert.deepEqual([left.built, left.form, left.problem], [null, 'if within a value', null])
    assert.equal((await admin.ask('POST', '/api/policies/built', { body: { text: 'permit' } })).status, 422)
    assert.equal((await admin.ask('POST', '/api/policies/text', { body: { built: { effect: 'allow' } } })).status, 422)
    for (const who of [manager, sales])
      for (const [method, path, body] of [
        ['GET', '/api/policies/words', undefined],
        ['POST', '/api/policies/text', { built: read.built }],
        ['POST', '/api/policies/built', { text }],
      ] as const)
        assert.equal((await who.ask(method, path, body === undefined ? {} : { body })).status, 403, path)
  } finally {
    await close()
  }
})
