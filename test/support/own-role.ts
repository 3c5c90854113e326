// For tests: a role of the house's own brought into force as people do it, made on the copy of the matrix, proposed by one and approved by another.
import { type CellEdit, withCells, withRoles } from '#access'
import type { House } from '#server'

export const ownRole = 'key-account'
export const ownLabel = { zh: '大客户销售', en: 'Key-account sales' }

/**
 * A copy of sales representatives who of their own records see contact details behind the mask, nothing of money, and notes only to read.
 * Gives back the number of the version it is in force with.
 */
export const bringOwnRole = async (house: House, admin: string): Promise<number> => {
  const web = { channel: 'web', ip: '127.0.0.1', mfa: true, purpose: '' } as const
  const second = await house.vault.create(house.system, 'user', {
    values: { name: 'Approver', email: 'approver@example.org', role: 'security-administrator', active: true, language: 'en' },
  }) // prettier-ignore
  const [by, other] = [await house.actorOf(admin, web), await house.actorOf(second.id, web)]
  const { catalogue } = house.vault
  const { document } = await house.policyControl.state(by)
  const make = [{ name: ownRole, from: 'sales', label: ownLabel }]
  const made = withRoles(catalogue, document, { make, describe: [], retire: [] })
  const edits = catalogue.types
    .filter(({ name }) => name !== 'user' && name !== 'team')
    .flatMap(({ name: type }) =>
      ['unmask.contact', 'view.financial', 'unmask.financial', 'edit.financial', 'edit.notes'].map(
        (action): CellEdit => ({ role: ownRole, type, scope: 'own', action, on: false }),
      ),
    )
  const next = withCells(catalogue, made, edits).document
  const id = await house.policyControl.propose(by, 'key accounts', next)
  const number = await house.policyControl.decide(other, id, true, 'agreed')
  if (number === null) throw new Error('the role is not in force')
  return number
}
