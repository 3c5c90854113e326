// The demo house, drawn from a seed: three teams, twelve people, thousands of invented customers and a year of work with them. Keeps crm-20.
import { creditCodeOf } from './numbers.ts'
import type { Uuid } from '#kernel'
import type { FieldValue } from '#vault'
import { type Random, seeded } from './random.ts'
import * as words from './words.ts'

export interface PlannedTeam {
  readonly id: Uuid
  readonly values: Readonly<Record<string, FieldValue>>
}

export interface PlannedUser {
  readonly id: Uuid
  readonly values: Readonly<Record<string, FieldValue>> & {
    readonly name: string
    readonly email: string
    readonly role: string
  }
}

export interface PlannedRecord {
  readonly id: Uuid
  readonly values: Readonly<Record<string, FieldValue>>
  /** null: in the public pool. */
  readonly ownerId: Uuid | null
  readonly createdAt: string
  readonly sharedWith?: readonly Uuid[]
}

export interface DemoPlan {
  /** The head office first, then the three teams below it. */
  readonly teams: readonly PlannedTeam[]
  readonly users: readonly PlannedUser[]
  readonly accounts: readonly PlannedRecord[]
  readonly contacts: readonly PlannedRecord[]
  readonly leads: readonly PlannedRecord[]
  readonly deals: readonly PlannedRecord[]
  readonly followups: readonly PlannedRecord[]
  readonly tasks: readonly PlannedRecord[]
}

export interface DemoSize {
  readonly accounts: number
  readonly contacts: number
  readonly leads: number
  readonly deals: number
  readonly followups: number
  readonly tasks: number
}

const usual: DemoSize = { accounts: 2000, contacts: 5000, leads: 600, deals: 1200, followups: 6000, tasks: 800 }
const day = 86_400_000

/** The same plan for the same seed and moment. */
export const demoPlan = (seed: number, now: Date, size: DemoSize = usual): DemoPlan => {
  const random = seeded(seed)
  const start = now.getTime() - 365 * day
  const house = organisation(random, start)
  const sellers = house.users.map((user) => user.id)
  const accounts = repeat(size.accounts, (i) => account(random, i, now, sellers))
  const contacts = repeat(size.contacts, (i) => contact(random, i, at(accounts, i), now))
  const owned = accounts.filter((one) => one.ownerId !== null)
  const firstContact = new Map(contacts.map((one) => [one.values['account'], one.id]).toReversed() as [string, Uuid][])
  const leads = repeat(size.leads, (i) => lead(random, i, now, sellers))
  const deals = repeat(size.deals, () => deal(random, random.pick(owned), firstContact, now))
  const followups = repeat(size.followups, () => followup(random, random.pick(owned), firstContact, now))
  const tasks = repeat(size.tasks, () => task(random, random.pick(owned), firstContact, now))
  return { ...house, accounts: told(accounts, followups, deals), contacts, leads, deals, followups, tasks }
}

const repeat = <T>(count: number, make: (i: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, i) => make(i))

const at = <T>(list: readonly T[], i: number): T => {
  const found = list[i % list.length]
  if (found === undefined) throw new RangeError('an empty list')
  return found
}

const organisation = (
  random: Random,
  start: number,
): { readonly teams: readonly PlannedTeam[]; readonly users: readonly PlannedUser[] } => {
  const head = random.id(start)
  const teams: PlannedTeam[] = [{ id: head, values: { name: '销售总部', parent: null } }]
  for (const name of ['华北销售部', '华东销售部', '海外销售部'])
    teams.push({ id: random.id(start), values: { name, parent: head } })
  const people: readonly (readonly [name: string, login: string, role: string, team: number, language: string])[] = [
    ['周启明', 'zhou.qiming', 'manager', 0, 'zh'],
    ['李雷', 'li.lei', 'manager', 1, 'zh'],
    ['韩梅', 'han.mei', 'sales', 1, 'zh'],
    ['王凯', 'wang.kai', 'sales', 1, 'zh'],
    ['赵小曼', 'zhao.xiaoman', 'sales', 1, 'zh'],
    ['陈思远', 'chen.siyuan', 'manager', 2, 'zh'],
    ['林佳怡', 'lin.jiayi', 'sales', 2, 'zh'],
    ['吴一凡', 'wu.yifan', 'sales', 2, 'zh'],
    ['孙晓琳', 'sun.xiaolin', 'sales', 2, 'zh'],
    ['Clara Holm', 'clara.holm', 'manager', 3, 'en'],
    ['Felix Moreau', 'felix.moreau', 'sales', 3, 'en'],
    ['Nadia Varga', 'nadia.varga', 'sales', 3, 'en'],
  ]
  const users = people.map(([name, login, role, team, language]) => ({
    id: random.id(start),
    values: { name, email: `${login}@example.com`, role, unit: teams[team]?.id ?? head, active: true, language },
  }))
  return { teams, users }
}

