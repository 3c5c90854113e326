// Titles in link columns become ids; accounts that do not exist yet are created. Keeps crm-13.
import type { Actor, Uuid } from '#kernel'
import { type Draft, normalText, type Vault } from '#vault'
import { accountNameKey, type Converted } from './convert.ts'
import type { Reason } from './reason.ts'

export interface Links {
  /** Looks up every title of a batch; creates missing accounts where that was chosen. */
  settle(batch: readonly Converted[], ownerOf: (one: Converted) => Uuid | undefined): Promise<void>
  /** Looks titles of one type up again, for links within the file itself. */
  refresh(type: string, titles: readonly string[]): Promise<void>
  idOf(type: string, title: string): Uuid | undefined
  /** Why an account could not be created. */
  refusalOf(title: string): Reason | undefined
  accountsCreated(): number
}

export const createLinks = (vault: Vault, actor: Actor, importing: string, createAccounts: boolean): Links => {
  const known = new Map<string, Uuid>()
  const refusals = new Map<string, Reason>()
  let created = 0
  const keyOf = (type: string, title: string): string => `${type}\n${normalText(title)}`
  const lookUp = async (type: string, titles: readonly string[]): Promise<void> => {
    const wanted = new Map(
      titles.filter((title) => !known.has(keyOf(type, title))).map((title) => [keyOf(type, title), title]),
    )
    const list = [...wanted.values()]
    for (let i = 0; i < list.length; i += 100) {
      for (const [title, id] of await vault.resolve(actor, type, list.slice(i, i + 100)))
        known.set(keyOf(type, title), id)
    }
  }
  const create = async (batch: readonly Converted[], ownerOf: (one: Converted) => Uuid | undefined): Promise<void> => {
    const drafts = new Map<string, { title: string; draft: Draft }>()
    for (const one of batch) {
      const title = one.links.find((link) => link.field.name === 'account')?.title
      if (title === undefined || known.has(keyOf('account', title)) || drafts.has(keyOf('account', title))) continue
      const owner = ownerOf(one)
      const draft = {
        values: { name: title },
        importKey: one.accountKey ?? accountNameKey(title),
        ...(owner === undefined ? {} : { ownerId: owner }),
      }
      drafts.set(keyOf('account', title), { title, draft })
    }
    if (drafts.size === 0) return
    const list = [...drafts]
    const outcomes = await vault.importBatch(
      actor,
      'account',
      list.map(([, { draft }]) => draft),
    )
    outcomes.forEach((outcome, i) => {
      const entry = list[i]
      if (!entry) return
      if (outcome.state === 'refused') refusals.set(normalText(entry[1].title), outcome.reason)
      else known.set(entry[0], outcome.id)
      if (outcome.state === 'created') created++
    })
  }
  return {
    settle: async (batch, ownerOf) => {
      const titles = new Map<string, string[]>()
      for (const { field, title } of batch.flatMap((one) => one.links)) {
        const to = field.to ?? ''
        titles.set(to, [...(titles.get(to) ?? []), title])
      }
      for (const [type, list] of titles) await lookUp(type, list)
      if (createAccounts && importing !== 'account') await create(batch, ownerOf)
    },
    refresh: lookUp,
    idOf: (type, title) => known.get(keyOf(type, title)),
    refusalOf: (title) => refusals.get(normalText(title)),
    accountsCreated: () => created,
  }
}
