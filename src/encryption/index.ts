// The door of encryption: suites, cells, the key tree, blind indexes, HPKE, passwords. Imports kernel alone, so it can be audited alone.
export type { CellContext } from './aad.ts'
export { importKey, indexTokens, type TokenMode } from './blind.ts'
export { type CellHeader, cellShape, forgetCellKeys, openCell, readHeader, sealCell, type Sealed } from './cell.ts'
export { encryptionChecks } from './checks.ts'
export { ed25519Verify, type Signer } from './curve.ts'
export { equal, hmacSha256, random, sha256 } from './digest.ts'
export { createEpoch, type Epoch, type EpochRow, openCapture, openEpoch } from './epoch.ts'
export { hpkeKeyPair, type HpkeKeyPair, hpkeOpen, hpkeSeal } from './hpke.ts'
export { passwordHash, passwordVerify } from './password.ts'
export {
  type Connect,
  createKeys,
  createOuterKeys,
  type Keys,
  type KeysOptions,
  keystoreHomes,
  openKeys,
  type Protection,
  recoverFromShares,
  recoverKeys,
  type RootHome,
  storedProvider,
} from './provider/file.ts'
export type { NamedKey } from './provider/named.ts'
export { type RootProvider, wrappedBy } from './provider/root.ts'
export { parseShares, printedShare, type Share } from './provider/share.ts'
export type { RecoverySheet } from './provider/sheet.ts'
export { openSecret, sealSecret, secretEpoch } from './secret.ts'
export {
  chunksOf,
  openChunks,
  openStream,
  readStreamHeader,
  sealChunks,
  sealStream,
  streamChunkBytes,
  type StreamContext,
  type StreamOpener,
  type StreamSealer,
} from './stream.ts'
export { newSubjectKey, openSubjectKey, rewrapSubjectKey, type SubjectKey, type SubjectKeyRow } from './subject.ts'
export { type Suite, type SuiteId, suites } from './suite.ts'
