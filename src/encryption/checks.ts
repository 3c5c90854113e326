// Checks of the sealed data: cells are cells and nothing personal stands in the clear, no refused algorithm is in use, no key is
// too old. They look at headers and columns; what a cell holds they cannot open. Keeps encryption-15.
import { type Catalogue, cellColumn, type Check, type CheckContext, type CheckResult, sealedGroups } from '#kernel'
import { envelopeSuites } from './envelope.ts'
import { sealedAtRest } from './scan.ts'
import { suites } from './suite.ts'

/** CRY-01, CRY-02, CRY-03. CRY-04, -05 and -08 need drills and key events, which this room has none of. */
export const encryptionChecks = ({ catalogue }: { readonly catalogue: Catalogue }): readonly Check[] => [
  sealedAtRest(catalogue),
  allowedAlgorithms(catalogue),
  keyAges,
]

const allowedAlgorithms = (catalogue: Catalogue): Check => ({
  control: 'CRY-02',
  version: 1,
  async run(context) {
    const inCells: Record<string, number> = {}
    for (const type of catalogue.types) {
      for (const group of sealedGroups(type)) {
        const column = cellColumn(group)
        const rows = await context.query<{ suite: number; n: number }>(
          `select get_byte("${column}", 1) as suite, count(*)::int as n from crm."${type.table}"
           where tenant_id = $1 and "${column}" is not null group by 1`,
          [context.tenant],
        )
        for (const { suite, n } of rows) inCells[nameOf(suite)] = (inCells[nameOf(suite)] ?? 0) + n
      }
    }
    const keys = await suiteCounts(context, 'subject_key')
    const epochs = await suiteCounts(context, 'epoch')
    const envelopes = await envelopeCounts(context)
    const [passwords] = await context.query<{ all: number; others: number }>(
      `select count(*)::int as all, count(*) filter (where password_hash not like '$argon2id$%')::int as others
       from identity.credential where tenant_id = $1`,
      [context.tenant],
    )
    const [setting] = await context.query<{ value: string }>(`select current_setting('password_encryption') as value`)
    const database = setting?.value ?? 'unknown'
    const refused = [inCells, keys, epochs, envelopes].flatMap((counts) =>
      Object.keys(counts).filter((name) => !allowed.has(name)),
    )
    if ((passwords?.others ?? 0) > 0) refused.push('password hashes')
    if (database !== 'scram-sha-256') refused.push(`password_encryption=${database}`)
    const population = [inCells, keys, epochs]
      .flatMap((counts) => Object.values(counts))
      .reduce((a, b) => a + b, passwords?.all ?? 0)
    return {
      state: refused.length > 0 ? 'fail' : population === 0 ? 'not-assessed' : 'pass',
      observed: {
        cellsBySuite: inCells,
        dataKeysBySuite: keys,
        epochsBySuite: epochs,
        captureKeysAndCapturesBySuite: envelopes,
        passwordHashes: passwords?.all ?? 0,
        passwordHashesOfAnotherKind: passwords?.others ?? 0,
        databasePasswords: database,
      },
      population,
      finding: algorithmFinding(refused, population),
    }
  },
})

const algorithmFinding = (refused: readonly string[], population: number): CheckResult['finding'] => {
  const list = [...new Set(refused)].join(', ')
  if (list !== '')
    return { zh: `发现不允许的算法：${list}。`, en: `Algorithms that are not allowed are in use: ${list}.` }
  if (population === 0) return { zh: '尚无加密数据或密钥。', en: 'There is no sealed value and no key yet.' }
  return {
    zh: '存量密文、密钥与口令只使用允许的算法。传输与证书由其他检查项负责。',
    en: 'Stored cells, keys and password hashes use allowed algorithms only. Transport and certificates are other checks.',
  }
}

const known: readonly { readonly id: number; readonly name: string }[] = [...suites, ...envelopeSuites]
const allowed: ReadonlySet<string> = new Set(known.map((suite) => suite.name))
const nameOf = (suite: number): string => known.find((each) => each.id === suite)?.name ?? `suite ${suite}`

