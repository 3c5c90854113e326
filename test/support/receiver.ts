// A receiver of webhooks on this machine, for tests: keeps what came, by the path it came to.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Receiver {
  readonly url: string
  readonly got: { readonly path: string; readonly headers: string; readonly body: string }[]
  /** What it answers from now on. */
  status: number
  readonly close: () => void
}

export const openReceiver = async (): Promise<Receiver> => {
  const got: Receiver['got'] = []
  const server = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      got.push({
        path: request.url ?? '',
        headers: JSON.stringify(request.headers),
        body: Buffer.concat(pieces).toString('utf8'),
      })
      response.writeHead(receiver.status).end()
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  const receiver: Receiver = {
    url: `http://127.0.0.1:${String(port)}`,
    got,
    status: 204,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
  return receiver
}
