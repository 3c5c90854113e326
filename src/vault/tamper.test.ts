// Rows changed under the vault, in the database itself: whatever was done to them, who reads them is told one and the same.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { catalogue } from '#crm'
import { cellColumn, isFault, sealedGroups, type Uuid } from '#kernel'
import { openTestVault, type TestVault } from '../../test/support/vault.ts'

type Columns = Readonly<Record<string, unknown>>
const contact = catalogue.types.find(({ name }) => name === 'contact') ?? assert.fail()
const cells = sealedGroups(contact).map(cellColumn)

const person = (n: number): Record<string, string> => ({
  name: `客户${String(n)}`,
  mobile: `1380013800${String(n)}`,
  nationalId: '110101199003078515',
  notes: `number ${String(n)}`,
})

let house: TestVault
let other: TestVault
let mine: Uuid
let beside: Uuid
let foreign: Uuid

before(async () => {
  house = await openTestVault()
  other = await openTestVault()
  const made = async (of: TestVault, n: number): Promise<Uuid> =>
    (await of.vault.create(of.ann, 'contact', { values: person(n) })).id
  ;[mine, beside, foreign] = [await made(house, 1), await made(house, 2), await made(other, 1)]
})
after(async () => {
  await house.close()
  await other.close()
})

const rowOf = async (of: TestVault, id: Uuid): Promise<Columns> => {
  const [row] = await of.store.owner((tx) =>
    tx.query<Columns>({ text: 'select * from crm.contact where id = $1', values: [id] }),
  )
  return row ?? assert.fail()
}

/** Sets columns of the record as its database's administrator could. False where a constraint of the table refuses it. */
const set = async (values: Columns): Promise<boolean> => {
  const names = Object.keys(values)
  const text = `update crm.contact set ${names.map((name, i) => `${name} = $${String(i + 2)}`).join(', ')} where id = $1`
  try {
    await house.store.owner((tx) => tx.query({ text, values: [mine, ...Object.values(values)] }))
    return true
  } catch (error) {
    assert.match(`${String(error)} ${String((error as Error).cause)}`, /check constraint/)
    return false
  }
}

/** All that an answer could be made of, where the record is read by id and in a list. */
const told = (): Promise<readonly unknown[]> =>
  Promise.all(
    [house.vault.get(house.manager, 'contact', mine), house.vault.list(house.manager, 'contact', {})].map((read) =>
      read.then(
        () => 'opened',
        (error: unknown) =>
          isFault(error)
            ? {
                code: error.code,
                status: error.status,
                details: error.details,
                said: error.message,
                cause: error.cause,
              }
            : error,
      ),
    ),
  )

const refusal = {
  code: 'cell-does-not-open',
  status: 500,
  details: {},
  said: 'a sealed value does not open',
  cause: undefined,
}

/** The record with these columns is refused, its neighbour opens, and with its own columns back it opens too. */
const demandRefused = async (good: Columns, change: Columns, what: string): Promise<boolean> => {
  if (!(await set(change))) return false
  try {
    assert.deepEqual(await told(), [refusal, refusal], what)
    assert.equal((await house.vault.get(house.manager, 'contact', beside)).values['name'], person(2)['name'])
  } finally {
    await set(Object.fromEntries(Object.keys(change).map((name) => [name, good[name]])))
  }
  return true
}

test('[vault-121] cells and rows exchanged in the database are one and the same refusal', async () => {
  const old = await rowOf(house, mine)
  await house.vault.update(house.ann, 'contact', mine, 1, { ...person(1), notes: 'a second version' })
  const good = await rowOf(house, mine)
  const [neighbour, stranger] = [await rowOf(house, beside), await rowOf(other, foreign)]
  assert.ok(cells.length >= 3 && cells.every((name) => good[name] instanceof Uint8Array))
  for (const [i, name] of cells.entries()) {
    const next = cells[(i + 1) % cells.length] ?? ''
    const changes: readonly (readonly [string, Columns])[] = [
      ['of another record', { [name]: neighbour[name] }],
      ['of another record, with its subject', { [name]: neighbour[name], subject_id: neighbour['subject_id'] }],
      ['of another tenant', { [name]: stranger[name] }],
      ['of another group', { [name]: good[next] }],
      ['of an older version', { [name]: old[name] }],
      ['cut', { [name]: (good[name] as Buffer).subarray(0, -16) }],
      ['longer', { [name]: Buffer.concat([good[name] as Buffer, Buffer.alloc(16)]) }],
    ]
    for (const [what, change] of changes) assert.equal(await demandRefused(good, change, `${name} ${what}`), true, what)
  }
  const all = (row: Columns): Columns => Object.fromEntries(cells.map((name) => [name, row[name]]))
  const rows: readonly (readonly [string, Columns])[] = [
    ['every cell of another record', all(neighbour)],
    ['every cell of the version before', all(old)],
    ['the version before named', { version: 1 }],
    ['a version to come', { version: 3 }],
    ['another owner', { owner_id: house.bob.principal.id }],
    ['no owner', { owner_id: null }],
    ['another team', { team_id: house.cleo.principal.team }],
    ['the subject of another record', { subject_id: neighbour['subject_id'] }],
  ]
  for (const [what, change] of rows) assert.equal(await demandRefused(good, change, what), true, what)
  assert.deepEqual(await told(), ['opened', 'opened'])
})

test('[vault-121] any flipped bit of any cell is that refusal, or one of the table itself', async () => {
  const good = await rowOf(house, mine)
  let refusedByTable = 0
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...cells), fc.nat(), fc.nat(8), async (name, anywhere, head) => {
      const cell = good[name] as Buffer
      // Half of them in the header, where each byte means something else.
      const bit = anywhere % 2 === 0 ? head * 8 + ((anywhere >> 1) % 8) : (anywhere >> 1) % (cell.length * 8)
      const flipped = Buffer.from(cell)
      flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
      const stood = await demandRefused(good, { [name]: flipped }, `${name} bit ${String(bit)}`)
      // The table refuses what is no cell: another first byte, another suite.
      if (!stood) refusedByTable++
      assert.ok(stood || bit < 16)
    }),
    { numRuns: 60 },
  )
  assert.ok(refusedByTable > 0)
  assert.deepEqual(await told(), ['opened', 'opened'])
})
