// Check digits of Chinese identity numbers (GB 11643) and unified social credit codes (GB 32100). Keeps crm-9.

/** Whether an 18-digit identity number has the right check character (ISO 7064 MOD 11-2). */
export const nationalIdValid = (text: string): boolean => {
  const number = text.toUpperCase()
  if (!/^\d{17}[\dX]$/.test(number)) return false
  let sum = 0
  for (let i = 0; i < 17; i++) sum += Number(number.charAt(i)) * (2 ** (17 - i) % 11)
  return number.charAt(17) === '10X98765432'.charAt(sum % 11)
}

// GB 32100 table 2: digits and capitals without I, O, S, V, Z.
const signs = '0123456789ABCDEFGHJKLMNPQRTUWXY'

/** Whether an 18-character credit code has the right check character (ISO 7064 MOD 31-3). */
export const creditCodeValid = (text: string): boolean => {
  const code = text.toUpperCase()
  if (code.length !== 18) return false
  let sum = 0
  let weight = 1
  for (let i = 0; i < 17; i++) {
    const value = signs.indexOf(code.charAt(i))
    if (value === -1) return false
    sum += value * weight
    weight = (weight * 3) % 31
  }
  return code.charAt(17) === signs.charAt((31 - (sum % 31)) % 31)
}
