// The door of encryption: suites, cells, the key tree, blind indexes, HPKE, passwords. Imports kernel alone, so it can be audited alone.
export type { CellContext } from './aad.ts'
export {
  type CaptureManifest,
  type CapturePlace,
  largestCapture,
  manifestMessage,
  readCapture,
  sealCapture,
  type SignedManifest,
  signManifest,
} from './capture.ts'
export { askedTokens, type BlindIndex, importKey, indexTokens, type TokenMode } from './blind.ts'
export { type CellHeader, cellShape, forgetCellKeys, openCell, readHeader, sealCell, type Sealed } from './cell.ts'
export { encryptionChecks } from './checks.ts'
export { ed25519Verify } from './curve.ts'
export { equal, hmacSha256, random, sha256 } from './digest.ts'
export {
  type EnvelopeSuite,
  type EnvelopeSuiteId,
  envelopeSuite,
  envelopeSuiteOf,
  envelopeSuites,
  openEnvelope,
  type Recipient,
  recipientKeyPair,
  type RecipientKeyPair,
  recipientOf,
  sealEnvelope,
} from './envelope.ts'
export { createEpoch, type Epoch, type EpochRow, openCapture, openEpoch, rewrapEpoch } from './epoch.ts'
export { hpkeKeyPair, type HpkeKeyPair, hpkeOpen, hpkeSeal } from './hpke.ts'
export { createIndexRoot, type IndexRoot, type IndexRootRow, openIndexRoot, rewrapIndexRoot } from './index-root.ts'
export { type CertificateFile, type CertificateInUse, readCertificates } from './certificates.ts'
export { cryptographicInventory, type InventoryRequest, type KeyInUse } from './inventory.ts'
export { passwordHash, passwordVerify } from './password.ts'
export { type Profile, type ProfileName, profileNameOf, profileOf, profiles, signatureSuiteOf } from './profile.ts'
export {
  checkShares,
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
export { type AliyunCredentials, aliyunProvider } from './provider/aliyun.ts'
export { type AwsCredentials, awsProvider } from './provider/aws.ts'
export { leasedProvider } from './provider/lease.ts'
export type { NamedKey } from './provider/named.ts'
export { createTokenKey, tokenProvider } from './provider/pkcs11.ts'
export { type Lease, type RootProvider, wrappedBy } from './provider/root.ts'
export { parseShares, printedShare, type Share, shareTexts } from './provider/share.ts'
export type { RecoverySheet } from './provider/sheet.ts'
export { transitProvider } from './provider/transit.ts'
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
export { type SignatureSuite, signatureSuites, type Signer, signerOf, verifySignature } from './signature.ts'
export {
  parseVerifyKey,
  parseVerifyKeyPem,
  printVerifyKey,
  sameVerifyKey,
  signatureForTools,
  signatureFromTools,
  verifiedBy,
  type VerifyKey,
  verifyKeyPem,
} from './verify-key.ts'
export { rewrapSubjectKeys } from './rewrap.ts'
export { newSubjectKey, openSubjectKey, type SubjectKey, type SubjectKeyRow } from './subject.ts'
export { type Suite, type SuiteId, suites } from './suite.ts'
export { type LegacyDecoder, openLegacyDecoder, pastBirthday, sweet32Blocks } from './legacy/decoder.ts'
export {
  legacyCharsets,
  legacyCiphers,
  legacyEncodings,
  legacyModes,
  legacyPaddings,
  type LegacySpec,
  parseLegacySpec,
} from './legacy/spec.ts'
