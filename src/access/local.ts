// The hour and the weekday where the people are: Cedar knows fixed offsets only, so a zone with summer time is read here. Keeps access-150.

/** Hour 0–23, minute 0–59, weekday 1 (Monday) to 7. */
export interface LocalTime {
  readonly hour: bigint
  readonly minute: bigint
  readonly weekday: bigint
}

/** Throws RangeError where there is no such zone. */
export const localTime = (at: Date, zone: string): LocalTime => {
  // Zones change their offset on whole minutes only.
  const minute = Math.floor(at.getTime() / 60_000)
  if (last && last.minute === minute && last.zone === zone) return last.time
  const parts = new Map(
    formatOf(zone)
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  )
  const time: LocalTime = {
    hour: BigInt(parts.get('hour') ?? '0'),
    minute: BigInt(parts.get('minute') ?? '0'),
    weekday: BigInt(weekdays.indexOf(parts.get('weekday') ?? '') + 1),
  }
  last = { minute, zone, time }
  return time
}

/** Whether the platform knows a zone of that name. */
export const isZone = (zone: string): boolean => {
  try {
    formatOf(zone)
    return true
  } catch {
    return false
  }
}

const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']

// Asked for with every request: the last minute is remembered, and the formats of a few zones.
let last: { readonly minute: number; readonly zone: string; readonly time: LocalTime } | undefined
const formats = new Map<string, Intl.DateTimeFormat>()

const formatOf = (zone: string): Intl.DateTimeFormat => {
  const known = formats.get(zone)
  if (known) return known
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    hour: '2-digit',
    minute: '2-digit',
    weekday: 'short',
  })
  formats.set(zone, made)
  return made
}
