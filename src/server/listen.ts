// Serves the route table over HTTPS: one way in for every row, where the principal is built, the origin checked and the answer cut to its schema. Keeps server-1 … server-6.
import multipart from '@fastify/multipart'
import files from '@fastify/static'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Server } from 'node:https'
import type { TLSSocket } from 'node:tls'
import { existsSync } from 'node:fs'
import { Fault, fromUtf8, type Language } from '#kernel'
import type { Caller } from '#identity'
import { compilersFactory } from './compilers.ts'
import { clearedCookie, deviceCookie, readCookie, readDevice, readSignOn, sessionCookie } from './cookie.ts'
import type { House } from './house.ts'
import { disposition } from './disposition.ts'
import { actorOf } from './me.ts'
import { statusOf } from './openapi.ts'
import { isPagePath, openPage, pagesDirectory } from './pages.ts'
import { readUpload, streamUpload } from './multipart.ts'
import { endsSession, faultOf, problemOf } from './problem.ts'
import { type Call, Carried, type GuardedRoute, type OpenCall, Reply, type Route } from './route.ts'
import { keepFresh } from './renewal.ts'
import { routes } from './routes.ts'
import { type Seat, seatOf } from './seat.ts'
import { hostName } from './site.ts'
import { apiPolicy, demandSameOrigin, pagePolicy, staticHeaders } from './security.ts'
import { fingerprintOf, readAuthorities } from './client-authority.ts'
import { certificateFor, groups } from './tls.ts'

export interface ListenOptions {
  /** 0: any free one. */
  readonly port: number
  readonly host?: string
  readonly log?: (line: string) => void
  /** Where the built pages lie. */
  readonly pages?: string
}

export interface Listening {
  readonly url: string
  readonly port: number
  /** Looks at once whether there is a new certificate. */
  renew(): Promise<void>
  close(): Promise<void>
}

/** Serves the house, or whatever house sits in the seat. Throws port-in-use. */
export const listen = async (served: House | Seat, options: ListenOptions): Promise<Listening> => {
  const seat = 'exchange' in served ? served : seatOf(served)
  const { house } = seat
  const { host = '127.0.0.1', log = (line) => void process.stderr.write(`${line}\n`) } = options
  if (house.config.demo && !loopback.has(host))
    throw new Fault('config-invalid', { name: 'host', what: 'the demo serves this machine alone' })
  const { keys, tlsCert, tlsKey } = house.config
  const files = {
    keys,
    ...(tlsCert === undefined ? {} : { cert: tlsCert }),
    ...(tlsKey === undefined ? {} : { key: tlsKey }),
  }
  const certificate = await certificateFor(files)
  const { tlsMin, tlsClientCa } = house.config
  const settings = {
    minVersion: tlsMin,
    ecdhCurve: groups,
    ...(tlsClientCa === undefined ? {} : { ca: await readAuthorities(tlsClientCa) }),
  }
  const app = fastify({
    https: {
      cert: certificate.cert,
      key: certificate.key,
      ...settings,
      // Asked for, not demanded: people come with passwords. Who comes with one that does not hold is nobody.
      ...(tlsClientCa === undefined ? {} : { requestCert: true, rejectUnauthorized: false }),
    },
    bodyLimit: 1_048_576,
    // A whole request may take an hour, since files come in slowly over slow lines; one that falls silent is ended sooner.
    requestTimeout: 3_600_000,
    connectionTimeout: 300_000,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 100 },
    schemaController: { compilersFactory },
    ajv: {
      customOptions: {
        coerceTypes: false,
        removeAdditional: false,
        useDefaults: false,
        allErrors: false,
        allowUnionTypes: true,
      },
    },
  }) as unknown as FastifyInstance
  await furnish(app, seat, staticHeaders(certificate.own), log, options.pages ?? pagesDirectory)
  try {
    await app.listen({ port: options.port, host })
  } catch (error) {
    await app.close()
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE')
      throw new Fault('port-in-use', { port: options.port }, { cause: error })
    throw error
  }
  const address = (app.server as unknown as Server).address()
  const port = typeof address === 'object' && address !== null ? address.port : options.port
  const name = hostName(host)
  const renewal = keepFresh(app.server as unknown as Server, settings, certificate, { ...files, log })
  house.listening.port = port
  house.listening.host = host
  const close = async (): Promise<void> => {
    renewal.stop()
    house.listening.port = null
    await app.close()
  }
  return { url: `https://${name}:${port}`, port, renew: () => renewal.look(), close }
}

