// What a row of the route table says, and what a handler is given: never the raw request. Keeps server-1.
import type { Readable } from 'node:stream'
import { type Actor, type Channel, Fault, type Label, type Language, say, type Thing } from '#kernel'
import type { Authenticated, Caller, Tokens } from '#identity'
import type { House } from './house.ts'
import type { Schema } from './schema.ts'
import type { Seat } from './seat.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'

/** What every handler may know about a request. */
export interface OpenCall {
  readonly house: House
  /** Where the house sits: a restore exchanges it. */
  readonly seat: Seat
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string | undefined>>
  /** Checked against the row's schema, so a handler may call it what that says. */
  readonly body: unknown
  readonly origin: { readonly ip: string; readonly userAgent: string; readonly channel: Channel }
  readonly language: Language
  /** Value of the session cookie, whatever it is worth. */
  readonly cookie: string | undefined
  readonly method: string
  /** https://host as the request names it. */
  readonly base: string
  readonly ifMatch: string | undefined
  /** The provider of identity whose token came, on rows for them. */
  readonly provisioner: Caller | undefined
  /** Value of the cookie of a sign-in under way, whatever it is worth. */
  readonly signOn: string | undefined
  /** Token of a browser that is remembered, whatever it is worth. */
  readonly device: string | undefined
  /** The parts of a multipart request. */
  upload(limit: number): Promise<Upload>
  /** The first file of a multipart request as it flows, with the fields that stand before it. */
  uploadStream(limit: number): Promise<StreamedUpload>
  /** The Fault of an error that comes after the answer; logs what nobody foresaw. */
  readonly report: (error: unknown) => Fault
}

export interface Upload {
  readonly name: string
  readonly bytes: Uint8Array
  readonly fields: Readonly<Record<string, string>>
}

export interface StreamedUpload {
  readonly name: string
  /** The media type that the sender named. */
  readonly declared: string
  readonly fields: Readonly<Record<string, string>>
  readonly bytes: AsyncIterable<Uint8Array>
}

/** A request of somebody who is signed in. */
export interface Call extends OpenCall {
  readonly actor: Actor
  readonly who: Authenticated
  readonly token: string
}

interface Row {
  readonly method: Method
  readonly path: string
  readonly summary: string
  /** Schemas of what comes in; a body that is not described is refused. */
  readonly query?: Schema
  readonly body?: Schema
  readonly multipart?: true
  /** What may go out; a member that is not described is not sent. null: nothing. file: bytes. */
  readonly out: Schema | null | 'file'
  readonly status?: number
}

/** A row open to everybody, with the reason why. */
export interface OpenRoute extends Row {
  readonly open: string
  /** Answers also while a restore has taken the house away. */
  readonly whileAway?: true
  /** For providers of identity, whose token is looked at before the body. */
  readonly scim?: true
  /** The body comes as a form, as protocols older than JSON want it. */
  readonly form?: true
  /** Origins of other hosts whose pages may ask; without it a browser's request from elsewhere is refused. */
  readonly cross?: (call: Pick<OpenCall, 'house' | 'params'>) => Promise<readonly string[]>
  handler(call: OpenCall): Promise<unknown>
}

/** A row for people who are signed in: which action on which resource the handler asks the vault for. */
export interface GuardedRoute extends Row {
  readonly action: string
  readonly resource: string
  /** Also for somebody whose password has to be changed first. */
  readonly early?: true
  /** Also for somebody whose role needs a second factor first. */
  readonly enrolling?: true
  /** Dangerous: asks for a fresh confirmation before anything is read. */
  readonly confirm?: true
  handler(call: Call): Promise<unknown>
}

export type Route = OpenRoute | GuardedRoute

/** An answer with more to it than a JSON value. */
export class Reply {
  readonly value: unknown
  readonly cookie: Tokens | 'clear' | undefined
  readonly file: FileReply | undefined
  readonly page: ShownReply | undefined
  readonly device: string | undefined
  private constructor(
    value: unknown,
    cookie: Tokens | 'clear' | undefined,
    file: FileReply | undefined,
    page?: ShownReply,
    device?: string,
  ) {
    this.value = value
    this.cookie = cookie
    this.file = file
    this.page = page
    this.device = device
  }
  /** Something a browser shows or runs rather than saves. */
  static shown(page: ShownReply): Reply {
    return new Reply(undefined, undefined, undefined, page)
  }
  static withSession(tokens: Tokens & { readonly device?: string }, value: unknown): Reply {
    return new Reply(value, tokens, undefined, undefined, tokens.device)
  }
  /** The browser is remembered from now on. */
  static remembered(device: string, value: unknown): Reply {
    return new Reply(value, undefined, undefined, undefined, device)
  }
  static signedOut(): Reply {
    return new Reply(undefined, 'clear', undefined)
  }
  static file(file: FileReply): Reply {
    return new Reply(undefined, undefined, file)
  }
}

/** An answer with cookies of its own, or one that sends the browser on. */
export class Carried {
  readonly value: unknown
  readonly cookies: readonly string[]
  readonly location: string | undefined
  readonly headers: Readonly<Record<string, string>>
  constructor(
    value: unknown,
    cookies: readonly string[],
    location?: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    this.value = value
    this.cookies = cookies
    this.location = location
    this.headers = headers
  }
}

export interface ShownReply {
  readonly type: string
  readonly content: Buffer
  /** Content policy of a page; without it nothing in the answer may run or load. */
  readonly policy?: string
}

export interface FileReply {
  readonly name: string
  readonly type: string
  readonly content: Uint8Array | Readable
  /** Bytes, where they are known before. */
  readonly size?: number
  /** From outside: a browser that shows it all the same must not run anything in it. */
  readonly sandboxed?: true
}

/** A member of the path that must be an id: a malformed one is as unknown as one that is nobody's. */
export const idOf = (call: OpenCall, name = 'id', what: Thing | Label = 'record'): string => {
  const value = call.params[name] ?? ''
  if (!/^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/.test(value)) throw new Fault('not-found', { what })
  return value
}

/** A whole number of the query string, or undefined where it is absent. */
export const numberOf = (call: OpenCall, name: string, from: number, to: number): number | undefined => {
  const text = call.query[name]
  if (text === undefined) return undefined
  const value = Number(text)
  if (!/^\d{1,15}$/.test(text) || value < from || value > to) {
    throw new Fault('bad-input', { what: say('{name} is a whole number from {from} to {to}', { name, from, to }) })
  }
  return value
}

/** The actor of the call, giving a purpose. */
export const withPurpose = (actor: Actor, purpose: string): Actor => ({ ...actor, env: { ...actor.env, purpose } })
