// Which of the values that a condition looked at may be told in an explanation: how a record stands to people, and choices out of a fixed
// list of the product's own. Everything else of a record is withheld, so that nothing of a customer leaves by way of a "why". Keeps vault-212.
import type { RecordType } from '#kernel'

/** A value that was looked at; null: it is withheld, or there is none. */
export interface ShownValue {
  readonly path: string
  readonly value: string | null
  readonly state: 'shown' | 'withheld' | 'absent'
}

export const shownValues = (type: RecordType, values: Readonly<Record<string, string>>): readonly ShownValue[] =>
  Object.entries(values).map(([path, value]) => {
    if (value === 'absent') return { path, value: null, state: 'absent' }
    return tellable(type, path) ? { path, value, state: 'shown' } : { path, value: null, state: 'withheld' }
  })

const people =
  /^(?:principal|resource\.owner|resource\.createdBy)\.(?:role|team|active|furtherRoles|regions|clearance|dealLimit)$/
const stance = /^resource\.(?:owner|team|createdBy|sharedWith|deleted|pool|createdAt|updatedAt)$/
const surroundings = /^context\.(?:now|hour|minute|weekday|channel|ip|mfa|mfaAge|deviceTrusted|purpose|rows)$/

/** What is not named here is not told. */
const tellable = (type: RecordType, path: string): boolean => {
  if (path === 'principal' || path === 'action' || path === 'resource') return true
  if (people.test(path) || stance.test(path) || surroundings.test(path)) return true
  const [, name] = /^resource\.(\w+)$/.exec(path) ?? []
  const field = type.fields.find((one) => one.name === name)
  if (field === undefined || field.storage !== 'plain' || field.custom === true) return false
  if (field.dataClass !== 'public' && field.dataClass !== 'internal') return false
  return field.kind === 'boolean' || field.options !== undefined
}
