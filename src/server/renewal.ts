// Keeps the served certificate fresh without a restart: a configured one when its files change, a self-made one before it ends. A new one
// that cannot be used is told once and refused; the old one stays. Keeps server-15.
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { SecureContextOptions } from 'node:tls'
import { isFault } from '#kernel'
import { type Certificate, certificateFor } from './tls.ts'

export interface RenewalOptions {
  readonly keys: string
  readonly cert?: string
  readonly key?: string
  /** Between two looks, in milliseconds. */
  readonly every?: number
  readonly log: (line: string) => void
}

export interface Renewal {
  /** Looks now. */
  look(): Promise<void>
  stop(): void
}

const usually = 10_000

/** Watches over the certificate of a server. settings: what else its secure context is made with. */
export const keepFresh = (
  server: { setSecureContext(options: SecureContextOptions): void },
  settings: SecureContextOptions,
  first: Certificate,
  options: RenewalOptions,
): Renewal => {
  let served = first
  // Looked at by content, not by time: certificates are often put in place as links to a new folder.
  let seen = digestOf(first.cert, first.key)
  const look = async (): Promise<void> => {
    const files = await contents(options)
    if (files !== undefined && files === seen) return
    try {
      const found = await certificateFor(options)
      seen = digestOf(found.cert, found.key)
      if (found.cert === served.cert && found.key === served.key) return
      server.setSecureContext({ ...settings, cert: found.cert, key: found.key })
      served = found
      options.log(`the certificate was replaced; the new one ends on ${found.notAfter.toISOString().slice(0, 10)}`)
    } catch (error) {
      // Half of a pair may be in place while the other half is being written: told once, looked at again when it changes.
      if (files !== undefined) seen = files
      options.log(`the new certificate is not used: ${isFault(error) ? error.message : 'it cannot be read'}`)
    }
  }
  let running = Promise.resolve()
  const again = (): Promise<void> => (running = running.then(look).catch(() => undefined))
  const timer = setInterval(() => void again(), options.every ?? usually).unref()
  return { look: again, stop: () => clearInterval(timer) }
}

const digestOf = (cert: string, key: string): string => createHash('sha256').update(`${cert}\0${key}`).digest('hex')

/** Digest of the configured files; undefined for the self-made certificate, whose age decides. */
const contents = async (options: RenewalOptions): Promise<string | undefined> => {
  if (options.cert === undefined || options.key === undefined) return undefined
  const [cert, key] = await Promise.all(
    [options.cert, options.key].map((path) => readFile(path, 'utf8').catch(() => '')),
  )
  return digestOf(cert ?? '', key ?? '')
}
