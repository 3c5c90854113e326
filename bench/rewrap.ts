// Rotating an epoch over a million data keys: the cryptography alone beside the two bare calls of node:crypto it needs, then the whole
// job in the database, with the memory it takes.
import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createEpoch, newSubjectKey, openEpoch, rewrapSubjectKeys, type SubjectKeyRow } from '#encryption'
import { newId, services } from '#kernel'
import type { House } from '#server'
import type { Line } from './bench.ts'
import { benchHouse } from './support/house.ts'

const keys = Number(process.env['HOLDFAST_BENCH_ROWS'] ?? 1_000_000)
const turn = 20_000

export const run = async (): Promise<Line[]> => {
  const bench = await benchHouse()
  try {
    return [...(await crypto(bench.house)), ...(await job(bench.house))]
  } finally {
    await bench.close()
  }
}

/** Each key generated, wrapped anew once and let go of. The bare calls take their turn after every 20,000 of them. */
const crypto = async (house: House): Promise<readonly Line[]> => {
  const tenant = newId()
  const { provider } = house.keys
  const from = await openEpoch(provider, await createEpoch(provider, tenant, 1, 1))
  const to = await openEpoch(provider, await createEpoch(provider, tenant, 2, 1))
  const key = createSecretKey(randomBytes(32))
  const nonce = randomBytes(12)
  const aad = randomBytes(41)
  const plain = randomBytes(32)
  const tag = { authTagLength: 16 }
  const sealed = sealBare()
  // Processor time of all threads, that of garbage collection too: others on the machine touch both alike.
  const cpu = (work: () => void): number => {
    const before = process.cpuUsage()
    work()
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1e6
  }
  const own: number[] = []
  const bare: number[] = []
  let atFirst = 0
  let most = 0
  for (let done = 0; done < keys; done += turn) {
    const rows = Array.from({ length: turn }, () => newSubjectKey(from, newId(), 1).row)
    // What making them left behind is nobody's work here.
    await settle()
    let moved = 0
    own.push(
      cpu(() => {
        // As the job does it.
        for (let i = 0; i < turn; i += 2000) moved += rewrapSubjectKeys(from, to, rows.slice(i, i + 2000)).length
      }),
    )
    if (moved !== turn) throw new Error('not every key was wrapped anew')
    await settle()
    bare.push(
      cpu(() => {
        for (let i = 0; i < turn; i++) {
          openBare(sealed)
          sealBare()
        }
      }),
    )
    const { rss } = process.memoryUsage()
    // By then everything is loaded and compiled.
    if (done < keys / 5) atFirst = Math.max(atFirst, rss)
    most = Math.max(most, rss)
  }
  const rate = (times: readonly number[]): number => (times.length * turn) / times.reduce((sum, time) => sum + time, 0)
  return [
    line('keys_per_second_per_core', rate(own), 'keys/s', 100_000),
    line('vs_bare_calls', rate(own), 'keys/s', rate(bare)),
    line('rss_growth', (most - atFirst) / 2 ** 20, 'MiB', atFirst / 2 ** 20),
  ]

  function sealBare(): readonly [Buffer, Buffer] {
    const cipher = createCipheriv('aes-256-gcm', key, nonce, tag)
    cipher.setAAD(aad)
    const body = cipher.update(plain)
    cipher.final()
    return [body, cipher.getAuthTag()]
  }
  function openBare([body, mac]: readonly [Buffer, Buffer]): void {
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, tag)
    decipher.setAuthTag(mac)
    decipher.setAAD(aad)
    decipher.update(body)
    decipher.final()
  }
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Collects garbage, and lets the threads that do it come to an end. */
const settle = async (): Promise<void> => {
  collect()
  await new Promise((resolve) => setTimeout(resolve, 50))
}

const job = async (house: House): Promise<readonly Line[]> => {
  await generate(house, keys)
  collect()
  const before = process.memoryUsage.rss()
  let peak = before
  const started = performance.now()
  const cpu = process.cpuUsage()
  const { id } = await house.jobs.start('keys.epoch', {}, services.system)
  const end = await house.jobs.run(id, {
    onProgress: () => {
      peak = Math.max(peak, process.memoryUsage.rss())
    },
  })
  const seconds = (performance.now() - started) / 1000
  const { user, system } = process.cpuUsage(cpu)
  if (end.state !== 'done' || end.done < keys) throw new Error(`the rotation ended as ${end.state}`)
  return [
    line('job_keys_per_second', end.done / seconds, 'keys/s', end.done / ((user + system) / 1e6)),
    line('job_rss_growth', (peak - before) / 2 ** 20, 'MiB', before / 2 ** 20),
  ]
}

/** Data keys of made-up subjects, as the vault would store them. */
export const generate = async (house: House, count: number): Promise<void> => {
  const { tenant, store } = house
  const [stored] = await store.owner((tx) =>
    tx.query<{ sym_wrapped: Uint8Array; index_wrapped: Uint8Array; hpke_public: Uint8Array; hpke_wrapped: Uint8Array }>(
      {
        text: `select * from keyring.epoch where state = 'active'`,
      },
    ),
  )
  if (!stored) throw new Error('no epoch')
  const epoch = await openEpoch(house.keys.provider, {
    tenant,
    epoch: 1,
    state: 'active',
    suite: 1,
    symWrapped: stored.sym_wrapped,
    indexWrapped: stored.index_wrapped,
    hpkePublic: stored.hpke_public,
    hpkeWrapped: stored.hpke_wrapped,
  })
  await store.owner(async (tx) => {
    await tx.copyIn(
      'copy keyring.subject_key (tenant_id, subject_id, generation, epoch, suite, wrapped, commitment) from stdin',
      lines(count, () => newSubjectKey(epoch, newId(), 1).row),
    )
    await tx.query({ text: 'analyze keyring.subject_key' })
  })
}

async function* lines(count: number, make: () => SubjectKeyRow): AsyncGenerator<Uint8Array> {
  const hex = (bytes: Uint8Array): string => `\\\\x${Buffer.from(bytes).toString('hex')}`
  for (let from = 0; from < count; from += 5000) {
    let text = ''
    for (let i = from; i < Math.min(count, from + 5000); i++) {
      const { tenant, subject, generation, epoch, suite, wrapped, commitment } = make()
      text += [tenant, subject, generation, epoch, suite, hex(wrapped), hex(commitment)].join('\t') + '\n'
    }
    yield await Promise.resolve(Buffer.from(text))
  }
}

const line = (metric: string, value: number, unit: string, reference: number): Line => ({
  bench: 'rewrap',
  metric: `rewrap/${metric}`,
  value,
  unit,
  reference,
  ratio: value / reference,
})
