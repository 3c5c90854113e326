// An import: rows in batches through the vault, outcomes counted, refused rows handed back. A second run changes nothing. Keeps crm-2, crm-8, crm-11, crm-12, crm-13, crm-14.
import { type Actor, Fault, type Language, say, typeOf, type Uuid } from '#kernel'
import type { BatchOutcome, Draft, Vault } from '#vault'
import { customerTypes } from '../catalogue.ts'
import { purposeful } from '../purpose.ts'
import { type Conversion, convert, type Converted, importKeyOf } from './convert.ts'
import type { DayOrder } from './date.ts'
import { type Decoder, openedRows } from './legacy.ts'
import { createLinks, type Links } from './links.ts'
import { applyOwn } from './own-rows.ts'
import { type People, readPeople } from './people.ts'
import { planOf } from './plan.ts'
import { reasons, type Reason, values as because } from './reason.ts'
import { refusedFile, type RefusedRow } from './refused.ts'
import { openSource } from './source.ts'

export interface ImportOptions {
  readonly type: string
  readonly bytes: Uint8Array
  readonly encoding?: string
  readonly delimiter?: string
  /** Column index → field or special target; null leaves the column out. Default: what `inspect` suggests. */
  readonly mapping?: Readonly<Record<string, string | null>>
  /** Create accounts that rows name and that do not exist. Default: yes. */
  readonly createAccounts?: boolean
  /** Owners as the file writes them → users, where names alone do not match. */
  readonly owners?: Readonly<Record<string, Uuid>>
  /** Column index → order of day and month, where the values alone do not tell. */
  readonly dateOrders?: Readonly<Record<string, DayOrder>>
  /** Minutes east of UTC of moments without a zone. Default: 480, China. */
  readonly offset?: number
  /** Of the ERROR column. Default: en. */
  readonly language?: Language
  /** Opens columns that an old system sealed. */
  readonly decoder?: Decoder
  /** Told of the records that were created or updated, batch by batch. */
  readonly onStored?: (ids: readonly Uuid[]) => Promise<void>
  /** Rows read so far, of how many (an estimate until the end). */
  readonly onProgress?: (done: number, total: number, counts: ImportCounts) => void
  readonly signal?: AbortSignal
}

export interface ImportCounts {
  readonly read: number
  readonly created: number
  readonly updated: number
  readonly unchanged: number
  readonly refused: number
}

export interface ImportResult extends ImportCounts {
  /** CSV with ERROR and LINE before the columns of the file; null where nothing was refused. */
  readonly refusedCsv: string | null
  /** Rows stored although something about them is odd: at most 200 are told one by one. */
  readonly warned: number
  readonly warnings: readonly { readonly line: number; readonly zh: string; readonly en: string }[]
  /** Accounts created because contacts, deals and others named them. */
  readonly accountsCreated: number
  /** Owners of the file that match no user: their records belong to the importing user. At most 100. */
  readonly unknownOwners: readonly string[]
  readonly cancelled: boolean
}

export interface Import {
  run(actor: Actor, options: ImportOptions): Promise<ImportResult>
}

const batchSize = 500

/** Imports files through the vault, with the rights of whoever runs it. */
export const createImport = (vault: Vault): Import => ({
  run: async (person, options) => {
    // Without a purpose what is compared would be masked.
    const actor = purposeful(person, 'import')
    if (!customerTypes.includes(options.type))
      throw new Fault('bad-input', { what: say('the type is one of {choices}', { choices: customerTypes.join(', ') }) })
    const source = openSource(vault.catalogue, options.bytes, options, 'refuse')
    const plan = planOf(typeOf(vault.catalogue, options.type), source, options)
    const people = await readPeople(vault, actor, options.owners ?? {})
    const links = createLinks(vault, actor, options.type, options.createAccounts ?? true)
    const state = new Run(vault, actor, plan, people, links)
    let batch: Converted[] = []
    let length = 0
    const progress = (): void => {
      const { read } = state.counts
      const share = Math.max(length / source.text.length, Number.EPSILON)
      options.onProgress?.(read, Math.max(read, Math.round(read / share)), { ...state.counts })
    }
    const store = async (): Promise<void> => {
      // Written first and told then: in the arguments of an optional call it would not be written at all.
      const stored = await state.write(batch)
      await options.onStored?.(stored)
    }
    for await (const { row, cells, refused } of openedRows(source, options.decoder)) {
      state.counts.read++
      length += cells.reduce((sum, cell) => sum + cell.length + 1, 0)
      const one = refused ? { line: row.line, refused } : convert(plan, row)
      if ('refused' in one) state.refuse(one.line, cells, one.refused)
      else if (state.fresh({ ...one, cells })) batch.push({ ...one, cells })
      if (batch.length < batchSize) continue
      await store()
      batch = []
      progress()
      if (options.signal?.aborted === true) break
    }
    if (options.signal?.aborted !== true) {
      await store()
      await state.linkWithin()
    }
    options.onProgress?.(state.counts.read, state.counts.read, { ...state.counts })
    return {
      ...state.counts,
      refusedCsv: refusedFile(source.header, state.refused, options.language ?? 'en'),
      warned: state.warned,
      warnings: state.warnings,
      accountsCreated: links.accountsCreated(),
      unknownOwners: [...state.unknownOwners],
      cancelled: options.signal?.aborted === true,
    }
  },
})

