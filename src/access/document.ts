// What a house may decide about access, as one document: organisation-wide defaults, the role matrix, restrictions, policies of its own,
// and the cases it tests them with. Cedar is generated from it; guard rails are not part of it. Keeps access-152, access-154.
import { type Catalogue, Fault, type FieldGroup, fieldGroups, type Label, type Said, say } from '#kernel'
import { type Condition, conditionText } from './condition.ts'
import type { PolicyText } from './official.ts'
import { demandOwnSound, readOwn } from './own-role.ts'
import { actionText, entityOf, type Grant, grantActions, ofTypes, quoted, type Role, rolePolicies } from './role.ts'

/** What everybody inside the house may see of a type, besides what the roles say. */
export type Default = 'private' | 'unit' | 'public'

/** A forbid: for some roles, types and actions, unless (or: when) every condition holds. */
export interface Restriction {
  /** The policy is restriction.<name>. */
  readonly name: string
  readonly label?: { readonly zh: string; readonly en: string }
  /** Empty: for everybody. */
  readonly roles: readonly string[]
  readonly types: Grant['types']
  readonly actions: readonly string[]
  readonly mode: 'unless' | 'when'
  readonly conditions: readonly Condition[]
}

/** A question and the answer that is expected: a version that answers otherwise cannot be proposed. */
export interface PolicyCase {
  readonly name: string
  readonly who: {
    readonly role: string
    readonly roles?: readonly string[]
    readonly regions?: readonly string[]
    readonly clearance?: number
    readonly dealLimit?: number
  }
  readonly action: string
  /** A record type, or system. */
  readonly on: string
  /** How the record stands to who asks. */
  readonly stance?: 'own' | 'mate' | 'team' | 'shared' | 'pool' | 'other'
  /** Plain fields of the record. */
  readonly record?: Readonly<Record<string, string | number | boolean | readonly string[]>>
  readonly context?: {
    readonly at?: string
    readonly zone?: string
    readonly ip?: string
    readonly channel?: 'web' | 'api' | 'cli' | 'job'
    readonly mfa?: boolean
    readonly mfaAge?: number
    readonly deviceTrusted?: boolean
    readonly purpose?: string
    /** Rows of an export. */
    readonly rows?: number
  }
  readonly expect: 'allow' | 'deny'
}

export interface PolicyDocument {
  readonly v: 1
  /** By record type; what is not named is private. */
  readonly defaults: Readonly<Record<string, Default>>
  /** Whether the one who administers all counts: small houses need it, others divide its duties and switch it off. */
  readonly administrator: boolean
  readonly roles: readonly Role[]
  readonly restrictions: readonly Restriction[]
  /** Policies in Cedar, each with its @id. */
  readonly policies: readonly PolicyText[]
  readonly cases: readonly PolicyCase[]
}

/** The policies a document means, in its own order; the layer is the first part of each id. */
export const documentPolicies = (document: PolicyDocument): readonly PolicyText[] => [
  ...(document.administrator ? [administrator] : []),
  ...document.roles.flatMap((role) => rolePolicies(role)),
  ...defaultPolicies(document),
  ...document.restrictions.map(restrictionPolicy),
  ...document.policies,
]

/** Administrators: everything the guard rails leave. */
const administrator: PolicyText = {
  id: 'administrator.all',
  text: '@id("administrator.all")\npermit (principal in Role::"administrator", action, resource);',
}

const defaultPolicies = (document: PolicyDocument): readonly PolicyText[] => {
  const roles = document.roles.filter(({ inside }) => inside).map(({ name }) => `Role::${quoted(name)}`)
  return Object.entries(document.defaults).flatMap(([type, kind]) => {
    if (kind === 'private' || roles.length === 0) return []
    const id = `default.${type}`
    const people = `\nwhen { principal in [${roles.join(', ')}] }`
    const when = kind === 'unit' ? '\nwhen { principal has team && resource has team && resource.team == principal.team }' : '' // prettier-ignore
    return [
      {
        id,
        text: `@id(${quoted(id)})\npermit (\n  principal,\n  action in [${readable.map(actionText).join(', ')}],\n  resource is ${entityOf(type)}\n)${people}${when};`,
      },
    ]
  })
}

/** Who it is, and how to reach them behind a mask. */
export const readable = ['list', 'view.basic', 'unmask.basic', 'view.contact'] as const

export const restrictionPolicy = (one: Restriction): PolicyText => {
  const id = `restriction.${one.name}`
  const { resource, when } = ofTypes(one.types)
  const roles = one.roles.map((role) => `Role::${quoted(role)}`).join(', ')
  const body = one.conditions.map((condition) => `(${conditionText(condition)})`).join(' &&\n  ')
  const clauses = [
    ...(roles === '' ? [] : [`\nwhen { principal in [${roles}] }`]),
    ...when.map((text) => `\nwhen { ${text} }`),
    ...(body === '' ? [] : [`\n${one.mode} { ${body} }`]),
  ]
  return {
    id,
    text: `@id(${quoted(id)})\nforbid (\n  principal,\n  action in [${one.actions.map(actionText).join(', ')}],\n  ${resource}\n)${clauses.join('')};`,
  }
}

