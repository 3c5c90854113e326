// The door of journal: the one append-only record of facts, its tree, its checkpoints and its proofs.
export { journalChecks } from './checks.ts'
export {
  type Checkpoint,
  openNote,
  parseCheckpoint,
  parseVerifierKey,
  type Signer,
  type VerifierKey,
  verifierKeyLine,
} from './checkpoint.ts'
export { appendEntries, bodyMembers, type EntryInput, largestBody, readBody, type Told } from './entry.ts'
export { createJournal, type Journal, type JournalOptions } from './journal.ts'
export {
  type InclusionProof,
  type JournalItem,
  type JournalQuery,
  type PastEntry,
  type Proof,
  type RecordImage,
  type StoredCheckpoint,
} from './list.ts'
export { fileMemory, type Memory, processMemory } from './memory.ts'
export { type NoteSuite, noteTypes, type Verify } from './note-suite.ts'
export { type Signers } from './signers.ts'
export { digest, leafHash, verifyConsistency, verifyInclusion } from './tree.ts'
export { type Bad, type Progress, type Verdict } from './verify.ts'
