// A lead becomes an account, a contact and, if wished, a deal; what happened on the lead stays linked to them. Keeps crm-18, crm-106, crm-107.
import { type Actor, Fault, type Uuid } from '#kernel'
import { type FieldValue, normalPhone, normalText, type Seen, type Vault } from '#vault'
import { purposeful } from './purpose.ts'

export interface Conversion {
  /** Name of the account; default: the lead's company, else its name. */
  readonly accountName?: string
  /** An account that exists already. */
  readonly accountId?: Uuid
  readonly deal?: { readonly name: string; readonly amount?: number; readonly closeDate?: string }
}

export interface Converted {
  readonly lead: Seen
  readonly account: Seen
  readonly contact: Seen
  readonly deal: Seen | null
}

/** Converts a lead once. An account of that name that the principal can see is used, not doubled. */
export const convertLead = (vault: Vault, actor: Actor, id: Uuid, wish: Conversion = {}): Promise<Converted> => {
  return convert(vault, purposeful(actor, 'conversion of a lead'), id, wish)
}

const convert = async (vault: Vault, actor: Actor, id: Uuid, wish: Conversion): Promise<Converted> => {
  const lead = await vault.get(actor, 'lead', id)
  if (lead.values['status'] === 'converted') throw new Fault('already-exists', { what: 'conversion of this lead' })
  // Masked values would be copied as masks.
  if (Object.values(lead.groups).some((how) => how !== 'plain')) throw new Fault('denied', { action: 'convert' })
  const owner = lead.ownerId ?? actor.principal.id
  const { account, found } = await accountFor(vault, actor, lead, wish, owner)
  const contact = await vault.create(actor, 'contact', {
    ownerId: owner,
    values: { ...copied(lead, ofContact), account: account.id, lead: lead.id },
  })
  const deal = wish.deal
    ? await vault.create(actor, 'deal', { ownerId: owner, values: dealOf(lead, wish.deal, account.id, contact.id) })
    : null
  for (const type of ['followup', 'task']) await relink(vault, actor, type, id, account.id, contact.id)
  // Said in the lead: an account that was there before may be of other leads as well, or not the actor's to change.
  const person = isPerson(lead, account) && (!found || sameReach(lead, account)) ? { person: account.id } : {}
  const after = await vault.update(actor, 'lead', id, lead.version, {
    status: 'converted',
    account: account.id,
    ...person,
  })
  return { lead: after, account, contact, deal }
}

const ofContact = ['name', 'jobTitle', 'mobile', 'phone', 'email', 'address', 'source', 'tags', 'notes']
const ofAccount = ['source', 'industry', 'country', 'website', 'tags']

const copied = (lead: Seen, names: readonly string[]): Record<string, FieldValue> =>
  Object.fromEntries(
    names.flatMap((name) =>
      lead.values[name] === undefined || lead.values[name] === null ? [] : [[name, lead.values[name]]],
    ),
  )

interface Into {
  readonly account: Seen
  /** Found by its name alone: neither chosen nor made here. */
  readonly found: boolean
}

const accountFor = async (vault: Vault, actor: Actor, lead: Seen, wish: Conversion, ownerId: Uuid): Promise<Into> => {
  if (wish.accountId !== undefined) return { account: await vault.get(actor, 'account', wish.accountId), found: false }
  const name = [wish.accountName, lead.values['company'], lead.values['name']].find(
    (text) => typeof text === 'string' && text.trim() !== '',
  )
  if (typeof name !== 'string') throw new Fault('bad-value', { field: 'company', what: 'the account needs a name' })
  const found = (await vault.resolve(actor, 'account', [name])).get(name)
  if (found !== undefined) return { account: await vault.get(actor, 'account', found), found: true }
  // Without a company it is the person that the account is of.
  const person = name === lead.values['name'] ? { lead: lead.id } : {}
  const values = { ...copied(lead, ofAccount), name, ...person }
  return { account: await vault.create(actor, 'account', { ownerId, values }), found: false }
}

/** Whether the account is the person itself: it bears the name of that person. A name that is masked says nothing. */
const isPerson = (lead: Seen, account: Seen): boolean => {
  const [person, name] = [lead.values['name'], account.values['name']]
  return (
    typeof person === 'string' &&
    typeof name === 'string' &&
    account.groups.basic === 'plain' &&
    normalText(person) === normalText(name)
  )
}

/** Whether a telephone number or e-mail of both is the same: two people may share a name. A masked one says nothing. */
const sameReach = (lead: Seen, account: Seen): boolean => {
  if (account.groups.contact !== 'plain') return false
  const theirs = reach(account)
  return [...reach(lead)].some((one) => theirs.has(one))
}

const reach = ({ values }: Seen): ReadonlySet<string> => {
  const forms = (names: readonly string[], normal: (text: string) => string): readonly string[] =>
    names.flatMap((name) => {
      const value = values[name]
      const form = typeof value === 'string' ? normal(value) : ''
      return form === '' ? [] : [form]
    })
  return new Set([...forms(['mobile', 'phone'], normalPhone), ...forms(['email'], normalText)])
}

const dealOf = (
  lead: Seen,
  wish: NonNullable<Conversion['deal']>,
  account: Uuid,
  contact: Uuid,
): Record<string, FieldValue> => ({
  name: wish.name,
  stage: 'qualified',
  account,
  contact,
  ...copied(lead, ['source']),
  ...(wish.amount === undefined ? {} : { amount: wish.amount }),
  ...(wish.closeDate === undefined ? {} : { closeDate: wish.closeDate }),
})

/** Follow-ups and tasks of the lead show up at the account and the contact as well. */
const relink = async (
  vault: Vault,
  actor: Actor,
  type: string,
  lead: Uuid,
  account: Uuid,
  contact: Uuid,
): Promise<void> => {
  // Pages are read to their end first: changing a row while paging could move it.
  const found: Seen[] = []
  let cursor: string | undefined
  do {
    const page = await vault.list(actor, type, {
      filters: [{ field: 'lead', op: 'eq', value: lead }],
      limit: 200,
      ...(cursor === undefined ? {} : { cursor }),
    })
    found.push(...page.items)
    cursor = page.next
  } while (cursor !== undefined)
  for (const seen of found)
    if (seen.ownerId === actor.principal.id)
      await vault.update(actor, type, seen.id, seen.version, { account, contact })
}
