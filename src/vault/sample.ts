// A sample of sealed records, opened where they lie and tried in another's place: what control CRY-06 asks. Keeps vault-12.
import { cellColumn, type RecordType, sealedGroups } from '#kernel'
import { openCell } from '#encryption'
import type { House } from './house.ts'
import { cellContext } from './open.ts'
import { type Row, selectList } from './row.ts'

const sampleSize = 500

/** Cells looked at, cells that do not open, and cells that wrongly open under a neighbour's id. */
export const sampleCells = async (
  house: House,
  principal: string,
): Promise<{ looked: number; failed: number; movedOpened: number }> => {
  const totals = { looked: 0, failed: 0, movedOpened: 0 }
  for (const type of house.catalogue.types) {
    if (sealedGroups(type).length === 0) continue
    const part = await sampleType(house, type, principal)
    totals.looked += part.looked
    totals.failed += part.failed
    totals.movedOpened += part.movedOpened
  }
  return totals
}

const sampleType = (
  house: House,
  type: RecordType,
  principal: string,
): Promise<{ looked: number; failed: number; movedOpened: number }> =>
  house.store.transaction(
    { tenant: house.tenant, principal, house: true },
    async (tx) => {
      const rows = await tx.query<Row>({
        text: `select ${selectList(type, 'r')} from crm."${type.table}" r where r.tenant_id = $1 order by hashtextextended(r.id::text, 0) limit ${String(sampleSize)}`,
        values: [house.tenant],
      })
      const keys = await house.keyring.open(tx, rows)
      const counts = { looked: 0, failed: 0, movedOpened: 0 }
      rows.forEach((row, i) => {
        const key = keys.get(row.subject_id)
        if (!key) return
        const neighbour = rows[(i + 1) % rows.length] ?? row
        for (const group of sealedGroups(type)) {
          const cell = row[cellColumn(group)]
          if (!(cell instanceof Uint8Array)) continue
          counts.looked++
          const opens = (at: Row): boolean => {
            try {
              openCell(key.of(cell), cellContext(type, at, group), cell)
              return true
            } catch {
              return false
            }
          }
          if (!opens(row)) counts.failed++
          if (neighbour.id !== row.id && opens({ ...row, id: neighbour.id })) counts.movedOpened++
        }
      })
      return counts
    },
    { readOnly: true },
  )
