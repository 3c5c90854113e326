// Passwords of people: Argon2id with its parameters beside it, in the PHC string format. Keeps encryption-11.
import { argon2, type Argon2Parameters, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

// OWASP Password Storage Cheat Sheet asks for at least 19 MiB with 2 passes; twice the memory costs about 50 ms of one core.
const parameters = { memory: 38_912, passes: 2, parallelism: 1, tagLength: 32 } as const

/** The PHC string of a password, with a fresh salt. */
export const passwordHash = async (password: string): Promise<string> => {
  const salt = randomBytes(16)
  const tag = await argon2id({ ...parameters, message: text(password), nonce: salt })
  return `$argon2id$v=19$m=${parameters.memory},t=${parameters.passes},p=${parameters.parallelism}$${plain64(salt)}$${plain64(tag)}`
}

/** Whether the password is the one of the PHC string. A string of another kind is nobody's password. */
export const passwordVerify = async (hash: string, password: string): Promise<boolean> => {
  const found = shape.exec(hash)
  if (!found) return false
  const [, m, t, p, salt, tag] = found
  const expected = Buffer.from(tag ?? '', 'base64')
  const asked = {
    memory: Number(m),
    passes: Number(t),
    parallelism: Number(p),
    tagLength: expected.length,
    nonce: Buffer.from(salt ?? '', 'base64'),
  }
  if (!reasonable(asked)) return false
  const tried = await argon2id({ ...asked, message: text(password) })
  return tried.length === expected.length && timingSafeEqual(tried, expected)
}

const shape = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/

/** Bounds that a stored string may ask of this machine: 1 GiB, 16 passes, 16 lanes. */
export const reasonable = (asked: {
  memory: number
  passes: number
  parallelism: number
  nonce: Uint8Array
}): boolean =>
  asked.memory >= 8 * asked.parallelism &&
  asked.memory <= 1_048_576 &&
  asked.passes >= 1 &&
  asked.passes <= 16 &&
  asked.parallelism >= 1 &&
  asked.parallelism <= 16 &&
  asked.nonce.length >= 8

const run = promisify(argon2)

/** Argon2id (RFC 9106) on a thread of its own. */
export const argon2id = (parameters: Argon2Parameters): Promise<Buffer> => run('argon2id', parameters)

// The same password typed on two keyboards may differ in its code points: compare after NFKC (NIST SP 800-63B 3.1.1.2).
const text = (password: string): Buffer => Buffer.from(password.normalize('NFKC'), 'utf8')

const plain64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64').replaceAll('=', '')
