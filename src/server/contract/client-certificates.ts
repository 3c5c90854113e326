// What the interface says of certificates that programs sign in with.

export interface ClientCertificateItem {
  /** SHA-256 of the certificate, hexadecimal. */
  readonly fingerprint: string
  readonly userId: string
  readonly label: string
  readonly notAfter: string
  readonly createdAt: string
  readonly seenAt: string | null
}

/** GET /api/client-certificates; POST binds {userId, label, certificate}, DELETE /:fingerprint revokes. */
export interface ClientCertificatesAnswer {
  /** Whether an authority for programs is configured: without one none is asked for. */
  readonly configured: boolean
  readonly items: readonly ClientCertificateItem[]
}