/** Keys that forms seal to, of epochs that are not destroyed, and what was sent and not yet read. */
const envelopeCounts = async (context: CheckContext): Promise<Readonly<Record<string, number>>> => {
  const rows = await context.query<{ suite: number; n: number }>(
    `select suite, count(*)::int as n from (
       select capture_suite::int as suite from keyring.epoch where tenant_id = $1 and state <> 'destroyed'
       union all select suite::int from crm.capture where tenant_id = $1) as used group by 1`,
    [context.tenant],
  )
  return Object.fromEntries(rows.map(({ suite, n }) => [nameOf(suite), n]))
}

const suiteCounts = async (
  context: CheckContext,
  table: 'epoch' | 'subject_key',
): Promise<Readonly<Record<string, number>>> => {
  const rows = await context.query<{ suite: number; n: number }>(
    `select suite::int as suite, count(*)::int as n from keyring.${table} where tenant_id = $1 group by 1`,
    [context.tenant],
  )
  return Object.fromEntries(rows.map(({ suite, n }) => [nameOf(suite), n]))
}

const longestDays = 365

const keyAges: Check = {
  control: 'CRY-03',
  version: 1,
  async run(context) {
    const epochs = await epochsOf(context)
    const active = epochs.filter(({ state }) => state === 'active')
    const ages = active.map(({ created }) => Math.floor((context.now.getTime() - created.getTime()) / 86_400_000))
    const [keys] = await context.query<{ all: number; old: number; foreign: number }>(
      `select count(*)::int as all,
         count(*) filter (where k.created_at < $2::timestamptz - make_interval(days => ${longestDays}))::int as old,
         count(*) filter (where e.state <> 'active')::int as foreign
       from (select distinct on (subject_id) created_at, epoch, tenant_id from keyring.subject_key
             where tenant_id = $1 order by subject_id, generation desc) k
       join keyring.epoch e on e.tenant_id = k.tenant_id and e.epoch = k.epoch`,
      [context.tenant, context.now],
    )
    const oldEpochs = ages.filter((age) => age > longestDays).length
    const { old = 0, foreign = 0 } = keys ?? {}
    const fail = oldEpochs + old + foreign > 0
    return {
      state: fail ? 'fail' : active.length === 0 ? 'not-assessed' : 'pass',
      observed: {
        longestDays,
        activeEpochs: active.map(({ epoch }, i) => ({ epoch, days: ages[i] ?? 0 })),
        dataKeys: keys?.all ?? 0,
        dataKeysTooOld: old,
        dataKeysUnderRetiredEpochs: foreign,
      },
      population: active.length + (keys?.all ?? 0),
      finding: fail
        ? {
            zh: `${oldEpochs} 个密钥纪元和 ${old} 个数据密钥超过 ${longestDays} 天，${foreign} 个数据密钥尚未重新封装。请轮换密钥。`,
            en: `${oldEpochs} key epochs and ${old} data keys are older than ${longestDays} days, ${foreign} data keys wait to be rewrapped. Rotate the keys.`,
          }
        : active.length === 0
          ? { zh: '尚无密钥。', en: 'There is no key yet.' }
          : {
              zh: `所有在用密钥均不超过 ${longestDays} 天。`,
              en: `Every key in use is at most ${longestDays} days old.`,
            },
    }
  },
}

interface EpochAge {
  readonly epoch: number
  readonly state: string
  readonly created: Date
}

const epochsOf = async (context: CheckContext): Promise<readonly EpochAge[]> => {
  const rows = await context.query<{ epoch: number; state: string; created: Date | string }>(
    `select epoch, state, created_at as created from keyring.epoch where tenant_id = $1 order by epoch`,
    [context.tenant],
  )
  return rows.map(({ epoch, state, created }) => ({ epoch, state, created: new Date(created) }))
}
