// The Cedar schema, derived from the catalogue: who acts, on what, and which attributes a policy may ask for. Sealed fields are not among
// them, so no policy can read one. Keeps access-6.
import { type Catalogue, fieldGroups, type RecordType } from '#kernel'
import { type Column, isStaff, recordColumns } from './columns.ts'
import { grantsText } from './grant.ts'

/** Actions on records that are not about one field group. */
export const recordActions = [
  'list',
  'history',
  'create',
  'delete',
  'recover',
  'assign',
  'claim',
  'share',
  'import',
  'export',
] as const

/** Actions on the system as a whole; its one entity is System::"holdfast". */
export const systemActions = [
  'journal.view',
  'journal.verify',
  'journal.write',
  'review.view',
  'review.run',
  'backup.view',
  'backup.create',
  'backup.verify',
  'backup.browse',
  'keys.view',
  'keys.rotate',
  'job.view',
  'job.manage',
  'policy.view',
  'policy.edit',
  'policy.approve',
  'policy.activate',
  'grant.manage',
  'user.manage',
  'session.manage',
  'settings.edit',
  'capture.manage',
  'erasure.view',
  'erasure.run',
  'hold.manage',
  'alarm.view',
  'alarm.manage',
  'export.approve',
] as const

export const system = { type: 'System', id: 'holdfast' } as const

/** Schema text in Cedar's own syntax. */
export const accessSchema = (catalogue: Catalogue): string =>
  [
    'entity Role;',
    'entity System;',
    ...catalogue.types.map((type) => entityText(catalogue, type)),
    `type Surroundings = { ${around(catalogue)} };`,
    // Of an export policies see how many rows it has: always, so that no condition on it can be skipped for want of it.
    `type ExportSurroundings = { ${around(catalogue)}, "rows": Long };`,
    ...actionsText(catalogue),
  ].join('\n')

const around = (catalogue: Catalogue): string =>
  '"now": datetime, "hour": Long, "minute": Long, "weekday": Long, "channel": String, "ip"?: ipaddr, "mfa": Bool, "mfaAge"?: Long, "deviceTrusted": Bool, "purpose": String, "grants"?: ' +
  grantsText(catalogue)

const entityText = (catalogue: Catalogue, type: RecordType): string => {
  const { attributes, tags } = recordColumns(catalogue, type.name)
  const lines = [...attributes].map(([name, column]) => {
    const required = always.has(name) || (type.entity === 'User' && (name === 'role' || name === 'active'))
    return `  ${JSON.stringify(name)}${required ? '' : '?'}: ${typeText(column)},`
  })
  const tagged = tags ? ` tags ${typeText({ kind: 'json', key: '', ...tags })}` : ''
  return `entity ${type.entity} in [${type.entity === 'User' ? 'Role, Team' : 'Team'}] {\n${lines.join('\n')}\n}${tagged};`
}

const always = new Set(['sharedWith', 'deleted', 'pool', 'createdBy', 'createdAt', 'updatedAt'])

const scalarTexts = {
  string: 'String',
  long: 'Long',
  boolean: 'Bool',
  datetime: 'datetime',
  date: 'datetime',
  decimal: 'decimal',
  ip: 'ipaddr',
} as const
const memberTexts = { ...scalarTexts, strings: 'Set<String>' } as const

/** A type of the schema as Cedar writes it. */
export const typeText = (column: Column): string => {
  switch (column.kind) {
    case 'scalar':
      return scalarTexts[column.type]
    case 'json':
      return typeof column.type === 'object' ? column.type.entity : memberTexts[column.type]
    case 'record':
      return `{ ${[...column.fields].map(([name, field]) => `${JSON.stringify(name)}?: ${typeText(field)}`).join(', ')} }`
    case 'entity':
      return column.entity
    case 'set':
      return `Set<${column.of === 'string' ? 'String' : column.of.entity}>`
    case 'null':
    case 'constant':
      return 'Bool'
  }
}

/**
 * Groups of actions: anyView ⊂ anyRead, anyUnmask ⊂ anyRead, anyEdit ⊂ anyWrite. The groups themselves are asked of no resource.
 */
const actionsText = (catalogue: Catalogue): readonly string[] => {
  const entities = catalogue.types.map((type) => type.entity).join(', ')
  const onRecords = (context: string): string =>
    `appliesTo { principal: User, resource: [${entities}], context: ${context} }`
  const records = onRecords('Surroundings')
  const onSystem = 'appliesTo { principal: User, resource: System, context: Surroundings }'
  const action = (ids: readonly string[], groups: readonly string[], rest: string): string =>
    `action ${ids.map((id) => JSON.stringify(id)).join(', ')} in [${groups.join(', ')}] ${rest};`
  const of = (verb: string): readonly string[] => fieldGroups.map((group) => `${verb}.${group}`)
  return [
    'action anyRead, anyWrite;',
    'action anyView, anyUnmask in [anyRead];',
    'action anyEdit in [anyWrite];',
    'action anySystem;',
    action(of('view'), ['anyView'], records),
    action(of('unmask'), ['anyUnmask'], records),
    action(of('edit'), ['anyEdit'], records),
    action(['list', 'history'], ['anyRead'], records),
    action(['create', 'delete', 'recover', 'assign', 'claim', 'share', 'import'], ['anyWrite'], records),
    `action "export" ${onRecords('ExportSurroundings')};`,
    action([...systemActions], ['anySystem'], onSystem),
  ]
}

/** Whether a record type is customers' data; users and teams are not. */
export const isCustomers = (type: RecordType): boolean => !isStaff(type)
