// Roles of a house's own: what such a role may be called, copied from and allowed, and the catalogue that offers those in force. They stand
// in the policy document, so that they change as policies do. Keeps access-200, access-201.
import { type Catalogue, Fault, type Field, type Label, type Option, say } from '#kernel'
import type { PolicyDocument, Reader } from './document.ts'
import type { OwnRole, Role } from './role.ts'
import { systemActions } from './schema.ts'
import { shippedRoles } from './shipped-roles.ts'

/** Whose powers stay with the role that is shipped: three administrators, who watches, who answers for personal data. */
const offices = new Set([
  'system-administrator',
  'security-administrator',
  'audit-administrator',
  'auditor',
  'privacy-officer',
])

/** Shipped roles that may be copied: those that work with customers. */
export const roleBases: readonly string[] = shippedRoles.flatMap(({ name }) => (offices.has(name) ? [] : [name]))

const oftenShipped = new Set(
  shippedRoles.filter(({ name }) => roleBases.includes(name)).flatMap(({ system }) => system),
)

/** Functions of the system that no role of a house's own has: the offices have them, or nobody. */
export const officeActions: readonly string[] = systemActions.filter((action) => !oftenShipped.has(action))

/** Names that mean somebody or something already: shipped roles, services, and beginnings of ids of policies. */
const taken = new Set([
  ...shippedRoles.map(({ name }) => name),
  ...['administrator', 'system', 'capture', 'backup', 'compliance', 'sealer'],
  ...['rail', 'everyone', 'service', 'default', 'restriction', 'grant', 'deputy', 'own'],
])

/**
 * The names under which what is set for roles holds for one: its own and, first being itself, that of the role it was copied from. Whatever
 * lists roles by name asks this, or a copy would get out of it.
 */
export const standsFor = ({ roles }: PolicyDocument, role: string): readonly string[] => {
  const base = roles.find(({ name }) => name === role)?.own?.base
  return base === undefined ? [role] : [role, base]
}

export const isOwnActive = ({ own }: Role): boolean => own !== undefined && own.retired !== true

/** At most so many roles of one's own: each is a row of the matrix for every type. */
const most = 50

const longest = { label: 40, about: 300 } as const

export const readOwn = (at: Reader, name: string, value: unknown): OwnRole => {
  const own = at.object(value, `${name}.own`)
  at.only(own, ['label', 'about', 'base', 'retired'], `${name}.own`)
  return {
    label: readWords(at, own.label, `${name}.label`, longest.label),
    ...(own.about === undefined ? {} : { about: readWords(at, own.about, `${name}.about`, longest.about) }),
    base: at.name(own.base, `${name}.base`),
    ...(own.retired === true ? { retired: true as const } : {}),
  }
}

const readWords = (at: Reader, value: unknown, where: string, limit: number): Label => {
  const words = at.object(value, where)
  at.only(words, ['zh', 'en'], where)
  const read = (part: unknown, name: string): string => {
    const text = at.text(part, name).trim()
    if (text === '' || text.length > limit || /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(text) || !text.isWellFormed())
      at.refuse(say('{where}: 1 to {limit} characters in one line are expected', { where: name, limit }))
    return text
  }
  return { zh: read(words.zh, `${where}.zh`), en: read(words.en, `${where}.en`) }
}

const refuse = (what: Label): never => {
  throw new Fault('policy-invalid', { what })
}

/** What holds of roles of one's own over a whole document, whatever the product ships. Throws policy-invalid naming the role. */
export const demandOwnSound = ({ roles }: PolicyDocument): void => {
  const own = roles.filter((role) => role.own !== undefined)
  if (own.length > most) refuse(say('at most {limit} roles of your own', { limit: most }))
  for (const { name, own: said, grants, system } of own)
    if (said?.retired === true && grants.length + system.length > 0)
      refuse(say('{where}: a retired role allows nothing', { where: name }))
}

/** What roles may be beside those that this product ships; asked of what is new only: a later product still opens what a house has. Throws policy-invalid. */
export const demandOwnKinds = ({ roles }: PolicyDocument): void => {
  for (const { name, own, inside, system } of roles) {
    if (own === undefined) {
      // Without a word of whose it is, no rule for roles of one's own would hold for it.
      if (!shippedRoles.some((role) => role.name === name))
        refuse(say('{where}: there is no such role of your own', { where: name }))
      continue
    }
    if (taken.has(name)) refuse(say('{where}: this name belongs to the product', { where: name }))
    if (!roleBases.includes(own.base))
      refuse(say('{where}: one of {choices} is expected', { where: `${name}.base`, choices: roleBases.join(', ') }))
    const office = system.find((action) => officeActions.includes(action))
    if (office !== undefined)
      refuse(say('{where}: {action} stays with the roles that are shipped for it', { where: name, action: office }))
    if (own.retired === true && inside) refuse(say('{where}: a retired role allows nothing', { where: name }))
  }
}

/** That no two roles are called the same; asked of what is new only, since a later product may ship a role of a name that a house gave before. */
export const demandOwnNamed = (catalogue: Catalogue, { roles }: PolicyDocument): void => {
  const labels = new Set(
    roleOptions(catalogue)
      .filter((option) => option.own !== true)
      .flatMap(({ label }) => spoken(label)),
  )
  for (const { name, own } of roles) {
    const words = own === undefined ? [] : spoken(own.label)
    if (words.some((word) => labels.has(word)))
      refuse(say('{where}: another role is called so already', { where: name }))
    for (const word of words) labels.add(word)
  }
}

const spoken = ({ zh, en }: Label): readonly string[] => [...new Set([zh, en].map(plainly))]

/** As a reader tells names apart: without case, blanks and other widths of the same characters. */
const plainly = (name: string): string => name.normalize('NFKC').toLowerCase().replace(/\s/gu, '')

const roleFields = ['role', 'furtherRoles']

const roleOptions = (catalogue: Catalogue): readonly Option[] =>
  catalogue.types.find(({ name }) => name === 'user')?.fields.find(({ name }) => name === 'role')?.options ?? []

/** The catalogue whose people may hold the roles of a document besides the shipped ones; asked anew each time, so that it follows what is in force. */
export const withOwnRoles = (catalogue: Catalogue, roles: () => readonly Role[]): Catalogue => ({
  types: catalogue.types.map((type) =>
    type.name === 'user'
      ? {
          ...type,
          fields: type.fields.map((field) => (roleFields.includes(field.name) ? following(field, roles) : field)),
        }
      : type,
  ),
})

const following = (field: Field, roles: () => readonly Role[]): Field => {
  let made: { readonly of: readonly Role[]; readonly shipped: Field['options']; readonly options: readonly Option[] } | undefined // prettier-ignore
  return {
    ...field,
    get options(): readonly Option[] {
      const [of, shipped] = [roles(), field.options]
      if (made?.of !== of || made.shipped !== shipped)
        made = { of, shipped, options: [...(shipped ?? []).filter(({ own }) => own !== true), ...of.flatMap(optionOf)] }
      return made.options
    },
  }
}

const optionOf = ({ name, own }: Role): readonly Option[] =>
  own === undefined
    ? []
    : [{ value: name, label: own.label, own: true, ...(own.retired === true ? { retired: true as const } : {}) }]
