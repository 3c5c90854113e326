// A process that serves one house over HTTPS and nothing else: started by large-file.ts, which asks what the server itself takes.
import { join } from 'node:path'
import { listen, openHouse, readConfig } from '#server'

const folder = process.env['HOLDFAST_BENCH_FOLDER'] ?? ''
const house = await openHouse(
  readConfig(
    { data: join(folder, 'data'), keys: join(folder, 'keys') },
    { HOLDFAST_ATTACHMENT_MIB: process.env['HOLDFAST_ATTACHMENT_MIB'] },
    folder,
  ),
  { create: true },
)
await house.setUp({
  name: 'Bench',
  email: 'bench@example.com',
  role: 'administrator',
  teamId: null,
  language: 'en',
  password: process.env['HOLDFAST_BENCH_PASSWORD'] ?? '',
  organisation: 'Bench',
})
const server = await listen(house, { port: 0, log: () => undefined, pages: folder })
process.stdout.write(`${server.url}\n`)
process.once('SIGTERM', () => {
  void server.close().then(() => house.close())
})
