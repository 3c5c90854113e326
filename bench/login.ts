// Signing in under load: 50 people sign in at once while the event loop is watched. Argon2id runs in the thread pool, so other
// requests go on meanwhile: the limit is a p99 of 50 ms between when the loop should have turned and when it did.
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { openHouse, readConfig } from '#server'
import type { House } from '#server'
import type { Line } from './bench.ts'

const people = 50
const rounds = 3
const password = 'vexed-otter-9-marble'

export const run = async (): Promise<Line[]> => {
  const directory = await mkdtemp(join(tmpdir(), 'hf-bench-'))
  await chmod(directory, 0o711)
  const house = await openHouse(
    readConfig({ data: join(directory, 'data'), keys: join(directory, 'keys') }, {}, directory),
    { create: true },
  )
  try {
    const emails = await staff(house)
    const all = (): Promise<unknown> => Promise.all(emails.map((email, n) => signIn(house, email, n)))
    await all()
    // The histogram's resolution is the interval at which it looks, so what it tells is that much too high.
    const resolution = 10
    const delay = monitorEventLoopDelay({ resolution })
    delay.enable()
    const start = performance.now()
    for (let round = 0; round < rounds; round += 1) await all()
    const seconds = (performance.now() - start) / 1000
    delay.disable()
    const ms = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - resolution)
    return [
      line('event_loop_p99_ms', ms(delay.percentile(99)), 'ms', 50),
      line('event_loop_longest_ms', ms(delay.max), 'ms', 'none'),
      line('sign_ins_per_second', (people * rounds) / seconds, '1/s', 'none'),
    ]
  } finally {
    await house.close()
    await rm(directory, { recursive: true, force: true })
  }
}

const staff = async (house: House): Promise<readonly string[]> => {
  const emails = Array.from({ length: people }, (_, n) => `person${String(n)}@example.org`)
  for (const [n, email] of emails.entries()) {
    const user = await house.vault.create(house.system, 'user', {
      values: { name: `Person ${String(n)}`, email, role: 'sales', unit: null, active: true, language: 'en' },
    })
    await house.identity.setPassword(user.id, password, { actor: house.system })
  }
  return emails
}

// Each from a network of its own, as people sit: one network is made to wait after so many attempts.
const signIn = (house: House, email: string, n: number): Promise<unknown> =>
  house.identity.signIn({ email, password, ip: `10.1.${String(n)}.7`, userAgent: 'bench', channel: 'api' })

const line = (metric: string, value: number, unit: string, reference: number | string): Line => ({
  bench: 'login',
  metric: `login/${metric}`,
  value,
  unit,
  reference,
  ratio: typeof reference === 'number' ? value / reference : NaN,
})
