// The name of a file that came from outside: its last part only, without what could mislead a person or a file system. Keeps vault-17.

const longest = 200
// Names that Windows keeps for devices, with or without an ending.
const reserved = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/iu

/** A harmless name of at most 200 UTF-16 code units: no folders, control or direction marks, never empty. */
export const safeName = (given: string): string => {
  const cleaned = given
    .toWellFormed()
    .normalize('NFC')
    // Characters that change the direction of reading make "exe.pdf" out of "fdp.exe".
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\ufffd]/gu, '')
    .replace(/^.*[\\/]/u, '')
    .replaceAll(/[<>:"|?*]/gu, '_')
    .replace(/^[\s.]+/u, '')
    .replace(/[\s.]+$/u, '')
  const name = reserved.test(cleaned) ? `_${cleaned}` : cleaned
  return name === '' ? 'file' : shortened(name)
}

/** Lower-case ending without its dot; empty where there is none. */
export const endingOf = (name: string): string => /\.([\p{L}\p{N}]{1,10})$/u.exec(name)?.[1]?.toLowerCase() ?? ''

const shortened = (name: string): string => {
  if (name.length <= longest) return name
  const ending = endingOf(name)
  const tail = ending === '' ? '' : `.${ending}`
  // Never half a character.
  return `${name
    .slice(0, longest - tail.length)
    .toWellFormed()
    .replaceAll('\ufffd', '')}${tail}`
}
