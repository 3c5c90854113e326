// A web form in a real browser, in both languages: made on the page, filled in by a visitor on its own page and on another host's, sealed before
// it leaves; the database holds nothing of it until a sales manager looks at the leads; a host that exchanges the key gets nothing.
import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { signManifest } from '#encryption'
import { preparePages } from '../../src/cli/pages.ts'
import type { Language } from '../support/prepared.ts'
import { actorOf, hire, seat } from './browser/colleague.ts'
import type { Stage } from './browser/stage.ts'
import { tale } from './browser/tale.ts'
import { newContext, takePicture, until } from './browser/visitor.ts'

const visitor = {
  zh: { name: '欧阳守望', mobile: '13800138055', notes: '请在工作日下午来电' },
  en: { name: 'Ottilie Kestrel', mobile: '+44 20 7946 0958', notes: 'please call after four' },
}

/** Everything the database holds, as text and as the bytes of its sealed columns. */
const dump = async ({ house }: Stage): Promise<string> =>
  house.store.owner(async (tx) => {
    const tables = await tx.query<{ name: string }>({
      text: `select quote_ident(schemaname) || '.' || quote_ident(tablename) as name from pg_tables
             where schemaname in ('ops', 'crm', 'keyring', 'journal', 'identity')`,
    })
    const texts: string[] = []
    for (const { name } of tables) {
      const [row] = await tx.query<{ text: string | null }>({
        text: `select string_agg(t::text, ' ') as text from ${name} t`,
      })
      texts.push(row?.text ?? '')
    }
    return texts.join('\n')
  })

const holds = (text: string, word: string): boolean =>
  text.includes(word) || text.includes(Buffer.from(word).toString('hex'))

/** A page of another host with the snippet in it. */
const hostOf = async (): Promise<{ server: Server; origin: string; show: (html: string) => void }> => {
  let html = ''
  const server = createServer((_request, response) => {
    response
      .setHeader('content-type', 'text/html; charset=utf-8')
      .end(`<!doctype html><html><body>${html}</body></html>`)
  })
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  const { port } = server.address() as AddressInfo
  return { server, origin: `http://localhost:${String(port)}`, show: (next) => (html = next) }
}

const fill = async (page: Page, language: Language): Promise<string[]> => {
  const sent: string[] = []
  page.on('request', (request) => {
    if (request.method() === 'POST') sent.push(request.postData() ?? '')
  })
  for (const [name, value] of Object.entries(visitor[language])) await page.locator(`[name=${name}]`).fill(value)
  await page.waitForTimeout(2100)
  await page.locator('button[type=submit]').click()
  await page.locator('.done[role=status]').waitFor()
  return sent
}

const fillForms = async (stage: Stage, other: Awaited<ReturnType<typeof hostOf>>): Promise<void> => {
  const { house, page, url, id, say, browser, language } = stage
  const team = await house.vault.create(await actorOf(stage), 'team', { values: { name: 'North' } })
  const manager = await hire(stage, 'manager', 'mia@example.com', 'Mia', team.id)

  // The administrator makes a form.
  await id('nav-forms').click()
  await id('forms-new').click()
  await id('forms-name').fill('demo-request')
  await page.locator('#origins').fill(other.origin)
  await page.locator('#origins').press('Enter')
  await stage.shot('form-edit')
  await id('forms-save').click()
  await page.locator('[data-testid=forms-row][data-form=demo-request]').waitFor()
  await id('forms-embed').click()
  const snippet = await id('forms-snippet').innerText()
  await stage.shot('forms')

  // A visitor, without any session, on the form's own page.
  const outside = await newContext(browser, language)
  const form = await outside.newPage()
  const problems: string[] = []
  form.on('pageerror', (error) => problems.push(error.message))
  form.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text())
  })
  await form.goto(`${url}/capture/demo-request`)
  await form.getByRole('heading', { name: say('联系我们', 'Contact us') }).waitFor()
  await takePicture(form, 'capture-form', language)
  const sent = await fill(form, language)
  await takePicture(form, 'capture-done', language)
  assert.equal(sent.length, 1)
  for (const value of Object.values(visitor[language])) assert.ok(!sent.join('').includes(value))
  assert.deepEqual(await outside.cookies(), [])
  assert.deepEqual(problems, [])

  // The same on a page of another host, by the snippet.
  other.show(snippet)
  const embedding = await outside.newPage()
  await embedding.goto(other.origin)
  await embedding.locator('[name=name]').waitFor()
  assert.equal((await fill(embedding, language)).length, 1)

  // A host that exchanges the manifest for one signed by itself; one whose address the form does not name.
  const key = await house.captures.key()
  const forged = signManifest(await house.keys.signer('not-capture'), {
    ...key,
    form: 'demo-request',
    issuedAt: new Date(),
    notAfter: new Date(Date.now() + 3_600_000),
    definition: {},
  })
  const caught = await outside.newPage()
  await caught.route('**/manifest.json', (route) =>
    route.fulfill({ json: forged, headers: { 'access-control-allow-origin': '*' } }),
  )
  await caught.goto(other.origin)
  await caught.getByRole('alert').waitFor()
  assert.equal(
    await caught.getByRole('alert').innerText(),
    say(
      '此表单的密钥未通过验证，为保护您的信息已停止。请联系网站管理员。',
      'The key of this form could not be verified, so it was stopped to protect you. Please tell the owner of this site.',
    ),
  )
  assert.equal(await caught.locator('form').count(), 0)
  await takePicture(caught, 'capture-refused', language)

  // Nothing of it is in the database, and a lead appears when the manager looks.
  const before = await dump(stage)
  for (const value of Object.values(visitor[language])) assert.ok(!holds(before, value), value)
  const waiting = await house.store.owner((tx) => tx.query({ text: 'select 1 from crm.capture where reason is null' }))
  assert.equal(waiting.length, 2)
  const desk = await seat(stage, manager)
  await desk.id('nav-leads').click()
  await until(async () => (await desk.page.getByText(visitor[language].name).count()) === 2)
  await desk.shot('capture-leads')
  assert.deepEqual(await house.store.owner((tx) => tx.query({ text: 'select 1 from crm.capture' })), [])
  const after = await dump(stage)
  for (const value of Object.values(visitor[language])) assert.ok(!holds(after, value), value)
  await outside.close()
}

test(
  '[house-50] a web form seals what a visitor writes in the browser, in both languages',
  ...tale({ languages: ['zh', 'en'] }, async (stage) => {
    await preparePages(() => undefined)
    const other = await hostOf()
    try {
      await fillForms(stage, other)
    } finally {
      other.server.close()
    }
  }),
)
