// For tests: a role of the house's own brought into force as people do it, made on the copy of the matrix, proposed by one and approved by another.
import { type CellEdit, type PolicyDocument, withCells, withRoles } from '#access'
import { newId } from '#kernel'
import type { House } from '#server'

export const ownRole = 'key-account'
export const ownLabel = { zh: '大客户销售', en: 'Key-account sales' }

/** Puts a document in force as people do: one proposes it, another approves. Gives back the number of the version. */
export const putInForce = async (
  house: House,
  admin: string,
  title: string,
  change: (document: PolicyDocument) => PolicyDocument,
): Promise<number> => {
  const web = { channel: 'web', ip: '127.0.0.1', mfa: true, purpose: '' } as const
  const email = `approver-${newId()}@example.org`
  const second = await house.vault.create(house.system, 'user', {
    values: { name: 'Approver', email, role: 'security-administrator', active: true, language: 'en' },
  })
  const [by, other] = [await house.actorOf(admin, web), await house.actorOf(second.id, web)]
  const { document } = await house.policyControl.state(by)
  const id = await house.policyControl.propose(by, title, change(document))
  const number = await house.policyControl.decide(other, id, true, 'agreed')
  if (number === null) throw new Error('the policies are not in force')
  return number
}

/**
 * A copy of sales representatives who of their own records see contact details behind the mask, nothing of money, and notes only to read.
 * Gives back the number of the version it is in force with.
 */
export const bringOwnRole = (house: House, admin: string): Promise<number> =>
  putInForce(house, admin, 'key accounts', (document) => {
    const { catalogue } = house.vault
    const make = [{ name: ownRole, from: 'sales', label: ownLabel }]
    const made = withRoles(catalogue, document, { make, describe: [], retire: [] })
    const edits = catalogue.types
      .filter(({ name }) => name !== 'user' && name !== 'team')
      .flatMap(({ name: type }) =>
        ['unmask.contact', 'view.financial', 'unmask.financial', 'edit.financial', 'edit.notes'].map(
          (action): CellEdit => ({ role: ownRole, type, scope: 'own', action, on: false }),
        ),
      )
    return withCells(catalogue, made, edits).document
  })
