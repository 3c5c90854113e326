// Internet addresses and ranges of them, as Cedar reads and compares them. Keeps access-2.

export class Ip {
  readonly bits: 32 | 128
  readonly address: bigint
  readonly prefix: number
  constructor(bits: 32 | 128, address: bigint, prefix: number) {
    this.bits = bits
    this.address = address
    this.prefix = prefix
  }
  equals(other: Ip): boolean {
    return this.bits === other.bits && this.address === other.address && this.prefix === other.prefix
  }
  get first(): bigint {
    return (this.address >> this.#host) << this.#host
  }
  get last(): bigint {
    return this.first + (1n << this.#host) - 1n
  }
  get #host(): bigint {
    return BigInt(this.bits - this.prefix)
  }
}

/** Whether every address of a is in b. */
export const inRange = (a: Ip, b: Ip): boolean => a.bits === b.bits && a.first >= b.first && a.last <= b.last

export const parseIp = (text: string): Ip | undefined => {
  const slash = text.indexOf('/')
  const host = slash < 0 ? text : text.slice(0, slash)
  const six = host.includes(':')
  const address = six ? parseSix(host) : parseFour(host)
  if (address === undefined) return undefined
  const bits = six ? 128 : 32
  if (slash < 0) return new Ip(bits, address, bits)
  const prefix = text.slice(slash + 1)
  if (!/^(0|[1-9]\d{0,2})$/.test(prefix) || Number(prefix) > bits) return undefined
  return new Ip(bits, address, Number(prefix))
}

const parseFour = (text: string): bigint | undefined => {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256))
    return undefined
  return parts.reduce((sum, part) => sum * 256n + BigInt(part), 0n)
}

/** Eight groups of hexadecimal; one `::` stands for at least one of them. IPv4 inside IPv6 is not read. */
const parseSix = (text: string): bigint | undefined => {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')))
  const given = groups.flat()
  if (!given.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined
  if (halves.length === 1 ? given.length !== 8 : given.length > 7) return undefined
  const zeros = Array.from({ length: 8 - given.length }, () => '0')
  const all = [...(groups[0] ?? []), ...zeros, ...(groups[1] ?? [])]
  return all.reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n)
}

const range = (text: string): Ip => {
  const ip = parseIp(text)
  if (!ip) throw new RangeError('not a range of addresses')
  return ip
}
const loopback = [range('127.0.0.0/8'), range('::1/128')]
const multicast = [range('224.0.0.0/4'), range('ff00::/8')]

export const isLoopback = (ip: Ip): boolean => loopback.some((block) => inRange(ip, block))
export const isMulticast = (ip: Ip): boolean => multicast.some((block) => inRange(ip, block))

/** The text Cedar reads back as the same value. */
export const ipText = (ip: Ip): string => {
  const width = ip.bits === 32 ? 8n : 16n
  const count = ip.bits === 32 ? 4 : 8
  const groups = Array.from(
    { length: count },
    (_, i) => (ip.address >> (width * BigInt(count - 1 - i))) & ((1n << width) - 1n),
  )
  const host = ip.bits === 32 ? groups.map(String).join('.') : groups.map((group) => group.toString(16)).join(':')
  return `${host}/${String(ip.prefix)}`
}
