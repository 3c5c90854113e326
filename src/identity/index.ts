// The door of identity: who somebody is, never what they may do.
export { type ApiKey, type ApiKeys, isNetwork, keyMark, type NewApiKey } from './api-key.ts'
export type { ClientCertificate, ClientCertificates } from './client-certificate.ts'
export { identityChecks } from './checks.ts'
export { sealedSecrets } from './sealed-secrets.ts'
export type { LinkUse } from './link.ts'
export type { Mail } from './mail.ts'
export type { MailAccess, MailServer } from './mail-server.ts'
export type { Letter } from './outbox.ts'
export { type Device, rememberedMs } from './device.ts'
export { type By, type Directory, type DirectoryUser, type Origin, type Seal, type Site } from './house.ts'
export { type Authenticated, createIdentity, type Identity, type IdentityOptions } from './identity.ts'
export { type Limits, usualLimits } from './limits.ts'
export { networkOf, plainAddress } from './network.ts'
export {
  type About,
  longestPassword,
  oneTimePassword,
  passwordStrength,
  shortestPassword,
  type Strength,
} from './password.ts'
export { type Filter, isResource, matches, member, parseFilter, type Resource } from './scim/filter.ts'
export { applyPatch, readOperations } from './scim/patch.ts'
export { groupSchema, readPerson, userSchema } from './scim/person.ts'
export type { Group, ProvisionedUser, Provisioning } from './scim/provisioning.ts'
export { type Caller, type ProvisionScope, provisionScopes, type ProvisionToken } from './scim/token.ts'
export type { Registered, Registrar } from './sso/account.ts'
export type { Federation, Finished } from './sso/federation.ts'
export { type Provider, type ProviderDraft, type ProviderSettings } from './sso/provider.ts'
export type { Proof } from './confirm.ts'
export type { BrowserOptions, Passkey } from './passkey.ts'
export { type SignInRules, usualRules } from './rules.ts'
export type { Session, Tokens } from './session.ts'
export type { PasskeySignIn, SignedIn, SignInRequest } from './sign-in.ts'
