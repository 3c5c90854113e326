// The door of access: Cedar policies, validated, compiled, asked. Policies and entities are handed in; only files beside the sources are read.
export { keepAnswers } from './keep-answers.ts'
export { type AnswersVerdict, checkAnswers } from './check-answers.ts'
export { accessChecks } from './checks.ts'
export type { Built } from './built.ts'
export { parseBuilt } from './built-parse.ts'
export { sentenceOfBuilt } from './built-words.ts'
export { type Column, type ColumnMap, recordColumns, rowEntity } from './columns.ts'
export { type Condition, conditionKinds, conditionText } from './condition.ts'
export {
  type Default,
  documentPolicies,
  parseDocument,
  type PolicyCase,
  type PolicyDocument,
  type Restriction,
  restrictionPolicy,
} from './document.ts'
export type { Decision } from './engine.ts'
export { type Granted, grantedActions, grantPolicies, grantsValue } from './grant.ts'
export {
  alwaysInForce,
  compileVersion,
  housePolicies,
  type InForce,
  openInForce,
  type PolicyStore,
  type StoredVersion,
  type Version,
} from './in-force.ts'
export { isZone } from './local.ts'
export { type CedarEntity, type Entity, EntityStore } from './entity.ts'
export type { Explanation, Unmet } from './explain.ts'
export { objection as policyObjection, policyDigest, policySource, type PolicyText } from './official.ts'
export type { Decider } from './narrow.ts'
export { findProblems, type Problem } from './problem.ts'
export { compilePolicies, type DeciderRequest, type ListRequest, type PolicySet, type Request } from './policyset.ts'
export { type Around, Replay, type Replayed, type ReplayChange, type ReplaySeat } from './replay.ts'
export type { RowCondition } from './predicate.ts'
export { contextOf, organisation, type Person, userRef, withPrincipal } from './question.ts'
export { layerOf, type Matrix, matrixActions, matrixOf, matrixRoles, scopesOf } from './matrix.ts'
export { type CellEdit, withCells } from './matrix-edit.ts'
export { roleDifferences } from './matrix-words.ts'
export { isOwnActive, officeActions, roleBases, standsFor, withOwnRoles } from './own-role.ts'
export {
  demandOwnFit,
  notCarried,
  type RoleChange,
  roleChanges,
  type RoleSteps,
  type RoleWish,
  withRoles,
} from './own-role-edit.ts'
export { policyPurpose, roleLabel } from './purpose.ts'
export { failedCases, rolesThatMay } from './scenario.ts'
export { type Grant, grantActions, type OwnRole, type Role, type RoleScope, scopes } from './role.ts'
export { accessSchema, isCustomers, recordActions, system, systemActions } from './schema.ts'
export { fixedPolicies, policiesOf, shippedDocument, shippedPolicies, splitPolicies } from './shipped.ts'
export { builtOfText, textOfBuilt } from './translate.ts'
export { type CedarValue, type EntityUid, RecordValue, Ref } from './value.ts'
export { actionLabel, type Vocabulary, vocabularyOf } from './vocabulary.ts'
export { factsOf, railWalls, wallsOf } from './wall.ts'