const loopback = new Set(['127.0.0.1', '::1', 'localhost'])

const furnish = async (
  app: FastifyInstance,
  seat: Seat,
  headers: Readonly<Record<string, string>>,
  log: (line: string) => void,
  pages: string,
): Promise<void> => {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(['application/json', scimType], { parseAs: 'buffer' }, (_request, body, done) => {
    try {
      done(null, body.length === 0 ? undefined : readJson(body as Buffer))
    } catch (error) {
      done(error as Error)
    }
  })
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (request, body, done) => {
    const { config } = request.routeOptions as { config?: { form?: boolean } }
    if (config?.form === true) done(null, Object.fromEntries(new URLSearchParams(body as string)))
    else done(new Fault('bad-input', { what: 'the body is of a kind this route does not take; send application/json' }))
  })
  await app.register(multipart, { throwFileSizeLimit: true })
  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers(headers)
    done()
  })
  app.setErrorHandler((error, request, reply) => {
    const fault = faultOf(error, log)
    // A token that is worth nothing says nothing of the session beside it.
    const byToken = request.url.startsWith('/scim/') || request.headers.authorization !== undefined
    if (!byToken && endsSession(fault.code) && readCookie(request.headers.cookie) !== undefined)
      reply.header('set-cookie', clearedCookie)
    if (fault.code === 'too-many-attempts') reply.header('retry-after', String(Number(fault.details['seconds'] ?? 60)))
    if (request.url.startsWith('/scim/')) return scimProblem(reply, fault)
    return plain(reply)
      .code(fault.status)
      .type('application/problem+json; charset=utf-8')
      .serializer(JSON.stringify)
      .send(problemOf(fault, languageOf(request)))
  })
  for (const route of routes) addRoute(app, seat, route, log)
  await addPages(app, pages)
}

/** JSON.parse alone, of well-formed UTF-8; a member named __proto__ is refused, since merging it elsewhere would poison objects. */
const readJson = (bytes: Buffer): unknown => {
  try {
    return JSON.parse(fromUtf8(bytes), (key, value: unknown) => {
      if (key === '__proto__') throw new SyntaxError('a name that is not taken')
      return value
    })
  } catch (cause) {
    throw new Fault('bad-input', { what: 'the body is not JSON' }, { cause })
  }
}

const addRoute = (app: FastifyInstance, seat: Seat, route: Route, log: (line: string) => void): void => {
  app.route({
    method: route.method,
    url: route.path,
    // HEAD would be a second door to every GET.
    exposeHeadRoute: false,
    config: { form: 'form' in route },
    schema: {
      ...(route.query ? { querystring: route.query } : {}),
      ...(route.body ? { body: route.body } : {}),
      ...(route.out === null || route.out === 'file' ? {} : { response: { [statusOf(route)]: route.out } }),
    },
    // Who asks is settled before the body is read: a stranger cannot make us parse anything.
    preParsing: async (request, reply) => {
      const elsewhere = await crossing(route, seat, request, reply)
      if (route.method !== 'GET' && !elsewhere) demandSameOrigin(request.headers)
      if (seat.away && !('whileAway' in route)) throw new Fault('restoring')
      if ('open' in route) {
        if (route.scim)
          provisioners.set(
            request,
            await seat.house.identity.provisioning.tokens.authenticate(bearerOf(request) ?? '', originOf(request)),
          )
        return
      }
      const { house } = seat
      const key = bearerOf(request)
      if (key !== undefined) {
        const holder = await keyHolder(house, route, key, originOf(request))
        if (route.confirm === true) await house.identity.demandFresh(holder.session, originOf(request))
        signedIn.set(request, { who: holder, token: '' })
        return
      }
      const token = readCookie(request.headers.cookie)
      if (token === undefined) {
        const program = await programOf(house, route, request)
        // A program confirms nothing: what is dangerous is for people.
        if (route.confirm === true) await house.identity.demandFresh(program.session, originOf(request))
        signedIn.set(request, { who: program, token: '' })
        return
      }
      const who = await house.identity.authenticate(token, originOf(request))
      if (route.method !== 'GET') house.identity.checkCsrf(token, textOf(request.headers['x-holdfast-csrf']))
      if (who.mustChangePassword && route.early !== true) throw new Fault('password-change-needed')
      if (who.mustEnrol && route.early !== true && route.enrolling !== true) throw new Fault('second-factor-needed')
      if (route.confirm === true) await house.identity.demandFresh(who.session, originOf(request))
      signedIn.set(request, { who, token })
    },
    handler: async (request, reply) => {
      plain(reply).code(statusOf(route))
      const { house } = seat
      const call = openCall(seat, request, log)
      if ('open' in route) {
        if (route.scim) reply.type(scimType)
        return answerWith(reply, await route.handler(call))
      }
      const known = signedIn.get(request)
      if (!known) throw new Fault('not-signed-in')
      const language = spoken(request) ?? known.who.user.language
      // A key is a program's, whatever headers come with it.
      const origin = known.who.bounds === undefined ? call.origin : { ...call.origin, channel: 'api' as const }
      const actor = actorOf(house, known.who, origin)
      return answerWith(reply, await route.handler({ ...call, ...known, origin, language, actor }))
    },
  })
}

