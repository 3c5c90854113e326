// The network an address belongs to: IPv4 /24, IPv6 /56, so that a changed last number is still the same place. Keeps identity-4.
import { isIPv4, isIPv6 } from 'node:net'

/** Canonical text of the network of an address; anything else stands for itself. */
export const networkOf = (address: string): string => {
  const ip = plainAddress(address)
  if (isIPv4(ip)) return `${ip.split('.').slice(0, 3).join('.')}.0/24`
  if (!isIPv6(ip)) return ip
  const groups = groupsOf(ip)
  // A /56 is three and a half groups: what a provider usually gives to one customer.
  const half = ((groups[3] ?? 0) & 0xff00).toString(16)
  return `${[...groups.slice(0, 3).map((group) => group.toString(16)), half].join(':')}::/56`
}

/** IPv4 inside IPv6 (::ffff:10.0.0.1) reads as IPv4; a zone (%eth0) is dropped. */
export const plainAddress = (address: string): string => {
  const bare = address.split('%')[0] ?? ''
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)?.[1]
  return mapped ?? bare
}

const groupsOf = (ip: string): readonly number[] => {
  const [head = '', tail] = ip.split('::')
  const parse = (part: string): number[] => (part === '' ? [] : part.split(':').map((group) => parseInt(group, 16)))
  const left = parse(head)
  if (tail === undefined) return left
  const right = parse(tail)
  return [...left, ...new Array<number>(Math.max(0, 8 - left.length - right.length)).fill(0), ...right]
}
