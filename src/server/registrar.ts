// Accounts made and changed for a provider of identity: through the vault, as the system, and never a privileged one.
import type { Actor, Clock, Uuid } from '#kernel'
import { systemActions } from '#access'
import type { Registrar } from '#identity'
import type { Vault } from '#vault'

export interface RegistrarParts {
  readonly vault: Vault
  readonly tenant: Uuid
  readonly clock: Clock
  readonly system: Actor
}

/** Acts that decide over others' data or their rights; who may do one of them has a privileged role. */
const deciding = systemActions.filter((action) => !/\.view$|^capture\./.test(action) || action === 'journal.view')

/** Nobody's id: the question is about a role. */
const somebody = '00000000-0000-0000-0000-000000000000'

export const createRegistrar = ({ vault, tenant, clock, system }: RegistrarParts): Registrar => {
  const fresh = (): Actor => ({ ...system, env: { ...system.env, now: clock.now() } })
  return {
    privileged: async (role) => {
      const actor: Actor = {
        principal: { kind: 'user', tenant, id: somebody, role, active: true, team: null },
        env: { now: clock.now(), channel: 'web', ip: '127.0.0.1', mfa: true, purpose: 'question' },
      }
      for (const action of deciding) if (await vault.may(actor, action)) return true
      return false
    },
    create: async ({ name, email, role, team, language }) =>
      (
        await vault.create(fresh(), 'user', {
          values: { name, email, role, unit: team, active: true, language },
        })
      ).id,
    change: async (id, values) => {
      const { version } = await vault.get(fresh(), 'user', id)
      await vault.update(fresh(), 'user', id, version, values)
    },
  }
}
