// For tests: a real provider of identity (oidc-provider) on a port of its own, a browser that walks through its pages, and an adversary that answers what it likes.
import { createSign, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { request } from 'node:https'
import Provider from 'oidc-provider'

export interface Person {
  readonly email: string
  readonly email_verified: boolean
  readonly name: string
  readonly groups: readonly string[]
}

export interface TestProvider {
  readonly issuer: string
  readonly clientId: string
  readonly secret: string
  /** The people, by their name at the provider; may be changed between sign-ins. */
  readonly people: Map<string, Person>
  /** Registers where the browser may be sent back to, and where logouts are told. */
  register(callback: string, logout: string, ca: string): void
  /** Signs a token as the provider would. */
  sign(claims: object, header?: object): string
  readonly close: () => Promise<void>
}

/** Starts one. Its log-in page takes any password for a person it knows. */
export const openProvider = async (): Promise<TestProvider> => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const jwk = { ...privateKey.export({ format: 'jwk' }), kid: 'test-1', alg: 'RS256', use: 'sig' }
  const people = new Map<string, Person>()
  const { server, issuer } = await started()
  const secret = randomUUID()
  const clientId = 'holdfast'
  let answer: ReturnType<Provider['callback']> | undefined
  server.on('request', (incoming, response) => {
    if (answer) void answer(incoming, response)
    else response.writeHead(503).end()
  })
  return {
    issuer,
    clientId,
    secret,
    people,
    register: (callback, logout, ca) => {
      const client = {
        client_id: clientId,
        client_secret: secret,
        redirect_uris: [callback],
        post_logout_redirect_uris: [new URL(callback).origin],
        response_types: ['code'],
        grant_types: ['authorization_code'],
        backchannel_logout_uri: logout,
        backchannel_logout_session_required: true,
      }
      answer = new Provider(issuer, {
        clients: [client],
        jwks: { keys: [jwk] },
        cookies: { keys: [randomUUID()] },
        claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'groups'] },
        // The claims come in the ID token, as most providers send them.
        conformIdTokenClaims: false,
        features: { backchannelLogout: { enabled: true } },
        findAccount: (_: unknown, sub: string) => {
          const person = people.get(sub)
          return person ? { accountId: sub, claims: () => ({ sub, ...person }) } : undefined
        },
        pkce: { required: () => true },
        // Our certificate is of the test's own authority.
        fetch: (
          url: URL,
          options: { method?: string; body?: string | URLSearchParams; headers?: Record<string, string> },
        ) => tell(url, options, ca),
      }).callback()
    },
    sign: (claims, header = {}) => signed(privateKey, claims, { alg: 'RS256', kid: 'test-1', ...header }),
    close: () => stop(server),
  }
}

export interface Adversary {
  readonly issuer: string
  /** What stands in the discovery document besides the usual. */
  readonly discovery: Record<string, unknown>
  /** The ID token the token endpoint gives next. */
  idToken: string
  readonly sign: (claims: object, header?: object, key?: KeyObject) => string
  /** PEM of the public key, which everybody knows. */
  readonly publicPem: string
  /** Exchanges the signing key, as a provider does once in a while. */
  rotate(): void
  readonly close: () => Promise<void>
}

