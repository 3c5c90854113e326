// A mail server on this machine: real SMTP, real TLS, and the letters it took.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SMTPServer } from 'smtp-server'
import { certificateFor } from '../../src/server/tls.ts'

export interface Letter {
  readonly to: string
  readonly text: string
}

export interface Relay {
  readonly port: number
  readonly letters: Letter[]
  readonly logins: string[]
  readonly close: () => Promise<void>
}

/** A mail server on this machine. foreign: with a certificate nobody trusts. plain: that knows no TLS. */
export const openRelay = async (
  keys: string,
  how: { readonly foreign?: boolean; readonly plain?: boolean; readonly port?: number } = {},
): Promise<Relay> => {
  const folder = await mkdtemp(join(tmpdir(), 'hf-smtp-'))
  const { cert, key } = await certificateFor({ keys: how.foreign === true ? folder : keys })
  const letters: Letter[] = []
  const logins: string[] = []
  const smtp = new SMTPServer({
    cert,
    key,
    logger: false,
    authOptional: how.plain === true,
    disabledCommands: how.plain === true ? ['STARTTLS'] : [],
    onAuth: ({ username, password }, _session, done) => {
      logins.push(`${username ?? ''}:${password ?? ''}`)
      done(null, { user: username })
    },
    onData: (stream, session, done) => {
      const pieces: Buffer[] = []
      stream.on('data', (piece: Buffer) => pieces.push(piece))
      stream.on('end', () => {
        letters.push({
          to: session.envelope.rcptTo.map((one) => one.address).join(),
          text: readable(Buffer.concat(pieces).toString('utf8')),
        })
        done()
      })
    },
  })
  // A client that turns away in the middle is part of the story.
  smtp.on('error', () => undefined)
  await new Promise<void>((resolve) => smtp.listen(how.port ?? 0, '127.0.0.1', resolve))
  const address = smtp.server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    letters,
    logins,
    close: async () => {
      await new Promise<void>((resolve) => smtp.close(resolve))
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Quoted-printable or base64 undone, as a reader sees it. */
const readable = (raw: string): string => {
  const [head = '', ...rest] = raw.split('\r\n\r\n')
  const body = rest.join('\n\n')
  if (/transfer-encoding: base64/iu.test(head)) return `${head}\n\n${Buffer.from(body, 'base64').toString('utf8')}`
  const bytes = body
    .replaceAll(/=\r?\n/gu, '')
    .replaceAll(/=([0-9A-F]{2})/gu, (_, code: string) => String.fromCharCode(parseInt(code, 16)))
  return `${head}\n\n${Buffer.from(bytes, 'latin1').toString('utf8')}`
}
