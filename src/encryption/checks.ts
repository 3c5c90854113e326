// Checks of the sealed data: cells are cells and nothing personal stands in the clear, no refused algorithm is in use, no key is
// too old. They look at headers and columns; what a cell holds they cannot open. Keeps encryption-15.
import {
  type Catalogue,
  cellColumn,
  type Check,
  type CheckContext,
  type CheckResult,
  columnOf,
  columnType,
  type Json,
  type RecordType,
  sealedGroups,
} from '#kernel'
import { cellShape, readHeader } from './cell.ts'
import { suites } from './suite.ts'

/** CRY-01, CRY-02, CRY-03. CRY-04, -05 and -08 need drills and key events, which this room has none of. */
export const encryptionChecks = ({ catalogue }: { readonly catalogue: Catalogue }): readonly Check[] => [
  sealedAtRest(catalogue),
  allowedAlgorithms(catalogue),
  keyAges,
]

/** The control asks for at least 1,000 rows of each column, or all of them. */
const sampleSize = 2000

const sealedAtRest = (catalogue: Catalogue): Check => ({
  control: 'CRY-01',
  version: 1,
  async run(context) {
    const epochs = new Set((await epochsOf(context)).map(({ epoch }) => epoch))
    const cells: Record<string, Json> = {}
    const badCells: string[] = []
    const plain: Record<string, Json> = {}
    let population = 0
    for (const type of catalogue.types) {
      for (const group of sealedGroups(type)) {
        const found = await sampleCells(context, type, cellColumn(group), epochs)
        population += found.rows
        cells[`${type.table}.${cellColumn(group)}`] = found
        if (found.malformed + found.readable > 0) badCells.push(`${type.table}.${cellColumn(group)}`)
      }
      for (const [column, hits] of await plainHits(context, type)) plain[`${type.table}.${column}`] = hits
    }
    const names = Object.keys(plain)
    const bad = badCells.length + names.length > 0
    return {
      state: bad ? 'fail' : population === 0 ? 'not-assessed' : 'pass',
      observed: { sampleSizePerColumn: sampleSize, cells, plainTextColumnsWithPersonalPatterns: plain },
      population,
      finding: sealedFinding(population, badCells, names),
    }
  },
})

const sealedFinding = (
  population: number,
  badCells: readonly string[],
  plain: readonly string[],
): CheckResult['finding'] => {
  if (badCells.length > 0) {
    const list = badCells.join(', ')
    return {
      zh: `以下密文列含有不合规的内容：${list}。`,
      en: `These sealed columns hold something that is no cell: ${list}.`,
    }
  }
  if (plain.length > 0) {
    const list = plain.join(', ')
    return {
      zh: `以下明文列中出现手机号、邮箱或身份证号：${list}。请将这些内容移入加密字段。`,
      en: `Phone numbers, e-mail addresses or ID numbers stand in plain columns: ${list}. Move them into sealed fields.`,
    }
  }
  if (population === 0) return { zh: '尚无加密数据。', en: 'There is no sealed value yet.' }
  return {
    zh: `抽查 ${population} 个密文单元，均为认证加密格式；明文列中未发现手机号、邮箱或身份证号。`,
    en: `All ${population} cells looked at are authenticated ciphertext; no phone, e-mail or ID number was found in plain columns.`,
  }
}

interface CellSample {
  readonly [name: string]: Json
  readonly rows: number
  readonly malformed: number
  readonly readable: number
  readonly suites: readonly number[]
  readonly epochs: readonly number[]
}

const sampleCells = async (
  context: CheckContext,
  type: RecordType,
  column: string,
  epochs: ReadonlySet<number>,
): Promise<CellSample> => {
  // Ordered by a hash of the id and the day: a fresh sample every day, the same one if somebody asks again.
  const rows = await context.query<{ cell: Uint8Array }>(
    `select "${column}" as cell from crm."${type.table}" where tenant_id = $1 and "${column}" is not null
     order by md5(id::text || $2) limit ${sampleSize}`,
    [context.tenant, context.now.toISOString().slice(0, 10)],
  )
  const headers = rows.map(({ cell }) => readHeader(cell))
  const malformed = rows.filter(({ cell }, i) => !cellShape(cell) || !epochs.has(headers[i]?.epoch ?? 0)).length
  return {
    rows: rows.length,
    malformed,
    readable: rows.filter(({ cell }) => readable(cell)).length,
    suites: distinct(headers.map((header) => header?.suite ?? 0)),
    epochs: distinct(headers.map((header) => header?.epoch ?? 0)),
  }
}

/** Whether 32 printable ASCII characters stand in a row: in random bytes, less than once in 10^13 places. */
const readable = (bytes: Uint8Array): boolean => /[ -~]{32}/.test(Buffer.from(bytes).toString('latin1'))

// PostgreSQL regular expressions: an e-mail address, a Chinese mobile number, an 18-digit ID number with a plausible birthday.
const patterns: Readonly<Record<string, string>> = {
  email: '[[:alnum:]._%+-]+@[[:alnum:]-]+(\\.[[:alnum:]-]+)*\\.[[:alpha:]]{2,}',
  mobile: '(^|[^0-9])(\\+?86[ -]?)?1[3-9][0-9][ -]?[0-9]{4}[ -]?[0-9]{4}($|[^0-9])',
  idNumber:
    '(^|[^0-9])[1-9][0-9]{5}(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx]($|[^0-9A-Za-z])',
}

/** Plain text columns of a type in which a pattern was found, with the number of rows of each. */
const plainHits = async (
  context: CheckContext,
  type: RecordType,
): Promise<readonly (readonly [column: string, hits: Readonly<Record<string, Json>>])[]> => {
  const columns = type.fields.flatMap((field) => {
    const kind = columnType(field)
    if (field.storage !== 'plain' || (kind !== 'text' && kind !== 'text[]')) return []
    const column = columnOf(field)
    return [{ column, text: kind === 'text' ? `"${column}"` : `array_to_string("${column}", ' ')` }]
  })
  const names = Object.keys(patterns)
  const counts = columns.flatMap(({ text }, c) =>
    names.map((_, p) => `count(*) filter (where ${text} ~ $${p + 2})::int as "c${c}_${p}"`),
  )
  if (counts.length === 0) return []
  const [row] = await context.query<Record<string, number>>(
    `select ${counts.join(', ')} from crm."${type.table}" where tenant_id = $1`,
    [context.tenant, ...Object.values(patterns)],
  )
  return columns.flatMap(({ column }, c) => {
    const hits = Object.fromEntries(
      names.flatMap((name, p) => ((row?.[`c${c}_${p}`] ?? 0) > 0 ? [[name, row?.[`c${c}_${p}`] ?? 0]] : [])),
    )
    return Object.keys(hits).length > 0 ? [[column, hits] as const] : []
  })
}

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
    const [passwords] = await context.query<{ all: number; others: number }>(
      `select count(*)::int as all, count(*) filter (where password_hash not like '$argon2id$%')::int as others
       from identity.credential where tenant_id = $1`,
      [context.tenant],
    )
    const [setting] = await context.query<{ value: string }>(`select current_setting('password_encryption') as value`)
    const database = setting?.value ?? 'unknown'
    const refused = [inCells, keys, epochs].flatMap((counts) =>
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

const allowed: ReadonlySet<string> = new Set(suites.map((suite) => suite.name))
const nameOf = (suite: number): string => suites.find((each) => each.id === suite)?.name ?? `suite ${suite}`

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
