// A review: every check is run on the live installation, its result kept as evidence with a digest, and the whole told to the journal. Keeps compliance-2 … compliance-5.
import {
  canonical,
  type Check,
  type CheckContext,
  type CheckResult,
  type CheckState,
  type Clock,
  type Channel,
  hex,
  type Json,
  type Label,
  type Language,
  newId,
  type Scope,
  services,
  utf8,
  type Uuid,
} from '#kernel'
import { digest, type Journal } from '#journal'
import type { Store } from '#store'
import { attest, type Attestation, lastWords, type Word } from './attest.ts'
import { type Control, controls, type Severity } from './catalogue.ts'
import { reportPdf } from './pdf.ts'
import { type Report, reportOf } from './report.ts'
import { findRun, latestRun, listRuns, type RunHead, type StoredResult, writeRun } from './run.ts'

export interface ReviewOptions {
  readonly store: Store
  readonly journal: Journal
  readonly clock: Clock
  readonly tenant: Uuid
  readonly checks: readonly Check[]
  /** Version of the product that ran the checks. */
  readonly version: string
  /** Longest time one check may take. */
  readonly checkTimeoutMs?: number
}

export interface Summary {
  readonly pass: number
  readonly fail: number
  readonly error: number
  readonly notAssessed: number
  readonly notApplicable: number
}

export interface Evidence {
  readonly observed: { readonly [name: string]: Json }
  readonly population: number
  /** Hex of SHA-256 over the canonical evidence record. */
  readonly sha256: string
  readonly checkVersion: number
  readonly productVersion: string
  readonly collectedAt: string
}

export interface ControlResult {
  readonly id: string
  readonly group: string
  readonly state: CheckState
  readonly severity: Severity
  readonly title: Label
  readonly requirement: Label
  readonly finding: Label
  readonly remedy: Label
  /** Null where no check ran. */
  readonly evidence: Evidence | null
  readonly maps: Readonly<Record<string, readonly string[]>>
}

export interface ReviewResult {
  readonly id: Uuid
  readonly at: string
  readonly finishedAt: string
  readonly startedBy: Uuid
  readonly summary: Summary
  readonly controls: readonly ControlResult[]
  /** Hex of SHA-256 over the list of controls and their evidence digests. */
  readonly digest: string
  /** Whether every stored result still has the digest that the journal was told when it ran. */
  readonly intact: boolean
  /** The entry that tells of the run. */
  readonly entry: { readonly id: string; readonly index: string | null } | null
}

/** Where the wish to review came from. */
export interface Origin {
  readonly channel: Channel
  readonly ip?: string
}

export interface Review {
  /** Runs every check now. actor: who asked. */
  run(actor: Uuid, from?: Origin): Promise<ReviewResult>
  latest(): Promise<ReviewResult | null>
  get(id: Uuid): Promise<ReviewResult | null>
  /** Finished runs, newest first. */
  list(limit?: number): Promise<readonly RunHead[]>
  /** Puts a person's word on a control on record. */
  attest(attestation: Attestation): Promise<void>
  /** The last word on each control that has one. */
  words(): Promise<readonly Word[]>
  /** The report for machines, with the journal's proof of it. */
  json(review: ReviewResult, organisation: string): Promise<Report>
  /** The report for people. */
  pdf(review: ReviewResult, language: Language, organisation: string): Promise<Uint8Array>
}

export const createReview = (options: ReviewOptions): Review => {
  const { store, journal, clock, tenant, checks, version, checkTimeoutMs = 600_000 } = options
  const scope: Scope = { tenant, principal: services.compliance }
  const unknown = checks.find((check) => !controls.some((control) => control.id === check.control))
  if (unknown) throw new RangeError(`check of an unknown control ${unknown.control}`)
  const twice = checks.find((check, i) => checks.findIndex((other) => other.control === check.control) !== i)
  if (twice) throw new RangeError(`two checks of control ${twice.control}`)

  const reading = <T>(work: (tx: Parameters<Parameters<Store['transaction']>[1]>[0]) => Promise<T>): Promise<T> =>
    store.transaction(scope, work, { readOnly: true })
  const load = async (id: Uuid | null): Promise<ReviewResult | null> =>
    id === null ? null : reading(async (tx) => assemble(await findRun(tx, journal, tenant, id)))

  return {
    async run(actor, from = { channel: 'job' }) {
      const started = clock.now()
      const context: CheckContext = {
        tenant,
        now: started,
        // One read-only transaction for each question: a check can change nothing, and one that fails spoils no other.
        query: <Row extends object>(text: string, values: readonly unknown[] = []) =>
          reading((tx) => tx.query<Row>({ text, values })),
      }
      const results: StoredResult[] = []
      for (const check of checks) results.push(await evidenceOf(check, context, clock, version, checkTimeoutMs))
      const id = newId()
      const run = { id, startedAt: started, finishedAt: clock.now(), startedBy: actor, ...from }
      await store.transaction(scope, (tx) =>
        writeRun(tx, journal, tenant, run, results, runDigest(results), summarise(results)),
      )
      // So that the report can name its place in the tree. Where the journal is broken, LOG-02 says so.
      await journal.sealUp(tenant).catch(() => undefined)
      const result = await load(id)
      if (!result) throw new Error('a review that was just written is not there')
      return result
    },
    latest: async () => load(await reading((tx) => latestRun(tx, tenant))),
    get: load,
    list: (limit = 50) => reading((tx) => listRuns(tx, tenant, limit)),
    attest: (attestation) => attest(journal, tenant, attestation),
    words: () => lastWords(store, tenant),
    json: (review, organisation) => reportOf({ store, journal, tenant }, review, organisation),
    pdf: reportPdf,
  }
}

