// Sealing: a cell of 12 fields against one node:crypto call for each field, a page of 50 records, SM4 beside AES, and envelopes. Times of
// longer work are those of the processor.
// The peer of the first line is what an application writes without a cell format: createCipheriv per field with a cached KeyObject,
// a fresh random nonce and the parts concatenated; its cells hold the bare values, ours the names of the fields too.
import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import { newId, type Uuid } from '#kernel'
import {
  type CellContext,
  createEpoch,
  envelopeSuites,
  type Epoch,
  newSubjectKey,
  openCell,
  openEnvelope,
  openEpoch,
  openSubjectKey,
  profiles,
  random,
  recipientKeyPair,
  type RootProvider,
  sealCell,
  sealEnvelope,
  type SuiteId,
} from '#encryption'
import { cpuSeconds, inTurns, type Line } from './bench.ts'

export const run = async (): Promise<Line[]> => [await fields(), ...(await page()), ...(await sm4()), ...envelopes()]

const rounds = 9
// The clock of the processor steps by up to 4 ms, so each measurement takes at least some tens of them.
const records = 5000
const pages = 500

const fields = async (): Promise<Line> => {
  const key = newSubjectKey(await epochOf(1), newId(), 1).key
  const context = contextOf(newId())
  const values = twelve(1)
  const bare = createSecretKey(randomBytes(32))
  const aad = randomBytes(48)
  const texts = Object.values(values)
  const [cells = NaN, calls = NaN] = inTurns(
    rounds,
    [
      () => times(records, () => openCell(key, context, sealCell(key, context, values))),
      () => times(records, () => texts.forEach((text) => openAlone(bare, aad, sealAlone(bare, aad, text)))),
    ],
    cpuSeconds,
  )
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
  // A page is far shorter than a step of the processor's clock, and than a turn that others get: the median of many by the wall clock.
  const [warm = NaN, cold = NaN] = inTurns(pages, [
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

// What a tenant of profile gm pays: the same records sealed, and opened, under suite 3 and under suite 1.
const sm4 = async (): Promise<readonly Line[]> => {
  const values = twelve(1)
  const context = contextOf(newId())
  const [ours, theirs] = [
    newSubjectKey(await epochOf(profiles.gm.cell), newId(), 1).key,
    newSubjectKey(await epochOf(profiles.international.cell), newId(), 1).key,
  ]
  const [sm4Cell, aesCell] = [sealCell(ours, context, values), sealCell(theirs, context, values)]
  const [sm4Seal = NaN, aesSeal = NaN, sm4Open = NaN, aesOpen = NaN] = inTurns(
    rounds,
    [
      () => times(records, () => sealCell(ours, context, values)),
      () => times(records, () => sealCell(theirs, context, values)),
      () => times(records, () => openCell(ours, context, sm4Cell)),
      () => times(records, () => openCell(theirs, context, aesCell)),
    ],
    cpuSeconds,
  )
  return [
    line('sm4_vs_aes', records / sm4Seal, 'cells/s', records / aesSeal),
    line('sm4_vs_aes_open', records / sm4Open, 'cells/s', records / aesOpen),
  ]
}

// A captured form of 256 bytes, sealed to and opened with a key of each suite, beside suite 17.
const envelopes = (): readonly Line[] => {
  const [info, aad, plain] = [random(20), random(60), random(256)]
  const each = envelopeSuites.map(({ id, name }) => {
    const own = recipientKeyPair(id)
    const count = id === 20 || id === 19 ? 30 : 300
    const sealed = sealEnvelope(own, info, aad, plain)
    const [seal = NaN, open = NaN] = inTurns(
      3,
      [
        () => times(count, () => sealEnvelope(own, info, aad, plain)),
        () => times(count, () => openEnvelope(own, info, aad, sealed)),
      ],
      cpuSeconds,
    )
    return { name: name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_'), seal: count / seal, open: count / open }
  })
  const [first] = each
  return each.flatMap(({ name, seal, open }) => [
    line(`envelope_${name}_seal`, seal, 'envelopes/s', first?.seal ?? NaN),
    line(`envelope_${name}_open`, open, 'envelopes/s', first?.open ?? NaN),
  ])
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
