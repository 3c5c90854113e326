// Sealing: a cell of 12 fields against one node:crypto call for each field, a page of 50 records, and SM4 beside AES.
// The peer of the first line is what an application writes without a cell format: createCipheriv per field with a cached KeyObject,
// a fresh random nonce and the parts concatenated; its cells hold the bare values, ours the names of the fields too.
import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import { newId, type Uuid } from '#kernel'
import {
  type CellContext,
  createEpoch,
  type Epoch,
  newSubjectKey,
  openCell,
  openEpoch,
  openSubjectKey,
  type RootProvider,
  sealCell,
  type SuiteId,
} from '#encryption'
import { inTurns, type Line } from './bench.ts'

export const run = async (): Promise<Line[]> => [await fields(), ...(await page()), await sm4()]

const rounds = 9
const records = 2000

const fields = async (): Promise<Line> => {
  const key = newSubjectKey(await epochOf(1), newId(), 1).key
  const context = contextOf(newId())
  const values = twelve(1)
  const bare = createSecretKey(randomBytes(32))
  const aad = randomBytes(48)
  const texts = Object.values(values)
  const [cells = NaN, calls = NaN] = inTurns(rounds, [
    () => times(records, () => openCell(key, context, sealCell(key, context, values))),
    () => times(records, () => texts.forEach((text) => openAlone(bare, aad, sealAlone(bare, aad, text)))),
  ])
  return line('fields_per_second_vs_single_calls', (records * 12) / cells, 'fields/s', (records * 12) / calls)
}

const sealAlone = (key: KeyObject, aad: Uint8Array, text: string): Buffer => {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  cipher.setAAD(aad)
  return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
}

const openAlone = (key: KeyObject, aad: Uint8Array, sealed: Buffer): string => {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12))
  decipher.setAAD(aad)
  decipher.setAuthTag(sealed.subarray(-16))
  return decipher.update(sealed.subarray(12, -16), undefined, 'utf8') + decipher.final('utf8')
}

// A page as a list shows it: 50 subjects, two cells of six fields each. Once with the subject keys a running server holds, once
// with every key unwrapped and derived anew. Limit of the design: 1 ms.
const page = async (): Promise<readonly Line[]> => {
  const epoch = await epochOf(1)
  const rows = Array.from({ length: 50 }, (_, i) => {
    const { row, key } = newSubjectKey(epoch, newId(), 1)
    const fields = Object.entries(twelve(i))
    const parts = [fields.slice(0, 6), fields.slice(6)].map((part, n) => {
      const context = { ...contextOf(newId()), group: n === 0 ? 'basic' : 'contact' }
      return { context, cell: sealCell(key, context, Object.fromEntries(part)) }
    })
    return { row, key, parts }
  })
  const [warm = NaN, cold = NaN] = inTurns(rounds * 5, [
    () => {
      for (const { key, parts } of rows) for (const { context, cell } of parts) openCell(key, context, cell)
    },
    () => {
      for (const { row, parts } of rows) {
        const key = openSubjectKey(epoch, row)
        for (const { context, cell } of parts) openCell(key, context, cell)
      }
    },
  ])
  return [line('open_page50_ms', warm * 1000, 'ms', 1), line('open_page50_cold_ms', cold * 1000, 'ms', 1)]
}

const sm4 = async (): Promise<Line> => {
  const values = twelve(1)
  const context = contextOf(newId())
  const [ours, theirs] = [
    newSubjectKey(await epochOf(3), newId(), 1).key,
    newSubjectKey(await epochOf(1), newId(), 1).key,
  ]
  const [sm4Seconds = NaN, aesSeconds = NaN] = inTurns(rounds, [
    () => times(records, () => sealCell(ours, context, values)),
    () => times(records, () => sealCell(theirs, context, values)),
  ])
  return line('sm4_vs_aes', records / sm4Seconds, 'cells/s', records / aesSeconds)
}

const line = (metric: string, value: number, unit: string, reference: number): Line => ({
  bench: 'seal',
  metric: `seal/${metric}`,
  value,
  unit,
  reference,
  ratio: value / reference,
})

const times = (count: number, work: () => void): void => {
  for (let i = 0; i < count; i++) work()
}

const twelve = (i: number): Readonly<Record<string, string>> => ({
  name: `王小明 ${i}`,
  jobTitle: '采购部经理',
  department: '华东区采购中心',
  mobile: `+86138${String(10_000_000 + i)}`,
  phone: '+862161234567',
  email: `xiaoming.wang${i}@example.com`,
  wechat: `wxid_${String(i).padStart(12, '0')}`,
  address: '上海市浦东新区示范路 100 号 8 层',
  nationalId: '310115199001011234',
  birthday: '1990-01-01',
  gender: 'male',
  notes: 'prefers a call in the afternoon, speaks English',
})

const contextOf = (record: Uuid): CellContext => ({
  table: 'contact',
  record,
  group: 'contact',
  version: 3,
  attributes: { owner: '0190c4a1-0000-7000-8000-000000000001', team: '0190c4a1-0000-7000-8000-000000000002' },
})

// A root that wraps nothing: the bench measures what happens below the epoch.
const bareRoot: RootProvider = {
  kind: 'bench',
  fingerprint: '',
  wrap: (key) => Promise.resolve(key.slice()),
  unwrap: (wrapped) => Promise.resolve(wrapped.slice()),
}

const epochOf = async (suite: SuiteId): Promise<Epoch> =>
  openEpoch(bareRoot, await createEpoch(bareRoot, newId(), 1, suite))
