#!/usr/bin/env node
// The holdfast command: runs src/cli/main.ts on the packaged Node.js 26, from whatever node it was called with.
import { spawn } from 'node:child_process'
import * as module from 'node:module'
import { fileURLToPath } from 'node:url'
import { cache, node26 } from './node26.js'

// A server lives long: with a nursery of 8 MiB instead of 32 and two pools of the C library instead of one a thread it takes some 80 MB less,
// and no more time for a page (docs/performance.md). It may ask for a look at its youngest objects (src/vault/flow.ts). NODE_OPTIONS and
// MALLOC_ARENA_MAX of the operator's own go before.
const given = `${process.env['NODE_OPTIONS'] ?? ''} ${process.execArgv.join(' ')}`
const lean =
  process.argv[2] === 'start'
    ? [
        ...(given.includes('semi-space') ? [] : ['--max-semi-space-size=8']),
        ...(given.includes('expose-gc') ? [] : ['--expose-gc']),
      ]
    : []
const env = lean.length > 0 ? { MALLOC_ARENA_MAX: '2', ...process.env } : process.env

if (Number(process.versions.node.split('.')[0]) >= 26) {
  // The same process, begun anew: what is set here is read at its beginning alone. Windows cannot do it, and goes on as it is.
  if (lean.length > 0 && process.platform !== 'win32')
    process.execve(process.execPath, [process.execPath, ...lean, ...process.execArgv, ...process.argv.slice(1)], env)
  // Stripped and compiled once, started a second sooner from then on. Where it cannot be written, nothing is kept.
  module.enableCompileCache(cache)
  await import('../src/cli/main.ts')
} else {
  const binary = node26()
  if (binary === undefined) {
    console.error(
      'holdfast: the packaged Node.js 26 is not installed for this platform; run npm ci, or start with node 26',
    )
    process.exit(1)
  }
  const args = [...lean, fileURLToPath(import.meta.url), ...process.argv.slice(2)]
  const child = spawn(binary, args, { stdio: 'inherit', env })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => {
    if (signal) process.kill(process.pid, signal)
    else process.exit(code ?? 1)
  })
}
