// Checks of the backup controls on the live installation: what is kept in ops.backup, and where keys and copies lie. Keeps backup-15.
import { realpath, stat } from 'node:fs/promises'
import { join, resolve, sep } from 'node:path'
import type { Check, CheckContext, CheckResult } from '#kernel'
import { keyringOf, openRepository, readManifests } from './repository.ts'
import { snapshotDays } from './snapshot.ts'

export interface BackupPlaces {
  /** The data directory. */
  readonly data: string
  /** The directory of keys, where the identity lies as backup.identity until it is moved off this machine. */
  readonly keys: string
  /** The repository backups go to. */
  readonly repository: string
}

/** Checks of BKP-01 to BKP-05. */
export const backupChecks = (places: BackupPlaces): readonly Check[] => [
  { control: 'BKP-01', version: 1, run: recentAndVerified },
  { control: 'BKP-02', version: 1, run: drilled },
  { control: 'BKP-03', version: 1, run: offSite },
  { control: 'BKP-04', version: 1, run: (context) => keysApart(context, places) },
  { control: 'BKP-05', version: 2, run: (context) => erasuresReplayed(context, places) },
]

const hour = 3_600_000
/** BKP-01: a full backup every seven days. */
const fullEveryHours = 168
/** Recovery point objective unless the setting backup.rpoMinutes says otherwise: one day. */
const defaultRpoMinutes = 1440

interface BackupRow {
  readonly id: string
  readonly type: string
  readonly repository: string
  readonly created_at: Date
  readonly verified_at: Date | null
  readonly verified_level: number | null
}

const recentAndVerified = async (context: CheckContext): Promise<CheckResult> => {
  const rows = await doneBackups(context)
  const rpo = await setting(context, 'backup.rpoMinutes')
  const rpoMinutes = typeof rpo === 'number' && rpo > 0 ? rpo : defaultRpoMinutes
  const full = rows.find((row) => row.type === 'full')
  const last = rows[0]
  if (!full || !last) return fail({ backups: 0 }, 0, '还没有任何全量备份', 'there is no full backup yet')
  const fullAge = Math.floor((context.now.getTime() - full.created_at.getTime()) / hour)
  const gap = Math.floor((context.now.getTime() - last.created_at.getTime()) / 60_000)
  const observed = {
    backups: rows.length,
    full: full.id,
    fullAgeHours: fullAge,
    last: last.id,
    gapMinutes: gap,
    rpoMinutes,
    verifiedAt: full.verified_at?.toISOString() ?? null,
    verifiedLevel: full.verified_level,
  }
  if (fullAge > fullEveryHours)
    return fail(
      observed,
      rows.length,
      `最近的全量备份已有 ${String(fullAge)} 小时`,
      `the last full backup is ${String(fullAge)} hours old`,
    )
  if (gap > rpoMinutes)
    return fail(
      observed,
      rows.length,
      `距最近一次备份已 ${String(gap)} 分钟，超过目标 ${String(rpoMinutes)} 分钟`,
      `the last backup is ${String(gap)} minutes old, more than the objective of ${String(rpoMinutes)}`,
    )
  if ((full.verified_level ?? 0) < 1)
    return fail(
      observed,
      rows.length,
      '最近的全量备份尚未按哈希校验',
      'the last full backup was not verified by its hashes yet',
    )
  return pass(observed, rows.length, '有近期且已校验的备份', 'there are recent backups, verified by hash')
}

const drilled = async (context: CheckContext): Promise<CheckResult> => {
  const [row] = await context.query<{ at: Date | null; n: bigint }>(
    `select max(at) as at, count(*)::bigint as n from journal.entry where tenant_id = $1 and act = 'backup.drill'`,
    [context.tenant],
  )
  const observed = { drills: Number(row?.n ?? 0n), last: row?.at?.toISOString() ?? null }
  if (!row?.at) return fail(observed, 0, '从未做过恢复演练', 'no restore drill was ever held')
  const days = Math.floor((context.now.getTime() - row.at.getTime()) / (24 * hour))
  return days < 30
    ? pass(
        observed,
        observed.drills,
        `最近一次恢复演练在 ${String(days)} 天前`,
        `the last restore drill was ${String(days)} days ago`,
      )
    : fail(
        observed,
        observed.drills,
        `最近一次恢复演练已过 ${String(days)} 天`,
        `the last restore drill was ${String(days)} days ago`,
      )
}

const offSite = async (context: CheckContext): Promise<CheckResult> => {
  const value = await setting(context, 'backup.offSite')
  const told = typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
  const place = typeof told['place'] === 'string' ? told['place'] : ''
  const days = typeof told['immutableDays'] === 'number' ? told['immutableDays'] : 0
  const observed = { declared: place !== '', immutableDays: days }
  if (place === '') return fail(observed, 0, '没有登记异地副本', 'no off-site copy is declared')
  if (days < 30)
    return fail(observed, 1, '异地副本的不可变期不足 30 天', 'the off-site copy is immutable for less than 30 days')
  return pass(observed, 1, '已登记异地不可变副本', 'an immutable off-site copy is declared')
}