/** Reads a document from JSON. Throws policy-invalid naming the first thing that does not fit. */
export const parseDocument = (catalogue: Catalogue, value: unknown): PolicyDocument => {
  const at = reader(catalogue)
  const root = at.object(value, 'document')
  if (root.v !== 1) at.refuse('document: a version other than 1')
  at.only(root, ['v', 'defaults', 'administrator', 'roles', 'restrictions', 'policies', 'cases'], 'document')
  const document: PolicyDocument = {
    v: 1,
    administrator: root.administrator !== false,
    defaults: Object.fromEntries(
      Object.entries(at.object(root.defaults ?? {}, 'defaults')).map(([type, kind]) => [
        at.type(type),
        at.oneOf(kind, ['private', 'unit', 'public'] as const, `defaults.${type}`),
      ]),
    ),
    roles: at.list(root.roles ?? [], 'roles').map((role) => readRole(at, role)),
    restrictions: at.list(root.restrictions ?? [], 'restrictions').map((one) => readRestriction(at, one)),
    policies: at.list(root.policies ?? [], 'policies').map((one) => {
      const { id, text } = at.object(one, 'policies')
      return { id: at.text(id, 'policies.id'), text: at.text(text, 'policies.text') }
    }),
    cases: at.list(root.cases ?? [], 'cases').map((one) => readCase(at, one)),
  }
  demandUnique(document.roles.map(({ name }) => name), (name) => say('role {name} stands there twice', { name })) // prettier-ignore
  for (const role of document.roles) demandUnique(role.grants.map(({ name }) => name), (name) => say('row {name} of {role} stands there twice', { name, role: role.name })) // prettier-ignore
  demandOwnSound(document)
  demandUnique(document.restrictions.map(({ name }) => name), (name) => say('restriction {name} stands there twice', { name })) // prettier-ignore
  for (const { id } of document.policies)
    if (reserved.test(id)) throw new Fault('policy-invalid', { what: say('{id}: this beginning belongs to guard rails and generated policies', { id }) }) // prettier-ignore
  return document
}

const reserved = /^(?:rail|everyone|service|default|restriction|administrator|grant|deputy)\b/

const demandUnique = (names: readonly string[], words: (name: string) => Label): void => {
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) throw new Fault('policy-invalid', { what: words(twice) })
}

/** Reads parts of a document, refusing by name. */
export type Reader = ReturnType<typeof reader>

const reader = (catalogue: Catalogue) => {
  const refuse = (what: Said): never => {
    throw new Fault('policy-invalid', { what })
  }
  const object = (value: unknown, where: string): Readonly<Record<string, unknown>> =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : refuse(say('{where}: an object is expected', { where }))
  const list = (value: unknown, where: string): readonly unknown[] =>
    Array.isArray(value) && value.length <= 500
      ? (value as unknown[])
      : refuse(say('{where}: a list is expected', { where }))
  const text = (value: unknown, where: string): string =>
    typeof value === 'string' && value.length > 0 && value.length <= 20_000
      ? value
      : refuse(say('{where}: a text is expected', { where }))
  const texts = (value: unknown, where: string): readonly string[] =>
    list(value, where).map((item) => text(item, where))
  const name = (value: unknown, where: string): string => {
    const found = text(value, where)
    return /^[a-z0-9][a-z0-9-]{0,39}$/.test(found)
      ? found
      : refuse(say('{where}: a name is lower-case letters, digits and hyphens', { where }))
  }
  const oneOf = <T extends string>(value: unknown, among: readonly T[], where: string): T =>
    among.find((one) => one === value) ??
    refuse(say('{where}: one of {choices} is expected', { where, choices: among.join(', ') }))
  const type = (value: unknown): string =>
    catalogue.types.find((one) => one.name === value)?.name ??
    refuse(say('there is no record type {name}', { name: String(value).slice(0, 40) }))
  return {
    refuse,
    object,
    list,
    text,
    texts,
    name,
    oneOf,
    type,
    only: (value: Readonly<Record<string, unknown>>, names: readonly string[], where: string): void => {
      const other = Object.keys(value).find((key) => !names.includes(key))
      if (other !== undefined) refuse(say('{where}: {name} is not known', { where, name: other.slice(0, 40) }))
    },
    types: (value: unknown): Grant['types'] =>
      value === 'customers' ? 'customers' : list(value, 'types').map((one) => type(one)),
    groups: (value: unknown, where: string): 'all' | readonly FieldGroup[] =>
      value === 'all' ? 'all' : list(value, where).map((one) => oneOf(one, fieldGroups, where)),
    number: (value: unknown, where: string): number =>
      typeof value === 'number' && Number.isSafeInteger(value)
        ? value
        : refuse(say('{where}: a whole number is expected', { where })),
  }
}

