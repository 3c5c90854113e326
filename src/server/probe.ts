// What a listener really speaks, seen from outside: protocol, cipher, key exchange, certificate and headers. Keeps server-16.
import { request } from 'node:https'
import { connect, type SecureVersion, type TLSSocket } from 'node:tls'

export interface Negotiated {
  readonly protocol: string
  readonly cipher: string
  /** Key exchange group, such as X25519MLKEM768. */
  readonly group: string
  readonly notAfter: Date
  readonly issuer: string
}

export interface Place {
  readonly host: string
  readonly port: number
}

const patience = 5000

/** A handshake with what this runtime offers best, or with nothing newer than a version; null where there is none. */
export const handshake = (place: Place, newest?: SecureVersion): Promise<Negotiated | null> =>
  new Promise((resolve) => {
    const socket = connect(
      {
        ...target(place),
        servername: 'localhost',
        // Whether the certificate is trusted is the client's question; here it is what is spoken.
        rejectUnauthorized: false,
        ...(newest === undefined ? {} : { maxVersion: newest, minVersion: newest }),
      },
      () => {
        resolve(read(socket))
        socket.destroy()
      },
    )
    socket.setTimeout(patience, () => socket.destroy())
    socket.on('error', () => resolve(null))
    socket.on('close', () => resolve(null))
  })

const read = (socket: TLSSocket): Negotiated => {
  const key = socket.getEphemeralKeyInfo()
  const certificate = socket.getPeerX509Certificate()
  return {
    protocol: socket.getProtocol() ?? '',
    cipher: socket.getCipher().standardName,
    group: key !== null && 'name' in key && typeof key.name === 'string' ? key.name : '',
    notAfter: certificate?.validToDate ?? new Date(0),
    issuer: certificate?.issuer.split('\n').at(-1) ?? '',
  }
}

export interface Answered {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
}

/** The headers of one address, or null where nobody answers. */
export const headersOf = (place: Place, path: string): Promise<Answered | null> =>
  new Promise((resolve) => {
    const outgoing = request(
      { ...target(place), path, rejectUnauthorized: false, timeout: patience, agent: false },
      (incoming) => {
        incoming.resume()
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers })
      },
    )
    outgoing.on('timeout', () => outgoing.destroy())
    outgoing.on('error', () => resolve(null))
    outgoing.end()
  })

/** A listener on every address is asked on the loopback one. */
const target = ({ host, port }: Place): Place => ({
  host: host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host,
  port,
})