/** A provider that answers what the test tells it to. */
export const openAdversary = async (): Promise<Adversary> => {
  let pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
  let kid = 1
  const { server, issuer } = await started()
  const adversary = {
    issuer,
    discovery: {} as Record<string, unknown>,
    idToken: '',
    sign: (claims: object, header: object = {}, key: KeyObject = pair.privateKey) =>
      signed(key, claims, { alg: 'RS256', kid: `k${String(kid)}`, ...header }),
    get publicPem() {
      return pair.publicKey.export({ format: 'pem', type: 'spki' })
    },
    rotate: () => {
      pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
      kid++
    },
    close: () => stop(server),
  }
  server.on('request', (incoming: IncomingMessage, response) => {
    const path = new URL(incoming.url ?? '/', issuer).pathname
    const body =
      path === '/.well-known/openid-configuration'
        ? {
            issuer,
            authorization_endpoint: `${issuer}/auth`,
            token_endpoint: `${issuer}/token`,
            jwks_uri: `${issuer}/jwks`,
            response_types_supported: ['code'],
            subject_types_supported: ['public'],
            id_token_signing_alg_values_supported: ['RS256', 'HS256', 'none'],
            ...adversary.discovery,
          }
        : path === '/jwks'
          ? { keys: [{ ...pair.publicKey.export({ format: 'jwk' }), kid: `k${String(kid)}`, use: 'sig' }] }
          : { access_token: 'x', token_type: 'Bearer', expires_in: 60, id_token: adversary.idToken }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  return adversary
}

/** A browser without a screen: follows the provider's pages as one person, keeping its cookies. */
export const openBrowser = () => {
  const jar = new Map<string, string>()
  const go = async (url: string, form?: Record<string, string>): Promise<Response> => {
    const answer = await fetch(url, {
      method: form ? 'POST' : 'GET',
      redirect: 'manual',
      headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form ? { body: new URLSearchParams(form) } : {}),
    })
    for (const line of answer.headers.getSetCookie()) {
      const [pair = ''] = line.split(';')
      const at = pair.indexOf('=')
      jar.set(pair.slice(0, at), pair.slice(at + 1))
    }
    return answer
  }
  return {
    /** From the provider's authorization page to the address it sends the browser back to. */
    signIn: async (url: string, login: string): Promise<URL> => {
      let at = new URL(url)
      for (let step = 0; step < 12; step++) {
        const answer = await go(at.href)
        const to = answer.headers.get('location')
        if (to !== null) {
          at = new URL(to, at)
          if (at.protocol === 'https:') return at
          continue
        }
        const page = await answer.text()
        const action = /action="([^"]+)"/.exec(page)?.[1]
        if (action === undefined) throw new Error(`the provider says: ${page.slice(0, 400)}`)
        const form = page.includes('value="login"') ? { prompt: 'login', login, password: 'x' } : { prompt: 'consent' }
        const sent = await go(new URL(action, at).href, form)
        at = new URL(sent.headers.get('location') ?? '', at)
        if (at.protocol === 'https:') return at
      }
      throw new Error('the provider sends the browser in circles')
    },
    /** Signs out at the provider, which tells everybody it signed in at. */
    signOut: async (url: string): Promise<void> => {
      const page = await (await go(url)).text()
      const action = /action="([^"]+)"/.exec(page)?.[1] ?? ''
      const xsrf = /name="xsrf" value="([^"]+)"/.exec(page)?.[1] ?? ''
      const done = await go(new URL(action, url).href, { xsrf, logout: 'yes' })
      if (done.status >= 400) throw new Error(`sign-out: ${await done.text()}`)
    },
  }
}

const started = async (): Promise<{ server: Server; issuer: string }> => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  return { server, issuer: `http://127.0.0.1:${String(port)}` }
}

const signed = (key: KeyObject, claims: object, header: object): string => {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const body = `${part(header)}.${part(claims)}`
  return `${body}.${createSign('sha256').update(body).sign(key).toString('base64url')}`
}

const tell = (
  url: URL,
  options: { method?: string; body?: string | URLSearchParams; headers?: Record<string, string> },
  ca: string,
): Promise<Response> =>
  new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      {
        method: options.method ?? 'GET',
        ca,
        agent: false,
        headers: Object.fromEntries(
          new Headers(options.headers ?? { 'content-type': 'application/x-www-form-urlencoded' }),
        ),
      },
      (incoming) => {
        incoming.resume()
        incoming.on('end', () => resolve(new Response(null, { status: incoming.statusCode ?? 500 })))
      },
    )
    outgoing.on('error', reject)
    outgoing.end(options.body instanceof URLSearchParams ? options.body.toString() : (options.body ?? ''))
  })

const stop = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