const readRole = (at: Reader, value: unknown): Role => {
  const role = at.object(value, 'roles')
  at.only(role, ['name', 'inside', 'grants', 'system', 'own'], 'roles')
  const name = at.name(role.name, 'roles.name')
  return {
    name,
    inside: role.inside === true,
    ...(role.own === undefined ? {} : { own: readOwn(at, name, role.own) }),
    system: at.texts(role.system ?? [], `${name}.system`),
    grants: at.list(role.grants ?? [], `${name}.grants`).map((one) => {
      const grant = at.object(one, `${name}.grants`)
      at.only(grant, ['name', 'types', 'scope', 'actions', 'view', 'unmask', 'edit'], `${name}.grants`)
      const read: Grant = {
        name: at.name(grant.name, `${name}.grants.name`),
        types: at.types(grant.types),
        scope: at.oneOf(grant.scope, ['own', 'team', 'subtree', 'region', 'pool', 'shared', 'all'] as const, `${name}.scope`), // prettier-ignore
        actions: at.texts(grant.actions ?? [], `${name}.actions`),
        view: at.groups(grant.view ?? [], `${name}.view`),
        unmask: at.groups(grant.unmask ?? [], `${name}.unmask`),
        edit: at.groups(grant.edit ?? [], `${name}.edit`),
      }
      if (grantActions(read).length === 0)
        at.refuse(say('{where}: it allows nothing', { where: `${name}.${read.name}` }))
      return read
    }),
  }
}

const readRestriction = (at: Reader, value: unknown): Restriction => {
  const one = at.object(value, 'restrictions')
  const name = at.name(one.name, 'restrictions.name')
  const label = one.label === undefined ? undefined : at.object(one.label, `${name}.label`)
  at.only(one, ['name', 'label', 'roles', 'types', 'actions', 'mode', 'conditions'], name)
  const actions = at.texts(one.actions, `${name}.actions`)
  if (actions.length === 0) at.refuse(say('{where}: it names no action', { where: name }))
  return {
    name,
    ...(label ? { label: { zh: at.text(label.zh, `${name}.label`), en: at.text(label.en, `${name}.label`) } } : {}),
    roles: at.texts(one.roles ?? [], `${name}.roles`),
    types: at.types(one.types),
    actions,
    mode: at.oneOf(one.mode, ['unless', 'when'] as const, `${name}.mode`),
    conditions: at.list(one.conditions, `${name}.conditions`).map((each) => readCondition(at, each, name)),
  }
}

const readCondition = (at: Reader, value: unknown, where: string): Condition => {
  const one = at.object(value, where)
  switch (one.is) {
    case 'amount':
      return { is: 'amount', most: one.most === 'limit' ? 'limit' : at.number(one.most, where) }
    case 'region':
      return { is: 'region', in: one.in === 'own' ? 'own' : at.texts(one.in, where) }
    case 'hours': {
      const days = at.list(one.days ?? [1, 2, 3, 4, 5, 6, 7], where).map((day) => at.number(day, where))
      if (days.some((day) => day < 1 || day > 7)) at.refuse(say('{where}: days are 1 (Monday) to 7', { where }))
      return { is: 'hours', from: at.text(one.from, where), to: at.text(one.to, where), days }
    }
    case 'network': {
      const ranges = at.texts(one.ranges, where)
      if (ranges.length === 0) at.refuse(say('{where}: it names no network', { where }))
      return { is: 'network', ranges }
    }
    case 'mfa':
      return one.minutes === undefined ? { is: 'mfa' } : { is: 'mfa', minutes: at.number(one.minutes, where) }
    case 'device':
    case 'purpose':
      return { is: one.is }
    case 'channel':
      return { is: 'channel', in: at.texts(one.in, where) }
    case 'field': {
      const plain = one.value
      const good = ['string', 'number', 'boolean'].includes(typeof plain) || Array.isArray(plain)
      if (!good) at.refuse(say('{where}: a value is expected', { where }))
      return {
        is: 'field',
        field: at.text(one.field, where),
        op: at.oneOf(one.op, ['eq', 'ne', 'lt', 'lte', 'gt', 'gte', 'in'] as const, where),
        value: Array.isArray(plain) ? at.texts(plain, where) : (plain as string | number | boolean),
      }
    }
    default:
      return at.refuse(say('{where}: a condition of an unknown kind', { where }))
  }
}

const readCase = (at: Reader, value: unknown): PolicyCase => {
  const one = at.object(value, 'cases')
  const name = at.text(one.name, 'cases.name')
  at.only(one, ['name', 'who', 'action', 'on', 'stance', 'record', 'context', 'expect'], name)
  const who = at.object(one.who, `${name}.who`)
  at.text(who.role, `${name}.who.role`)
  at.text(one.action, `${name}.action`)
  if (one.on !== 'system') at.type(one.on)
  at.oneOf(one.expect, ['allow', 'deny'] as const, `${name}.expect`)
  at.oneOf(one.stance ?? 'own', ['own', 'mate', 'team', 'shared', 'pool', 'other'] as const, `${name}.stance`)
  at.object(one.record ?? {}, `${name}.record`)
  const context = at.object(one.context ?? {}, `${name}.context`)
  if (context.rows !== undefined) at.number(context.rows, `${name}.context.rows`)
  return one as unknown as PolicyCase
}
