// What travels between server and pages about providers of identity.

// GET /api/sso (open) → {providers: {id,name}[]} ; POST /api/sso/:id/begin (open) → {url}
export interface SignInProviders {
  readonly providers: readonly { readonly id: string; readonly name: string }[]
}
// POST /api/sign-out → {url}: where to sign out as well, or null

// GET /api/provisioning-tokens → {items: ProvisioningToken[]} ; POST {providerId,label,scopes,days} → {token, item} ; DELETE /:id
export interface ProvisioningToken {
  readonly id: string
  readonly providerId: string
  readonly label: string
  readonly prefix: string
  readonly scopes: readonly ('users' | 'groups' | 'read-only')[]
  readonly expiresAt: string
  readonly createdAt: string
  readonly seenAt: string | null
  readonly revokedAt: string | null
}

// GET /api/identity-providers → {items: IdentityProvider[]} ; POST IdentityProviderDraft → IdentityProvider ; DELETE /:id ; POST /:id/probe
export interface IdentityProvider {
  readonly id: string
  readonly name: string
  readonly issuer: string
  readonly clientId: string
  readonly hasSecret: boolean
  readonly active: boolean
  readonly version: number
  readonly callback: string
  readonly logout: string
  readonly settings: IdentityProviderSettings
}
export interface IdentityProviderSettings {
  readonly origin: string
  readonly scopes: readonly string[]
  readonly claims: { readonly email: string; readonly name: string; readonly groups: string }
  readonly rules: readonly { readonly group: string; readonly role: string; readonly teamId: string | null }[]
  readonly defaultRole: string | null
  readonly accounts: 'create' | 'existing'
  readonly domains: readonly string[]
  readonly trustMfa: boolean
  readonly only: boolean
  readonly signOut: boolean
}
export interface IdentityProviderDraft {
  readonly id?: string
  readonly name: string
  readonly issuer: string
  readonly clientId: string
  readonly secret?: string
  readonly active: boolean
  readonly version: number
  readonly settings: IdentityProviderSettings
}
