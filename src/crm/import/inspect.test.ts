import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { test } from 'node:test'
import { isFault, typeOf, utf8 } from '#kernel'
import { catalogue, customerTypes } from '../catalogue.ts'
import { shared } from '../shared.fixture.ts'
import { inspect, type Preview } from './inspect.ts'

const mapped = (preview: Preview): Record<string, string> =>
  Object.fromEntries(
    preview.columns.flatMap((column) => (column.suggestion === null ? [] : [[column.heading, column.suggestion]])),
  )

const expected: readonly (readonly [
  file: string,
  preset: string | null,
  type: string | null,
  some: Record<string, string>,
])[] = [
  [
    'derived-exports/fxiaoke-accounts.utf8bom.csv',
    'fxiaoke',
    'account',
    {
      唯一性ID: 'importKey',
      '客户名称（必填）': 'name',
      客户级别: 'grade',
      省: 'region',
      标签: 'tags',
      负责人: 'owner',
      生命状态: 'deleted',
      成交状态: 'status',
    },
  ],
  [
    'derived-exports/fxiaoke-contacts.gb18030.csv',
    'fxiaoke',
    'contact',
    {
      '姓名（必填）': 'name',
      '客户名称（必填）': 'account',
      手机: 'mobile',
      身份证号: 'nationalId',
      关键决策人: 'decisionMaker',
    },
  ],
  [
    'derived-exports/hubspot-contacts.csv',
    'hubspot',
    'contact',
    {
      'Record ID': 'importKey',
      'First Name': 'first name',
      'Last Name': 'last name',
      'Associated Company': 'account',
      "Legal basis for processing contact's data": 'legalBasis',
    },
  ],
  [
    'derived-exports/salesforce-Contact.csv',
    'salesforce',
    'contact',
    {
      Id: 'importKey',
      IsDeleted: 'deleted',
      MobilePhone: 'mobile',
      MailingStreet: 'address',
      HasOptedOutOfEmail: 'doNotContact',
    },
  ],
  [
    'derived-exports/zoho-Contacts_001.csv',
    'zoho',
    'contact',
    {
      'Record Id': 'importKey',
      'Contact Owner': 'owner',
      'Account Name': 'account',
      'Account Name.id': 'account id',
      Tag: 'tags',
      'Email Opt Out': 'doNotContact',
    },
  ],
  [
    'salesforce-dataloader/accountData.csv',
    'salesforce',
    'account',
    { ID: 'importKey', NAME: 'name', BILLINGSTATE: 'region', NUMBEROFEMPLOYEES: 'employees' },
  ],
  [
    'datablist/customers-10000.csv',
    'datablist',
    'contact',
    { 'Customer Id': 'importKey', Company: 'account', 'Phone 1': 'phone' },
  ],
  [
    'datablist/organizations-1000.csv',
    'datablist',
    'account',
    { Organization: 'importKey', Name: 'name', Industry: 'industry', Description: 'notes' },
  ],
  [
    'maven-crm/accounts.csv',
    'maven',
    'account',
    { account: 'name', sector: 'industry', revenue: 'annualRevenue', subsidiary_of: 'parent' },
  ],
  [
    'maven-crm/sales_pipeline.csv',
    'maven',
    'deal',
    {
      opportunity_id: 'importKey',
      sales_agent: 'owner',
      deal_stage: 'stage',
      close_value: 'amount',
      engage_date: 'openedDate',
    },
  ],
  ['maven-crm/sales_teams.csv', 'maven', null, {}],
  ['maven-crm/products.csv', 'maven', null, {}],
]

test('[crm-6] files of other systems: the system, the type and the columns are recognised', (t) => {
  if (!shared('derived-exports')) return t.skip('skipped: no shared data')
  for (const [file, preset, type, some] of expected) {
    const path = shared(file)
    assert.ok(path, file)
    const preview = inspect(readFileSync(path))
    assert.equal(preview.preset, preset, file)
    assert.equal(preview.suggestedType, type, file)
    assert.equal(preview.rows.length <= 20, true)
    const found = mapped(preview)
    for (const [heading, target] of Object.entries(some)) assert.equal(found[heading], target, `${file} ${heading}`)
  }
  const people = inspect(readFileSync(shared('maven-crm/sales_teams.csv') ?? ''))
  assert.ok(people.problems.some((problem) => problem.code === 'people'))
})

