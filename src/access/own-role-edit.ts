// A document with a role of one's own made, described otherwise or retired; what that means in words, and which policies that bind the copied
// role do not bind the copy. Keeps access-202, access-203.
import { type Catalogue, Fault, type Label, say } from '#kernel'
import { parseDocument, type PolicyDocument } from './document.ts'
import { layerOf, type Matrix, matrixOf, outsideRows } from './matrix.ts'
import { officesReached } from './own-role-reach.ts'
import { demandOwnKinds, demandOwnNamed, isOwnActive, officeActions, roleBases } from './own-role.ts'
import { roleLabel } from './purpose.ts'
import { quoted, type Role } from './role.ts'

export interface RoleWish {
  /** Its id: lower-case letters, digits and hyphens; it stays. */
  readonly name: string
  /** The role that is copied, as it stands in the document. */
  readonly from: string
  readonly label: Label
  readonly about?: Label
}

/** What is to become of roles of one's own, in this order. */
export interface RoleSteps {
  readonly make: readonly RoleWish[]
  readonly describe: readonly Omit<RoleWish, 'from'>[]
  readonly retire: readonly string[]
}

/** The document after these steps. Throws policy-invalid, naming the role. */
export const withRoles = (catalogue: Catalogue, document: PolicyDocument, steps: RoleSteps): PolicyDocument => {
  const made = steps.make.reduce(withMade, document)
  const described = steps.describe.reduce(withDescribed, made)
  const next = steps.retire.reduce(withRetired, described)
  if (next === document) return document
  const parsed = parseDocument(catalogue, next)
  demandOwnKinds(parsed)
  demandOwnNamed(catalogue, parsed)
  return parsed
}

const withMade = (document: PolicyDocument, { name, from, label, about }: RoleWish): PolicyDocument => {
  const source = document.roles.find((role) => role.name === from)
  const base = source?.own?.base ?? from
  if (!source || source.own?.retired === true || !roleBases.includes(base))
    throw new Fault('policy-invalid', { what: say('{where}: a role of this kind is not copied', { where: from }) })
  const role: Role = {
    name,
    inside: source.inside,
    grants: source.grants,
    system: source.system.filter((action) => !officeActions.includes(action)),
    own: { label, ...(about === undefined ? {} : { about }), base },
  }
  const at = document.roles.indexOf(source) + 1
  return {
    ...document,
    roles: [...document.roles.slice(0, at), role, ...document.roles.slice(at)],
    // What restricts the one restricts its copy.
    restrictions: document.restrictions.map((one) =>
      one.roles.includes(from) ? { ...one, roles: [...one.roles, name] } : one,
    ),
    policies: document.policies.flatMap((policy) => {
      const copy = copied(policy, from, name)
      return copy ? [policy, copy] : [policy]
    }),
  }
}

const longestId = 80

/** The house's own policy that is for the one role, for its copy too; undefined where the text names the role in another way. */
const copied = (policy: PolicyDocument['policies'][number], from: string, name: string) => {
  const [head, mark] = [`principal in Role::${quoted(from)}`, `@id(${quoted(policy.id)})`]
  const id = copyId(policy.id, name)
  const once = policy.text.split(quoted(from)).length === 2 && policy.text.split(mark).length === 2
  return isFor(policy.text, head) && once && id.length <= longestId
    ? { id, text: policy.text.replace(mark, `@id(${quoted(id)})`).replace(head, `principal in Role::${quoted(name)}`) }
    : undefined
}

/** Whether the scope of a policy names one role and nobody else. */
const isFor = (text: string, head: string): boolean =>
  /^\s*@id\("[^"]*"\)\s*(?:permit|forbid)\s*\(\s*(principal in Role::"[^"]*")\s*,/.exec(text)?.[1] === head

const copyId = (id: string, role: string): string => `${id}-${role}`

const withDescribed = (document: PolicyDocument, { name, label, about }: RoleSteps['describe'][number]): PolicyDocument => {
  const { own } = ownIn(document, name)
  const said = { label, ...(about === undefined ? {} : { about }), base: own.base }
  return replaced(document, name, (role) => ({ ...role, own: said }))
} // prettier-ignore

const withRetired = (document: PolicyDocument, name: string): PolicyDocument => {
  const { own } = ownIn(document, name)
  return {
    ...replaced(document, name, (role) => ({
      ...role,
      inside: false,
      grants: [],
      system: [],
      own: { ...own, retired: true },
    })),
    // A restriction that nobody is named in would be for everybody.
    restrictions: document.restrictions.flatMap((one) => {
      const roles = one.roles.filter((role) => role !== name)
      return roles.length === 0 && one.roles.length > 0 ? [] : [{ ...one, roles }]
    }),
    policies: document.policies.filter(({ text }) => !isFor(text, `principal in Role::${quoted(name)}`)),
    cases: document.cases.filter(({ who }) => who.role !== name),
  }
}

const ownIn = ({ roles }: PolicyDocument, name: string): Role & { readonly own: NonNullable<Role['own']> } => {
  const found = roles.find((role) => role.name === name)
  if (!found?.own || !isOwnActive(found))
    throw new Fault('policy-invalid', { what: say('{where}: there is no such role of your own', { where: name }) })
  return { ...found, own: found.own }
}

