// Accounts made and changed for a provider of identity: through the vault, as the system, and never a privileged one.
import { type Actor, type Clock, isUuid, type Uuid } from '#kernel'
import { systemActions } from '#access'
import type { Registrar } from '#identity'
import type { Staff, Vault } from '#vault'

export interface RegistrarParts {
  readonly vault: Vault
  readonly staff: Staff
  readonly tenant: Uuid
  readonly clock: Clock
  readonly system: Actor
}

/** Acts that decide over others' data or their rights; who may do one of them has a privileged role. */
const deciding = systemActions.filter((action) => !/\.view$|^capture\./.test(action) || action === 'journal.view')

/** Nobody's id: the question is about a role. */
const somebody = '00000000-0000-0000-0000-000000000000'

export const createRegistrar = ({ vault, staff, tenant, clock, system }: RegistrarParts): Registrar => {
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
    create: async ({ name, email, role, team, language, active, login, externalId }) =>
      (
        await vault.create(fresh(), 'user', {
          values: {
            name,
            email,
            role,
            unit: team,
            active: active ?? true,
            language,
            // Only where a provider says it: what is empty is no value.
            ...(login === undefined || login === email ? {} : { login }),
            ...(externalId === undefined || externalId === null ? {} : { externalId }),
          },
        })
      ).id,
    remove: async (id) => {
      const { version } = await vault.get(fresh(), 'user', id)
      await vault.remove(fresh(), 'user', id, version)
    },
    people: () => staff.all(),
    person: (id) => (isUuid(id) ? staff.get(id) : Promise.resolve(null)),
    change: async (id, values) => {
      const { version } = await vault.get(fresh(), 'user', id)
      await vault.update(fresh(), 'user', id, version, values)
    },
  }
}
