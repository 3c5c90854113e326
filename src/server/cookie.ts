// The session cookie: __Host- so that it is of this host alone, HttpOnly so that no script reads it, Strict so that no other site sends it. Keeps server-4.

const name = '__Host-holdfast'
const attributes = 'Path=/; Secure; HttpOnly; SameSite=Strict'

export const sessionCookie = (token: string): string => `${name}=${token}; ${attributes}`

const signOn = '__Host-holdfast-sso'

/** Binds a sign-in at a provider to the browser it was begun in. Lax: the provider sends the browser back from elsewhere. */
export const signOnCookie = (token: string): string =>
  `${signOn}=${token}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=600`

export const clearedSignOn = `${signOn}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0`

export const readSignOn = (header: string | undefined): string | undefined => valueOf(header, signOn)

export const clearedCookie = `${name}=; ${attributes}; Max-Age=0`

/** Value of the session cookie in a Cookie header. */
export const readCookie = (header: string | undefined): string | undefined => valueOf(header, name)

/** Two of a name are none: somebody is trying something. */
const valueOf = (header: string | undefined, name: string): string | undefined => {
  const found = (header ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1))
  return found.length === 1 && found[0] !== '' ? found[0] : undefined
}