/** What one run holds: counts, refused rows, keys seen, links within the file that wait for the end. */
class Run {
  readonly counts = { read: 0, created: 0, updated: 0, unchanged: 0, refused: 0 }
  readonly refused: RefusedRow[] = []
  readonly warnings: { line: number; zh: string; en: string }[] = []
  readonly unknownOwners = new Set<string>()
  warned = 0
  readonly #vault: Vault
  readonly #actor: Actor
  readonly #plan: Conversion
  readonly #people: People
  readonly #links: Links
  readonly #ids = new Map<string, number>()
  readonly #identities = new Map<string, number>()
  readonly #waiting: { one: Converted; draft: Draft }[] = []

  constructor(vault: Vault, actor: Actor, plan: Conversion, people: People, links: Links) {
    this.#vault = vault
    this.#actor = actor
    this.#plan = plan
    this.#people = people
    this.#links = links
  }

  refuse(line: number, cells: readonly string[], reason: Reason): void {
    this.counts.refused++
    this.refused.push({ line, cells, reason })
  }

  /** False, and refused, where the id stood in the file before: which of the two is true nobody can tell. */
  fresh(one: Converted): boolean {
    const id = one.id ?? one.externalId
    if (id === undefined) return true
    const before = this.#ids.get(id)
    if (before !== undefined) this.refuse(one.line, one.cells, reasons.twice(before))
    else this.#ids.set(id, one.line)
    return before === undefined
  }

  /** Stores a batch; the ids of the records that were created or updated. */
  async write(batch: readonly Converted[]): Promise<readonly Uuid[]> {
    if (batch.length === 0) return []
    await this.#links.settle(batch, (one) => this.#ownerOf(one))
    const ready: { one: Converted; draft: Draft }[] = []
    for (const one of batch) {
      const draft = this.#draftOf(one)
      if (draft) ready.push({ one, draft })
    }
    const outcomes = await this.#store(ready)
    outcomes.forEach((outcome, i) => {
      const entry = ready[i]
      if (!entry) return
      if (outcome.state === 'refused') this.refuse(entry.one.line, entry.one.cells, outcome.reason)
      else {
        this.counts[outcome.state]++
        for (const warning of entry.one.warnings) this.#warn(entry.one.line, warning)
      }
    })
    return outcomes.flatMap((outcome) =>
      outcome.state === 'created' || outcome.state === 'updated' ? [outcome.id] : [],
    )
  }

  /** Links to records of the same file (上级客户): set once all of them are in. */
  async linkWithin(): Promise<void> {
    const type = this.#plan.type
    const waiting = this.#waiting
    await this.#links.refresh(
      type.name,
      waiting.flatMap(({ one }) => one.links.map((link) => link.title)),
    )
    const drafts: Draft[] = []
    for (const { one, draft } of waiting) {
      const values = { ...draft.values }
      for (const { field, title } of one.links.filter((link) => link.field.to === type.name)) {
        const id = this.#links.idOf(type.name, title)
        if (id === undefined) this.#warn(one.line, because.noSuchLink)
        else values[field.name] = id
      }
      drafts.push({ ...draft, values })
    }
    for (let i = 0; i < drafts.length; i += batchSize)
      await this.#vault.importBatch(this.#actor, type.name, drafts.slice(i, i + batchSize))
  }

  #store(ready: readonly { one: Converted; draft: Draft }[]): Promise<readonly BatchOutcome[]> {
    if (this.#plan.own) return applyOwn(this.#vault, this.#actor, this.#plan.type, ready)
    return ready.length === 0
      ? Promise.resolve([])
      : this.#vault.importBatch(
          this.#actor,
          this.#plan.type.name,
          ready.map(({ draft }) => draft),
        )
  }

  #draftOf(one: Converted): Draft | null {
    const values = { ...one.values }
    let waits = false
    for (const { field, title } of one.links) {
      const id = this.#links.idOf(field.to ?? '', title)
      if (id !== undefined) values[field.name] = id
      else if (field.to === this.#plan.type.name) waits = true
      else if (field.name === 'account') {
        this.refuse(one.line, one.cells, this.#links.refusalOf(title) ?? reasons.noAccount)
        return null
      } else this.#warn(one.line, because.noSuchLink)
    }
    const owner = this.#ownerOf(one)
    const draft: Draft = {
      values,
      importKey:
        one.id === undefined
          ? importKeyOf(this.#plan, one, this.#identities)
          : `holdfast:${this.#plan.type.name}:${one.id}`,
      ...(owner === undefined ? {} : { ownerId: owner }),
      ...(one.createdAt === undefined ? {} : { createdAt: one.createdAt }),
    }
    if (waits) this.#waiting.push({ one, draft })
    return draft
  }

  #ownerOf(one: Converted): Uuid | undefined {
    if (one.ownerId !== undefined) return one.ownerId
    if (one.owner === undefined) return undefined
    const found = this.#people.find(one.owner)
    if (found === undefined && this.unknownOwners.size < 100) this.unknownOwners.add(one.owner)
    return found
  }

  #warn(line: number, reason: Reason): void {
    this.warned++
    if (this.warnings.length < 200) this.warnings.push({ line, ...reason })
  }
}
