// Signatures of other suites than Ed25519: the suite of a named key and of a certificate stands beside it.

export const nameSignatureSuites: { readonly version: number; readonly name: string; readonly sql: string } = {
  version: 10,
  name: 'name-signature-suites',
  sql: `
-- Of a signer; without one Ed25519.
alter table keyring.named_key add column suite text check (suite in ('Ed25519', 'ECDSA-P256-SHA256', 'ML-DSA-65', 'SM2'));
-- Of public_key and signature: certificates made before this were all of Ed25519.
alter table ops.erasure add column suite text not null default 'Ed25519' check (suite in ('Ed25519', 'ML-DSA-65', 'SM2'));
`,
}
