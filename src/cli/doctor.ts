// holdfast doctor: what this installation stands on, and whether each part answers.
import { access, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Fault } from '#kernel'
import type { Arguments } from './arguments.ts'
import { configOf, inHouse } from './house.ts'
import { print } from './output.ts'

interface Finding {
  readonly name: string
  readonly ok: boolean
  readonly what: string
}

export const run = async (args: Arguments): Promise<void> => {
  const config = configOf(args)
  const findings: Finding[] = [
    {
      name: 'runtime',
      ok: Number(process.versions.node.split('.')[0]) >= 26,
      what: `node ${process.versions.node}, OpenSSL ${process.versions.openssl}`,
    },
    await space(config.data),
  ]
  try {
    await inHouse(args, async (house) => {
      const health = await house.store.health()
      findings.push({ name: 'database', ok: health.ok, what: `${house.store.kind}, PostgreSQL ${health.version}` })
      findings.push({
        name: 'root key',
        ok: true,
        what: `${house.keys.provider.kind}, fingerprint ${house.keys.provider.fingerprint}`,
      })
      findings.push({
        name: 'set up',
        ok: await house.isSetUp(),
        what: (await house.isSetUp()) ? 'an administrator exists' : 'no administrator yet',
      })
      const identity = await access(`${config.keys}/backup.identity`).then(
        () => true,
        () => false,
      )
      findings.push({
        name: 'backup identity',
        ok: !identity,
        what: identity ? 'still lies beside the keys: move it to another place' : 'is kept elsewhere',
      })
      const report = await house.journal.verify(house.tenant)
      findings.push({
        name: 'journal',
        ok: report.ok,
        what: `${String(report.entries)} entries${report.ok ? '' : `, broken: ${report.firstBad?.what ?? ''}`}`,
      })
    })
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    findings.push({ name: 'house', ok: false, what: error.message })
  }
  const ok = findings.every((one) => one.ok || one.name === 'backup identity')
  if (!ok) process.exitCode = 1
  print(
    args,
    { ok, findings },
    findings.map((one) => `${one.ok ? 'ok ' : '!! '} ${one.name.padEnd(16)} ${one.what}`),
  )
}

const space = async (path: string): Promise<Finding> => {
  for (let at = path; ; at = dirname(at)) {
    const found = await statfs(at).catch(() => undefined)
    if (found) {
      const free = (found.bavail * found.bsize) / 1e9
      return { name: 'disk', ok: free > 1, what: `${free.toFixed(1)} GB free` }
    }
    if (dirname(at) === at) return { name: 'disk', ok: false, what: 'the data directory cannot be looked at' }
  }
}
