import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { type Actor, isFault, utf8 } from '#kernel'
import type { FieldValue, Seen, Vault } from '#vault'
import { openTestVault } from '../../../test/support/vault.ts'
import { shared } from '../shared.fixture.ts'
import { createImport, type ImportOptions, type ImportResult } from './run.ts'

const all = async (vault: Vault, actor: Actor, type: string): Promise<readonly Seen[]> => {
  const items: Seen[] = []
  let cursor: string | undefined
  do {
    const page = await vault.list(actor, type, { limit: 200, ...(cursor === undefined ? {} : { cursor }) })
    items.push(...page.items)
    cursor = page.next
  } while (cursor !== undefined)
  return items
}

const run = (
  vault: Vault,
  actor: Actor,
  type: string,
  file: Uint8Array | string,
  more: Partial<ImportOptions> = {},
): Promise<ImportResult> =>
  createImport(vault).run(actor, { type, bytes: typeof file === 'string' ? utf8(file) : file, ...more })

const counts = ({ read, created, updated, unchanged, refused }: ImportResult): readonly number[] => [
  read,
  created,
  updated,
  unchanged,
  refused,
]
const how = (records: readonly Seen[], name: string): Readonly<Record<string, number>> =>
  Object.fromEntries(
    Map.groupBy(records, (one) => String(one.values[name] ?? ''))
      .entries()
      .map(([value, list]) => [value, list.length]),
  )
const sum = (records: readonly Seen[], name: string): number =>
  records.reduce((total, one) => total + Number(one.values[name] ?? 0), 0)

test('[crm-13] a second import of the same file changes nothing; a changed row is updated', async () => {
  const house = await openTestVault()
  try {
    const file =
      '客户名称,客户级别,电话,年营业额,上级客户\n甲公司,A（重点客户）,010-55500001,120万,乙集团\n乙集团,B,,5000,\n丙公司,,,,\n'
    assert.deepEqual(counts(await run(house.vault, house.ann, 'account', file)), [3, 3, 0, 0, 0])
    assert.deepEqual(counts(await run(house.vault, house.ann, 'account', file)), [3, 0, 0, 3, 0])
    assert.deepEqual(
      counts(await run(house.vault, house.ann, 'account', file.replace(',5000,', ',6000,'))),
      [3, 0, 1, 2, 0],
    )
    const records = await all(house.vault, house.ann, 'account')
    const parent = records.find((one) => one.values['name'] === '乙集团')
    const child = records.find((one) => one.values['name'] === '甲公司')
    assert.equal(child?.values['parent'], parent?.id)
    assert.equal(child?.values['annualRevenue'], 120_000_000)
    assert.equal(parent?.values['annualRevenue'], 600_000)
  } finally {
    await house.close()
  }
})

test('[crm-13] rows without an id that are alike stay apart and are found again; the same id twice is refused', async () => {
  const house = await openTestVault()
  try {
    const alike = 'Name,Notes\nJohn Smith,one\nJohn Smith,two\n'
    assert.deepEqual(counts(await run(house.vault, house.ann, 'contact', alike)), [2, 2, 0, 0, 0])
    assert.deepEqual(counts(await run(house.vault, house.ann, 'contact', alike)), [2, 0, 0, 2, 0])
    const twice = 'Id,Name\n7,A\n8,B\n7,C\n'
    const result = await run(house.vault, house.ann, 'contact', twice)
    assert.deepEqual(counts(result), [3, 2, 0, 0, 1])
    assert.match(result.refusedCsv ?? '', /same id stands on line 2/)
    // The same id in a file of other headings is another thing.
    assert.deepEqual(
      counts(await run(house.vault, house.ann, 'contact', 'Id,Name,E-mail\n7,Other,o@example.com\n')),
      [1, 1, 0, 0, 0],
    )
  } finally {
    await house.close()
  }
})

test('[crm-13] accounts that contacts name are created once and linked; without leave the row is refused', async () => {
  const house = await openTestVault()
  try {
    const file = '姓名,客户名称,手机\n张伟,甲公司,13800130001\n李娜,甲公司,13800130002\n王芳,甲 公司,13800130003\n'
    const refused = await run(house.vault, house.ann, 'contact', file, { createAccounts: false })
    assert.deepEqual(counts(refused), [3, 0, 0, 0, 3])
    const result = await run(house.vault, house.ann, 'contact', file)
    assert.deepEqual(counts(result), [3, 3, 0, 0, 0])
    assert.equal(result.accountsCreated, 2)
    assert.equal((await all(house.vault, house.ann, 'account')).length, 2)
    assert.deepEqual(counts(await run(house.vault, house.ann, 'contact', file)), [3, 0, 0, 3, 0])
    const contacts = await all(house.vault, house.ann, 'contact')
    assert.ok(contacts.every((one) => typeof one.values['account'] === 'string'))
  } finally {
    await house.close()
  }
})

