// The session cookie: __Host- so that it is of this host alone, HttpOnly so that no script reads it, Strict so that no other site sends it. Keeps server-4.

const name = '__Host-holdfast'
const attributes = 'Path=/; Secure; HttpOnly; SameSite=Strict'

export const sessionCookie = (token: string): string => `${name}=${token}; ${attributes}`

export const clearedCookie = `${name}=; ${attributes}; Max-Age=0`

/** Value of the session cookie in a Cookie header. Two of that name are none: somebody is trying something. */
export const readCookie = (header: string | undefined): string | undefined => {
  const found = (header ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1))
  return found.length === 1 && found[0] !== '' ? found[0] : undefined
}
