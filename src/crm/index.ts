// The door of crm: the catalogue, import and export, and what happens to deals, leads, follow-ups and the public pool.
export { type BulkEdit, bulkKinds, editMany, previewEdits } from './bulk.ts'
export {
  checkForm,
  definitionOf,
  type FormDefinition,
  formFields,
  formSources,
  readLead,
  type ShownField,
  type ShownForm,
  shownForm,
} from './capture.ts'
export { catalogue, customerTypes } from './catalogue.ts'
export { changedCustomField, type CustomChange, type CustomWish, newCustomField } from './custom.ts'
export { type DemoOptions, type DemoUser, loadDemo } from './demo/load.ts'
export {
  type DemoPlan,
  demoPlan,
  type DemoSize,
  type PlannedRecord,
  type PlannedTeam,
  type PlannedUser,
} from './demo/plan.ts'
export { exportCsv, type ExportOptions } from './export.ts'
export { recordFollowup } from './followup.ts'
export { type Encoding, encodings, largestFile } from './import/encoding.ts'
export { importTargets, type SpecialTarget, specialTargets } from './import/heading.ts'
export { inspect, type InspectOptions, type Preview, type PreviewColumn, type Problem } from './import/inspect.ts'
export { type Decoder } from './import/legacy.ts'
export { openSource } from './import/source.ts'
export { type PresetName, presetNames } from './import/preset.ts'
export { createImport, type Import, type ImportOptions, type ImportCounts, type ImportResult } from './import/run.ts'
export { convertLead, type Conversion, type Converted } from './lead.ts'
export { type Move, moveDeal } from './pipeline.ts'
export { claimRecord, holdingLimit, releaseRecord } from './pool.ts'