/** A moment within the last year, later ones more often: business grows. */
const moment = (random: Random, now: Date, earliest: number = now.getTime() - 365 * day): number =>
  Math.floor(earliest + (now.getTime() - earliest) * Math.sqrt(random.next()))

const iso = (milliseconds: number): string => new Date(milliseconds).toISOString()
const date = (milliseconds: number): string => iso(milliseconds).slice(0, 10)

// Numbers nobody has: 1380013 is the block samples use in China, 555-01 the one for fiction in North America.
const mobile = (random: Random): string => `1380013${String(random.whole(0, 9999)).padStart(4, '0')}`
const landline = (random: Random): string => `010-5550${String(random.whole(0, 9999)).padStart(4, '0')}`
const abroad = (random: Random): string =>
  `+1 ${String(random.pick([206, 303, 415, 512, 617]))} 555 01${String(random.whole(0, 99)).padStart(2, '0')}`

const isForeign = (one: PlannedRecord): boolean => one.values['country'] !== '中国'

const account = (random: Random, i: number, now: Date, sellers: readonly Uuid[]): PlannedRecord => {
  const created = moment(random, now)
  const foreign = random.chance(0.25)
  // The last three of the people sell abroad; one account in twelve waits in the public pool.
  const [inland, overseas] = [sellers.slice(0, 9), sellers.slice(9)]
  const ownerId = random.chance(1 / 12) ? null : random.pick(foreign ? overseas : inland)
  const others = sellers.filter((id) => id !== ownerId)
  return {
    id: random.id(created),
    values: { ...(foreign ? foreignAccount(random, i) : chineseAccount(random, i)), ...commercial(random) },
    ownerId,
    createdAt: iso(created),
    ...(ownerId !== null && random.chance(0.04) ? { sharedWith: [random.pick(others)] } : {}),
  }
}

const commercial = (random: Random): Record<string, FieldValue> => ({
  grade: random.pick(['A', 'A', 'B', 'B', 'B', 'C', 'C', 'C', 'C', 'C']),
  source: random.pick(['website', 'exhibition', 'referral', 'phone', 'advertising', 'partner', 'social', 'other']),
  employees: random.whole(1, 40) ** 2 * random.whole(1, 5),
  annualRevenue: random.whole(50, 90_000) * 1_000_000,
  ...(random.chance(0.4) ? { tags: [...new Set([random.pick(words.tags), random.pick(words.tags)])] } : {}),
})

const chineseAccount = (random: Random, i: number): Record<string, FieldValue> => {
  const [region, city] = random.pick(words.places)
  const [trade, industry] = random.pick(words.companyTrades)
  return {
    name: `${city}${random.pick(words.companyNames)}${random.pick(words.companyNames)}${trade}${random.pick(words.companyForms)}`,
    industry,
    region,
    country: '中国',
    phone: landline(random),
    email: `contact${String(i)}@example.com`,
    website: `https://company${String(i)}.example`,
    address: `${city}${random.pick(words.streets)}${String(random.whole(1, 999))}号`,
    taxId: creditCodeOf(random),
    ...(random.chance(0.3) ? { notes: random.pick(words.talks) } : {}),
  }
}

const foreignAccount = (random: Random, i: number): Record<string, FieldValue> => {
  const [country, region, city] = random.pick(words.placesEn)
  const [trade, industry] = random.pick(words.companyTradesEn)
  return {
    name: `${random.pick(words.companyWordsEn)} ${random.pick(words.companyWordsEn)} ${trade} ${random.pick(words.companyFormsEn)}`,
    industry,
    region,
    country,
    phone: abroad(random),
    email: `office${String(i)}@example.com`,
    website: `https://firm${String(i)}.example`,
    address: `${String(random.whole(1, 400))} Harbour Street, ${city}`,
    ...(random.chance(0.3) ? { notes: random.pick(words.talksEn) } : {}),
  }
}

const person = (random: Random, foreign: boolean): { readonly name: string; readonly jobTitle: string } =>
  foreign
    ? {
        name: `${random.pick(words.firstNames)} ${random.pick(words.lastNames)}`,
        jobTitle: random.pick(words.jobTitlesEn),
      }
    : { name: random.pick(words.surnames) + random.pick(words.givenNames), jobTitle: random.pick(words.jobTitles) }

const contact = (random: Random, i: number, of: PlannedRecord, now: Date): PlannedRecord => {
  const foreign = isForeign(of)
  const created = moment(random, now, Date.parse(of.createdAt))
  return {
    id: random.id(created),
    values: {
      ...person(random, foreign),
      account: of.id,
      mobile: foreign ? abroad(random) : mobile(random),
      email: `person${String(i)}@example.com`,
      gender: random.pick(['male', 'female']),
      decisionMaker: random.chance(0.3),
      ...(foreign ? {} : { department: random.pick(words.departments), wechat: `wx_demo_${String(i)}` }),
      ...(random.chance(0.2) ? { birthday: date(now.getTime() - random.whole(24, 60) * 365.25 * day) } : {}),
      ...(random.chance(0.05) ? { doNotContact: true } : {}),
    },
    ownerId: of.ownerId,
    createdAt: iso(created),
  }
}

