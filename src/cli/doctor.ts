// holdfast doctor: what this installation stands on, and whether each part answers.
import { access, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type AnswersVerdict, checkAnswers } from '#access'
import { catalogue } from '#crm'
import { Fault } from '#kernel'
import { signatureSuiteOf } from '#encryption'
import { handshake, type House } from '#server'
import type { Arguments } from './arguments.ts'
import { configOf, inHouse } from './house.ts'
import { print } from './output.ts'

interface Finding {
  readonly name: string
  readonly ok: boolean
  readonly what: string
  /** Of the error that stood in the way. */
  readonly code?: string
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
    // Before the house is opened, which would go by them.
    engineAnswers(checkAnswers(catalogue)),
  ]
  try {
    await inHouse(args, async (house) => {
      const health = await house.store.health()
      findings.push({ name: 'database', ok: health.ok, what: `${house.store.kind}, PostgreSQL ${health.version}` })
      findings.push(await databaseLink(house))
      findings.push(await rowSecurity(house))
      findings.push(await rootKey(house))
      findings.push(await profileLine(house))
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
      findings.push(await webhooks(house), await mail(house))
      const report = await house.journal.verify(house.tenant)
      findings.push({
        name: 'journal',
        ok: report.ok,
        what: `${String(report.entries)} entries${report.ok ? '' : `, broken: ${report.firstBad?.what ?? ''}`}`,
      })
    })
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    findings.push({ name: 'house', ok: false, what: error.message, code: error.code })
  }
  findings.push(await listener(config))
  const ok = findings.every((one) => one.ok || told.includes(one.name))
  if (!ok) process.exitCode = 1
  print(
    args,
    { ok, findings },
    findings.map((one) => `${one.ok ? 'ok ' : '!! '} ${one.name.padEnd(16)} ${one.what}`),
  )
}

/** Findings that wait for somebody to decide, and are no fault. */
const told: readonly string[] = ['backup identity', 'listener', 'webhooks', 'mail']

/** Whether what was kept of the policy engine's answers is what it answers. */
const engineAnswers = ({ state, file, kept, wrong }: AnswersVerdict): Finding => {
  const what: Readonly<Record<AnswersVerdict['state'], string>> = {
    same: `asked anew: all ${String(kept)} kept answers are its own`,
    absent: 'no answers are kept: it is asked at each start; npm run build keeps them',
    unused: `${file} is cut off, garbage or of another version: it is not used, the engine is asked at each start; npm run build makes it anew`,
    differs: `${file}: ${String(wrong)} of ${String(kept)} kept answers are not what the engine says: somebody altered it, or it is older than the sources; remove it, npm run build makes it anew`,
  }
  return { name: 'policy engine', ok: state !== 'differs', what: what[state] }
}

/** Whether a restore stopped some that nobody set in use again. */
const webhooks = async (house: House): Promise<Finding> => {
  const all = await house.webhooks.list()
  const stopped = all.filter(({ stopped: why }) => why === 'restored').length
  return {
    name: 'webhooks',
    ok: stopped === 0,
    what:
      stopped === 0
        ? `${String(all.filter(({ active }) => active).length)} in use`
        : `${String(stopped)} stopped by the restore: remove them, or holdfast webhooks resume --as E`,
  }
}

/** Whether a restore paused the mail server. */
const mail = async (house: House): Promise<Finding> => {
  const server = await house.identity.mail.settings()
  if (!server) return { name: 'mail', ok: true, what: 'no mail server is set' }
  if (!server.pausedAt) return { name: 'mail', ok: true, what: 'a mail server is in use' }
  return {
    name: 'mail',
    ok: false,
    what: 'paused by the restore: set it in use again, or remove it, under sign-in & mail',
  }
}

/** Which suites seal and sign, and which keys only check what was signed before. */
const profileLine = async (house: House): Promise<Finding> => {
  const { epochs } = await house.rotation.states()
  const active = epochs.find(({ state }) => state === 'active')
  if (!active) return { name: 'profile', ok: false, what: 'no key epoch is in use' }
  const suite = signatureSuiteOf(active.suite, active.captureSuite)
  const earlier = new Set(
    (await house.keys.named.list()).flatMap((key) => (key.name === 'policies' ? [] : (key.suite ?? []))),
  )
  earlier.delete(suite)
  const before = earlier.size === 0 ? '' : `; still checked: ${[...earlier].join(', ')}`
  return { name: 'profile', ok: true, what: `${active.profile ?? 'suites of its own'}, signs by ${suite}${before}` }
}

/** How this very connection to the database travels, as the server sees it. */
const databaseLink = async (house: House): Promise<Finding> => {
  const [row] = await house.store.owner((tx) =>
    tx.query<{ ssl: boolean; version: string | null; cipher: string | null; address: string | null }>({
      text: `select coalesce(s.ssl, false) as ssl, s.version, s.cipher, host(inet_client_addr()) as address
             from (select pg_backend_pid() as pid) me left join pg_stat_ssl s using (pid)`,
    }),
  )
  const { transport, verified } = house.store.link
  const how =
    row?.ssl === true
      ? `${row.version ?? ''}, ${row.cipher ?? ''}, ${verified ? 'server verified' : 'server not verified'}`
      : transport === 'socket' || row?.address === null
        ? 'unix socket of this machine'
        : 'plain TCP'
  return { name: 'database link', ok: transport === 'socket' || verified || loopback(row?.address), what: how }
}

/** Whether the database keeps rows back as this version and its guard rails say. */
const rowSecurity = async (house: House): Promise<Finding> => {
  const faults = await house.store.wallFaults()
  return {
    name: 'row security',
    ok: faults.length === 0,
    what:
      faults.length === 0
        ? 'the policies in the database are those generated from the guard rails'
        : `not as generated: ${faults.join(', ')}; the next start sets it anew`,
  }
}

const loopback = (address: string | null | undefined): boolean =>
  address === null || address === '::1' || (address?.startsWith('127.') ?? false)

/** What is negotiated with the running product, where it runs. */
const listener = async (config: ReturnType<typeof configOf>): Promise<Finding> => {
  const found = await handshake({ host: config.host, port: config.port })
  if (!found) return { name: 'listener', ok: false, what: `nothing answers on ${config.host}:${String(config.port)}` }
  const days = Math.floor((found.notAfter.getTime() - Date.now()) / 86_400_000)
  return {
    name: 'listener',
    ok: days >= 20,
    what: `${found.protocol}, ${found.cipher}, ${found.group}; certificate ends ${found.notAfter.toISOString().slice(0, 10)} (${String(days)} days)`,
  }
}

/** Where the root key lives and whether it answers. */
const rootKey = async (house: House): Promise<Finding> => {
  const { kind, fingerprint } = house.keys.provider
  const [home, ...others] = house.keys.roots()
  const how = kind === 'file' ? `${kind} (${home?.protection ?? ''})` : kind
  const more =
    others.length > 0
      ? `; an exchange is unfinished: ${others.map((one) => one.fingerprint).join(', ')} still unwrap`
      : ''
  try {
    const before = performance.now()
    await house.keys.provider.check?.()
    const took = kind === 'file' ? '' : `, answered in ${(performance.now() - before).toFixed(0)} ms`
    return { name: 'root key', ok: others.length === 0, what: `${how}, fingerprint ${fingerprint}${took}${more}` }
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return {
      name: 'root key',
      ok: false,
      what: `${how}, fingerprint ${fingerprint}: ${error.message}`,
      code: error.code,
    }
  }
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
