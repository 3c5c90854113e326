// Whole ways through the interface: set-up, people, masks, import, export, backup, review, journal.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Client, openTestServer, testPassword, type TestServer } from '../../test/support/server.ts'

let opened: Promise<TestServer> | undefined
const server = (): Promise<TestServer> => (opened ??= openTestServer())
after(async () => {
  if (opened) await (await opened).close()
})

interface Seen {
  readonly id: string
  readonly version: number
  readonly values: Readonly<Record<string, unknown>>
}

const ask = async <Value>(
  client: Client,
  method: string,
  path: string,
  body?: unknown,
  status = 200,
): Promise<Value> => {
  const answer = await client.ask(method, path, body === undefined ? {} : { body })
  assert.equal(answer.status, status, `${method} ${path}: ${answer.text}`)
  return (answer.text === '' ? null : answer.json()) as Value
}
const acts = async (client: Client, query: string): Promise<readonly Readonly<Record<string, unknown>>[]> =>
  (await ask<{ items: Record<string, unknown>[] }>(client, 'GET', `/api/journal?${query}`)).items

test('[server-11] set-up works once with its link, signs in and shows the recovery sheet', async () => {
  const fresh = await openTestServer({ empty: true })
  const client = fresh.stranger()
  assert.equal((await ask<{ setupNeeded: boolean }>(client, 'GET', '/api/health')).setupNeeded, true)
  const request = {
    language: 'zh',
    organisation: '守客科技',
    name: '王小明',
    email: 'ming@example.org',
    password: testPassword,
  }
  await ask(client, 'POST', '/api/setup', { ...request, token: 'A'.repeat(43) }, 403)
  const token = await fresh.house.identity.newSetupLink()
  await ask(client, 'POST', '/api/setup', { ...request, token, password: 'password1234' }, 422)
  const done = await ask<{ me: { csrf: string; role: string; organisation: string }; recovery: { blocks: string[] } }>(
    client,
    'POST',
    '/api/setup',
    { ...request, token },
  )
  assert.deepEqual([done.me.role, done.me.organisation, done.recovery.blocks.length], ['administrator', '守客科技', 14])
  client.csrf = done.me.csrf
  await ask(client, 'POST', '/api/accounts', { values: { name: '第一个客户' } }, 201)
  await ask(fresh.stranger(), 'POST', '/api/setup', { ...request, token }, 403)
  assert.equal((await ask<{ setupNeeded: boolean }>(client, 'GET', '/api/health')).setupNeeded, false)
  await fresh.close()
})

test('[server-10] switching off, a new role and a new password end the sessions; a one-time password opens only its change', async () => {
  const { admin, stranger, signIn } = await server()
  const invited = await ask<{ user: { id: string; version: number }; password: string }>(
    admin,
    'POST',
    '/api/users/invite',
    { name: 'Nora New', email: 'nora@example.org', role: 'sales', teamId: null, language: 'en' },
    201,
  )
  const nora = await signIn('nora@example.org', invited.password)
  assert.equal((await nora.ask('GET', '/api/accounts')).status, 403)
  assert.equal((await ask<{ mustChangePassword: boolean }>(nora, 'GET', '/api/me')).mustChangePassword, true)
  const before = nora.cookie
  nora.csrf = (
    await ask<{ csrf: string }>(nora, 'POST', '/api/me/password', { current: invited.password, password: testPassword })
  ).csrf
  assert.notEqual(nora.cookie, before)
  await ask(nora, 'GET', '/api/accounts')
  const { id } = invited.user
  const promoted = await ask<Seen>(admin, 'PATCH', `/api/users/${id}`, {
    version: invited.user.version,
    values: { role: 'manager' },
  })
  assert.equal((await nora.ask('GET', '/api/accounts')).status, 401)
  const again = await signIn('nora@example.org', testPassword)
  await ask(admin, 'PATCH', `/api/users/${id}`, { version: promoted.version, values: { active: false } })
  assert.equal((await again.ask('GET', '/api/accounts')).status, 401)
  assert.equal(
    (await stranger().ask('POST', '/api/session', { body: { email: 'nora@example.org', password: testPassword } }))
      .status,
    401,
  )
})

