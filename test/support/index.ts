// For tests: a real database per call, cloned from a template; one embedded server per test process, which dies with it.
import { spawn } from 'node:child_process'
import { chmodSync, mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { railWalls } from '#access'
import { newId, type Scope, services, type Uuid, type Wall } from '#kernel'
import { openStore, schemaDigest, startEmbedded, type Store, urlWith } from '#store'
import { catalogue } from '../../src/crm/catalogue.ts'

export { catalogue }
export { type Child, runChild } from './child.ts'

export interface TestDatabase {
  readonly store: Store
  readonly tenant: Uuid
  /** The system service in that tenant. */
  readonly scope: Scope
  /** A folder of its own for whatever the test keeps; gone after close. */
  readonly data: string
  /** Owner's URL of the database. */
  readonly url: string
  /** URL of the application's role. */
  readonly appUrl: string
  readonly close: () => Promise<void>
}

/** A fresh database with the whole schema and one tenant. Close it before the test ends. */
export const openTestDatabase = async (): Promise<TestDatabase> => {
  const { admin, template, app } = await (server ??= open())
  const name = `t_${newId().replaceAll('-', '')}`
  await administer(admin, `create database ${name} template ${template}`)
  const data = temporaryFolder()
  const [url, appUrl] = [urlWith(admin, { database: name }), urlWith(admin, { database: name, login: app })]
  const store = await openStore({ data, databaseUrl: url, appDatabaseUrl: appUrl, catalogue, walls })
  const tenant = newId()
  await store.owner((tx) =>
    tx.query({
      text: 'insert into ops.installation (tenant_id, installation_id) values ($1, $2)',
      values: [tenant, newId()],
    }),
  )
  return {
    store,
    tenant,
    scope: { tenant, principal: services.system },
    data,
    url,
    appUrl,
    close: async () => {
      await store.close()
      await administer(admin, `drop database if exists ${name} with (force)`)
      await rm(data, { recursive: true, force: true })
    },
  }
}

/** A new folder that every account of the machine may pass through, as an embedded server started by root needs. */
export const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-test-'))
  chmodSync(folder, 0o711)
  return folder
}

interface Server {
  /** URL of a role that may create databases and roles. */
  readonly admin: string
  readonly template: string
  readonly app: { readonly user: string; readonly password: string }
}

let server: Promise<Server> | undefined

/** What the guard rails leave of each record table. */
export const walls: readonly Wall[] = railWalls(catalogue)

const open = async (): Promise<Server> => {
  const external = process.env.HOLDFAST_TEST_DATABASE_URL
  const admin = external ?? (await embedded())
  const app = { user: 'holdfast_test_app', password: 'only-for-tests' }
  const digest = schemaDigest(catalogue, { app: app.user, jobs: `${app.user}_jobs` }, walls).slice(0, 16)
  const template = `holdfast_template_${digest}`
  const client = new pg.Client({ connectionString: admin })
  await client.connect()
  // Test processes that share a server make its template once.
  await client.query('select pg_advisory_lock(1752132709)')
  try {
    const { rowCount: role } = await client.query('select from pg_roles where rolname = $1', [app.user])
    if (!role) await client.query(`create role ${app.user} login password '${app.password}'`)
    const { rowCount: there } = await client.query('select from pg_database where datname = $1 and datistemplate', [
      template,
    ])
    if (!there) {
      await client.query(`drop database if exists ${template} with (force)`)
      await client.query(`create database ${template} template template0 encoding 'UTF8'`)
      const data = temporaryFolder()
      const urls = {
        databaseUrl: urlWith(admin, { database: template }),
        appDatabaseUrl: urlWith(admin, { database: template, login: app }),
      }
      await (await openStore({ data, ...urls, catalogue, walls })).close()
      await rm(data, { recursive: true, force: true })
      await client.query(`alter database ${template} is_template true`)
    }
  } finally {
    await client.end()
  }
  return { admin, template, app }
}

const embedded = async (): Promise<string> => {
  const data = temporaryFolder()
  // Nothing here needs to outlive a power failure.
  const settings = {
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    max_connections: '300',
    autovacuum: 'off',
  }
  const started = await startEmbedded({ data, settings })
  endWithUs(started.pid, data, started.address.host ?? data)
  const { host = '', user = '', password = '' } = started.address
  return `postgresql://${user}:${password}@/postgres?host=${encodeURIComponent(host)}`
}

// A helper that waits for our end, however it comes (its input closes), then stops that one server and removes its files.
const endWithUs = (pid: number, data: string, sockets: string): void => {
  const script =
    'read -r _; kill -QUIT "$0" 2>/dev/null; n=0; while [ -e "$1/postgres/postmaster.pid" ] && [ $n -lt 100 ]; do sleep 0.05; n=$((n+1)); done; rm -rf "$1" "$2"'
  const helper = spawn('/bin/sh', ['-c', script, String(pid), data, sockets], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  helper.unref()
  // A pipe is a socket in Node, though its type says less.
  const { stdin } = helper as unknown as { readonly stdin: Socket }
  stdin.unref()
}

const administer = async (admin: string, statement: string): Promise<void> => {
  const client = new pg.Client({ connectionString: admin })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
