// The cookies: __Host- so that they are of this host alone, HttpOnly so that no script reads them, Strict so that no other site sends them. Keeps server-4.
import { rememberedMs } from '#identity'

const session = '__Host-holdfast'
const device = '__Host-holdfast-device'
const attributes = 'Path=/; Secure; HttpOnly; SameSite=Strict'

export const sessionCookie = (token: string): string => `${session}=${token}; ${attributes}`

const signOn = '__Host-holdfast-sso'

/** Binds a sign-in at a provider to the browser it was begun in. Lax: the provider sends the browser back from elsewhere. */
export const signOnCookie = (token: string): string =>
  `${signOn}=${token}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=600`

export const clearedSignOn = `${signOn}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0`

export const readSignOn = (header: string | undefined): string | undefined => valueOf(header, signOn)

export const clearedCookie = `${session}=; ${attributes}; Max-Age=0`

/** Tells a browser that is remembered from one that is not; opens nothing by itself. */
export const deviceCookie = (token: string): string =>
  `${device}=${token}; ${attributes}; Max-Age=${String(rememberedMs / 1000)}`

/** Value of the session cookie in a Cookie header. */
export const readCookie = (header: string | undefined): string | undefined => valueOf(header, session)

/** Value of the cookie of a remembered browser. */
export const readDevice = (header: string | undefined): string | undefined => valueOf(header, device)

/** Two of a name are none: somebody is trying something. */
const valueOf = (header: string | undefined, name: string): string | undefined => {
  const found = (header ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1))
  return found.length === 1 && found[0] !== '' ? found[0] : undefined
}
