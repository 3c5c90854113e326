// The table of doors as a test: which room may open which, and which packages each room may use. Proves itself on planted breaches.
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'

const root = new URL('../../', import.meta.url).pathname

/** Rooms that each room may open (DESIGN of the house, ARCHITECTURE.md). */
const doors: Readonly<Record<string, string>> = {
  kernel: '',
  store: 'kernel',
  journal: 'kernel store',
  encryption: 'kernel',
  access: 'kernel',
  identity: 'kernel store journal encryption',
  vault: 'kernel store journal encryption access',
  backup: 'kernel store journal encryption',
  compliance: 'kernel store journal',
  crm: 'kernel vault',
  server: 'kernel store journal encryption access identity vault backup compliance crm',
  cli: 'kernel store journal encryption access identity vault backup compliance crm server',
  web: '',
}

/** Packages that only these rooms may import; node: modules are named in full. */
const packages: Readonly<Record<string, string>> = {
  pg: 'store',
  'pg-copy-streams': 'store',
  '@cedar-policy/cedar-wasm': 'access',
  'shamir-secret-sharing': 'encryption',
  '@zxcvbn-ts/language-common': 'identity',
  '@simplewebauthn/server': 'identity',
  fastify: 'server',
  '@fastify/multipart': 'server',
  '@fastify/static': 'server',
  '@peculiar/x509': 'server',
  pdfkit: 'compliance',
  papaparse: 'crm',
  'csv-stringify': 'crm',
  'libphonenumber-js': 'vault',
  'pinyin-pro': 'vault',
  'sm-crypto-v2': 'encryption web',
  jose: 'identity',
  nodemailer: 'server',
  'openid-client': 'identity',
  'node:crypto': 'kernel store journal encryption access identity vault backup server',
}

/** server may use node:crypto in these files alone: certificates. */
const cryptoInServer = new Set([
  'src/server/client-authority.ts',
  'src/server/tls.ts',
  'src/server/renewal.ts',
  'src/server/authority.ts',
  'src/server/tls.test.ts',
])

const imports = /(?:\bfrom|\bimport)\s*\(?\s*'([^']+)'/g

const breaches = (file: string, text: string): readonly string[] => {
  const room = file.split('/')[1] ?? ''
  return [...text.matchAll(imports)]
    .map((match) => match[1] ?? '')
    .filter((to) => {
      if (to.startsWith('#')) return !(doors[room] ?? '').split(' ').includes(to.slice(1))
      if (to.startsWith('.')) {
        const target = join(dirname(file), to)
        // The web may read the types of the server's contract and the texts of kernel; app.ts reads the manifest.
        if (room === 'web' && (target === 'src/server/contract.ts' || target.startsWith('src/kernel/text/')))
          return false
        return !target.startsWith(`src/${room}/`)
      }
      if (room === 'web') return false
      const name = to.startsWith('node:')
        ? to
        : to
            .split('/')
            .slice(0, to.startsWith('@') ? 2 : 1)
            .join('/')
      const rooms = packages[name]
      if (rooms === undefined) return false
      if (name === 'node:crypto' && room === 'server') return !cryptoInServer.has(file)
      return !rooms.split(' ').includes(room)
    })
    .map((to) => `${file} -> ${to}`)
}

const sources = globSync('src/**/*.{ts,tsx}', { cwd: root }).filter((file) => !/\.test\.tsx?$/.test(file))

test('[house-1] no room opens a door that the table does not allow', () => {
  assert.ok(sources.length > 100, 'sources were read')
  assert.deepEqual(
    sources.flatMap((file) => breaches(file, readFileSync(join(root, file), 'utf8'))),
    [],
  )
  const longest = sources
    .map((file) => [readFileSync(join(root, file), 'utf8').split('\n').length, file] as const)
    .sort((a, b) => b[0] - a[0])
    .slice(0, 10)
  console.log(`    ten longest files: ${longest.map(([lines, file]) => `${file} ${String(lines)}`).join(', ')}`)
})

test('[house-1] planted breaches are caught', () => {
  const planted: readonly (readonly [string, string])[] = [
    ['src/crm/deal.ts', `import { openStore } from '#store'`],
    ['src/crm/deal.ts', `const { x } = await import('#encryption')`],
    ['src/compliance/run.ts', `import { createVault } from '#vault'`],
    ['src/encryption/cell.ts', `import { x } from '#store'`],
    ['src/vault/read.ts', `import pg from 'pg'`],
    ['src/crm/pool.ts', `import { createHash } from 'node:crypto'`],
    ['src/server/me.ts', `import { createHash } from 'node:crypto'`],
    ['src/web/app.tsx', `import { openHouse } from '../server/app.ts'`],
    ['src/access/closure.ts', `import { x } from '../vault/read.ts'`],
    ['src/identity/session.ts', `import { authorizer } from '@cedar-policy/cedar-wasm/nodejs'`],
  ]
  for (const [file, text] of planted) assert.equal(breaches(file, text).length, 1, `${file}: ${text}`)
  assert.deepEqual(breaches('src/crm/deal.ts', `import type { Vault } from '#vault'`), [])
})
