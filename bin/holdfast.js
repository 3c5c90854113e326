#!/usr/bin/env node
// The holdfast command: runs src/cli/main.ts on the packaged Node.js 26, from whatever node it was called with.
import { spawn } from 'node:child_process'
import * as module from 'node:module'
import { fileURLToPath } from 'node:url'
import { cache, node26 } from './node26.js'

if (Number(process.versions.node.split('.')[0]) >= 26) {
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
  const child = spawn(binary, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => {
    if (signal) process.kill(process.pid, signal)
    else process.exit(code ?? 1)
  })
}
