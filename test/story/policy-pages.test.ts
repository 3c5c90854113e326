// The role matrix and the condition builder in a real browser.
import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Browser } from 'playwright-core'
import { launchBrowser } from '../support/browser.ts'
import { barriers } from './browser/barriers.ts'
import { useBuilder } from './browser/builder.ts'
import { readMatrix, useMatrix } from './browser/matrix.ts'
import { setUp } from './browser/setup.ts'
import { type Language, languagesOf, openStage, password, type Stage } from './browser/stage.ts'

const story = async (browser: Browser, language: Language): Promise<void> => {
  const stage = await openStage(browser, language)
  try {
    await setUp(stage)
    const second = await person(stage, 'security-administrator', 'sec@example.com', stage.say('宋安', 'Sonia Ash'))
    await person(stage, 'auditor', 'audit@example.com', stage.say('罗平', 'Al Reed'))
    await useMatrix(stage, second)
    await readMatrix(stage, 'audit@example.com')
    await useBuilder(stage)
    assert.deepEqual(await barriers(stage, ['/policies/matrix', '/policies/builder']), [])
    assert.deepEqual(stage.problems, [])
    assert.deepEqual(stage.foreign, [])
  } catch (error) {
    await stage.page.screenshot({ path: join(tmpdir(), `holdfast-browser-failure-policies-${language}.png`) }).catch(() => undefined) // prettier-ignore
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
    throw new Error(`${message}\n${stage.problems.join('\n')}`, { cause: error })
  } finally {
    await stage.close()
  }
}

const person = async ({ house, language }: Stage, role: string, email: string, name: string): Promise<string> => {
  const owner = await house.staff.findByEmail('owner@example.com')
  assert.ok(owner)
  const actor = await house.actorOf(owner.id, { channel: 'job', ip: '', mfa: true })
  const { userId } = await house.invite(actor, { name, email, role, teamId: null, language })
  await house.identity.setPassword(userId, password, { actor })
  return userId
}

test(
  '[web-140] [web-141] [web-142] [web-143] [web-144] the role matrix and the condition builder in a browser',
  { timeout: 600_000 },
  async (t) => {
    const browser = await launchBrowser()
    if (typeof browser === 'string') {
      t.skip(browser)
      return
    }
    try {
      for (const language of languagesOf('zh')) await story(browser, language)
    } finally {
      await browser.close()
    }
  },
)
