// The door of kernel: values only, no business word.
export {
  base64url,
  concat,
  fromBase64url,
  fromHex,
  fromUtf8,
  hex,
  sameBytes,
  tlv,
  u16,
  u32,
  u64,
  utf8,
} from './bytes.ts'
export { canonical, type Json } from './canonical.ts'
export {
  type Catalogue,
  cellColumn,
  columnOf,
  columnType,
  type DataClass,
  type Field,
  type FieldGroup,
  fieldGroups,
  type FieldKind,
  fieldOf,
  type Label,
  offeredFields,
  type Option,
  type RecordType,
  sealedGroups,
  type SearchMode,
  typeOf,
} from './catalogue.ts'
export { type Check, type CheckContext, type CheckResult, type CheckState } from './check.ts'
export { type Clock, fixedClock, systemClock } from './clock.ts'
export {
  catalogueNumber,
  type CustomField,
  customKinds,
  customLimit,
  customName,
  firstCustomId,
  readCustomField,
  sealableKinds,
  searchableKinds,
  withCustom,
} from './custom.ts'
export { type FaultCode, faults } from './errors.ts'
export { type Details, Fault, isFault, type Part, partIn, partOf, sentence } from './fault.ts'
export { type FormField, formFields } from './form-fields.ts'
export { isUuid, newId, type Uuid, uuidBytes, uuidFromBytes, writeUuid } from './id.ts'
export {
  cellsOf,
  type ColumnReading,
  type Expression,
  type ExpressionType,
  type FactName,
  joint,
  jsonCell,
  type JsonReading,
  outward,
  type Relation,
  type Scalar,
} from './expression.ts'
export { refusalOf } from './refusal.ts'
export {
  fill,
  inSentence,
  type Language,
  listed,
  type Phrase,
  phrases,
  type PlainPhrase,
  type Said,
  say,
  sizeOf,
  verbatim,
  type Word,
} from './say.ts'
export { type Thing, things } from './things.ts'
export { always, and, never, or, type Predicate, type ScalarType } from './predicate.ts'
export {
  type Actor,
  type Bounds,
  type Channel,
  type Environment,
  houseScopeOf,
  type Principal,
  rolesOf,
  type Scope,
  scopeOf,
  services,
  type Use,
  userPrincipal,
  uses,
} from './principal.ts'
export type { Facts, Wall } from './wall.ts'
