// The door of compliance: controls as data, reviews that run the checks handed over, reports.
export { type Attestation, takesWord, type Word } from './attest.ts'
export {
  type Control,
  type ControlGroup,
  controls,
  controlsVersion,
  type Criterion,
  groups,
  type Severity,
} from './catalogue.ts'
export { certificatePdf, type Paper } from './certificate.ts'
export { complianceChecks } from './checks.ts'
export {
  type ControlResult,
  createReview,
  type Evidence,
  type Review,
  type ReviewOptions,
  type ReviewResult,
  type Summary,
} from './review.ts'
export { type Report } from './report.ts'
export { type RunHead } from './run.ts'
