// For tests of identity: the real database, real hashes and keys; only people and the clock are ours.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEpoch, createKeys, openEpoch, openSecret, random, sealSecret } from '#encryption'
import { createIdentity, type DirectoryUser, type Site } from '#identity'
import { createJournal } from '#journal'
import { fixedClock, isFault, newId, services, type Uuid } from '#kernel'
import { openTestDatabase } from '#testing'

export const password = 'vexed-otter-9-marble'
export const home = { ip: '192.0.2.10', userAgent: 'browser A' }
export const away = { ip: '198.51.100.7', userAgent: 'browser B' }

/** Everything, ready; close it before the test ends. */
export const world = async (options: { readonly site?: () => Site } = {}) => {
  const database = await openTestDatabase()
  const directory = join(await mkdtemp(join(tmpdir(), 'hf-id-')), 'keys')
  const { keys } = await createKeys(directory)
  const clock = fixedClock('2026-11-20T08:00:00Z')
  const { tenant, store } = database
  const epoch = await openEpoch(keys.provider, await createEpoch(keys.provider, tenant, 1, 1))
  const journal = createJournal({ store, clock, signer: await keys.signer('journal'), origin: 'holdfast.test/log' })
  const users = new Map<Uuid, DirectoryUser>()
  const pauses: number[] = []
  const identity = createIdentity({
    store,
    journal,
    clock,
    tenant,
    directory: {
      findByEmail: (email) => Promise.resolve([...users.values()].find((user) => user.email === email) ?? null),
      get: (id) => Promise.resolve(users.get(id) ?? null),
      standsFor: (role) => [role],
    },
    seal: {
      sealSecret: (_tx, label, plain) => Promise.resolve(sealSecret(epoch, label, plain)),
      openSecret: (_tx, label, sealed) => Promise.resolve(openSecret(epoch, label, sealed)),
    },
    throttleKey: random(32),
    ...options,
    pause: (ms) => {
      pauses.push(ms)
      return Promise.resolve()
    },
  })
  const add = async (email: string, role = 'administrator'): Promise<DirectoryUser> => {
    const user: DirectoryUser = { id: newId(), name: 'Kim', email, role, team: null, active: true, language: 'en' }
    users.set(user.id, user)
    await identity.setPassword(user.id, password, { actor: services.system, channel: 'cli' })
    return user
  }
  const acts = async (): Promise<readonly string[]> =>
    (await store.transaction(database.scope, (tx) => journal.list(tx, tenant, { limit: 200 }))).items.map(
      (item) => item.act,
    )
  const close = async (): Promise<void> => {
    keys.close()
    await database.close()
    await rm(join(directory, '..'), { recursive: true, force: true })
  }
  return { ...database, identity, clock, users, add, acts, pauses, journal, close }
}

/** For assert.rejects: a refusal with this code. */
export const refused =
  (code: Parameters<typeof isFault>[1]) =>
  (error: unknown): boolean =>
    isFault(error, code)