/** The user whose certificate this connection was made with. Throws not-signed-in where there is none that is bound. */
const programOf = async (house: House, route: GuardedRoute, request: FastifyRequest): Promise<Call['who']> => {
  const socket = request.raw.socket as unknown as Pick<TLSSocket, 'authorized' | 'getPeerX509Certificate'>
  const certificate =
    house.config.tlsClientCa !== undefined && socket.authorized ? socket.getPeerX509Certificate() : undefined
  if (!certificate) throw new Fault('not-signed-in')
  // A browser sends its certificates with every request, whichever page asked for it: they count for programs alone.
  const { headers } = request
  if (headers['sec-fetch-site'] !== undefined || headers.origin !== undefined) throw new Fault('csrf-refused')
  const who = await house.identity.certificates.authenticate(fingerprintOf(certificate), originOf(request))
  if (route.method !== 'GET' && route.resource.startsWith('own ')) throw new Fault('denied', { action: route.action })
  return who
}

/** The user a key speaks for. It is for programs: a person's own sign-in is not to be had with it. */
const keyHolder = async (
  house: House,
  route: GuardedRoute,
  key: string,
  origin: OpenCall['origin'],
): Promise<Call['who']> => {
  const who = await house.identity.apiKeys.authenticate(key, { ...origin, channel: 'api' })
  const own = route.resource.startsWith('own ') && !(route.method === 'GET' && route.path === '/api/me')
  if (own) throw new Fault('denied', { action: route.action })
  return who
}

/** The bearer token of a request: RFC 6750 section 2.1. */
const bearerOf = (request: FastifyRequest): string | undefined =>
  /^bearer +(\S+)$/i.exec(textOf(request.headers.authorization))?.[1]

/** Whether a page of another host asks that the row lets in; says so to its browser, also where the answer is an error. */
const crossing = async (route: Route, seat: Seat, request: FastifyRequest, reply: FastifyReply): Promise<boolean> => {
  if (!('cross' in route) || seat.away) return false
  reply.header('vary', 'origin')
  const { origin } = request.headers
  if (origin === undefined) return false
  const { house } = seat
  const allowed = await route.cross({ house, params: request.params as Record<string, string> })
  if (!allowed.includes(origin)) return false
  reply
    .header('access-control-allow-origin', origin)
    .header('access-control-allow-methods', 'GET, POST')
    .header('access-control-allow-headers', 'content-type')
    .header('access-control-max-age', '600')
  return true
}

const provisioners = new WeakMap<FastifyRequest, Caller>()

const signedIn = new WeakMap<FastifyRequest, Pick<Call, 'who' | 'token'>>()

const scimType = 'application/scim+json'

/** An error as the protocol of providers wants it: RFC 7644 section 3.12. */
const scimProblem = (reply: FastifyReply, fault: Fault): FastifyReply => {
  const kinds: Readonly<Record<string, string>> = { 'already-exists': 'uniqueness', 'bad-value': 'invalidValue' }
  const { scimType: named } = fault.details
  const kind = typeof named === 'string' ? named : kinds[fault.code]
  if (fault.status === 401) reply.header('www-authenticate', 'Bearer')
  return plain(reply)
    .code(fault.status)
    .type(scimType)
    .serializer(JSON.stringify)
    .send({
      schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
      status: String(fault.status),
      ...(kind === undefined ? {} : { scimType: kind }),
      detail: fault.in('en'),
    })
}