const lead = (random: Random, i: number, now: Date, sellers: readonly Uuid[]): PlannedRecord => {
  const created = moment(random, now, now.getTime() - 120 * day)
  const foreign = random.chance(0.25)
  const company = foreign ? foreignAccount(random, i) : chineseAccount(random, i)
  return {
    id: random.id(created),
    values: {
      ...person(random, foreign),
      company: company['name'] ?? null,
      industry: company['industry'] ?? null,
      country: company['country'] ?? null,
      mobile: foreign ? abroad(random) : mobile(random),
      email: `lead${String(i)}@example.com`,
      status: random.pick(['new', 'new', 'working', 'working', 'qualified', 'disqualified']),
      source: random.pick(['website', 'exhibition', 'advertising', 'social', 'phone']),
    },
    ownerId: random.chance(0.2) ? null : random.pick(foreign ? sellers.slice(9) : sellers.slice(0, 9)),
    createdAt: iso(created),
  }
}

const deal = (random: Random, of: PlannedRecord, contacts: ReadonlyMap<string, Uuid>, now: Date): PlannedRecord => {
  const opened = moment(random, now, Date.parse(of.createdAt))
  const age = (now.getTime() - opened) / day
  const closed = age > 30 && random.chance(Math.min(0.85, age / 150))
  const won = closed && random.chance(0.6)
  const stage = closed
    ? won
      ? 'won'
      : 'lost'
    : random.pick(['prospecting', 'prospecting', 'qualified', 'qualified', 'proposal', 'negotiation'])
  const close = closed
    ? Math.min(now.getTime(), opened + random.whole(14, 120) * day)
    : now.getTime() + random.whole(3, 120) * day
  const product = random.pick(words.products)
  const amount = random.whole(5, 900) * 100_000
  const contactId = contacts.get(of.id)
  return {
    id: random.id(opened),
    values: {
      name: `${product} · ${String(of.values['name'])}`,
      account: of.id,
      ...(contactId === undefined ? {} : { contact: contactId }),
      stage,
      amount,
      closeDate: date(close),
      openedDate: date(opened),
      product,
      cost: Math.round((amount * random.whole(30, 80)) / 100),
      ...(stage === 'lost' ? { lostReason: random.pick(words.lostReasons) } : {}),
    },
    ownerId: of.ownerId,
    createdAt: iso(opened),
  }
}

const followup = (random: Random, of: PlannedRecord, contacts: ReadonlyMap<string, Uuid>, now: Date): PlannedRecord => {
  const when = moment(random, now, Date.parse(of.createdAt))
  const contactId = contacts.get(of.id)
  return {
    id: random.id(when),
    values: {
      kind: random.pick(['call', 'call', 'visit', 'mail', 'message', 'meeting', 'note']),
      at: iso(when),
      summary: random.pick(isForeign(of) ? words.talksEn : words.talks),
      account: of.id,
      ...(contactId === undefined ? {} : { contact: contactId }),
      ...(random.chance(0.3) ? { nextAt: iso(when + random.whole(3, 45) * day) } : {}),
    },
    ownerId: of.ownerId,
    createdAt: iso(when),
  }
}

const task = (random: Random, of: PlannedRecord, contacts: ReadonlyMap<string, Uuid>, now: Date): PlannedRecord => {
  const due = now.getTime() + random.whole(-60, 30) * day
  const created = Math.max(Date.parse(of.createdAt), Math.min(now.getTime(), due) - random.whole(1, 10) * day)
  const contactId = contacts.get(of.id)
  return {
    id: random.id(created),
    values: {
      title: random.pick(words.chores),
      due: date(due),
      done: due < now.getTime() && random.chance(0.85),
      priority: random.pick(['high', 'normal', 'normal', 'low']),
      account: of.id,
      ...(contactId === undefined ? {} : { contact: contactId }),
    },
    ownerId: of.ownerId,
    createdAt: iso(created),
  }
}

/** Accounts know their last follow-up, and whether they have bought. */
const told = (
  accounts: readonly PlannedRecord[],
  followups: readonly PlannedRecord[],
  deals: readonly PlannedRecord[],
): readonly PlannedRecord[] => {
  const last = new Map<string, string>()
  for (const { values } of followups) {
    const [id, when] = [String(values['account']), String(values['at'])]
    if ((last.get(id) ?? '') < when) last.set(id, when)
  }
  const won = Map.groupBy(
    deals.filter(({ values }) => values['stage'] === 'won'),
    ({ values }) => String(values['account']),
  )
  return accounts.map((one) => {
    const count = won.get(one.id)?.length ?? 0
    const status = count === 0 ? 'none' : count === 1 ? 'won' : 'repeat'
    const lastFollowup = last.get(one.id)
    return { ...one, values: { ...one.values, status, ...(lastFollowup === undefined ? {} : { lastFollowup }) } }
  })
}
