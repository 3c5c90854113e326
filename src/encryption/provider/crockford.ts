// Base 32 in Crockford's alphabet (no I, L, O, U), made to be read aloud and typed; with check characters over GF(32).

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** Text of bytes, five bits a character, zero bits at the end where they do not come out even. */
export const blockText = (bytes: Uint8Array): string => {
  let text = ''
  let held = 0
  let bits = 0
  for (const byte of bytes) {
    held = (held << 8) | byte
    for (bits += 8; bits >= 5; bits -= 5) text += alphabet[(held >> (bits - 5)) & 31] ?? ''
    held &= (1 << bits) - 1
  }
  return bits > 0 ? text + (alphabet[(held << (5 - bits)) & 31] ?? '') : text
}

/** Bytes of a text; null where a character is none of ours or the bits left over are not zero. */
export const blockBytes = (text: string): Uint8Array | null => {
  const out: number[] = []
  let held = 0
  let bits = 0
  for (const letter of text) {
    const value = valueOf(letter)
    if (value < 0) return null
    held = (held << 5) | value
    bits += 5
    if (bits >= 8) {
      bits -= 8
      out.push((held >> bits) & 255)
      held &= (1 << bits) - 1
    }
  }
  return held === 0 && bits < 5 ? new Uint8Array(out) : null
}

/** Upper case, and the letters that are mistaken for digits turned into them. */
export const tidy = (text: string): string => text.toUpperCase().replaceAll('O', '0').replaceAll(/[IL]/g, '1')

/**
 * Check character of the block at place n: n-th power of x plus the sum of the characters times powers of x, over
 * GF(32) = GF(2)[x]/(x^5+x^2+1). All weights differ and none is zero, so one wrong character, two swapped ones and a block in
 * another block's place never pass.
 */
export const checkOf = (block: string, place: number): string => {
  let sum = power(place)
  Array.from(block).forEach((letter, i) => {
    sum ^= times(Math.max(0, valueOf(letter)), power(i + 1))
  })
  return alphabet[sum] ?? ''
}

const valueOf = (letter: string): number => alphabet.indexOf(letter)

const power = (n: number): number => {
  let value = 1
  for (let i = 0; i < n; i++) value = times(value, 2)
  return value
}

const times = (a: number, b: number): number => {
  let product = 0
  for (let i = 0; i < 5; i++) if ((b >> i) & 1) product ^= a << i
  for (let i = 9; i >= 5; i--) if ((product >> i) & 1) product ^= 0b100101 << (i - 5)
  return product
}