test('[server-10] a stolen cookie from elsewhere shows in the list of sessions and can be ended', async () => {
  const { signIn } = await server()
  const mine = await signIn('other@example.org', testPassword)
  const stolen = await signIn('other@example.org', testPassword)
  const { items } = await ask<{ items: { id: string; current: boolean }[] }>(mine, 'GET', '/api/sessions')
  const theirs = (await ask<{ sessionId: string }>(stolen, 'GET', '/api/me')).sessionId
  assert.ok(items.some(({ id }) => id === theirs) && items.filter(({ current }) => current).length === 1)
  await ask(mine, 'DELETE', `/api/sessions/${theirs}`, undefined, 204)
  assert.equal((await stolen.ask('GET', '/api/me')).status, 401)
})

test('[server-9] a shared contact is masked, and neither filter nor search nor export gives its number away', async () => {
  const { sales, other, ids, admin } = await server()
  const contact = await ask<Seen>(
    other,
    'POST',
    '/api/contacts',
    { values: { name: '李雷', mobile: '13800138001' } },
    201,
  )
  const path = `/api/contacts/${contact.id}`
  assert.equal((await sales.ask('GET', path)).status, 404)
  await ask(other, 'POST', `${path}/share`, { userIds: [ids.sales] })
  const seen = await ask<Seen & { groups: Record<string, string> }>(sales, 'GET', path)
  assert.equal(seen.values['mobile'], '138****8001')
  assert.equal(seen.groups['contact'], 'masked')
  const filter = encodeURIComponent(JSON.stringify([{ field: 'mobile', op: 'eq', value: '13800138001' }]))
  for (const query of [`filter=${filter}`, 'q=13800138001', 'q=8001']) {
    const found = await sales.ask('GET', `/api/contacts?${query}`)
    assert.ok(
      found.status === 403 || (found.json() as { items: Seen[] }).items.every(({ id }) => id !== contact.id),
      query,
    )
  }
  const edit = await sales.ask('PATCH', path, { body: { version: seen.version, values: { mobile: '13900139002' } } })
  assert.equal(edit.status, 403, edit.text)
  const refused = await sales.ask('POST', '/api/contacts/export', { body: { purpose: 'curiosity' } })
  assert.equal(refused.status, 403)
  const [denied] = await acts(admin, `act=denied&actor=${ids.sales}&limit=1`)
  assert.equal(denied?.['decision'], 'deny')
  assert.equal(denied['obj'], 'contact')
})