/** Runs one check. Whatever it throws is a result too: an error counts as failed and is shown. */
const evidenceOf = async (
  check: Check,
  context: CheckContext,
  clock: Clock,
  productVersion: string,
  timeoutMs: number,
): Promise<StoredResult> => {
  const { control, version: checkVersion } = check
  const record = async (): Promise<StoredResult['record']> => {
    const outcome = await within(timeoutMs, check, context)
    return {
      control,
      checkVersion,
      productVersion,
      collectedAt: clock.now().toISOString(),
      state: outcome.state,
      observed: outcome.observed,
      population: outcome.population,
      finding: { zh: sentence(outcome.finding.zh, '。'), en: sentence(outcome.finding.en, '.') },
    }
  }
  const seal = (made: StoredResult['record']): StoredResult => ({ record: made, sha256: evidenceDigest(made) })
  try {
    return seal(await record())
  } catch (error) {
    const what =
      error instanceof Error ? `${error.name}: ${error.message}`.toWellFormed().replaceAll('\0', '') : 'unknown'
    return seal({
      control,
      checkVersion,
      productVersion,
      collectedAt: clock.now().toISOString(),
      state: 'error',
      observed: { error: what },
      population: 0,
      finding: {
        zh: `检查未能完成，按不通过处理：${what}。`,
        en: `The check could not be completed and counts as failed: ${what}.`,
      },
    })
  }
}

const within = async (timeoutMs: number, check: Check, context: CheckContext): Promise<CheckResult> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no result within ${String(timeoutMs)} ms`)), timeoutMs)
  })
  try {
    return await Promise.race([check.run(context), late])
  } finally {
    clearTimeout(timer)
  }
}

/** SHA-256 over the canonical form of what was observed, by which version, when. */
export const evidenceDigest = (record: StoredResult['record']): string => hex(digest(utf8(canonical(record))))

const runDigest = (results: readonly StoredResult[]): string =>
  hex(digest(utf8(canonical(Object.fromEntries(results.map((r) => [r.record.control, r.sha256]))))))

const summarise = (results: readonly { readonly record: { readonly state: CheckState } }[]): Summary => {
  const count = (state: CheckState): number => results.filter((r) => r.record.state === state).length
  return {
    pass: count('pass'),
    fail: count('fail'),
    error: count('error'),
    notAssessed: count('not-assessed') + controls.length - results.length,
    notApplicable: count('not-applicable'),
  }
}

/** A run as people read it: every control of the catalogue, with what was found of it. */
const assemble = (found: Awaited<ReturnType<typeof findRun>>): ReviewResult | null => {
  if (!found) return null
  const { run, results, told } = found
  const made = runDigest(results)
  const intact = made === told?.digest && results.every((r) => r.sha256 === evidenceDigest(r.record))
  return {
    id: run.id,
    at: run.startedAt.toISOString(),
    finishedAt: run.finishedAt.toISOString(),
    startedBy: run.startedBy,
    summary: summarise(results),
    controls: controls.map((control) =>
      result(
        control,
        results.find((r) => r.record.control === control.id),
      ),
    ),
    digest: made,
    intact,
    entry: told ? { id: told.entryId, index: told.index } : null,
  }
}

const result = (control: Control, found: StoredResult | undefined): ControlResult => {
  const { id, group, severity, title, requirement, remedy, maps } = control
  const about = { id, group, severity, title, requirement, remedy, maps }
  if (!found) return { ...about, state: 'not-assessed', finding: notAssessed[control.mode], evidence: null }
  const { state, finding, observed, population, checkVersion, productVersion, collectedAt } = found.record
  const evidence = { observed, population, sha256: found.sha256, checkVersion, productVersion, collectedAt }
  return { ...about, state, finding, evidence }
}

const notAssessed: Readonly<Record<Control['mode'], Label>> = {
  auto: {
    zh: '本版本尚无自动检查，需人工核查。',
    en: 'This version has no automatic check for it; a person must look.',
  },
  semi: { zh: '须由人工判定，尚无记录。', en: 'A person must decide this; nothing is on record yet.' },
}

/** A finding as a sentence: capital first, stop last, however the check wrote it. */
const sentence = (text: string, stop: string): string => {
  const body = text.trim()
  const ended = /[.。!?！？]$/.test(body) ? body : body + stop
  return ended.charAt(0).toUpperCase() + ended.slice(1)
}
