// The authority that programs have their certificates of, and what a certificate of one says. Keeps server-8.
import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { Fault, type PlainPhrase } from '#kernel'

/** The authorities in a PEM file. Throws config-invalid. */
export const readAuthorities = async (path: string): Promise<string> => {
  try {
    const pem = await readFile(path, 'utf8')
    if (!new X509Certificate(pem).ca) throw new Error('no authority')
    return pem
  } catch (cause) {
    throw new Fault(
      'config-invalid',
      { name: 'tlsClientCa', what: 'expected the certificate of an authority (PEM)' },
      { cause },
    )
  }
}

/** What a certificate of a program says of itself, once it is seen to be of the authority. Throws bad-value. */
export const readClientCertificate = (
  pem: string,
  authority: string,
  now: Date,
): { readonly fingerprint: string; readonly notAfter: Date } => {
  const refuse = (what: PlainPhrase): Fault => new Fault('bad-value', { field: 'certificate', what })
  let certificate: X509Certificate
  try {
    certificate = new X509Certificate(pem)
  } catch {
    throw refuse('expected a certificate (PEM)')
  }
  const issuer = new X509Certificate(authority)
  if (!certificate.checkIssued(issuer) || !certificate.verify(issuer.publicKey))
    throw refuse('it was not issued by the authority for programs')
  if (certificate.validToDate <= now) throw refuse('it has expired')
  return { fingerprint: fingerprintOf(certificate), notAfter: certificate.validToDate }
}

/** SHA-256 of a certificate, as bindings name it. */
export const fingerprintOf = (certificate: { readonly fingerprint256: string }): string =>
  certificate.fingerprint256.replaceAll(':', '').toLowerCase()
