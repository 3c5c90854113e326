// Refusals as a page in Chinese and one in English show them: what people mistype, over the interface of a real house.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestServer } from '../../test/support/server.ts'
import type { Client } from '../../test/support/server.ts'

interface Told {
  readonly detail: string
  readonly field?: string
}

const nobody = '01a00000-0000-7000-8000-000000000000'
const file = '姓名,手机,密码\n王,13800138000,abc\n'
const upload = (text: string | Uint8Array) => {
  const head = '--XX\r\ncontent-disposition: form-data; name="file"; filename="a.csv"\r\ncontent-type: text/csv\r\n\r\n'
  return {
    raw: Buffer.concat([Buffer.from(head), Buffer.from(text), Buffer.from('\r\n--XX--\r\n')]),
    headers: { 'content-type': 'multipart/form-data; boundary=XX' },
  }
}
const filtered = (field: string, op: string, value: unknown): string =>
  `/api/deals?filter=${encodeURIComponent(JSON.stringify([{ field, op, value }]))}`

/** What the import of the file says when a run was asked for with this mapping. */
const imported = async (client: Client, language: string, mapping: object): Promise<string> => {
  const { headers, raw } = upload(file)
  const answer = await client.ask('POST', '/api/imports', { raw, headers })
  const { id } = answer.json() as { id: string }
  const body = { type: 'contact', encoding: 'utf-8', delimiter: ',', createAccounts: true, mapping }
  const run = await client.ask('POST', `/api/imports/${id}/run`, { body, headers: { 'accept-language': language } })
  assert.equal(run.status, 202, run.text)
  for (let tries = 0; tries < 100; tries++) {
    const state = (await client.ask('GET', `/api/imports/${id}`)).json() as { state: string; error?: string }
    if (state.state === 'failed') return state.error ?? ''
    assert.notEqual(state.state, 'done')
    await new Promise((done) => setTimeout(done, 50))
  }
  throw new Error('the import does not end')
}

