// Files on records: how fast a stream is sealed and opened beside openssl on the same bytes, the way over HTTPS into the database and
// back, and the memory a large file takes of the server.
import { execFileSync } from 'node:child_process'
import { createCipheriv, createSecretKey, randomBytes, randomFillSync } from 'node:crypto'
import { type Line, median } from './bench.ts'
import { newKey } from '../src/encryption/fixtures/keys.ts'
import { openStream, sealChunks, sealStream } from '../src/encryption/stream.ts'
import { largeFile } from './support/large-file.ts'

const mebi = 1024 * 1024
const place = {
  attachment: '01a00000-0000-7000-8000-000000000001',
  table: 'contact',
  record: '01a00000-0000-7000-8000-000000000002',
}

export const run = async (): Promise<readonly Line[]> => {
  const block = randomFillSync(Buffer.alloc(mebi))
  const { up, down, before, most, own } = await largeFile(1024)
  const key = await newKey(1)
  const rates: { readonly bare: number; readonly seal: number; readonly open: number; readonly openssl: number }[] = []
  // In turns, so that a busy moment of the machine touches all of them.
  for (let round = 0; round < 7; round++) {
    const kept: Uint8Array[] = []
    const into = Buffer.alloc(65_536)
    const sealer = sealStream(key, place)
    let started = process.cpuUsage()
    // As an upload does: 32 chunks are in memory, and their buffers are used again.
    for await (const chunk of sealChunks(sealer, repeated(block, 256), 32)) if (chunk.length === 0) break
    const seal = 256 / busy(started)
    const again = sealStream(key, place)
    for (let i = 0; i < 255; i++) kept.push(again.seal(block.subarray(0, 65_536), false))
    started = process.cpuUsage()
    for (let pass = 0; pass < 16; pass++) {
      const opener = openStream(key, place, again.header)
      for (const chunk of kept) opener.open(chunk, false, into)
    }
    const open = kept.length / busy(started)
    started = process.cpuUsage()
    for (let i = 0; i < 4080; i++) bareCall(block.subarray(0, 65_536))
    const bare = 255 / busy(started)
    rates.push({ bare, seal, open, openssl: opensslSpeed() })
  }
  const middle = (of: 'bare' | 'seal' | 'open' | 'openssl'): number => median(rates.map((rate) => rate[of]))
  const ratio = (of: 'bare' | 'seal' | 'open'): number => median(rates.map((rate) => rate[of] / rate.openssl))
  const line = (metric: string, value: number, unit: string, reference: number | string, ratio: number): Line => ({
    bench: 'attachment',
    metric,
    value,
    unit,
    reference,
    ratio,
  })
  return [
    line('attachment/seal_vs_openssl', middle('seal'), 'MiB/s', middle('openssl'), ratio('seal')),
    line('attachment/open_vs_openssl', middle('open'), 'MiB/s', middle('openssl'), ratio('open')),
    // What the runtime itself takes off: the same chunks through node:crypto and nothing else.
    line('attachment/bare_node_call_vs_openssl', middle('bare'), 'MiB/s', middle('openssl'), ratio('bare')),
    line('attachment/store_1GiB_vs_seal', up, 'MiB/s', middle('seal'), up / middle('seal')),
    line('attachment/read_1GiB_vs_open', down, 'MiB/s', middle('open'), down / middle('open')),
    ...(before === null || most === null || own === null
      ? []
      : [
          line('attachment/memory_grown_by_1GiB_vs_limit', most - before, 'MiB', 200, (most - before) / 200),
          line('attachment/own_memory_peak_vs_limit', own, 'MiB', 200e6 / 2 ** 20, own / (200e6 / 2 ** 20)),
          line('attachment/server_peak_vs_before', most, 'MiB', before, most / before),
        ]),
  ]
}

/** Seconds of processor time: other work on the machine counts for neither side. */
const busy = (since: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(since)
  return (user + system) / 1e6
}

async function* repeated(block: Uint8Array, times: number): AsyncGenerator<Uint8Array> {
  await Promise.resolve()
  for (let i = 0; i < times; i++) yield block
}

const bareKey = createSecretKey(randomBytes(32))
const bareCall = (plain: Uint8Array): void => {
  const cipher = createCipheriv('aes-256-gcm', bareKey, randomBytes(12), { authTagLength: 16 })
  cipher.update(plain)
  cipher.final()
  cipher.getAuthTag()
}

/** AES-256-GCM of the openssl command, blocks of 64 KiB as ours, in MiB per second of processor time. */
const opensslSpeed = (): number => {
  const out = execFileSync('openssl', ['speed', '-mr', '-seconds', '1', '-bytes', '65536', '-evp', 'aes-256-gcm'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  }).toString()
  const found = /\+F:\d+:[^:]+:([\d.]+)/.exec(out)?.[1]
  if (found === undefined) throw new Error('openssl speed is not understood')
  return Number(found) / mebi
}
