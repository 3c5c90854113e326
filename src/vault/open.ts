// Rows opened: only the groups the principal may see, masked where it may not see them plainly. Keeps vault-1, vault-5.
import { cellColumn, columnOf, type FieldGroup, type RecordType, sealedGroups, type Uuid } from '#kernel'
import { openCell } from '#encryption'
import type { Tx } from '#store'
import type { Gate, Sight } from './gate.ts'
import type { House } from './house.ts'
import type { SubjectKeys } from './keyring.ts'
import { mask } from './mask.ts'
import { fromColumn, plainFields, type Row, sealedFields, type Values } from './row.ts'
import type { FieldValue, Seen } from './vault.ts'

/** What a cell is bound to: moving, swapping, rolling back or re-owning it outside the product makes it unreadable. */
export const cellContext = (
  type: RecordType,
  row: { readonly id: Uuid; readonly version: number; readonly owner_id: Uuid | null; readonly team_id: Uuid | null },
  group: FieldGroup,
): { table: string; record: Uuid; group: string; version: number; attributes: Record<string, string | null> } => ({
  table: type.table,
  record: row.id,
  group,
  version: row.version,
  attributes: { owner: row.owner_id, team: row.team_id },
})

/** Plain values of the sealed fields of some groups. Throws cell-does-not-open. */
export const openGroups = (
  type: RecordType,
  row: Row,
  keys: SubjectKeys | undefined,
  groups: readonly FieldGroup[],
): Values => {
  const values: Record<string, FieldValue> = {}
  for (const group of groups) {
    const fields = sealedFields(type, group)
    for (const field of fields) values[field.name] = null
    const cell = row[cellColumn(group)]
    if (!(cell instanceof Uint8Array) || keys === undefined) continue
    const opened = openOnce(type, row, keys, group, cell)
    for (const field of fields) values[field.name] = (opened[field.name] as FieldValue | undefined) ?? null
  }
  return values
}

// A row of a search is opened for the test and for the page; rows are never changed, and gone with the answer.
const openedCells = new WeakMap<Row, Map<FieldGroup, ReturnType<typeof openCell>>>()

const openOnce = (
  type: RecordType,
  row: Row,
  keys: SubjectKeys,
  group: FieldGroup,
  cell: Uint8Array,
): ReturnType<typeof openCell> => {
  const cells = openedCells.get(row) ?? new Map<FieldGroup, ReturnType<typeof openCell>>()
  openedCells.set(row, cells)
  const known = cells.get(group)
  if (known) return known
  const opened = openCell(keys.of(cell), cellContext(type, row, group), cell)
  cells.set(group, opened)
  return opened
}

/** Every value of a row: for the vault's own use, never to be handed out unfiltered. */
export const openAll = (type: RecordType, row: Row, keys: SubjectKeys | undefined): Values => ({
  ...Object.fromEntries(plainFields(type).map((field) => [field.name, fromColumn(field, row[columnOf(field)])])),
  ...openGroups(type, row, keys, sealedGroups(type)),
})

/** How each field group of a row comes out for the principal. */
export const visibilities = (gate: Pick<Gate, 'sight'>, type: RecordType, row: Row): Sight => gate.sight(type)(row)

/** A row as the principal may see it. Public and internal plain fields are never masked, only shown or hidden with their group. */
export const show = (gate: Pick<Gate, 'sight'>, type: RecordType, row: Row, keys: SubjectKeys | undefined): Seen => {
  const groups = visibilities(gate, type, row)
  const values: Record<string, FieldValue> = {}
  const opened: Partial<Record<FieldGroup, Readonly<Record<string, unknown>>>> = {}
  for (const group of sealedGroups(type)) {
    const cell = row[cellColumn(group)]
    if (groups[group] === 'hidden' || keys === undefined || !(cell instanceof Uint8Array)) continue
    // Opened already where a search tested it; a page that was only listed need not remember.
    opened[group] = openedCells.get(row)?.get(group) ?? openCell(keys.of(cell), cellContext(type, row, group), cell)
  }
  for (const field of type.fields) {
    const seen = groups[field.group]
    if (seen === 'hidden' || field.retired === true) continue
    if (field.storage === 'plain') {
      values[field.name] = fromColumn(field, row[columnOf(field)])
      continue
    }
    const value = (opened[field.group]?.[field.name] as FieldValue | undefined) ?? null
    values[field.name] = seen === 'masked' ? mask(field, value) : value
  }
  return {
    id: row.id,
    type: type.name,
    version: row.version,
    values,
    groups,
    ownerId: row.owner_id,
    teamId: row.team_id,
    sharedWith: row.shared_with,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    deletedAt: row.deleted_at?.toISOString() ?? null,
  }
}

/** The rows of a page shown, with their keys fetched at once. */
export const showAll = async (
  house: House,
  tx: Tx,
  gate: Pick<Gate, 'sight'>,
  type: RecordType,
  rows: readonly Row[],
): Promise<readonly Seen[]> => {
  const keys = await house.keyring.open(tx, rows)
  return rows.map((row) => show(gate, type, row, keys.get(row.subject_id)))
}
