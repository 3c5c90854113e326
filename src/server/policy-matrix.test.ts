// The role matrix over HTTPS: shown to those who may see policies, switched on a copy, proposed, and in force after a second person.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestServer } from '../../test/support/server.ts'
import type { MatrixAnswer, MatrixDraftAnswer } from './contract/policy-matrix.ts'

test('[server-232] [server-233] the matrix is read, switched on a copy and proposed; guard rails and stale versions refuse', async () => {
  const { admin, manager, sales, close } = await openTestServer()
  try {
    const shown = await admin.ask('GET', '/api/policies/matrix')
    assert.equal(shown.status, 200, shown.text)
    const matrix = shown.json() as MatrixAnswer
    assert.deepEqual(matrix.cells['sales']?.['deal']?.['view.contact']?.allow, [
      { policy: 'sales.own', scope: 'own' },
      { policy: 'sales.shared', scope: 'shared' },
    ])
    assert.equal(matrix.policies['sales.own']?.layer, 'role')
    assert.deepEqual(matrix.shipped, {})
    assert.equal(matrix.roles.filter(({ shipped }) => shipped).length, 15)
    assert.ok(shown.text.length < 1_500_000, String(shown.text.length))
    const at = { role: 'sales', type: 'deal', scope: 'own' } as const
    const body = {
      base: matrix.version,
      edits: [
        { ...at, action: 'export', on: true },
        { role: 'auditor', type: 'deal', scope: 'all', action: 'edit.basic', on: true },
      ],
    }
    const asked = await admin.ask('POST', '/api/policies/matrix', { body })
    assert.equal(asked.status, 200, asked.text)
    const draft = asked.json() as MatrixDraftAnswer
    assert.deepEqual(draft.refused.map(({ policy, label }) => [policy, label.zh]), [['rail.watchers', '审计人员不得修改数据']]) // prettier-ignore
    assert.deepEqual(draft.differences.map(({ words }) => words.en), ['sales representative, deals (records they own): may now export']) // prettier-ignore
    assert.deepEqual(draft.matrix.shipped, { 'sales/deal/export': [] })
    // Nothing was stored; the document it gives can be proposed as it is.
    assert.deepEqual((await admin.ask('GET', '/api/policies/matrix')).json(), matrix)
    const made = await admin.ask('POST', '/api/policies/changes', { body: { title: 'own exports', document: draft.document } }) // prettier-ignore
    assert.equal(made.status, 201, made.text)
    for (const [wrong, status] of [
      [{ ...body, base: matrix.version + 1 }, 409],
      [{ ...body, edits: [{ ...at, role: 'nobody', action: 'export', on: true }] }, 422],
      [{ ...body, edits: [{ ...at, action: 'anyWrite', on: true }] }, 422],
      [{ ...body, edits: [{ ...at, type: 'system', action: 'export', on: true }] }, 422],
      [{ ...body, edits: [{ ...at, scope: 'world', action: 'export', on: true }] }, 400],
    ] as const) {
      const answer = await admin.ask('POST', '/api/policies/matrix', { body: wrong })
      assert.equal(answer.status, status, answer.text)
    }
    for (const who of [manager, sales])
      for (const [method, given] of [['GET', undefined], ['POST', body]] as const) // prettier-ignore
        assert.equal((await who.ask(method, '/api/policies/matrix', given === undefined ? {} : { body: given })).status, 403) // prettier-ignore
  } finally {
    await close()
  }
})
