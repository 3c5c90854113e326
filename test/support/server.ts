// For tests: the whole house on a database of its own, served over HTTPS, with one user of each role and a client per user.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type House, listen, openHouse, readConfig } from '#server'
import { openTestDatabase } from '#testing'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
  /** The text as JSON. */
  json(): unknown
}

export interface Asked {
  readonly body?: unknown
  /** Sent as it is. */
  readonly raw?: Uint8Array | string
  readonly headers?: Readonly<Record<string, string>>
}

/** Sends requests, keeping cookie and CSRF value like a page does. */
export interface Client {
  cookie: string
  csrf: string
  readonly ask: (method: string, path: string, asked?: Asked) => Promise<Answer>
}

export interface TestServer {
  readonly house: House
  readonly url: string
  readonly log: readonly string[]
  readonly ca: string
  readonly stranger: () => Client
  readonly signIn: (email: string, password: string) => Promise<Client>
  /** Signed in: the administrator, a manager, two sales representatives of one team. */
  readonly admin: Client
  readonly manager: Client
  readonly sales: Client
  readonly other: Client
  readonly ids: Readonly<Record<'admin' | 'manager' | 'sales' | 'other' | 'team', string>>
  readonly close: () => Promise<void>
}

export const testPassword = 'vexed-otter-9-marble'

/** Everything, ready to be asked. Close it before the test ends. */
export const openTestServer = async (
  options: { readonly empty?: boolean; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<TestServer> => {
  const database = await openTestDatabase()
  const folder = await mkdtemp(join(tmpdir(), 'hf-server-'))
  const config = readConfig(
    {
      data: join(folder, 'data'),
      keys: join(folder, 'keys'),
      repository: join(folder, 'backups'),
      databaseUrl: database.url,
      appDatabaseUrl: database.appUrl,
      port: 0,
      // Mail servers of tests have certificates of our own authority.
      mailCa: join(folder, 'keys', 'tls', 'authority.crt'),
    },
    options.env ?? {},
    folder,
  )
  const house = await openHouse(config, { create: true })
  const log: string[] = []
  await mkdir(join(folder, 'pages/assets'), { recursive: true })
  await writeFile(join(folder, 'pages/index.html'), '<!doctype html><html><head></head><body></body></html>')
  await writeFile(join(folder, 'pages/assets/app-1a2b.js'), 'export {}')
  const server = await listen(house, { port: 0, log: (line) => log.push(line), pages: join(folder, 'pages') })
  const ca = await readFile(join(config.keys, 'tls', 'authority.crt'), 'utf8')
  const stranger = (): Client => clientOf(server.url, ca)
  const signIn = async (email: string, password: string): Promise<Client> => {
    const client = stranger()
    const answer = await client.ask('POST', '/api/session', { body: { email, password } })
    if (answer.status !== 200) throw new Error(`sign-in of ${email}: ${answer.text}`)
    client.csrf = (answer.json() as { csrf: string }).csrf
    return client
  }
  // Set up by the test itself: nobody can sign in yet.
  const nobody = { admin: '', manager: '', sales: '', other: '', team: '' }
  const people = options.empty === true ? nobody : await staffOf(house)
  const as = (name: string): Promise<Client> =>
    options.empty === true ? Promise.resolve(stranger()) : signIn(`${name}@example.org`, testPassword)
  return {
    house,
    url: server.url,
    log,
    ca,
    stranger,
    signIn,
    admin: await as('admin'),
    manager: await as('manager'),
    sales: await as('sales'),
    other: await as('other'),
    ids: people,
    close: async () => {
      await server.close()
      await house.close()
      await database.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const staffOf = async (house: House): Promise<TestServer['ids']> => {
  const admin = {
    name: 'Ada Admin',
    email: 'admin@example.org',
    role: 'administrator',
    teamId: null,
    language: 'en',
  } as const
  const { userId } = await house.setUp({ ...admin, password: testPassword, organisation: 'Test Ltd' })
  const team = await house.vault.create(house.system, 'team', { values: { name: 'North' } })
  const person = async (name: string, role: string): Promise<string> => {
    const email = `${name}@example.org`
    const user = await house.vault.create(house.system, 'user', {
      values: { name, email, role, unit: team.id, active: true, language: 'en' },
    })
    await house.identity.setPassword(user.id, testPassword, { actor: house.system })
    return user.id
  }
  return {
    admin: userId,
    team: team.id,
    manager: await person('manager', 'manager'),
    sales: await person('sales', 'sales'),
    other: await person('other', 'sales'),
  }
}

export const clientOf = (url: string, ca: string): Client => {
  const client: Client = {
    cookie: '',
    csrf: '',
    ask: async (method, path, asked = {}) => {
      const raw = asked.raw ?? (asked.body === undefined ? undefined : JSON.stringify(asked.body))
      const answer = await send(`${url}${path}`, ca, method, raw, {
        ...(raw === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(raw)) }),
        ...(client.cookie === '' ? {} : { cookie: client.cookie }),
        ...(client.csrf === '' ? {} : { 'x-holdfast-csrf': client.csrf }),
        ...asked.headers,
      })
      for (const line of answer.headers['set-cookie'] ?? []) client.cookie = keep(client.cookie, line)
      return answer
    },
  }
  return client
}

/** The cookies of a client with one more, or with another value of one. */
const keep = (held: string, line: string): string => {
  const pair = line.split(';')[0] ?? ''
  const name = `${pair.split('=')[0] ?? ''}=`
  return [...held.split('; ').filter((one) => one !== '' && !one.startsWith(name)), pair].join('; ')
}

const send = (
  url: string,
  ca: string,
  method: string,
  raw: Uint8Array | string | undefined,
  headers: Readonly<Record<string, string>>,
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const outgoing = request(url, { method, ca, headers }, (incoming) => {
      const pieces: Buffer[] = []
      incoming.on('data', (piece: Buffer) => pieces.push(piece))
      incoming.on('error', reject)
      incoming.on('end', () => {
        const text = Buffer.concat(pieces).toString('utf8')
        const json = (): unknown => JSON.parse(text)
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text, json })
      })
    })
    outgoing.on('error', reject)
    outgoing.end(raw)
  })
