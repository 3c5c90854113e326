// Defences of the browser: static headers, a strict content policy on pages, and proof that a change comes from our own page. Keeps server-3, server-4.
import type { IncomingHttpHeaders } from 'node:http'
import { Fault } from '#kernel'

/** Headers of every answer. */
export const staticHeaders = (ownCertificate: boolean): Readonly<Record<string, string>> => ({
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=(), usb=()',
  'x-dns-prefetch-control': 'off',
  // With the self-made certificate it would lock people out of localhost for other programs.
  ...(ownCertificate ? { 'strict-transport-security': 'max-age=31536000' } : {}),
})

/** Content policy of answers that are not pages: nothing in them may run or load. */
export const apiPolicy = "default-src 'none'; frame-ancestors 'none'"

/** Content policy of the pages: everything from this server alone; styles made at run time carry the nonce. */
export const pagePolicy = (nonce: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "connect-src 'self'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "manifest-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'self'",
  ].join('; ')

/** Throws csrf-refused where a browser says that a change was asked for by a page of somebody else. Other programs send neither header. */
export const demandSameOrigin = (headers: IncomingHttpHeaders): void => {
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin') throw new Fault('csrf-refused')
  const { origin } = headers
  if (origin !== undefined && origin !== `https://${headers.host ?? ''}`) throw new Fault('csrf-refused')
}
