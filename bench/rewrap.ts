// Rotating an epoch over a million data keys: the cryptography alone beside the two bare calls of node:crypto it needs, then the whole
// job in the database, with the memory it takes.
import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto'
import { createEpoch, newSubjectKey, openEpoch, rewrapSubjectKey, type SubjectKeyRow } from '#encryption'
import { newId, services } from '#kernel'
import type { House } from '#server'
import { type Line, median } from './bench.ts'
import { benchHouse } from './support/house.ts'

const keys = Number(process.env['HOLDFAST_BENCH_ROWS'] ?? 1_000_000)

export const run = async (): Promise<Line[]> => {
  const bench = await benchHouse()
  try {
    return [...(await crypto(bench.house)), ...(await job(bench.house))]
  } finally {
    await bench.close()
  }
}

/** The same small set of keys again and again: what is measured is the work, not the making of input. */
const crypto = async (house: House): Promise<readonly Line[]> => {
  const tenant = newId()
  const { provider } = house.keys
  const from = await openEpoch(provider, await createEpoch(provider, tenant, 1, 1))
  const to = await openEpoch(provider, await createEpoch(provider, tenant, 2, 1))
  const rows = Array.from({ length: 20_000 }, () => newSubjectKey(from, newId(), 1).row)
  const key = createSecretKey(randomBytes(32))
  const nonce = randomBytes(12)
  const aad = randomBytes(41)
  const plain = randomBytes(32)
  const tag = { authTagLength: 16 }
  const sealed = sealBare()
  const cpu = (work: () => void): number => {
    const before = process.cpuUsage()
    work()
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1e6
  }
  const works = [
    () => {
      for (const row of rows) rewrapSubjectKey(from, to, row)
    },
    () => {
      for (let i = 0; i < rows.length; i++) {
        openBare(sealed)
        sealBare()
      }
    },
  ]
  // CPU time, in turns: others on the machine touch both alike.
  const taken: number[][] = [[], []]
  for (let round = 0; round < 10; round++) works.forEach((work, i) => taken[i]?.push(cpu(work)))
  const [own = NaN, bare = NaN] = taken.map((times) => median(times.slice(1)))
  return [
    line('keys_per_second_per_core', rows.length / own, 'keys/s', rows.length / bare),
    line('of_target_100k', rows.length / own, 'keys/s', 100_000),
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

const job = async (house: House): Promise<readonly Line[]> => {
  await generate(house, keys)
  globalThis.gc?.()
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