const replaced = (document: PolicyDocument, name: string, change: (role: Role) => Role): PolicyDocument => ({
  ...document,
  roles: document.roles.map((role) => (role.name === name ? change(role) : role)),
})

/** Restrictions and policies of the house's own that are about a copied role and not about its copy, for somebody to look at. */
export const notCarried = (
  catalogue: Catalogue,
  document: PolicyDocument,
  make: readonly RoleWish[],
): readonly { readonly role: string; readonly policy: string }[] => {
  const matrix = make.length === 0 ? {} : matrixOf(catalogue, document)
  return make.flatMap(({ name, from }) => {
    const [there, here] = [outside(document, matrix, from), outside(document, matrix, name)]
    const left = [...there].filter((id) => !here.has(id) && !here.has(copyId(id, name)))
    return left.map((policy) => ({ role: name, policy }))
  })
}

const outside = (document: PolicyDocument, matrix: Matrix, role: string): ReadonlySet<string> =>
  new Set(
    Object.values(matrix[role] ?? {})
      .flatMap((actions) => Object.values(actions))
      .flatMap(({ allow, forbid }) => [...allow, ...forbid].map(({ policy }) => policy))
      .filter((id) => ['own', 'restriction'].includes(layerOf(document, id))),
  )

/** What is asked of a document besides before it is taken: what its roles are, names apart, the offices left what is theirs. Throws policy-invalid. */
export const demandOwnFit = (catalogue: Catalogue, document: PolicyDocument): void => {
  demandOwnKinds(document)
  demandOwnNamed(catalogue, document)
  demandNoOffice(catalogue, document)
}

/**
 * Throws policy-invalid where a policy in Cedar gives a role of one's own, and not everybody, what belongs to an office. A permit that names
 * such a role at all is refused, however its conditions read; one that names none is asked of each role, and of the others.
 */
export const demandNoOffice = (catalogue: Catalogue, document: PolicyDocument): void => {
  const own = document.roles.filter(isOwnActive)
  if (own.length === 0 || document.policies.length === 0) return
  const refuse = (where: string, action: string): never => {
    throw new Fault('policy-invalid', { what: say('{where}: {action} stays with the roles that are shipped for it', { where, action }) }) // prettier-ignore
  }
  const [reached] = officesReached(catalogue, document, own.map(({ name }) => name)) // prettier-ignore
  if (reached) refuse(reached.role, reached.action)
  const ask = outsideRows(catalogue, document)
  const given = (role: string, action: string): readonly string[] =>
    ask(role, action, 'System').permits.map(({ policy }) => policy)
  for (const action of officeActions) {
    const everybody = [nobodys, ...roleBases].map((role) => given(role, action))
    for (const { name } of own)
      if (given(name, action).some((policy) => !everybody.every((those) => those.includes(policy))))
        refuse(name, action)
  }
}

/** No name of a role: what somebody without one is given, everybody is. */
const nobodys = '-'

export interface RoleChange {
  readonly role: string
  readonly kind: 'new' | 'described' | 'retired' | 'back' | 'gone'
  readonly words: Label
}

/** What becomes of roles of one's own between two documents; of a new one also which role it was copied from. */
export const roleChanges = (
  catalogue: Catalogue,
  before: PolicyDocument,
  after: PolicyDocument,
): readonly RoleChange[] => {
  const owned = ({ roles }: PolicyDocument) => new Map(roles.flatMap(({ name, own }) => (own ? [[name, own] as const] : []))) // prettier-ignore
  const [old, now] = [owned(before), owned(after)]
  return [...new Set([...now.keys(), ...old.keys()])].flatMap((role): readonly RoleChange[] => {
    const [from, to] = [old.get(role), now.get(role)]
    const change = (kind: RoleChange['kind'], words: Label): readonly RoleChange[] => [{ role, kind, words }]
    const named = to ?? from
    if (!named) return []
    const { zh, en } = named.label
    if (!to) return change('gone', { zh: `移除角色“${zh}”（${role}）`, en: `role ${en} (${role}) is taken out` })
    if (!from) {
      const base = roleLabel(catalogue, to.base)
      return change('new', {
        zh: `新建角色“${zh}”（${role}），复制自“${base.zh}”`,
        en: `new role ${en} (${role}), a copy of ${base.en}`,
      })
    }
    if (to.retired !== from.retired)
      return to.retired === true
        ? change('retired', { zh: `停用角色“${zh}”（${role}）`, en: `role ${en} (${role}) is retired` })
        : change('back', { zh: `重新启用角色“${zh}”（${role}）`, en: `role ${en} (${role}) is given again` })
    if (from.label.zh !== zh || from.label.en !== en)
      return change('described', {
        zh: `角色“${from.label.zh}”改名为“${zh}”（${role}）`,
        en: `role ${from.label.en} is called ${en} from now on (${role})`,
      })
    return from.about?.zh !== to.about?.zh || from.about?.en !== to.about?.en
      ? change('described', {
          zh: `修改角色“${zh}”（${role}）的说明`,
          en: `role ${en} (${role}) is described otherwise`,
        })
      : []
  })
}
