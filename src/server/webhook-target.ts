// Where webhooks may go: HTTPS to public addresses, and what the operator allows; looked at when an address is set and once more at each
// connection, which goes to the very address that was looked at. Keeps server-256.
import { lookup as systemLookup, type LookupAddress } from 'node:dns'
import { BlockList, isIP, isIPv4, type LookupFunction } from 'node:net'
import { Fault, type PlainPhrase } from '#kernel'

export type Resolve = (host: string) => Promise<readonly LookupAddress[]>

/** Hosts by name and networks that are allowed besides public addresses. */
export interface Allowed {
  readonly hosts: ReadonlySet<string>
  readonly networks: BlockList
}

// IANA special-purpose registries: this host, private, shared (CGNAT), loopback, link-local with the metadata services, protocol
// assignments, documentation, benchmarking, multicast, reserved; for IPv6 also whatever carries an IPv4 address inside.
const closed4 = [
  '0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24', '192.0.2.0/24',
  '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4',
] // prettier-ignore
// Only what is given out as global unicast is public at all; of that, these are not.
const global6 = '2000::/3'
const closed6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']

const listOf = (networks: readonly string[]): BlockList => {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', length] = network.split('/')
    const family = isIPv4(address) ? 'ipv4' : 'ipv6'
    if (length === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(length), family)
  }
  return list
}
const closed4List = listOf(closed4)
const global6List = listOf([global6])
const closed6List = listOf(closed6)
// The metadata service of one cloud lies among the public addresses.
const metadata = '168.63.129.16'

export const allowedOf = (entries: readonly string[]): Allowed => ({
  hosts: new Set(entries.filter((one) => isIP(one.split('/')[0] ?? '') === 0)),
  networks: listOf(entries.filter((one) => isIP(one.split('/')[0] ?? '') !== 0)),
})

const isPublic = (address: string): boolean => {
  if (isIPv4(address)) return address !== metadata && !closed4List.check(address, 'ipv4')
  return isIP(address) === 6 && global6List.check(address, 'ipv6') && !closed6List.check(address, 'ipv6')
}

const isLoopback = (address: string): boolean => address === '::1' || (isIPv4(address) && address.startsWith('127.'))

/** Whether a webhook to this host may go to this address. */
export const mayReach = (allowed: Allowed, host: string, address: string): boolean =>
  isPublic(address) || allowed.hosts.has(host) || allowed.networks.check(address, isIPv4(address) ? 'ipv4' : 'ipv6')

/** The address as written, taken apart and made sound as far as that goes without asking a name server. Throws bad-value. */
export const webhookUrl = (text: string, allowed: Allowed): URL => {
  const refuse = (what: PlainPhrase): Fault => new Fault('bad-value', { field: 'url', what })
  const url = URL.parse(text)
  if (!url || text.length > 2000 || !['https:', 'http:'].includes(url.protocol)) throw refuse('expected https://…')
  if (url.username !== '' || url.password !== '' || url.hash !== '')
    throw refuse('expected no name, password or # in it')
  const host = hostOf(url)
  // Without encryption to this machine alone, and only where the operator says so.
  if (
    url.protocol === 'http:' &&
    !(
      (host === 'localhost' && allowed.hosts.has(host)) ||
      (isLoopback(host) && (allowed.hosts.has(host) || allowed.networks.check(host, isIPv4(host) ? 'ipv4' : 'ipv6')))
    )
  )
    throw refuse('expected https://…')
  if (isIP(host) !== 0 && !mayReach(allowed, host, host)) throw refuse('this address is not public')
  return url
}

/** The host of an address as names and addresses are compared: without brackets and without a dot at its end. */
export const hostOf = (url: URL): string =>
  url.hostname
    .replace(/^\[(.*)\]$/u, '$1')
    .replace(/\.$/u, '')
    .toLowerCase()

/** The addresses of a host, each of which may be reached. Throws address-refused where one may not: a name with a private one is a trick. */
export const reachable = async (
  url: URL,
  allowed: Allowed,
  resolve: Resolve = resolveSystem,
): Promise<readonly LookupAddress[]> => {
  const host = hostOf(url)
  const found = isIP(host) === 0 ? await resolve(host) : [{ address: host, family: isIPv4(host) ? 4 : 6 }]
  const plain = url.protocol === 'http:'
  if (
    found.length === 0 ||
    found.some(({ address }) => !mayReach(allowed, host, address) || (plain && !isLoopback(address)))
  )
    throw new NotReachable()
  return found
}

/** An address that webhooks may not go to. */
export class NotReachable extends Error {
  readonly code = 'EADDRESSREFUSED'
  constructor() {
    super('the address is not public')
  }
}

const resolveSystem: Resolve = (host) =>
  new Promise((resolve, reject) => {
    systemLookup(host, { all: true, order: 'verbatim' }, (error, found) => {
      if (error) reject(error)
      else resolve(found)
    })
  })

/** A look-up that knows these addresses alone: a name server cannot give another answer between the look and the connection. */
export const pinned =
  (addresses: readonly LookupAddress[]): LookupFunction =>
  (_host, options, done) => {
    const [first = { address: '', family: 4 }] = addresses
    if (options.all === true) done(null, [...addresses])
    else done(null, first.address, first.family)
  }
