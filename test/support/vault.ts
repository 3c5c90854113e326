// A vault over a fresh database with a small organisation: an administrator, a manager over two teams, representatives in them.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { catalogue } from '#crm'
import { createKeys, type Keys } from '#encryption'
import { sealedSecrets } from '#identity'
import { createJournal, type Journal } from '#journal'
import { type Actor, type Clock, services, systemClock, type Uuid } from '#kernel'
import type { Store } from '#store'
import { createVault, type OpenVault, type Vault } from '#vault'
import { openTestDatabase } from './index.ts'

export interface TestVault {
  readonly vault: Vault
  readonly opened: OpenVault
  readonly store: Store
  readonly journal: Journal
  readonly keys: Keys
  readonly tenant: Uuid
  readonly system: Actor
  readonly admin: Actor
  /** Manager of the head team. */
  readonly manager: Actor
  /** Two representatives of team one, one of team two, all below the head team. */
  readonly ann: Actor
  readonly bob: Actor
  readonly cleo: Actor
  /** A representative of a team outside. */
  readonly dan: Actor
  /** The actor with a purpose. */
  because(actor: Actor, purpose: string): Actor
  close(): Promise<void>
}

/** Opens a vault for a test. */
export const openTestVault = async (clock: Clock = systemClock): Promise<TestVault> => {
  const database = await openTestDatabase()
  const directory = await mkdtemp(join(tmpdir(), 'hf-vault-'))
  const { keys } = await createKeys(join(directory, 'keys'))
  const { store, tenant } = database
  const journal = createJournal({ store, clock, signer: await keys.signer('journal'), origin: `test.local/${tenant}` })
  const opened = await createVault({
    store,
    journal,
    keys,
    catalogue,
    clock,
    tenant,
    sealedSecrets,
  })
  const { vault } = opened
  const actor = (id: Uuid, role: string, team: Uuid | null): Actor => ({
    principal: { kind: 'user', tenant, id, role, active: true, team },
    env: { now: clock.now(), channel: 'api', ip: '127.0.0.1', mfa: true, purpose: '' },
  })
  const system: Actor = {
    principal: { kind: 'service', tenant, id: services.system, role: 'system', active: true, team: null },
    env: { now: clock.now(), channel: 'job', ip: '', mfa: true, purpose: '' },
  }
  const person = async (by: Actor, name: string, role: string, unit: Uuid | null): Promise<Actor> => {
    const made = await vault.create(by, 'user', {
      values: { name, email: `${name}@example.com`, role, unit, active: true, language: 'en' },
    })
    return actor(made.id, role, unit)
  }
  const admin = await person(system, 'Ada', 'administrator', null)
  const team = async (name: string, parent: Uuid | null): Promise<Uuid> =>
    (await vault.create(admin, 'team', { values: { name, parent } })).id
  const head = await team('Head', null)
  const one = await team('One', head)
  const two = await team('Two', head)
  const outside = await team('Outside', null)
  return {
    vault,
    opened,
    store,
    journal,
    keys,
    tenant,
    system,
    admin,
    manager: await person(admin, 'Mia', 'manager', head),
    ann: await person(admin, 'Ann', 'sales', one),
    bob: await person(admin, 'Bob', 'sales', one),
    cleo: await person(admin, 'Cleo', 'sales', two),
    dan: await person(admin, 'Dan', 'sales', outside),
    because: (who, purpose) => ({ ...who, env: { ...who.env, purpose } }),
    close: async () => {
      await opened.close()
      await journal.stop()
      await database.close()
      keys.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
