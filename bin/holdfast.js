#!/usr/bin/env node
// The holdfast command: starts src/cli/main.ts on the packaged Node.js 26, from whatever node it was called with.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { node26 } from './node26.js'

const main = new URL('../src/cli/main.ts', import.meta.url)

if (Number(process.versions.node.split('.')[0]) >= 26) {
  await import(main.href)
} else {
  const binary = node26()
  if (binary === undefined) {
    console.error(
      'holdfast: the packaged Node.js 26 is not installed for this platform; run npm ci, or start with node 26',
    )
    process.exit(1)
  }
  const child = spawn(binary, [fileURLToPath(main), ...process.argv.slice(2)], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => {
    if (signal) process.kill(process.pid, signal)
    else process.exit(code ?? 1)
  })
}