test('[crm-13] owners are matched by name, e-mail or choice; the unknown ones are told and fall to the importing user', async () => {
  const house = await openTestVault()
  try {
    const file = 'Name,Owner\nA,Ann（North）\nB,bob@example.com\nC,Somebody\nD,Boss\n'
    const result = await run(house.vault, house.admin, 'account', file, {
      owners: { Boss: house.manager.principal.id },
    })
    assert.deepEqual(counts(result), [4, 4, 0, 0, 0])
    assert.deepEqual(result.unknownOwners, ['Somebody'])
    const owners = new Map(
      (await all(house.vault, house.admin, 'account')).map((one) => [one.values['name'], one.ownerId]),
    )
    assert.deepEqual(
      ['A', 'B', 'C', 'D'].map((name) => owners.get(name)),
      [house.ann, house.bob, house.admin, house.manager].map((actor) => actor.principal.id),
    )
  } finally {
    await house.close()
  }
})

test('[crm-12] refused rows come back with reason and line, harmless, without secrets, and import once mended', async () => {
  const house = await openTestVault()
  try {
    const file =
      'Name,Mobile,Birthday,Password,Notes\nAnna,+1 206 555 0101,1990-02-30,secret1,=1+1\nBen\nCleo,138****0000,,secret2,\nDora,1.38E+10,,secret3,\nEve,+1 206 555 0102,,secret4,ok\n'
    const result = await run(house.vault, house.ann, 'contact', file)
    assert.deepEqual(counts(result), [5, 1, 0, 0, 4])
    const csv = result.refusedCsv ?? ''
    assert.ok(csv.startsWith('\ufeff"ERROR","LINE","Name"'))
    assert.doesNotMatch(csv, /secret/)
    assert.doesNotMatch(csv, /[,"]=1/)
    for (const line of ['2', '3', '4', '5']) assert.match(csv, new RegExp(`"${line}","(Anna|Ben|Cleo|Dora)"`))
    const again = await run(house.vault, house.ann, 'contact', csv)
    assert.deepEqual(counts(again), [4, 0, 0, 0, 4])
    const mended = csv
      .replace('1990-02-30', '1990-02-28')
      .replace('"Ben"', '"Ben","","","",""')
      .replace('138****0000', '13800130000')
      .replace('1.38E+10', '13800130004')
    assert.deepEqual(counts(await run(house.vault, house.ann, 'contact', mended)), [4, 4, 0, 0, 0])
    const anna = (await all(house.vault, house.ann, 'contact')).find((one) => one.values['name'] === 'Anna')
    assert.equal(anna?.values['notes'], '=1+1')
    assert.equal(
      (await run(house.vault, house.ann, 'contact', 'Name\n\0x\n', { language: 'zh' })).refusedCsv?.includes(
        'NUL 字节',
      ),
      true,
    )
  } finally {
    await house.close()
  }
})

test('[crm-11] a mapping that would store a password is refused, and so is one without a name or to no field', async () => {
  const house = await openTestVault()
  try {
    const file = 'Name,Password\nA,secret\n'
    for (const mapping of [{ 0: 'name', 1: 'notes' }, { 0: 'notes' }, { 0: 'name', 1: 'nonsense' }]) {
      await assert.rejects(run(house.vault, house.ann, 'contact', file, { mapping }), (error) =>
        isFault(error, 'bad-input'),
      )
    }
    await assert.rejects(run(house.vault, house.admin, 'user', file), (error) => isFault(error, 'bad-input'))
    assert.deepEqual(counts(await run(house.vault, house.ann, 'contact', file)), [1, 1, 0, 0, 0])
  } finally {
    await house.close()
  }
})

test('[crm-3] an uncertain encoding stops the import until somebody chooses', async () => {
  const house = await openTestVault()
  try {
    const bytes = new Uint8Array([...utf8('Name\n'), 0x81, 0xa8, 0xb6, 0xe1, 0x0a])
    await assert.rejects(run(house.vault, house.ann, 'contact', bytes), (error) => isFault(error, 'encoding-unsure'))
    assert.deepEqual(
      counts(await run(house.vault, house.ann, 'contact', bytes, { encoding: 'gb18030' })),
      [1, 1, 0, 0, 0],
    )
  } finally {
    await house.close()
  }
})

test('[crm-7] names of two parts, addresses of several columns, notes with their headings', async () => {
  const house = await openTestVault()
  try {
    await run(
      house.vault,
      house.ann,
      'contact',
      '姓,名,省,市,详细地址,备注,爱好\n欧阳,娜,广东省,深圳市,科技路1号,好,茶\n',
    )
    await run(
      house.vault,
      house.ann,
      'contact',
      'First Name,Last Name,Street,City\nAnna,Holm,"1 Bay St\nFlat 2",Oslo\n',
    )
    const [english, chinese] = await all(house.vault, house.ann, 'contact')
    assert.deepEqual(
      [chinese?.values['name'], chinese?.values['address'], chinese?.values['notes']],
      ['欧阳娜', '广东省深圳市科技路1号', '好\n爱好: 茶'],
    )
    assert.deepEqual([english?.values['name'], english?.values['address']], ['Anna Holm', '1 Bay St\nFlat 2, Oslo'])
  } finally {
    await house.close()
  }
})

test('[crm-8] ambiguous dates refuse their rows; one clear row, or a choice, settles the column', async () => {
  const house = await openTestVault()
  try {
    const file = 'Name,Birthday\nA,01/02/1990\nB,03/04/1991\n'
    assert.deepEqual(counts(await run(house.vault, house.ann, 'contact', file)), [2, 0, 0, 0, 2])
    assert.deepEqual(counts(await run(house.vault, house.ann, 'contact', `${file}C,25/12/1992\n`)), [3, 3, 0, 0, 0])
    const a = (await all(house.vault, house.ann, 'contact')).find((one) => one.values['name'] === 'A')
    assert.equal(a?.values['birthday'], '1990-02-01')
    assert.deepEqual(
      counts(await run(house.vault, house.ann, 'contact', file, { dateOrders: { 1: 'mdy' } })),
      [2, 0, 2, 0, 0],
    )
  } finally {
    await house.close()
  }
})

test('[crm-12] an import can be stopped; what is in stays, and a second run goes on', async () => {
  const house = await openTestVault()
  try {
    const file = `Name\n${Array.from({ length: 1200 }, (_, i) => `Person ${String(i)}`).join('\n')}\n`
    const stop = new AbortController()
    const told: number[] = []
    const first = await run(house.vault, house.ann, 'contact', file, {
      signal: stop.signal,
      onProgress: (done, total) => {
        told.push(done)
        assert.ok(total >= done)
        stop.abort()
      },
    })
    assert.equal(first.cancelled, true)
    assert.equal(first.created, 500)
    assert.deepEqual(counts(await run(house.vault, house.ann, 'contact', file)), [1200, 700, 0, 500, 0])
    assert.equal(told[0], 500)
  } finally {
    await house.close()
  }
})

interface Real {
  readonly file: string
  readonly type: string
  readonly first: readonly number[]
  readonly look?: (records: readonly Seen[], result: ImportResult) => void
}

const yes = (records: readonly Seen[], name: string): number =>
  records.filter((one) => one.values[name] === true).length

const real: readonly Real[] = [
  {
    file: 'derived-exports/fxiaoke-accounts.utf8bom.csv',
    type: 'account',
    first: [300, 241, 0, 0, 59],
    look: (records) => {
      assert.deepEqual(Object.keys(how(records, 'grade')).toSorted(), ['A', 'B', 'C'])
      assert.ok(records.every((one) => one.values['country'] === '中国' && typeof one.values['taxId'] === 'string'))
      assert.ok(records.some((one) => one.values['notes'] === '=1+1'))
      assert.ok(records.some((one) => Array.isArray(one.values['tags']) && one.values['tags'].includes('政企')))
    },
  },
  {
    file: 'derived-exports/fxiaoke-contacts.gb18030.csv',
    type: 'contact',
    first: [300, 228, 0, 0, 72],
    look: (records) =>
      assert.ok(
        records.every(
          (one) => typeof one.values['account'] === 'string' && typeof one.values['nationalId'] === 'string',
        ),
      ),
  },
  {
    file: 'derived-exports/hubspot-contacts.csv',
    type: 'contact',
    first: [300, 300, 0, 0, 0],
    look: (records) => {
      assert.equal(records.filter((one) => typeof one.values['email'] !== 'string').length, 28)
      assert.equal(records.filter((one) => typeof one.values['legalBasis'] !== 'string').length, 97)
    },
  },
  {
    file: 'derived-exports/salesforce-Contact.csv',
    type: 'contact',
    first: [200, 152, 0, 0, 48],
    look: (records) => {
      assert.equal(yes(records, 'doNotContact'), 85)
      assert.ok(records.every((one) => !Object.values(one.values).includes('#N/A')))
    },
  },
  {
    file: 'derived-exports/zoho-Contacts_001.csv',
    type: 'contact',
    first: [300, 300, 0, 0, 0],
    look: (records, result) => {
      assert.equal(yes(records, 'doNotContact'), 159)
      assert.deepEqual(result.unknownOwners, ['Tina Thomas'])
    },
  },
  { file: 'salesforce-dataloader/accountData.csv', type: 'account', first: [423, 423, 0, 0, 0] },
  { file: 'datablist/organizations-1000.csv', type: 'account', first: [1000, 1000, 0, 0, 0] },
  {
    file: 'maven-crm/accounts.csv',
    type: 'account',
    first: [85, 85, 0, 0, 0],
    look: (records) => assert.equal(records.filter((one) => typeof one.values['parent'] === 'string').length, 15),
  },
]

for (const { file, type, first, look } of real) {
  test(`[crm-13] ${file.split('/').at(-1) ?? file}: all rows as counted, and a second run changes nothing`, async (t) => {
    const path = shared(file)
    if (!path) return t.skip('skipped: no shared data')
    const house = await openTestVault()
    try {
      const result = await run(house.vault, house.ann, type, readFileSync(path))
      assert.deepEqual(counts(result), first)
      look?.(await all(house.vault, house.ann, type), result)
      const again = await run(house.vault, house.ann, type, readFileSync(path))
      assert.deepEqual(counts(again), [first[0], 0, 0, first[1], first[4]])
      assert.equal(again.accountsCreated, 0)
    } finally {
      await house.close()
    }
  })
}

test('[crm-13] the pipeline of a whole sales organisation: stages, sums, accounts, owners', async (t) => {
  const [accounts, deals] = [shared('maven-crm/accounts.csv'), shared('maven-crm/sales_pipeline.csv')]
  if (!accounts || !deals) return t.skip('skipped: no shared data')
  const house = await openTestVault()
  try {
    await run(house.vault, house.ann, 'account', readFileSync(accounts))
    const result = await run(house.vault, house.ann, 'deal', readFileSync(deals))
    assert.deepEqual(counts(result), [8800, 8800, 0, 0, 0])
    assert.equal(result.accountsCreated, 0)
    assert.equal(result.unknownOwners.length, 30)
    const records = await all(house.vault, house.ann, 'deal')
    assert.deepEqual({ ...how(records, 'stage') }, { won: 4238, lost: 2473, qualified: 1589, prospecting: 500 })
    assert.equal(
      sum(
        records.filter((one) => one.values['stage'] === 'won'),
        'amount',
      ),
      1_000_553_400,
    )
    assert.equal(records.filter((one) => typeof one.values['account'] !== 'string').length, 1425)
    const empty: FieldValue = null
    assert.equal(records.filter((one) => (one.values['openedDate'] ?? empty) === empty).length, 500)
  } finally {
    await house.close()
  }
})

test('[crm-13] ten thousand people of a sample list: the first two thousand, with their companies', async (t) => {
  const path = shared('datablist/customers-10000.csv')
  if (!path) return t.skip('skipped: no shared data')
  const house = await openTestVault()
  try {
    const file = readFileSync(path, 'utf8').split('\n').slice(0, 2001).join('\n')
    const result = await run(house.vault, house.ann, 'contact', file)
    assert.deepEqual(counts(result), [2000, 2000, 0, 0, 0])
    assert.ok(result.accountsCreated > 1900)
    assert.deepEqual(counts(await run(house.vault, house.ann, 'contact', file)), [2000, 0, 0, 2000, 0])
  } finally {
    await house.close()
  }
})

test('[crm-9] a list full of card numbers, passwords and damaged ids: only what may be stored is', async (t) => {
  const path = shared('presidio-pii/FakeNameGenerator.com_3000.csv')
  if (!path) return t.skip('skipped: no shared data')
  const house = await openTestVault()
  try {
    const result = await run(house.vault, house.ann, 'contact', readFileSync(path))
    assert.deepEqual(counts(result), [3000, 2907, 0, 0, 93])
    const records = await all(house.vault, house.ann, 'contact')
    assert.equal(records.filter((one) => typeof one.values['nationalId'] === 'string').length, 1041 - 93)
    assert.ok(records.every((one) => /^\d{4}-\d\d-\d\d$/.test(String(one.values['birthday']))))
  } finally {
    await house.close()
  }
})

test('[crm-10] a small chain of contacts and deals of no known system', async (t) => {
  const [people, deals] = [shared('sample-sales-crm/Contacts.csv'), shared('sample-sales-crm/Opportunity.csv')]
  if (!people || !deals) return t.skip('skipped: no shared data')
  const house = await openTestVault()
  try {
    assert.deepEqual(counts(await run(house.vault, house.ann, 'contact', readFileSync(people))), [100, 100, 0, 0, 0])
    assert.deepEqual(counts(await run(house.vault, house.ann, 'deal', readFileSync(deals))), [500, 500, 0, 0, 0])
    const records = await all(house.vault, house.ann, 'deal')
    assert.deepEqual(how(records, 'stage'), { lost: 110, negotiation: 103, won: 99, prospecting: 97, proposal: 91 })
    assert.equal(sum(records, 'amount'), 523_264_914)
    assert.equal(
      sum(
        records.filter((one) => one.values['stage'] === 'won'),
        'amount',
      ),
      108_024_976,
    )
  } finally {
    await house.close()
  }
})
