// Where people find this installation: the configured address, or the one it listens on. Passkeys are bound to it, links in e-mails lead to it. Keeps server-170.
import { isIP } from 'node:net'
import type { Site } from '#identity'

/** The site of a listener; publicUrl where the configuration names one. */
export const siteOf = (publicUrl: string | undefined, host: string, port: number): Site => ({
  origin: publicUrl ?? `https://${hostName(host)}${port === 443 ? '' : `:${String(port)}`}`,
})

/** How people write a host that is listened on: addresses of the machine itself go by its name. */
export const hostName = (host: string): string =>
  onMachine.has(host) ? 'localhost' : isIP(host) === 6 ? `[${host}]` : host

const onMachine = new Set(['127.0.0.1', '::1', 'localhost', '0.0.0.0', '::'])
