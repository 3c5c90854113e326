// What changes between two documents for the roles, in words of both languages: by role, type and scope, what is gained and what is lost. Keeps access-196.
import { type Catalogue, type FieldGroup, fieldGroups, type Label, type Language } from '#kernel'
import type { PolicyDocument } from './document.ts'
import { administrator, covers, matrixActions, scopesOf } from './matrix.ts'
import { roleLabel, scopeWords, typesLabel } from './purpose.ts'
import { grantActions, type RoleScope, scopes } from './role.ts'
import { systemActions } from './schema.ts'
import { actionLabel, groupLabels } from './vocabulary.ts'

export interface RoleDifference {
  readonly role: string
  /** A record type, or system. */
  readonly type: string
  readonly scope: RoleScope
  readonly gained: readonly string[]
  readonly lost: readonly string[]
  readonly words: Label
}

/** Differences between the roles of two documents, in the order of the second. */
export const roleDifferences = (
  catalogue: Catalogue,
  before: PolicyDocument,
  after: PolicyDocument,
): readonly RoleDifference[] => {
  const roles = [...new Set([...after.roles, ...before.roles].map(({ name }) => name))]
  return roles.flatMap((role) =>
    [...catalogue.types.map(({ name }) => name), 'system'].flatMap((type) =>
      scopes.flatMap((scope) => {
        const [old, now] = [rights(catalogue, before, role, type, scope), rights(catalogue, after, role, type, scope)]
        const order = type === 'system' ? systemActions : matrixActions
        const gained = order.filter((action) => now.has(action) && !old.has(action))
        const lost = order.filter((action) => old.has(action) && !now.has(action))
        if (gained.length + lost.length === 0) return []
        const words = wordsOf(catalogue, { role, type, scope }, { old, now, gained, lost })
        return [{ role, type, scope, gained, lost, words }]
      }),
    ),
  )
}

type Where = Pick<RoleDifference, 'role' | 'type' | 'scope'>

const rights = (
  catalogue: Catalogue,
  document: PolicyDocument,
  role: string,
  type: string,
  scope: RoleScope,
): ReadonlySet<string> => {
  const found = document.roles.find(({ name }) => name === role && name !== administrator)
  if (!found || !scopesOf(catalogue, type).includes(scope)) return new Set()
  if (type === 'system') return new Set(found.system)
  return new Set(found.grants.filter((grant) => grant.scope === scope && covers(catalogue, grant, type)).flatMap(grantActions)) // prettier-ignore
}

interface Sides {
  readonly old: ReadonlySet<string>
  readonly now: ReadonlySet<string>
  readonly gained: readonly string[]
  readonly lost: readonly string[]
}

const wordsOf = (catalogue: Catalogue, { role, type, scope }: Where, sides: Sides): Label => {
  const who = roleLabel(catalogue, role)
  const what = type === 'system' ? { zh: '系统功能', en: 'functions of the system' } : typesLabel(catalogue, [type])
  const reach = type === 'system' ? undefined : scopeWords[scope]
  return {
    zh: `“${who.zh}”·${what.zh}${reach ? `（${reach.zh}）` : ''}：${partsOf(sides, 'zh').join('；')}`,
    en: `${who.en}, ${what.en}${reach ? ` (${reach.en})` : ''}: ${partsOf(sides, 'en').join('; ')}`,
  }
}

const partsOf = ({ old, now, gained, lost }: Sides, language: Language): readonly string[] => {
  const seen = (action: string): boolean => /^(?:view|unmask)\./.test(action)
  const name = (actions: readonly string[]): string => actions.filter((action) => !seen(action)).map((action) => actionLabel(action)[language]).join(language === 'zh' ? '、' : ', ') // prettier-ignore
  const [more, less] = [name(gained), name(lost)]
  return [
    ...(more === '' ? [] : [language === 'zh' ? `新增 ${more}` : `may now ${more}`]),
    ...(less === '' ? [] : [language === 'zh' ? `不再允许 ${less}` : `may no longer ${less}`]),
    ...fieldGroups.flatMap((group) => {
      const [from, to] = [sight(old, group), sight(now, group)]
      if (from === to) return []
      const label = groupLabels[group][language]
      return [`${label} ${sights[from][language]} → ${sights[to][language]}`]
    }),
  ]
}

type Sight = keyof typeof sights
const sights = {
  see: { zh: '明文', en: 'plain' },
  mask: { zh: '脱敏', en: 'masked' },
  hide: { zh: '不可见', en: 'hidden' },
  odd: { zh: '不可见（仅授予明文）', en: 'hidden (unmasking alone)' },
} as const

/** To unmask is nothing without seeing. */
const sight = (actions: ReadonlySet<string>, group: FieldGroup): Sight =>
  actions.has(`view.${group}`)
    ? actions.has(`unmask.${group}`)
      ? 'see'
      : 'mask'
    : actions.has(`unmask.${group}`)
      ? 'odd'
      : 'hide'