const keysApart = async (context: CheckContext, places: BackupPlaces): Promise<CheckResult> => {
  const rows = await doneBackups(context)
  const repositories = [...new Set([places.repository, ...rows.map((row) => row.repository)])]
  if (rows.length === 0)
    return {
      state: 'not-applicable',
      observed: { backups: 0 },
      population: 0,
      finding: { zh: '还没有备份', en: 'there are no backups yet' },
    }
  const file = join(places.keys, 'backup.identity')
  const there = await stat(file).catch(() => undefined)
  if (!there)
    return pass(
      { repositories: repositories.length, identityHere: false },
      repositories.length,
      '备份均以公钥加密；身份文件不在本机',
      'all backups are sealed to a public key; the identity file is not on this machine',
    )
  const beside: string[] = []
  for (const [name, folder] of [
    ['data', places.data] as const,
    ...repositories.map((one) => ['repository', one] as const),
  ])
    if (await lies(file, folder)) beside.push(name)
  const mode = there.mode & 0o077
  const observed = { repositories: repositories.length, identityHere: true, beside, readableByOthers: mode !== 0 }
  if (beside.length > 0)
    return fail(
      observed,
      repositories.length,
      '身份文件与备份或数据放在一起',
      'the identity file lies beside the backups or the data',
    )
  if (mode !== 0)
    return fail(observed, repositories.length, '身份文件可被他人读取', 'the identity file can be read by others')
  return pass(
    observed,
    repositories.length,
    '备份均已加密，身份文件与备份、数据分开',
    'all backups are sealed, and the identity file lies apart from backups and data',
  )
}

/** BKP-05: each restore replayed the ledger, and no reachable snapshot of the keyring is of before the last erasure or too old. */
const erasuresReplayed = async (context: CheckContext, places: BackupPlaces): Promise<CheckResult> => {
  const [row] = await context.query<{ restores: number; erasures: number; replayed: bigint }>(
    `select i.incarnation - 1 as restores,
      (select count(*)::int from ops.erasure e where e.tenant_id = $1) as erasures,
      (select count(*)::bigint from journal.entry e where e.tenant_id = $1 and e.act = 'backup.restore'
        and convert_from(e.body, 'UTF8')::jsonb -> 'detail' ? 'erasures') as replayed
      from ops.installation i where i.tenant_id = $1`,
    [context.tenant],
  )
  const repositories = [...new Set([places.repository, ...(await doneBackups(context)).map((one) => one.repository)])]
  const { outdated, old } = await lateSnapshots(repositories, context.now)
  const observed = {
    restores: row?.restores ?? 0,
    erasures: row?.erasures ?? 0,
    replayed: Number(row?.replayed ?? 0n),
    snapshotsOfBeforeErasure: outdated,
    snapshotsTooOld: old,
  }
  if (outdated + old > 0)
    return fail(
      observed,
      outdated + old,
      `${String(outdated + old)} 个旧的密钥环快照仍在，已删除的个人信息可能被打开`,
      `${String(outdated + old)} outdated snapshots of the keyring are still there: erased persons could be opened with them`,
    )
  if (observed.erasures === 0)
    return {
      state: 'not-applicable',
      observed,
      population: observed.restores,
      finding: { zh: '没有需要重放的删除', en: 'there are no erasures to replay' },
    }
  if (observed.replayed < observed.restores)
    return fail(
      observed,
      observed.restores,
      '恢复后没有重放删除的证据',
      'there is no evidence that erasures were replayed after the restore',
    )
  return pass(
    observed,
    observed.erasures,
    observed.restores === 0 ? '旧的密钥环快照均已删除；从未恢复过' : '每次恢复都重放了删除台账，旧的密钥环快照均已删除',
    observed.restores === 0
      ? 'no outdated snapshot of the keyring is left; nothing was ever restored'
      : 'every restore replayed the ledger, and no outdated snapshot of the keyring is left',
  )
}

/** Snapshots of the keyring that should be gone, in the repositories that can be reached. */
const lateSnapshots = async (
  repositories: readonly string[],
  now: Date,
): Promise<{ readonly outdated: number; readonly old: number }> => {
  let [outdated, old] = [0, 0]
  for (const folder of repositories) {
    const repository = await openRepository(folder).catch(() => undefined)
    if (!repository) continue
    const all = (await readManifests(keyringOf(repository))).flatMap((entry) => entry.envelope?.manifest ?? [])
    const newest = all.at(-1)
    for (const one of all) {
      if (one === newest || one.installation !== newest?.installation) continue
      if ((one.erasures?.number ?? 0) < (newest.erasures?.number ?? 0)) outdated++
      else if (now.getTime() - Date.parse(one.createdAt) > (snapshotDays + 1) * 24 * hour) old++
    }
  }
  return { outdated, old }
}

const doneBackups = (context: CheckContext): Promise<readonly BackupRow[]> =>
  context.query<BackupRow>(
    `select id, type, repository, created_at, verified_at, verified_level from ops.backup
      where tenant_id = $1 and state = 'done' order by created_at desc`,
    [context.tenant],
  )

const setting = async (context: CheckContext, name: string): Promise<unknown> => {
  const [row] = await context.query<{ value: unknown }>(
    'select value from ops.setting where tenant_id = $1 and name = $2',
    [context.tenant, name],
  )
  return row?.value
}

/** Whether a file lies in a folder, links followed. */
const lies = async (file: string, folder: string): Promise<boolean> => {
  const real = async (path: string): Promise<string> => await realpath(path).catch(() => resolve(path))
  return (await real(file)).startsWith((await real(folder)) + sep)
}

const pass = (observed: CheckResult['observed'], population: number, zh: string, en: string): CheckResult => ({
  state: 'pass',
  observed,
  population,
  finding: { zh, en },
})
const fail = (observed: CheckResult['observed'], population: number, zh: string, en: string): CheckResult => ({
  state: 'fail',
  observed,
  population,
  finding: { zh, en },
})