/** Headers of an answer that is not a page. */
const plain = (reply: FastifyReply): FastifyReply =>
  reply.header('cache-control', 'no-store').header('content-security-policy', apiPolicy)

const answerWith = (reply: FastifyReply, result: unknown): unknown => {
  if (result instanceof Carried) {
    if (result.cookies.length > 0) reply.header('set-cookie', result.cookies)
    if (result.location !== undefined) reply.header('location', result.location)
    reply.headers(result.headers)
    return result.value
  }
  if (!(result instanceof Reply)) return result ?? (reply.statusCode === 204 ? undefined : null)
  const cookies = [
    ...(result.cookie === 'clear' ? [clearedCookie] : result.cookie ? [sessionCookie(result.cookie.token)] : []),
    ...(result.device === undefined ? [] : [deviceCookie(result.device)]),
  ]
  if (cookies.length > 0) reply.header('set-cookie', cookies)
  if (result.page) {
    const { type, content, policy } = result.page
    if (policy !== undefined) reply.header('content-security-policy', policy)
    reply.type(type)
    return content
  }
  if (!result.file) return result.value
  const { name, type, content, size, sandboxed } = result.file
  reply.header('content-disposition', disposition(name)).type(type)
  if (size !== undefined) reply.header('content-length', size)
  if (sandboxed) reply.header('content-security-policy', `${apiPolicy}; sandbox`)
  return content instanceof Uint8Array ? Buffer.from(content.buffer, content.byteOffset, content.length) : content
}

const openCall = (seat: Seat, request: FastifyRequest, log: (line: string) => void): OpenCall => ({
  seat,
  house: seat.house,
  params: request.params as Record<string, string>,
  query: request.query as Record<string, string | undefined>,
  body: request.body,
  origin: originOf(request),
  language: languageOf(request),
  cookie: readCookie(request.headers.cookie),
  signOn: readSignOn(request.headers.cookie),
  method: request.method,
  base: `https://${request.headers.host ?? 'localhost'}`,
  ifMatch: request.headers['if-match'],
  provisioner: provisioners.get(request),
  device: readDevice(request.headers.cookie),
  upload: (limit) => readUpload(request, limit),
  uploadStream: (limit) => streamUpload(request, limit),
  report: (error) => faultOf(error, log),
})

const originOf = (request: FastifyRequest): OpenCall['origin'] => ({
  ip: request.ip,
  userAgent: textOf(request.headers['user-agent']),
  channel: request.headers['sec-fetch-site'] === undefined ? 'api' : 'web',
})

const textOf = (header: string | readonly string[] | undefined): string => (typeof header === 'string' ? header : '')

/** The language a request asks for, or undefined. */
const spoken = (request: FastifyRequest): Language | undefined => {
  const first = /\b(zh|en)\b/i.exec(textOf(request.headers['accept-language']))?.[1]?.toLowerCase()
  return first === 'zh' || first === 'en' ? first : undefined
}

const languageOf = (request: FastifyRequest): Language =>
  spoken(request) ?? signedIn.get(request)?.who.user.language ?? 'en'

const addPages = async (app: FastifyInstance, directory: string): Promise<void> => {
  const built = existsSync(directory)
  if (built) {
    await app.register(files, {
      root: directory,
      // A row for each file there is: every other address is the not-found handler's.
      wildcard: false,
      index: false,
      cacheControl: false,
      setHeaders: (reply, path) => {
        const hashed = path.includes('/assets/')
        reply.header('cache-control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache')
        reply.header('content-security-policy', apiPolicy)
      },
    })
  }
  app.setNotFoundHandler(async (request, reply) => {
    const path = request.url.split('?')[0] ?? '/'
    if (request.method !== 'GET' || !isPagePath(path)) throw new Fault('not-found', { what: 'address' })
    const { html, nonce } = await openPage(directory)
    return reply
      .code(200)
      .header('cache-control', 'no-store')
      .header('content-security-policy', pagePolicy(nonce))
      .type('text/html; charset=utf-8')
      .send(html)
  })
}
