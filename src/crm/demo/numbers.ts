// Registration numbers with a right check digit under a region code that no place has. Keeps crm-20.
import { creditCodeValid } from '../import/checkdigit.ts'
import type { Random } from './random.ts'

const signs = '0123456789ABCDEFGHJKLMNPQRTUWXY'

/** A unified social credit code: valid in form, of region 999999, so nobody's. */
export const creditCodeOf = (random: Random): string => {
  let body = '91999999MA'
  while (body.length < 17) body += signs.charAt(random.whole(0, 30))
  return body + (Array.from(signs).find((sign) => creditCodeValid(body + sign)) ?? '0')
}