test('[server-260] what people mistype is told in the language of their page, the field by its label', async () => {
  const server = await openTestServer()
  try {
    const { admin, manager, sales, ids } = server
    const told = async (
      client: Client,
      method: string,
      path: string,
      asked: object,
      language: string,
    ): Promise<Told> => {
      const { headers, ...rest } = asked as { headers?: Record<string, string> }
      const answer = await client.ask(method, path, { ...rest, headers: { ...headers, 'accept-language': language } })
      assert.ok(answer.status >= 400 && answer.status < 500, `${path} ${String(answer.status)} ${answer.text}`)
      return answer.json() as Told
    }
    const deal = (values: object) => ({ body: { values: { name: '甲', stage: 'won', ...values } } })
    const hook = { name: 'ERP', url: 'https://example.com/in', types: ['account'], events: ['created'], active: true }
    const mail = { host: 'mail.example.com', port: 465, security: 'tls', username: '', from: 'crm@example.com' }
    const own = { type: 'account', name: 'lvl', kind: 'text', label: { zh: '甲', en: 'A' }, dataClass: 'internal', purpose: { zh: '甲', en: 'A' } } // prettier-ignore
    const key = {
      label: 'ERP',
      bounds: { account: ['read'] },
      networks: [],
      perMinute: 60,
      days: 30,
      userId: ids.sales,
    }
    const built = (condition: object) => ({
      body: {
        built: {
          notes: [],
          annotations: { id: 'own.x' },
          effect: 'permit',
          principal: { op: 'all' },
          action: { op: 'all' },
          resource: { op: 'all' },
          clauses: [{ kind: 'when', test: { is: 'known', condition } }],
        },
      },
    })
    const deputy = { deputy: ids.other, until: '2999-01-01', reason: 'x' }
    const cases: readonly (readonly [Client, string, string, object, string, string, string?])[] = [
      // records
      [sales, 'POST', '/api/deals', deal({ closeDate: '2026-02-30' }), '“预计成交日”：不是有效的日期（YYYY-MM-DD）', 'field close date: not a date (YYYY-MM-DD)', 'closeDate'],
      [sales, 'POST', '/api/deals', deal({ amount: 'much' }), '“金额”：应为整数', 'field amount: expected a whole number (money in minor units)', 'amount'],
      [sales, 'POST', '/api/deals', deal({ stage: 'nowhere' }), '“阶段”：不在可选项之内', 'field stage: not one of the options', 'stage'],
      [sales, 'POST', '/api/deals', deal({ account: nobody }), '“客户”：所选记录不存在，或您无权查看', 'field account: there is no such record, or you may not see it', 'account'],
      [sales, 'POST', '/api/contacts', { body: { values: { name: '甲', mobile: 'abcdef' } } }, '“手机”：不是有效的电话号码', 'field mobile: not a phone number', 'mobile'],
      [sales, 'POST', '/api/accounts', { body: { values: {} } }, '“客户名称”：必填', 'field account name: a value is required', 'name'],
      [sales, 'GET', `/api/followups/${nobody}`, {}, '跟进记录不存在，或您无权查看', 'there is no such follow-up, or you may not see it'],
      // lists
      [sales, 'GET', filtered('closeDate', 'gte', 'soon'), {}, '“预计成交日”：不是有效的日期（YYYY-MM-DD）', 'field close date: not a date (YYYY-MM-DD)', 'closeDate'],
      [sales, 'GET', filtered('owner', 'gte', 'x'), {}, '“负责人”不支持此筛选方式（gte）', 'field owner cannot be filtered with gte'],
      [sales, 'GET', '/api/accounts?sort=phone', {}, '不能按“电话”排序', 'field phone cannot be sorted by'],
      [sales, 'GET', '/api/accounts?limit=0', {}, 'limit 应为 1 至 200 的整数', 'limit is a whole number from 1 to 200'],
      // files
      [manager, 'POST', '/api/imports', upload(Uint8Array.of(0x50, 0x4b, 3, 4)), '文件无法读取：这是 ZIP 压缩包或 Excel 工作簿（xlsx），请将工作表另存为 CSV UTF-8 后导入', 'the file cannot be read: it is a ZIP archive or an Excel workbook (xlsx); save the sheet as CSV UTF-8 and import that'],
      [manager, 'POST', '/api/imports', upload(''), '文件无法读取：文件为空', 'the file cannot be read: it is empty'],
      // other systems
      [admin, 'POST', '/api/webhooks', { body: { ...hook, url: 'http://example.com/in' } }, '“接收地址”：应为 https://…', 'field address: expected https://…', 'url'],
      [admin, 'POST', '/api/webhooks', { body: { ...hook, url: 'https://10.0.0.1/in' } }, '“接收地址”：不是公网地址', 'field address: this address is not public', 'url'],
      [admin, 'POST', '/api/mail', { body: { ...mail, port: 99_999 } }, '“端口”：应为 1 至 65535', 'field port: expected 1 to 65535', 'port'],
      [admin, 'POST', '/api/mail', { body: { ...mail, from: 'nobody' } }, '“发件地址”：应为邮箱地址', 'field sender address: expected an e-mail address', 'from'],
      [admin, 'POST', '/api/api-keys', { body: { ...key, networks: ['nowhere'] } }, '“允许的来源地址”：应为 IP 地址或网段，如 192.0.2.7、10.0.0.0/8 或 2001:db8::/32', 'field allowed addresses: expected 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32', 'networks'],
      [admin, 'POST', '/api/api-keys', { body: { ...key, bounds: { user: ['write'] } } }, '“授权范围”：密钥对用户只能读取', 'field scope: a key may only read users', 'bounds'],
      // what an administrator sets
      [admin, 'POST', '/api/custom-fields', { body: { ...own, kind: 'money', dataClass: 'personal' } }, '“数据分级”：个人信息须加密保存，而此类型的字段不能加密', 'field data class: what is about persons is sealed, and a field of this kind cannot be', 'dataClass'],
      [admin, 'POST', '/api/policies/text', built({ is: 'hours', from: '25:00', to: '18:00', days: [1] }), '策略无效：条件：此处应为时刻（HH:MM）', 'the policy is not valid: conditions: a time of day (HH:MM) is expected'],
      [admin, 'POST', '/api/policies/built', { body: { text: 'permit (principal, action, resource' } }, '策略无效：文本不完整，缺少括号、引号或结尾的分号', 'the policy is not valid: failed to parse policy from string: unexpected end of input'],
      [admin, 'POST', '/api/policies/check', { body: { document: { v: 2 } } }, '策略无效：document：版本不是 1', 'the policy is not valid: document: a version other than 1'],
      [sales, 'POST', '/api/deputies', { body: { ...deputy, until: 'soon' } }, '“结束时间”：不是有效的日期', 'field until: expected a date', 'until'],
      [sales, 'POST', '/api/deputies', { body: { ...deputy, reason: ' ' } }, '“事由”：必填', 'field reason: expected a reason', 'reason'],
      [sales, 'POST', '/api/me/password', { body: { current: 'vexed-otter-9-marble', password: 'short' } }, '密码强度不足：至少 12 个字符', 'the password is too weak: use at least 12 characters'],
      // what does not fit a schema or is no request at all
      [sales, 'POST', '/api/deputies', { body: { until: 'x', reason: 'x' } }, '缺少“代理人”', "body must have required property 'deputy'"],
      [sales, 'POST', '/api/deals', { raw: '{', headers: { 'content-type': 'application/json' } }, '请求内容不是 JSON', 'the body is not JSON'],
    ] // prettier-ignore
    for (const [client, method, path, asked, zh, en, field] of cases) {
      const [chinese, english] = [await told(client, method, path, asked, 'zh'), await told(client, method, path, asked, 'en')] // prettier-ignore
      assert.deepEqual([chinese.detail, english.detail], [zh, en], path)
      assert.deepEqual([chinese.field, english.field], [field, field], path)
    }
    // An import ends with its sentence in the language it was asked for in.
    const mappings: readonly (readonly [object, string, string])[] = [
      [{ 0: 'foo' }, '没有可导入的字段 foo', 'there is no field foo to import to'],
      [{ 0: 'name', 2: 'notes' }, '第 3 列含密码或银行卡数据，一律不导入', 'column 3 holds passwords or card data, which are never imported'], // prettier-ignore
      [{ 1: 'mobile' }, '没有任何一列对应“姓名”，无法生成联系人', 'no column is mapped to name, without which there is no contact'], // prettier-ignore
    ]
    for (const [mapping, zh, en] of mappings)
      assert.deepEqual([await imported(manager, 'zh', mapping), await imported(manager, 'en', mapping)], [zh, en])
  } finally {
    await server.close()
  }
})
