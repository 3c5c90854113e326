// Sends what waits in the outbox, through the organisation's mail server, over TLS whose certificate holds. Keeps server-175, server-176.
import { readFile } from 'node:fs/promises'
import { Fault, verbatim } from '#kernel'
import type { DirectoryUser, Letter, MailAccess } from '#identity'
import type { House } from './house.ts'
import { letterText } from './letters.ts'
import { wordsOf } from './letter-words.ts'
import type { Seat } from './seat.ts'

export interface Post {
  /** Sends everything that is due now; how many left. */
  tick(): Promise<number>
  stop(): Promise<void>
}

/** Looks every few seconds; several processes share the work. */
export const postMail = (
  seat: Seat,
  options: { readonly log: (line: string) => void; readonly everyMs?: number },
): Post => {
  let running: Promise<number> | undefined
  const tick = (): Promise<number> => (running ??= sendDue(seat).finally(() => (running = undefined)))
  const timer = setInterval(() => {
    tick().catch((error: unknown) => {
      options.log(`mail: ${error instanceof Error ? error.name : 'unknown error'}`)
    })
  }, options.everyMs ?? 5000).unref()
  return {
    tick,
    stop: async () => {
      clearInterval(timer)
      await running?.catch(() => undefined)
    },
  }
}

const sendDue = async (seat: Seat): Promise<number> => {
  const { house, away } = seat
  if (away) return 0
  const { mail } = house.identity
  const access = await mail.settings()
  if (!access || access.pausedAt) return 0
  let sent = 0
  for (let letter = await mail.take(); letter && !seat.away; letter = await mail.take()) {
    try {
      if (await deliver(house, access, letter)) sent += 1
      await mail.done(letter.id)
    } catch (error) {
      await mail.failed(letter, ...reasonOf(error))
    }
  }
  return sent
}

/** False where there is nobody to write to. */
const deliver = async (house: House, access: MailAccess, letter: Letter): Promise<boolean> => {
  const user = await readerOf(house, letter)
  if (!user?.active) return false
  const found = await wordsOf(house, letter, user)
  if (!found) return false
  const { organisation } = await house.settings()
  const { site } = house.identity
  const linked = letter.kind === 'invite' || letter.kind === 'reset-asked'
  const kind = letter.kind === 'reset-asked' ? 'reset' : letter.kind
  // Made here and now: no token waits anywhere to be read.
  const token = linked ? await house.identity.mail.link(kind === 'invite' ? 'invite' : 'reset', user.id) : ''
  // Behind #, so that it stands in no log and no referrer.
  const link = linked ? `${site().origin}/new-password#${token}` : ''
  await send(house, access, user, kind, { ...letter.detail, ...found, organisation, name: user.name, ...(link === '' ? {} : { link }) }) // prettier-ignore
  return true
}

const readerOf = (house: House, letter: Letter): Promise<DirectoryUser | null> => {
  if (letter.kind === 'reset-asked') return house.staff.findByEmail(letter.detail['email'] ?? '')
  return letter.userId === null ? Promise.resolve(null) : house.staff.get(letter.userId)
}

/** Sends one letter to one person at once. Throws what the transport throws. */
export const send = async (
  house: House,
  access: MailAccess,
  user: Pick<DirectoryUser, 'email' | 'language'>,
  kind: string,
  words: Readonly<Record<string, string>>,
): Promise<void> => {
  const { subject, text } = letterText(kind, user.language, words)
  const { mailCa } = house.config
  // Loaded with the first letter: many a house sends none.
  const { createTransport } = await import('nodemailer')
  const transport = createTransport({
    host: access.host,
    port: access.port,
    secure: access.security === 'tls',
    requireTLS: access.security === 'starttls',
    ignoreTLS: access.security === 'none',
    ...(access.username === '' ? {} : { auth: { user: access.username, pass: access.password } }),
    tls: { minVersion: 'TLSv1.2', ...(mailCa === undefined ? {} : { ca: await readFile(mailCa) }) },
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    socketTimeout: 20_000,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  try {
    await transport.sendMail({
      from: { name: 'Holdfast 守客', address: access.from },
      to: user.email,
      subject: subject.replaceAll(/[\r\n]/gu, ' '),
      text,
      headers: { 'Auto-Submitted': 'auto-generated' },
    })
  } finally {
    transport.close()
  }
}

/** A code without anybody's address in it, and whether another try is of no use (RFC 5321 section 4.2.1: 5yz to the recipient). */
export const reasonOf = (error: unknown): readonly [string, boolean] => {
  const { code, responseCode } = error as { code?: unknown; responseCode?: unknown }
  const name = typeof code === 'string' && /^\w{1,40}$/u.test(code) ? code : 'EUNKNOWN'
  const answer = typeof responseCode === 'number' ? ` ${String(responseCode)}` : ''
  return [`${name}${answer}`, name === 'EENVELOPE' && typeof responseCode === 'number' && responseCode >= 500]
}

/** The same as a refusal for whoever tries the settings. */
export const mailRefused = (cause: unknown): Fault =>
  new Fault('mail-refused', { what: verbatim(reasonOf(cause)[0]) }, { cause })
