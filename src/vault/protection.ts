// What protects a record's sealed groups, as the headers of its cells say and as the policies answer: for the lock beside a field. No key
// is opened for it. Keeps vault-112.
import { type Actor, cellColumn, type FieldGroup, sealedGroups, typeOf, type Uuid } from '#kernel'
import { rolesThatMay } from '#access'
import { readHeader } from '#encryption'
import type { House } from './house.ts'
import { findRow, guarded } from './write.ts'

/** One sealed group of one record. */
export interface CellProtection {
  readonly group: FieldGroup
  /** Number of the suite; 0 where the record has no value in the group. */
  readonly suite: number
  /** Generation of the subject's data key, and the epoch that wraps that key now. */
  readonly generation: number
  readonly epoch: number | null
  readonly bytes: number
}

export interface RecordProtection {
  readonly version: number
  readonly groups: readonly CellProtection[]
}

/** Roles that may see a group of some record of the type, and see it unmasked. */
export interface GroupRoles {
  readonly view: readonly string[]
  readonly unmask: readonly string[]
}

/** Of the groups the principal may see; a record it may not see is not-found, as everywhere. */
export const recordProtection = (house: House, actor: Actor, typeName: string, id: Uuid): Promise<RecordProtection> =>
  guarded(house, actor, typeName, id, async (tx, gate, type) => {
    const row = await findRow(house, tx, gate, type, id)
    const keys = await tx.query<{ generation: number; epoch: number }>({
      text: 'select generation, epoch from keyring.subject_key where tenant_id = $1 and subject_id = $2',
      values: [house.tenant, row.subject_id],
    })
    const groups = sealedGroups(type)
      .filter((group) => gate.can(`view.${group}`, type, row))
      .map((group): CellProtection => {
        const cell = row[cellColumn(group)]
        const header = cell instanceof Uint8Array ? readHeader(cell) : null
        if (!header || !(cell instanceof Uint8Array)) return { group, suite: 0, generation: 0, epoch: null, bytes: 0 }
        const { suite, generation } = header
        const epoch = keys.find((key) => key.generation === generation)?.epoch ?? null
        return { group, suite, generation, epoch, bytes: cell.length }
      })
    return { version: row.version, groups }
  })

/** Who may see the groups of a type, by the policies in force. */
export const rolesOfGroups = (house: House, typeName: string): Readonly<Record<string, GroupRoles>> => {
  const type = typeOf(house.catalogue, typeName)
  const may = (action: string): readonly string[] =>
    rolesThatMay(house.policies, house.catalogue, { action, type: type.name })
  return Object.fromEntries(
    sealedGroups(type).map((group) => [group, { view: may(`view.${group}`), unmask: may(`unmask.${group}`) }]),
  )
}
