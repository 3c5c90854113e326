// A process that sets up a house, or serves it over HTTPS and nothing else: started by large-file.ts, which asks what a server takes that has
// long been set up.
import { join } from 'node:path'
import { listen, openHouse, readConfig } from '#server'

const folder = process.env['HOLDFAST_BENCH_FOLDER'] ?? ''
const making = process.env['HOLDFAST_BENCH_STEP'] === 'make'
const house = await openHouse(
  readConfig(
    { data: join(folder, 'data'), keys: join(folder, 'keys') },
    { HOLDFAST_ATTACHMENT_MIB: process.env['HOLDFAST_ATTACHMENT_MIB'] },
    folder,
  ),
  { create: making },
)
if (making) {
  await house.setUp({
    name: 'Bench',
    email: 'bench@example.com',
    role: 'administrator',
    teamId: null,
    language: 'en',
    password: process.env['HOLDFAST_BENCH_PASSWORD'] ?? '',
    organisation: 'Bench',
  })
  await house.close()
} else {
  const server = await listen(house, { port: 0, log: () => undefined, pages: folder })
  process.stdout.write(`${server.url}\n`)
  process.once('SIGTERM', () => {
    void server.close().then(() => house.close())
  })
}