test('[server-7] a file is previewed, imported with progress, its refused rows come back, a second run changes nothing', async (t) => {
  const path = fileURLToPath(new URL('../../../shared/data/crm/derived-exports/hubspot-contacts.csv', import.meta.url))
  if (!existsSync(path)) return t.skip('skipped: no shared data')
  const { admin, sales } = await server()
  const bytes = readFileSync(path)
  const upload = async (client: Client): Promise<Record<string, unknown>> => {
    const { raw, headers } = form('客户 list.csv', bytes)
    const answer = await client.ask('POST', '/api/imports', { raw, headers })
    assert.equal(answer.status, 200, answer.text)
    return answer.json() as Record<string, unknown>
  }
  const run = async (): Promise<Record<string, unknown>> => {
    const preview = await upload(admin)
    assert.equal(preview['fileName'], '客户 list.csv')
    const columns = preview['columns'] as { index: number; suggestion: string | null }[]
    const mapping = Object.fromEntries(columns.map(({ index, suggestion }) => [String(index), suggestion]))
    const type = String(preview['suggestedType'])
    const id = String(preview['id'])
    assert.equal((await sales.ask('GET', `/api/imports/${id}`)).status, 404, 'of its owner alone')
    await ask(
      admin,
      'POST',
      `/api/imports/${id}/run`,
      { type, encoding: preview['encoding'], delimiter: preview['delimiter'], mapping, createAccounts: true },
      202,
    )
    for (;;) {
      const state = await ask<Record<string, unknown>>(admin, 'GET', `/api/imports/${id}`)
      if (state['state'] !== 'running') return state
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  const first = await run()
  assert.deepEqual([first['state'], first['error'], first['read']], ['done', null, 300])
  assert.equal(Number(first['created']) + Number(first['refused']), 300)
  const second = await run()
  assert.deepEqual([second['created'], second['updated'], second['refused']], [0, 0, first['refused']])
  const kept = await upload(admin)
  await ask(admin, 'DELETE', `/api/imports/${String(kept['id'])}`, undefined, 204)
  await ask(admin, 'GET', `/api/imports/${String(kept['id'])}`, undefined, 404)
})

test('[server-7] an upload without a file, or torn, is refused in one sentence', async () => {
  const { admin, log } = await server()
  const { raw, headers } = form('x.csv', Buffer.from('a,b\n1,2\n'))
  for (const body of [raw.subarray(0, raw.length - 30), Buffer.from('--zz--\r\n'), Buffer.alloc(0)]) {
    const answer = await admin.ask('POST', '/api/imports', { raw: body, headers })
    assert.ok(answer.status === 400 || answer.status === 422, `${answer.status} ${answer.text}`)
  }
  assert.equal((await admin.ask('POST', '/api/imports', { body: {} })).status, 400)
  assert.deepEqual(log, [])
})

test('[server-7] an export is a file that says what it is', async () => {
  const { admin } = await server()
  await ask(admin, 'POST', '/api/leads', { values: { name: '=cmd()' } }, 201)
  const answer = await admin.ask('POST', '/api/leads/export', { body: { purpose: 'yearly check', language: 'zh' } })
  assert.equal(answer.status, 200)
  assert.match(String(answer.headers['content-type']), /^text\/csv/)
  assert.match(String(answer.headers['content-disposition']), /^attachment; filename="leads-/)
  assert.match(answer.text, /姓名/)
  assert.ok(!/(^|,)"?=cmd/m.test(answer.text))
  assert.equal((await admin.ask('POST', '/api/leads/export', { body: { purpose: ' ' } })).status, 400)
})

test('[server-12] a backup is made and verified with progress, one at a time', async () => {
  const { admin, manager } = await server()
  const job = async (): Promise<Record<string, unknown>> => {
    for (;;) {
      const now = await ask<Record<string, unknown>>(admin, 'GET', '/api/backups/job')
      if (now['state'] !== 'running') return now
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  assert.equal((await manager.ask('POST', '/api/backups', { body: { type: 'full' } })).status, 403)
  const [first, second] = await Promise.all(
    [1, 2].map(() => admin.ask('POST', '/api/backups', { body: { type: 'full' } })),
  )
  assert.deepEqual([first?.status, second?.status].sort(), [202, 409])
  const made = await job()
  assert.deepEqual([made['state'], made['error']], ['done', null])
  await ask(admin, 'POST', '/api/backups/verify', {}, 202)
  const verified = await job()
  assert.equal((verified['result'] as { ok: boolean }).ok, true, JSON.stringify(verified))
  const { items } = await ask<{ items: { type: string; verifiedAt: string | null; rows: number }[] }>(
    admin,
    'GET',
    '/api/backups',
  )
  assert.equal(items[0]?.type, 'full')
  assert.ok(items[0].verifiedAt !== null && items[0].rows > 0)
})

test('[server-12] a review runs, and its report comes as PDF and JSON', async () => {
  const { admin, sales } = await server()
  assert.equal((await sales.ask('POST', '/api/review')).status, 403)
  const review = await ask<{ controls: { id: string; state: string; finding: { zh: string } }[] }>(
    admin,
    'POST',
    '/api/review',
  )
  const state = (id: string): string | undefined => review.controls.find((control) => control.id === id)?.state
  assert.equal(state('IAM-02'), 'fail')
  assert.equal(state('IAM-03'), 'pass')
  assert.deepEqual(
    review.controls.filter((control) => control.state === 'error'),
    [],
  )
  const pdf = await admin.ask('GET', '/api/review/report.pdf?lang=zh')
  assert.ok(pdf.text.startsWith('%PDF-') && pdf.status === 200)
  assert.equal(
    ((await admin.ask('GET', '/api/review/report.json')).json() as { format: string }).format,
    'holdfast-review',
  )
})

test('[server-9] the life of a record through the interface, and its trail in the journal', async () => {
  const { sales, admin, ids } = await server()
  const account = await ask<Seen>(sales, 'POST', '/api/accounts', { values: { name: '张伟贸易', grade: 'B' } }, 201)
  const path = `/api/accounts/${account.id}`
  const changed = await ask<Seen>(sales, 'PATCH', path, { version: 1, values: { grade: 'A' } })
  await ask(sales, 'PATCH', path, { version: 1, values: { grade: 'C' } }, 409)
  const followup = { kind: 'call', at: '2026-11-01T08:00:00.000Z', summary: '介绍产品', account: account.id }
  await ask(sales, 'POST', '/api/followups', { values: followup }, 201)
  const touched = await ask<Seen>(sales, 'GET', path)
  assert.equal(touched.values['lastFollowup'], followup.at)
  const page = await ask<{ titles: Record<string, string> }>(sales, 'GET', '/api/followups')
  assert.equal(page.titles[account.id], '张伟贸易')
  for (const q of ['张', '伟', 'zw']) {
    const hits = await ask<{ items: { id: string; title: string }[] }>(
      sales,
      'GET',
      `/api/search?q=${encodeURIComponent(q)}`,
    )
    assert.ok(
      hits.items.some(({ id, title }) => id === account.id && title === '张伟贸易'),
      q,
    )
  }
  const released = await ask<Seen & { ownerId: string | null }>(sales, 'POST', `${path}/release`, {
    reason: 'no budget',
  })
  assert.equal(released.ownerId, null)
  const claimed = await ask<Seen & { ownerId: string | null }>(sales, 'POST', `${path}/claim`)
  assert.equal(claimed.ownerId, ids.sales)
  const { items } = await ask<{ items: { act: string; actor: string; changes: { field: string }[] }[] }>(
    sales,
    'GET',
    `${path}/history`,
  )
  assert.ok(items.some((item) => item.actor === 'sales' && item.changes.some(({ field }) => field === 'grade')))
  const trail = await acts(admin, `obj=account&recordId=${account.id}&limit=100`)
  assert.ok(
    trail.some((entry) => entry['act'] === 'record.create' && entry['actorId'] === ids.sales && entry['ip'] !== ''),
  )
  assert.ok(changed.version === 2 && trail.length >= 4)
  await ask(sales, 'DELETE', `${path}?version=${claimed.version}`, undefined, 204)
  await ask(sales, 'GET', path, undefined, 404)
  const verified = await ask<{ ok: boolean; entries: number }>(admin, 'POST', '/api/journal/verify', {})
  assert.ok(verified.ok && verified.entries > 20)
})

test('[server-9] a lead becomes account, contact and deal; the deal moves and the sums follow', async () => {
  const { sales } = await server()
  const lead = await ask<Seen>(sales, 'POST', '/api/leads', { values: { name: '韩梅梅', company: '梅梅食品' } }, 201)
  const made = await ask<{ deal: Seen; account: Seen }>(sales, 'POST', `/api/leads/${lead.id}/convert`, {
    version: lead.version,
    deal: { name: '年度采购', amount: null },
  })
  await ask(sales, 'PATCH', `/api/deals/${made.deal.id}`, { version: 1, values: { amount: 5000 } })
  await ask(sales, 'POST', `/api/deals/${made.deal.id}/stage`, { stage: 'lost', version: 2 }, 422)
  await ask(sales, 'POST', `/api/deals/${made.deal.id}/stage`, { stage: 'won', version: 2 })
  const { stages } = await ask<{ stages: { stage: string; count: number; amount: number }[] }>(
    sales,
    'GET',
    '/api/pipeline',
  )
  const won = stages.find(({ stage }) => stage === 'won')
  assert.deepEqual([won?.count, won?.amount], [1, 5000])
  const home = await ask<{ counts: Record<string, { count: number }>; steps: { id: string }[] }>(
    sales,
    'GET',
    '/api/home',
  )
  assert.ok((home.counts['deal']?.count ?? 0) >= 1 && home.steps.every(({ id }) => id !== 'review'))
})

test('[server-10] a second factor is begun, confirmed and then asked for', async () => {
  const { signIn, stranger } = await server()
  const client = await signIn('manager@example.org', testPassword)
  const { secret } = await ask<{ secret: string }>(client, 'POST', '/api/me/totp')
  assert.match(secret, /^[A-Z2-7]{32}$/)
  assert.equal((await client.ask('POST', '/api/me/totp/confirm', { body: { code: '000000' } })).status, 422)
  assert.equal(
    (await stranger().ask('POST', '/api/session', { body: { email: 'manager@example.org', password: testPassword } }))
      .status,
    200,
  )
})

const form = (
  name: string,
  bytes: Buffer,
): { readonly raw: Buffer; readonly headers: Readonly<Record<string, string>> } => {
  const head = `--zz\r\ncontent-disposition: form-data; name="file"; filename="${name}"\r\ncontent-type: text/csv\r\n\r\n`
  const raw = Buffer.concat([Buffer.from(head, 'utf8'), bytes, Buffer.from('\r\n--zz--\r\n')])
  return { raw, headers: { 'content-type': 'multipart/form-data; boundary=zz' } }
}
