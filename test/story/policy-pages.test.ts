// The role matrix and the condition builder in a real browser.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { barriers } from './browser/barriers.ts'
import { useBuilder } from './browser/builder.ts'
import { hire } from './browser/colleague.ts'
import { readMatrix, useMatrix } from './browser/matrix.ts'
import { makeRole } from './browser/own-role.ts'
import { languagesOf, tale } from './browser/tale.ts'

test(
  '[web-140] [web-141] [web-142] [web-143] [web-144] [web-121] [web-171] the role matrix and the condition builder in a browser',
  ...tale({ languages: languagesOf('zh'), timeout: 600_000 }, async (stage) => {
    const { say } = stage
    const second = await hire(stage, 'security-administrator', 'sec@example.com', say('宋安', 'Sonia Ash'))
    const auditor = await hire(stage, 'auditor', 'audit@example.com', say('罗平', 'Al Reed'))
    await useMatrix(stage, second)
    await makeRole(stage, second)
    await readMatrix(stage, auditor)
    await useBuilder(stage)
    assert.deepEqual(await barriers(stage, ['/policies/matrix', '/policies/builder']), [])
  }),
)
