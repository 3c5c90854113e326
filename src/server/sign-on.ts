// Single sign-on over HTTP: the buttons of the sign-in page, the way to a provider and back, and the provider's word that somebody left. Keeps server-1, server-181.
import { isFault } from '#kernel'
import { clearedCookie, clearedSignOn, sessionCookie, signOnCookie } from './cookie.ts'
import { Carried, type GuardedRoute, idOf, type OpenCall, type OpenRoute } from './route.ts'
import { answer, list, nullable, request, string, text } from './schema.ts'

export const signOnRoutes: readonly OpenRoute[] = [
  {
    method: 'GET',
    path: '/api/sso',
    summary: 'Providers of identity that people may sign in with',
    open: 'the sign-in page shows a button for each',
    out: answer({ providers: list(answer({ id: string, name: string })) }),
    handler: async ({ house }) => ({
      providers: (await house.identity.federation.providers())
        .filter((provider) => provider.active)
        .map(({ id, name }) => ({ id, name })),
    }),
  },
  {
    method: 'POST',
    path: '/api/sso/:id/begin',
    summary: 'Begin to sign in with a provider: where to send the browser',
    open: 'signing in',
    out: answer({ url: string }),
    handler: async (call) => {
      const { url, token } = await call.house.identity.federation.begin(
        idOf(call, 'id', 'identity provider'),
        call.origin,
      )
      return new Carried({ url }, [signOnCookie(token)])
    },
  },
  {
    method: 'GET',
    path: '/api/sso/:id/callback',
    summary: 'Where a provider sends the browser back to',
    open: 'signing in; the answer of the provider is bound to the browser that began',
    out: null,
    status: 303,
    query: { type: 'object', additionalProperties: { type: 'string', maxLength: 4096 } },
    handler: async (call) => {
      try {
        return await finish(call)
      } catch (error) {
        const { code } = call.report(error)
        // The browser stands on an address of the interface: the page says in words what went wrong.
        return new Carried(undefined, [clearedSignOn], `/sign-in?sso=${code}`)
      }
    },
  },
  {
    method: 'POST',
    path: '/api/sso/:id/logout',
    summary: 'Back-channel logout: a provider says that somebody signed out there',
    open: 'the logout token is signed by the provider, and taken once',
    body: request({ logout_token: text(16_384) }),
    form: true,
    out: answer({}),
    handler: async (call) => {
      const { logout_token: token } = call.body as { logout_token: string }
      await call.house.identity.federation.logOut(idOf(call, 'id', 'identity provider'), token, call.origin)
      return {}
    },
  },
]

const finish = async (call: OpenCall): Promise<Carried> => {
  const { house, origin, signOn } = call
  const query = new URLSearchParams(
    Object.entries(call.query).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value] as [string, string]],
    ),
  )
  const finished = await house.identity.federation.finish(call.params['id'] ?? '', signOn, query, origin)
  if ('confirm' in finished) return new Carried(undefined, [signOnCookie(finished.confirm)], '/sign-in?sso=confirm')
  return new Carried(undefined, [clearedSignOn, sessionCookie(finished.signedIn.token)], '/')
}

export const signOutRoute: GuardedRoute = {
  method: 'POST',
  path: '/api/sign-out',
  summary: 'Sign out; says where to sign out as well, for who came from a provider',
  action: 'session.end',
  resource: 'own session',
  early: true,
  out: answer({ url: nullable(string) }),
  handler: async ({ house, who, token, origin }) => {
    const url = await house.identity.federation.endSessionUrl(who.session).catch((error: unknown) => {
      if (isFault(error)) return null
      throw error
    })
    await house.identity.signOut(token, origin)
    return new Carried({ url }, [clearedCookie])
  },
}
