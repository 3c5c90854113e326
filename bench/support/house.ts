// A whole house in a temporary directory, filled with records, for benches that measure the product as it runs.
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Actor, Uuid } from '#kernel'
import type { Draft } from '#vault'
import { openHouse, readConfig, type House } from '#server'

export interface BenchHouse {
  readonly house: House
  readonly admin: Actor
  readonly manager: Actor
  readonly sales: Actor
  /** Closes it and opens it again, as after a night: what is sized by what is there is sized anew. */
  reopen(): Promise<void>
  close(): Promise<void>
}

/** A house with an administrator, and 25 sales people in 5 teams below one manager's team. */
export const benchHouse = async (): Promise<BenchHouse> => {
  const directory = await mkdtemp(join(tmpdir(), 'hf-bench-'))
  // The embedded server runs under an account of its own when root starts it, and must get through.
  await chmod(directory, 0o711)
  const config = readConfig({ data: join(directory, 'data'), keys: join(directory, 'keys') }, {}, directory)
  let house = await openHouse(config, { create: true })
  const password = 'bench-Only-9f2c-harbour-kite'
  const { userId } = await house.setUp({
    name: 'Bench',
    email: 'bench@example.com',
    role: 'administrator',
    teamId: null,
    language: 'en',
    password,
    organisation: 'Bench',
  })
  const at = { channel: 'job', ip: '', mfa: true, purpose: 'bench' } as const
  const admin = await house.actorOf(userId, at)
  const head = await house.vault.create(admin, 'team', { values: { name: 'Head' } })
  const people: { readonly id: Uuid; readonly team: Uuid }[] = []
  let firstTeam: Uuid = head.id
  for (let t = 0; t < 5; t++) {
    const team = await house.vault.create(admin, 'team', { values: { name: `Team ${String(t)}`, parent: head.id } })
    if (t === 0) firstTeam = team.id
    for (let p = 0; p < 5; p++)
      people.push({ id: await person(house, admin, `rep${String(t)}${String(p)}`, 'sales', team.id), team: team.id })
  }
  const boss = await person(house, admin, 'boss', 'manager', firstTeam)
  owners.set(house, people)
  return {
    get house() {
      return house
    },
    admin,
    manager: await house.actorOf(boss, at),
    sales: await house.actorOf(people[0]?.id ?? userId, at),
    reopen: async () => {
      await house.close()
      house = await openHouse(config, { create: false })
      owners.set(house, people)
    },
    close: async () => {
      await house.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

const owners = new WeakMap<House, readonly { readonly id: Uuid; readonly team: Uuid }[]>()

/** The sales people that records are spread over. */
export const ownersOf = (bench: BenchHouse): readonly { readonly id: Uuid; readonly team: Uuid }[] =>
  owners.get(bench.house) ?? []

const person = async (house: House, admin: Actor, name: string, role: string, unit: Uuid): Promise<Uuid> =>
  (
    await house.vault.create(admin, 'user', {
      values: { name, email: `${name}@example.com`, role, unit, active: true, language: 'en' },
    })
  ).id

/** Fills a type with `count` records spread over the sales people; make(i) gives the values. */
export const fill = async (
  bench: BenchHouse,
  type: string,
  count: number,
  make: (i: number) => Draft['values'],
): Promise<void> => {
  const people = ownersOf(bench)
  for (let from = 0; from < count; from += 1000) {
    const drafts: Draft[] = []
    for (let i = from; i < Math.min(from + 1000, count); i++) {
      const ownerId = people[i % people.length]?.id
      drafts.push({
        values: make(i),
        ...(ownerId === undefined ? {} : { ownerId }),
        createdAt: new Date(Date.UTC(2025, 0, 1) + i * 60_000).toISOString(),
      })
    }
    const outcomes = await bench.house.vault.importBatch(bench.admin, type, drafts)
    const refused = outcomes.find((one) => one.state === 'refused')
    if (refused?.state === 'refused') throw new Error(`the bench's record was refused: ${refused.reason.en}`)
  }
  await bench.house.store.owner((tx) => tx.query({ text: 'analyze' }))
}

/** Median milliseconds of `rounds` runs after a few warm ones. */
export const medianMs = async (rounds: number, work: () => Promise<unknown>): Promise<number> => {
  for (let i = 0; i < 5; i++) await work()
  const times: number[] = []
  for (let i = 0; i < rounds; i++) {
    const start = performance.now()
    await work()
    times.push(performance.now() - start)
  }
  times.sort((a, b) => a - b)
  return times[Math.floor(times.length / 2)] ?? 0
}

const surnames = Array.from('王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高')
const given = Array.from('伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华建国文红')

/** A Chinese name, different combinations for different numbers. */
export const chineseName = (i: number): string =>
  `${surnames[i % surnames.length] ?? ''}${given[Math.floor(i / 20) % given.length] ?? ''}${given[Math.floor(i / 560) % given.length] ?? ''}`

/** A mobile number, one for each i. */
export const mobile = (i: number): string => `139${String(10_000_000 + i * 37).slice(-8)}`