test('[crm-6] labels of the catalogue in both languages find their field, in any case and width', () => {
  for (const name of customerTypes) {
    const type = typeOf(catalogue, name)
    for (const language of ['zh', 'en'] as const) {
      const header = type.fields.map((field) => `${field.label[language].toUpperCase()}（必填）`)
      const preview = inspect(utf8(`${header.join(',')}\n${header.map(() => 'x').join(',')}\n`), { type: name })
      assert.deepEqual(
        preview.columns.map((column) => column.suggestion),
        type.fields.map((field) => field.name),
        `${name} ${language}`,
      )
    }
  }
  assert.equal(mapped(inspect(utf8('ｎａｍｅ,PHONE　NUMBER\nx,1\n'), { type: 'contact' }))['PHONE　NUMBER'], 'phone')
})

test('[crm-6] 芋道 and 悟空 headings', () => {
  const ruoyi = inspect(
    utf8(
      '编号,客户名称,手机,电话,QQ,微信,邮箱,地区,详细地址,所属行业,客户等级,客户来源,备注,负责人名字,负责人部门,成交状态\n',
    ),
  )
  assert.deepEqual([ruoyi.preset, ruoyi.suggestedType], ['ruoyi', 'account'])
  assert.equal(mapped(ruoyi)['客户等级'], 'grade')
  const wukong = inspect(utf8('客户名称,客户来源,手机,电话,网址,客户行业,客户级别,下次联系时间,备注,邮箱\n'))
  assert.deepEqual([wukong.preset, wukong.suggestedType], ['wukong', 'account'])
})

test('[crm-8] a column that cannot tell day from month asks', () => {
  const preview = inspect(utf8('姓名,生日\n张伟,01/02/1990\n李娜,03/04/1991\n'), { type: 'contact' })
  assert.equal(preview.columns[1]?.dateOrder, 'ask')
  assert.equal(
    inspect(utf8('姓名,生日\n张伟,01/02/1990\n李娜,23/04/1991\n'), { type: 'contact' }).columns[1]?.dateOrder,
    'dmy',
  )
})

test('[crm-11] secrets are never suggested, sensitive columns are pointed out', () => {
  const preview = inspect(utf8('姓名,密码,CVV2,CCNumber,身份证号,生日\nA,secret,123,4111,1,2\n'), { type: 'contact' })
  assert.deepEqual(
    preview.columns.map((column) => column.suggestion),
    ['name', null, null, null, 'nationalId', 'birthday'],
  )
  assert.deepEqual(
    preview.columns.map((column) => column.sensitive !== undefined),
    [false, true, true, true, true, true],
  )
})

test('[crm-2] no file of a large collection of messy ones breaks the preview', (t) => {
  const root = shared('messy-csv')
  if (!root) return t.skip('skipped: no shared data')
  const files = (folder: string): readonly string[] =>
    readdirSync(folder).flatMap((name) => {
      const path = `${folder}/${name}`
      return statSync(path).isDirectory() ? files(path) : [path]
    })
  let read = 0
  for (const file of files(root)) {
    try {
      const preview = inspect(readFileSync(file))
      assert.equal(preview.columns.length, preview.header.length)
      read++
    } catch (error) {
      assert.ok(isFault(error, 'file-unreadable') || isFault(error, 'too-large'), file)
    }
  }
  assert.ok(read > 130, String(read))
  const refused = (file: string): void =>
    assert.throws(
      () => inspect(readFileSync(`${root}/${file}`)),
      (error) => isFault(error, 'file-unreadable'),
    )
  refused('frictionless/compression/implicit-zip.csv')
  refused('messytables/encrypted_no_password.xls')
  refused('csvkit/test.xlsx')
  refused('frictionless/empty.csv')
})
